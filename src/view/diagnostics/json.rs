//! Diagnostics as JSON. Lines and columns are one-based, columns count Unicode characters; `start` and `end`
//! are zero-based bytes, end exclusive.

use serde::Serialize;

use super::Tally;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};
use crate::view::FORMAT_VERSION;

#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    diagnostics: Vec<Entry<'a>>,
    summary: Tally,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: Code,
    severity: Severity,
    title: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    labels: Vec<Spot<'a>>,
    notes: &'a [String],
    help: &'a [String],
}

#[derive(Serialize)]
struct Spot<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    start: usize,
    end: usize,
    text: &'a str,
}

/// Returns `{"format_version": …, "diagnostics": […], "summary": …}`. Each diagnostic has `code`, `severity`, `title`,
/// `file`, `line`, `column` (of the primary place, or null), `labels`, `notes` and `help`.
#[must_use]
pub fn to_json(diagnostics: &Diagnostics) -> serde_json::Value {
    let report = Report {
        format_version: FORMAT_VERSION,
        diagnostics: diagnostics.iter().map(entry).collect(),
        summary: Tally::of(diagnostics),
    };
    crate::view::words::json(&report)
}

fn entry(diagnostic: &Diagnostic) -> Entry<'_> {
    let place = diagnostic.place();
    Entry {
        code: diagnostic.code,
        severity: diagnostic.severity,
        title: &diagnostic.title,
        file: place.map(|place| place.file.as_str()),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        labels: diagnostic.labels.iter().map(spot).collect(),
        notes: &diagnostic.notes,
        help: &diagnostic.help,
    }
}

fn spot(label: &Label) -> Spot<'_> {
    Spot {
        file: label.place.file.as_str(),
        line: label.place.line,
        column: label.place.column,
        start: label.place.span.start,
        end: label.place.span.end,
        text: &label.text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::two;
    use super::*;

    #[test]
    fn every_field_that_a_program_needs_is_there() {
        insta::assert_json_snapshot!(to_json(&two()));
    }

    #[test]
    fn a_diagnostic_without_a_place_says_null() {
        let json = to_json(&Diagnostic::error(Code::BadName, "x").into());
        let first = json.pointer("/diagnostics/0/file");
        assert_eq!(first, Some(&serde_json::Value::Null));
    }
}
