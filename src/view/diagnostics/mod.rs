//! Diagnostics as text with the lines they are about, as JSON and as SARIF.

mod json;
mod sarif;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostics, FilePath, Severity};
use crate::view::words::plural;

pub use json::to_json;
pub(in crate::view) use json::{Report, report};
pub use sarif::to_sarif;
pub use text::to_text;

/// The text of the files that diagnostics point into. A file that is not here (not UTF-8, say) is still
/// named with line and column, only its lines are not shown.
#[derive(Clone, Debug, Default)]
pub struct SourceMap(BTreeMap<FilePath, Arc<str>>);

impl SourceMap {
    /// Returns an empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers the text of a file.
    pub fn insert(&mut self, file: FilePath, text: impl Into<Arc<str>>) {
        self.0.insert(file, text.into());
    }

    /// The text of a file, if known.
    #[must_use]
    pub fn get(&self, file: &FilePath) -> Option<&str> {
        self.0.get(file).map(AsRef::as_ref)
    }
}

impl FromIterator<(FilePath, String)> for SourceMap {
    fn from_iter<I: IntoIterator<Item = (FilePath, String)>>(iter: I) -> Self {
        Self(iter.into_iter().map(|(file, text)| (file, Arc::from(text))).collect())
    }
}

/// How many diagnostics there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Tally {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Informations.
    pub infos: usize,
}

impl Tally {
    /// Counts diagnostics.
    #[must_use]
    pub fn of(diagnostics: &Diagnostics) -> Self {
        let mut tally = Self::default();
        for diagnostic in diagnostics {
            match diagnostic.severity {
                Severity::Error => tally.errors += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Info => tally.infos += 1,
            }
        }
        tally
    }

    /// Returns `2 errors, 1 warning`; empty where there is nothing to count. Informations are not counted.
    #[must_use]
    pub fn summary(self) -> String {
        [(self.errors, "error"), (self.warnings, "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| plural(count, noun))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic, Place, Span};

    /// Returns the place of the first `needle` in `text`.
    pub(super) fn place(file: &str, text: &str, needle: &str) -> Place {
        let start = text.find(needle).unwrap();
        Place::locate(&FilePath::new(file), text, Span { start, end: start + needle.len() })
    }

    pub(super) const SPEC: &str = "pipeline: fraud-detection\nstreams:\n  transactions:\n    capacity: {provisioned: {shards: 16}}\n    retentoin: 7d\n";
    pub(super) const ENV: &str =
        "environment: prod\npipelines:\n  fraud-detection: {streams: {transactions: {capacity: 0}}}\n";

    pub(super) fn sources() -> SourceMap {
        [("spec.yaml", SPEC), ("prod.yaml", ENV)]
            .map(|(file, text)| (FilePath::new(file), text.to_owned()))
            .into_iter()
            .collect()
    }

    pub(super) fn two() -> Diagnostics {
        [
            Diagnostic::error(Code::UnknownField, "unknown field `retentoin`")
                .at(place("spec.yaml", SPEC, "retentoin"), "not a field of a stream")
                .help("write `retention`"),
            Diagnostic::warning(Code::OutOfRange, "the number of shards is lowered to nothing")
                .at(place("prod.yaml", ENV, "0"), "overridden here")
                .at(place("spec.yaml", SPEC, "16"), "16 shards asked for here")
                .note("an overlay replaces the whole value"),
        ]
        .into_iter()
        .collect()
    }
}
