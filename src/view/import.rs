//! The report of an import: what was carried over, what was not, what is to be decided.

use serde::Serialize;

use super::diagnostics::{self, SourceMap};
use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json, plural};
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::diagnostic::{Code, Diagnostics, Place, Severity};
use crate::import::Imported;

#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    pipeline: String,
    file: Option<&'a str>,
    text: &'a str,
    carried_over: Vec<Stage<'a>>,
    report: serde_json::Value,
}

#[derive(Serialize)]
struct Stage<'a> {
    stage: &'a str,
    from: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

/// Returns `{"format_version": …, "pipeline": …, "file": …, "text": …, "carried_over": […], "report": {…}}`; `report` is
/// a list of diagnostics, as `check --output json` gives it.
#[must_use]
pub fn to_json(imported: &Imported, file: Option<&str>) -> serde_json::Value {
    let stages = imported.carried.iter().map(|carried| {
        let place = carried.place.as_ref();
        Stage {
            stage: &carried.stage,
            from: &carried.from,
            file: place.map(|place| place.file.as_str()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    });
    json(&Report {
        format_version: FORMAT_VERSION,
        tool_version: TOOL_VERSION,
        pipeline: imported.name.to_string(),
        file,
        text: &imported.text,
        carried_over: stages.collect(),
        report: diagnostics::to_json(&imported.told),
    })
}

/// Returns what was carried over as a table, then what was not, with the lines it is about, then what is made anew or
/// renamed as a table.
#[must_use]
pub fn to_text(look: &Look, imported: &Imported, sources: &SourceMap) -> String {
    let mut out = format!("{}\n", look.paint(Label::Heading, "Carried over"));
    let mut table = Table::new();
    for carried in &imported.carried {
        let from = Cell::new(Label::Faint, format!("from {}{}", carried.from, at(carried.place.as_ref())));
        table.row([Cell::plain(&carried.stage), from]);
    }
    out.push_str(&table.render(look, 2));
    let told = |wanted: fn(Severity) -> bool| -> Diagnostics {
        imported.told.iter().filter(|diagnostic| wanted(diagnostic.severity)).cloned().collect()
    };
    let notes = told(|severity| severity == Severity::Info);
    for (code, heading) in [(Code::Renamed, "Renamed"), (Code::MadeAnew, "Made anew by Sluice")] {
        let mut table = Table::new();
        let mut rows = 0;
        for note in notes.iter().filter(|note| note.code == code) {
            table.row([Cell::plain(format!("{}{}", note.title, at(note.place())))]);
            rows += 1;
        }
        if rows > 0 {
            out.push_str(&format!("\n{}\n{}", look.paint(Label::Heading, heading), table.render(look, 2)));
        }
    }
    let lost = told(|severity| severity != Severity::Info);
    if !lost.is_empty() {
        out.push_str(&format!("\n{}", diagnostics::to_text(&lost, sources, look)));
    }
    out.push_str(&format!("\n{}\n", summary(imported)));
    out
}

fn at(place: Option<&Place>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

fn summary(imported: &Imported) -> String {
    let count = |code: Code| imported.told.iter().filter(|diagnostic| diagnostic.code == code).count();
    let lost = count(Code::NotCarriedOver) + count(Code::NotEvaluated);
    format!(
        "{} carried over as pipeline `{}`; not carried over: {}; to be decided: {}",
        plural(imported.carried.len(), "stage"),
        imported.name,
        lost,
        count(Code::ToBeDecided),
    )
}
