//! What is wrong, as data: codes, severities, places in files, hints.
//!
//! This room says *what* a person must know; how it looks on a terminal, in JSON or in a pull request
//! is the business of `view`. It knows nothing of pipelines or of AWS.

mod chain;
mod code;
mod place;
mod suggest;

pub use chain::chain;
pub use code::{Area, Code};
pub use place::{FilePath, Layer, Place, Span};
pub use suggest::closest;

use std::fmt;

/// How bad a diagnostic is. An error stops the command that found it; a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command cannot go on.
    Error,
    /// The command goes on; somebody should look.
    Warning,
    /// Worth knowing, nothing to do.
    Info,
}

/// A place together with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// A short phrase, for instance "16 shards asked for here". May be empty.
    pub text: String,
}

/// One thing a person should know: the fact, where it is, why, and what to type next.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// The stable code; `sluice explain CODE` prints its page.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, in one sentence without a full stop.
    pub title: String,
    /// Places, the primary one first. Empty where no file is at fault.
    pub labels: Vec<Label>,
    /// Background, one sentence each.
    pub notes: Vec<String>,
    /// What to type or do next, one imperative each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// Returns an error with the given code and fact.
    #[must_use]
    pub fn error(code: Code, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, title)
    }

    /// Returns a warning with the given code and fact.
    #[must_use]
    pub fn warning(code: Code, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, title)
    }

    /// Returns an information with the given code and fact.
    #[must_use]
    pub fn info(code: Code, title: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, title)
    }

    fn new(severity: Severity, code: Code, title: impl Into<String>) -> Self {
        Self { code, severity, title: title.into(), labels: Vec::new(), notes: Vec::new(), help: Vec::new() }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Adds a place if there is one.
    #[must_use]
    pub fn at_maybe(self, place: Option<Place>, text: impl Into<String>) -> Self {
        match place {
            Some(place) => self.at(place, text),
            None => self,
        }
    }

    /// Adds background.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// The primary place, if any.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.labels.first().map(|label| &label.place)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{} [{}]", self.title, self.code)
    }
}

/// Diagnostics in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Returns an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The diagnostics in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The diagnostics in order, to be added to.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.0.iter_mut()
    }

    /// Returns `value` if there is no error among the diagnostics, else the diagnostics.
    ///
    /// # Errors
    /// The collection itself, when it holds at least one error.
    pub fn into_result<T>(self, value: T) -> Result<(T, Self), Self> {
        if self.has_errors() { Err(self) } else { Ok((value, self)) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}
