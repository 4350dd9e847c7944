//! What the doctor found: a line for each check, the rest below it.

use serde::Serialize;
use serde_json::{Value, json};

use super::style::{Label, Look};
use super::words::{columns, json as to_value, pad, plural, printable, wrap};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION, TOOL_VERSION};
use crate::rollout::{Check, CheckArea, Checkup, Health};

/// What was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct About<'a> {
    /// The pipeline; none where only the environment was looked at.
    pub pipeline: Option<&'a str>,
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whether its cloud is the embedded one.
    pub embedded: bool,
}

/// Returns the document: `format_version`, `tool_version`, `pipeline`, `environment`, `region`, `embedded`, `summary` (how
/// many are `ok`, `warning`, `failed`, `unknown`), `checks` (each with `area`, `health`, `found`, `details`, `help`, `code`).
#[must_use]
pub fn to_json(about: &About<'_>, checkup: &Checkup) -> Value {
    let mut document = json!({"format_version": FORMAT_VERSION, "tool_version": TOOL_VERSION});
    if let (Some(fields), Value::Object(more), Value::Object(found)) =
        (document.as_object_mut(), to_value(about), to_value(checkup))
    {
        fields.extend(more);
        let all = [Health::Ok, Health::Warning, Health::Failed, Health::Unknown];
        let counts = all.map(|health| (health.as_str().to_owned(), json!(checkup.count(health))));
        fields.insert("summary".to_owned(), Value::Object(counts.into_iter().collect()));
        fields.extend(found);
    }
    document
}

/// Returns what a person reads.
#[must_use]
pub fn to_text(look: &Look, about: &About<'_>, checkup: &Checkup) -> String {
    let what =
        about.pipeline.map_or_else(|| about.environment.to_owned(), |one| format!("{one} in {}", about.environment));
    let heading = look.paint(Label::Heading, printable(&format!("{what} ({})", about.region)));
    let mut out = format!("{heading}\n");
    if about.embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    let width = checkup.checks.iter().map(|check| columns(check.area.as_str())).max().unwrap_or_default();
    let mut last: Option<CheckArea> = None;
    for check in &checkup.checks {
        let area = if last == Some(check.area) { "" } else { check.area.as_str() };
        last = Some(check.area);
        line(look, &mut out, check, &pad(area, width));
    }
    let said = ending(checkup);
    let label = if checkup.has_failed() { Label::Bad } else { Label::Good };
    out.push_str(&format!("\n{}\n", look.paint(label, said)));
    out
}

const HEALTH_COLUMNS: usize = 7;

fn line(look: &Look, out: &mut String, check: &Check, area: &str) {
    let (label, mark) = match check.health {
        Health::Ok => (Label::Good, look.symbol("✓", "+")),
        Health::Warning => (Label::Warning, look.symbol("!", "!")),
        Health::Failed => (Label::Bad, look.symbol("✗", "x")),
        Health::Unknown => (Label::Faint, look.symbol("?", "?")),
    };
    let health = look.paint(label, format!("{mark} {}", pad(check.health.as_str(), HEALTH_COLUMNS)));
    let indent = 2 + 2 + HEALTH_COLUMNS + 2 + columns(area) + 2;
    let code = check.code.map(|code| format!(" ({code})")).unwrap_or_default();
    let text = format!("{}{code}", printable(&check.found));
    let room = look.columns().saturating_sub(indent);
    for (at, part) in wrap(&text, room).into_iter().enumerate() {
        if at == 0 {
            out.push_str(&format!("  {health}  {area}  {part}\n"));
        } else {
            out.push_str(&format!("{:indent$}{part}\n", ""));
        }
    }
    // What is as it should be needs no more words.
    if check.health == Health::Ok {
        return;
    }
    let mut below = |label: Label, text: &str, before: &str| {
        let room = room.saturating_sub(columns(before));
        for (at, part) in wrap(&printable(text), room).into_iter().enumerate() {
            let lead = if at == 0 { before.to_owned() } else { " ".repeat(columns(before)) };
            out.push_str(&format!("{:indent$}{lead}{}\n", "", look.paint(label, part)));
        }
    };
    for detail in &check.details {
        below(Label::Faint, detail, "");
    }
    for help in &check.help {
        let label = if help.starts_with("sluice ") { Label::Command } else { Label::Plain };
        below(label, help, look.symbol("→ ", "-> "));
    }
}

fn ending(checkup: &Checkup) -> String {
    let (failed, warnings, unknown) =
        (checkup.count(Health::Failed), checkup.count(Health::Warning), checkup.count(Health::Unknown));
    let mut said = if failed > 0 {
        format!("{} would keep a deployment from succeeding", plural(failed, "finding"))
    } else {
        "nothing that was looked at keeps a deployment from succeeding".to_owned()
    };
    if warnings > 0 {
        said.push_str(&format!(", {}", plural(warnings, "warning")));
    }
    if unknown > 0 {
        said.push_str(&format!(", {unknown} could not be told"));
    }
    said
}
