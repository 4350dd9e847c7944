//! Diagnostics as JSON. Lines and columns are one-based, columns count Unicode characters; `start` and `end`
//! are zero-based bytes, end exclusive.

use serde::Serialize;

use super::Tally;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};
use crate::view::FORMAT_VERSION;

/// What is wrong, and how much of it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Diagnostics")]
pub(in crate::view) struct Report<'a> {
    /// Version of this format.
    format_version: &'static str,
    /// Each, in the order in which they were found.
    diagnostics: Vec<Entry<'a>>,
    /// How many there are.
    summary: Tally,
}

/// One thing that a person should know.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Diagnostic")]
struct Entry<'a> {
    /// Its stable code.
    #[schemars(with = "String")]
    code: Code,
    /// How bad it is.
    severity: Severity,
    /// The fact.
    title: &'a str,
    /// The file of its primary place.
    file: Option<&'a str>,
    /// The line there, from 1.
    line: Option<u32>,
    /// The column there, from 1, in Unicode characters.
    column: Option<u32>,
    /// Its places, the primary one first.
    labels: Vec<Spot<'a>>,
    /// Background.
    notes: &'a [String],
    /// What to do.
    help: &'a [String],
}

/// A place, and what is to be said of it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "DiagnosticPlace")]
struct Spot<'a> {
    /// The file.
    file: &'a str,
    /// Its line, from 1.
    line: u32,
    /// Its column, from 1, in Unicode characters.
    column: u32,
    /// Its first byte.
    start: usize,
    /// One past its last byte.
    end: usize,
    /// What is to be said of it; may be empty.
    text: &'a str,
}

/// Returns `{"format_version": …, "diagnostics": […], "summary": …}`. Each diagnostic has `code`, `severity`, `title`,
/// `file`, `line`, `column` (of the primary place, or null), `labels`, `notes` and `help`.
#[must_use]
pub fn to_json(diagnostics: &Diagnostics) -> serde_json::Value {
    crate::view::words::json(&report(diagnostics))
}

/// The same, for a larger document.
pub(in crate::view) fn report(diagnostics: &Diagnostics) -> Report<'_> {
    Report {
        format_version: FORMAT_VERSION,
        diagnostics: diagnostics.iter().map(entry).collect(),
        summary: Tally::of(diagnostics),
    }
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
