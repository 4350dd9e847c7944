//! What docs/reliability.md states of every case, held against how it went.

use crate::cases::{Case, Failing, What, last_begun};
use crate::change::Update;
use crate::faulty::{Depth, Fault, Trouble};
use crate::run::{End, Step, Typed, Went};

/// What is wrong with how a case went; nothing if it went as the page says.
pub fn wrong(case: &Case<'_>, went: &Went) -> Option<String> {
    let mut wrong = Vec::new();
    let first = went.first()?;
    if !ends(case).contains(&first.end) {
        wrong.push(format!("it should end in one of {:?}", ends(case)));
    }
    for (number, step) in went.iter().enumerate() {
        if !step.look.lost.is_empty() {
            wrong.push("data are lost".to_owned());
        }
        // A dead process leaves its lease and its change set to the next run.
        let dead = step.end == End::Killed;
        if !dead && !step.look.locks.is_empty() {
            wrong.push("a lease is left".to_owned());
        }
        if !dead && !step.look.change_sets.is_empty() {
            wrong.push("a change set is left".to_owned());
        }
        if number > 0 && !follows(case, &went[..number], step) {
            wrong.push(format!("step {} does not follow", number + 1));
        }
    }
    let told = || went.iter().map(|step| format!("\n  {}", step.told())).collect::<String>();
    (!wrong.is_empty()).then(|| format!("{}: {}{}", case.name(), wrong.join("; "), told()))
}

/// How a case may end at first.
fn ends(case: &Case<'_>) -> &'static [End] {
    match &case.what {
        What::Resource { logical_id, failing, replaced, .. } => {
            let last = *failing == Failing::Rollback && last_begun(case.base) == logical_id;
            match (case.base.update, failing) {
                // A table that is protected against deletion cannot be removed again.
                (Update::First, Failing::Create) => &[End::RolledBack, End::Stuck],
                // What failed itself was never made.
                (Update::First, _) if last => &[End::RolledBack, End::Stuck],
                (Update::First, _) => &[End::Stuck],
                (_, Failing::Create | Failing::Update) => &[End::RolledBack],
                (Update::Change, Failing::Rollback) if !replaced => &[End::Stuck],
                (_, Failing::Rollback) => &[End::RolledBack],
                // What holds data is not removed at all.
                (_, Failing::Delete) => &[End::LiveLeaving, End::Live],
            }
        }
        What::Network(Trouble::Call { fault: Fault::Stale, .. }) => &[End::Live, End::NotBegun],
        What::Network(Trouble::Call { depth: Depth::Attempt, .. }) => &[End::Live],
        What::Network(Trouble::Call { depth: Depth::Call, .. }) => &[End::Live, End::NotBegun],
        What::Network(Trouble::Death { .. }) => &[End::Killed],
    }
}

/// Whether a step may come after others.
fn follows(case: &Case<'_>, before: &[Step], step: &Step) -> bool {
    let is_in_the_way = matches!(
        (&case.what, case.base.update),
        (What::Resource { failing: Failing::Rollback, .. }, Update::Grow | Update::Change)
    );
    let stuck = before.last().is_some_and(|step| step.end == End::Stuck);
    match step.typed {
        Typed::Deploy if stuck => step.end == End::Stuck,
        Typed::Deploy if step.end == End::Live => true,
        // What could not be removed again is in the way of the next deployment until somebody removes it.
        Typed::Deploy => is_in_the_way && matches!(step.end, End::NotBegun | End::RolledBack),
        Typed::Recover => matches!(step.end, End::LedOut | End::Stuck),
        Typed::RecoverWithout => step.end == End::LedOut,
    }
}
