//! What a check has to say, until it is known whether it is worth saying.

use std::collections::BTreeSet;

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::spec::Source;

/// A diagnostic and the paths it speaks of. One that speaks of something that could not be read merely follows from
/// it, and is not told.
pub(super) struct Finding {
    diagnostic: Diagnostic,
    paths: Vec<String>,
}

impl Finding {
    /// Adds background.
    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.note(text);
        self
    }

    /// Adds where AWS says so.
    pub(super) fn source(self, source: Source) -> Self {
        self.note(source.to_string())
    }

    /// Adds what to do next.
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(text);
        self
    }

    /// Asks for the name that was probably meant, if there is one like it.
    pub(super) fn meant<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(written, known) {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None => self,
        }
    }
}

/// Whether something at `path`, above it or below it could not be read.
pub(super) fn touches(broken: &BTreeSet<String>, path: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
    };
    broken.iter().any(|known| within(known, path) || within(path, known))
}

impl Resolver<'_> {
    /// An error at the value of a path, or at what encloses it.
    pub(super) fn error(&self, code: Code, path: &str, title: impl Into<String>) -> Finding {
        self.finding(Diagnostic::error(code, title), path)
    }

    /// A warning at the value of a path, or at what encloses it.
    pub(super) fn warning(&self, code: Code, path: &str, title: impl Into<String>) -> Finding {
        self.finding(Diagnostic::warning(code, title), path)
    }

    fn finding(&self, diagnostic: Diagnostic, path: &str) -> Finding {
        let place = self.places.nearest(path).map(|at| at.place.clone());
        Finding { diagnostic: diagnostic.at_maybe(place, ""), paths: vec![path.to_owned()] }
    }

    /// A second place in a finding.
    pub(super) fn also(&self, mut finding: Finding, path: &str, text: &str) -> Finding {
        let place = self.places.nearest(path).map(|at| at.place.clone());
        finding.diagnostic = finding.diagnostic.at_maybe(place, text);
        finding.paths.push(path.to_owned());
        finding
    }

    pub(super) fn push(&mut self, finding: Finding) {
        if !finding.paths.iter().any(|path| touches(self.broken, path)) {
            self.found.push(finding.diagnostic);
        }
    }

    /// Refuses names that are given twice in the list at a path.
    pub(super) fn check_distinct<T: PartialEq + std::fmt::Display>(&mut self, path: &str, names: &[T]) {
        for (index, name) in names.iter().enumerate() {
            if names.iter().take(index).any(|earlier| earlier == name) {
                let title = format!("`{name}` is given twice");
                self.push(
                    self.error(Code::DuplicateField, &format!("{path}.{index}"), title).help("keep one of the two"),
                );
            }
        }
    }

    /// Refuses more things than AWS takes.
    pub(super) fn check_most(&mut self, path: &str, count: usize, most: usize, what: &str, source: &str) {
        if count > most {
            let title = format!("{count} {what}; at most {most} are allowed");
            self.push(self.error(Code::OutOfRange, path, title).note(source));
        }
    }
}
