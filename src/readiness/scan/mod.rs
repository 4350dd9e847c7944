//! What can be seen in a handler's text without running it: calls in the loop over records, writes that are not
//! conditional, timeouts of clients. It reads Python as people write it for Lambda and claims nothing about what it does
//! not recognise.

mod calls;
mod clients;
mod lex;
mod writes;

use super::handlers::{HandlerCode, HandlerFile};
use crate::diagnostic::{Place, Span};
pub(super) use calls::RecordCall;
pub(super) use clients::Client;
use lex::Source;
pub(super) use writes::{Write, WriteKind};

/// A handler that was read.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    files: Vec<(&'a HandlerFile, Source<'a>)>,
}

/// Something that was seen, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen<T> {
    /// What.
    pub(super) what: T,
    /// Where.
    pub(super) place: Place,
}

impl<'a> Scan<'a> {
    /// Reads a handler.
    pub(super) fn of(code: &'a HandlerCode) -> Self {
        Self { files: code.0.iter().map(|file| (file, Source::of(&file.text))).collect() }
    }

    /// Whether a word stands anywhere in the code, strings included, comments not.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.files.iter().any(|(_, source)| source.uncommented.contains(word))
    }

    /// Calls that are made for each record of a batch.
    pub(super) fn record_calls(&self) -> Vec<Seen<RecordCall>> {
        self.seen(calls::of)
    }

    /// Writes to tables.
    pub(super) fn writes(&self) -> Vec<Seen<Write>> {
        self.seen(writes::of)
    }

    /// The clients of AWS that it makes.
    pub(super) fn clients(&self) -> Vec<Seen<Client>> {
        self.seen(clients::of)
    }

    fn seen<T>(&self, look: fn(&Source<'_>) -> Vec<(usize, T)>) -> Vec<Seen<T>> {
        let in_file = |(file, source): &(&HandlerFile, Source<'_>)| {
            let place = |at: usize| {
                let end =
                    source.text.get(at..).and_then(|rest| rest.find('\n')).map_or(source.text.len(), |by| at + by);
                Place::locate(&file.file, source.text, Span { start: at, end })
            };
            look(source).into_iter().map(|(at, what)| Seen { what, place: place(at) }).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(in_file).collect()
    }
}

#[cfg(test)]
mod tests;
