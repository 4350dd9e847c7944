//! Writes to tables, and whether doing one twice does no more than doing it once.

use super::lex::Source;

/// A write to a table that nothing makes conditional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::readiness) struct Write {
    /// The name that is called.
    pub(in crate::readiness) name: &'static str,
    /// What a repetition does.
    pub(in crate::readiness) kind: WriteKind,
}

/// What it does to write the same record a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::readiness) enum WriteKind {
    /// It counts once more.
    Counts,
    /// It overwrites what may have become newer meanwhile.
    Overwrites,
}

/// Calls that write, and what they do where nothing is conditional.
const WRITES: [&str; 2] = ["update_item", "put_item"];

/// Every write that is not conditional and whose repetition changes something.
pub(super) fn of(source: &Source<'_>) -> Vec<(usize, Write)> {
    let each = WRITES.into_iter().flat_map(|name| {
        source.calls_of(name).filter_map(move |open| {
            let given = source.with_strings(source.bracketed(open));
            // What is handed over as a whole cannot be seen; a transaction has conditions of its own.
            let conditional = given.contains("ConditionExpression") || given.contains("**");
            let kind = match name {
                "update_item" => counts(given).then_some(WriteKind::Counts),
                _ => Some(WriteKind::Overwrites),
            };
            kind.filter(|_| !conditional).map(|kind| (open - name.len(), Write { name, kind }))
        })
    });
    each.collect()
}

/// Whether an update expression adds to what is there.
fn counts(given: &str) -> bool {
    let quoted = given.split(['"', '\'']).skip(1).step_by(2);
    quoted.into_iter().any(|text| {
        text.starts_with("ADD ")
            || text.contains(" ADD ")
            || text.contains("+ :")
            || text.contains("- :")
            || text.contains("list_append")
    })
}
