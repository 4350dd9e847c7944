//! Calls that are made for each record of a batch: in a loop over `Records`, or in a function that such a loop calls.

use std::collections::{BTreeMap, BTreeSet};

use super::lex::{Source, is_word};

/// A call for each record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::readiness) struct RecordCall {
    /// The name that is called.
    pub(in crate::readiness) name: &'static str,
    /// What asks for many at once; `None` where the handler itself would have to gather them.
    pub(in crate::readiness) instead: Option<&'static str>,
    /// Whether it goes to a model or out of AWS, so that each takes as long as somebody else likes.
    pub(in crate::readiness) outward: bool,
}

/// Calls that wait for somebody else, one by one.
const SINGLE: [(&str, Option<&str>, bool); 11] = [
    ("invoke_endpoint", Some("one `invoke_endpoint` with a row per record"), true),
    ("urlopen", None, true),
    ("requests.get", None, true),
    ("requests.post", None, true),
    ("requests.put", None, true),
    ("requests.request", None, true),
    ("httpx.get", None, true),
    ("httpx.post", None, true),
    ("get_item", Some("`batch_get_item`, a hundred keys at once"), false),
    ("put_record", Some("`put_records`, 500 at once"), false),
    ("send_message", Some("`send_message_batch`, ten at once"), false),
];

/// Functions that call functions are followed so far.
const DEEPEST: usize = 6;

/// Every call for each record, by its place.
pub(super) fn of(source: &Source<'_>) -> Vec<(usize, RecordCall)> {
    let mut search = Search::of(source);
    for (at, _) in source.statements.iter().enumerate().filter(|(at, _)| loops_over_records(source, *at)) {
        let body = source.body(at);
        let own = if body.is_empty() { at..at + 1 } else { body };
        search.statements(own, 0);
    }
    search.found.sort_by_key(|(at, _)| *at);
    search.found.dedup_by_key(|(at, _)| *at);
    search.found
}

/// Whether a statement is a loop, or holds one in brackets, over the records of the event.
fn loops_over_records(source: &Source<'_>, at: usize) -> bool {
    let Some(statement) = source.statements.get(at) else { return false };
    let bare = source.without_strings(statement.range.clone());
    let mut from = 0;
    while let Some(by) = bare.get(from..).and_then(|rest| rest.find("for ")) {
        let begins = from + by;
        let word_before = bare.get(..begins).and_then(|before| before.chars().next_back()).is_some_and(is_word);
        let source_of = bare.get(begins..).and_then(|rest| rest.find(" in ")).map(|by| begins + by + 4);
        if let (false, Some(start)) = (word_before, source_of) {
            let end = bare.get(start..).and_then(|rest| rest.find([':', '\n'])).map_or(bare.len(), |by| start + by);
            let absolute = statement.range.start + start..statement.range.start + end;
            let iterable = source.with_strings(absolute);
            if iterable.contains("\"Records\"") || iterable.contains("'Records'") {
                return true;
            }
        }
        from = begins + 4;
    }
    false
}

struct Search<'s> {
    source: &'s Source<'s>,
    /// Every call that waits for somebody else, by its opening bracket.
    single: BTreeMap<usize, RecordCall>,
    /// Every call of a function of this file, by its opening bracket: the statement that begins the function.
    own: BTreeMap<usize, usize>,
    visited: BTreeSet<usize>,
    found: Vec<(usize, RecordCall)>,
}

impl<'s> Search<'s> {
    fn of(source: &'s Source<'s>) -> Self {
        let call = |(name, instead, outward)| {
            source.calls_of(name).map(move |open| (open, RecordCall { name, instead, outward }))
        };
        let own = functions(source).into_iter().flat_map(|(head, name)| {
            let is_method =
                |open: usize| open.checked_sub(name.len() + 1).and_then(|dot| source.bare.get(dot..=dot)) == Some(".");
            source.calls_of(name).filter(move |open| !is_method(*open)).map(move |open| (open, head))
        });
        Self {
            source,
            single: SINGLE.into_iter().flat_map(call).collect(),
            own: own.collect(),
            visited: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    fn statements(&mut self, which: std::ops::Range<usize>, depth: usize) {
        for at in which {
            let Some(range) = self.source.statements.get(at).map(|statement| statement.range.clone()) else { continue };
            let calls = self.single.range(range.clone());
            self.found.extend(calls.map(|(open, call)| (open - call.name.len(), call.clone())));
            if depth < DEEPEST {
                self.follow(range, depth);
            }
        }
    }

    /// Looks into the functions of this file that a statement calls.
    fn follow(&mut self, range: std::ops::Range<usize>, depth: usize) {
        let called: Vec<usize> = self.own.range(range).map(|(_, head)| *head).collect();
        for head in called {
            if self.visited.insert(head) {
                self.statements(self.source.body(head), depth + 1);
            }
        }
    }
}

/// The functions that a file defines: the statement that begins each, and its name.
fn functions<'s>(source: &'s Source<'_>) -> Vec<(usize, &'s str)> {
    let named = |(at, statement): (usize, &super::lex::Statement)| {
        let code = source.bare.get(statement.range.clone())?;
        let rest = code.strip_prefix("async ").unwrap_or(code).strip_prefix("def ")?;
        let end = rest.find(|c| !is_word(c))?;
        Some((at, rest.get(..end)?))
    };
    source.statements.iter().enumerate().filter_map(named).collect()
}
