//! What a run of the matrix came to, in the lines that docs/reliability.md quotes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cases::{Case, Failing, What};
use crate::faulty::{Depth, Dies, Fault, Trouble};
use crate::run::{End, Went};

/// The group of cases that a line counts.
fn group(what: &What) -> &'static str {
    match what {
        What::Resource { failing: Failing::Create, .. } => "a resource cannot be made",
        What::Resource { failing: Failing::Update, .. } => "a resource cannot be changed",
        What::Resource { failing: Failing::Delete, .. } => "a resource cannot be removed",
        What::Resource { failing: Failing::Rollback, .. } => "a resource cannot be put back",
        What::Network(Trouble::Call { fault, depth, .. }) => match (fault, depth) {
            (Fault::Throttle, Depth::Attempt) => "a call is throttled once",
            (Fault::Throttle, Depth::Call) => "a call is throttled at every attempt",
            (Fault::Error, Depth::Attempt) => "a call fails with status 500 once",
            (Fault::Error, Depth::Call) => "a call fails with status 500 at every attempt",
            (Fault::Timeout, Depth::Attempt) => "a call is not answered once",
            (Fault::Timeout, Depth::Call) => "a call is not answered at every attempt",
            (Fault::ResetBefore, Depth::Attempt) => "a call is cut off unheard once",
            (Fault::ResetBefore, Depth::Call) => "a call is cut off unheard at every attempt",
            (Fault::ResetAfter, Depth::Attempt) => "a call is cut off once it was heard, once",
            (Fault::ResetAfter, Depth::Call) => "a call is cut off once it was heard, at every attempt",
            (Fault::Stale, _) => "a read is answered from the past",
        },
        What::Network(Trouble::Death { dies: Dies::BeforeTheRequest, .. }) => "killed before a call",
        What::Network(Trouble::Death { dies: Dies::BeforeTheAnswer, .. }) => "killed after a call was heard",
    }
}

fn name(end: End) -> &'static str {
    match end {
        End::Live => "live",
        End::LiveLeaving => "live, with something left",
        End::NotBegun => "not begun",
        End::RolledBack => "rolled back",
        End::Stuck => "stuck",
        End::Killed => "killed",
        End::LedOut => "led out",
        End::Otherwise => "otherwise",
    }
}

/// A line for each group: how many cases, and how they ended at first.
pub fn lines(cases: &[Case<'_>], went: &[Went]) -> String {
    let mut groups: BTreeMap<&str, BTreeMap<End, usize>> = BTreeMap::new();
    for (case, went) in cases.iter().zip(went) {
        *groups.entry(group(&case.what)).or_default().entry(went[0].end).or_default() += 1;
    }
    let mut text = String::new();
    for (group, ends) in groups {
        let count: usize = ends.values().sum();
        let ends: Vec<String> = ends.into_iter().map(|(end, count)| format!("{count} {}", name(end))).collect();
        let _ = writeln!(text, "{count:6} {group}: {}", ends.join(", "));
    }
    let _ = writeln!(text, "{:6} cases in all", cases.len());
    text
}
