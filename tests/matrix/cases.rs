//! The cases: one for each resource and kind of failure, one for each call and fault, one for each moment of death.

use std::collections::BTreeMap;

use sluicegate::embedded::FailOn;
use sluicegate::event::EventKind;
use sluicegate::observed::ResourceStatus;
use sluicegate::plan::Action;

use crate::change::Update;
use crate::faulty::{Depth, Dies, Fault, Trouble};
use crate::world::Base;

/// What fails of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failing {
    /// Making it, or its successor.
    Create,
    /// Changing it in place.
    Update,
    /// Removing it, or its predecessor.
    Delete,
    /// Putting it back, or removing it again, after another one failed.
    Rollback,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Resource { logical_id: String, type_name: String, failing: Failing, replaced: bool },
    Network(Trouble),
}

/// One case.
pub struct Case<'a> {
    pub base: &'a Base,
    pub what: What,
}

impl Case<'_> {
    /// What cases of one kind have in common, for the selection that every run of the tests makes.
    pub fn kind(&self) -> String {
        let call = |number: usize| self.base.reference.calls[number].kind();
        match &self.what {
            What::Resource { type_name, failing, .. } => format!("{:?} {failing:?} {type_name}", self.base.update),
            What::Network(Trouble::Call { number, fault, depth }) => format!("{fault:?} {depth:?} {}", call(*number)),
            What::Network(Trouble::Death { number, dies }) => format!("{dies:?} {}", call(*number)),
        }
    }

    pub fn name(&self) -> String {
        let stack = format!("{} {:?}", self.base.stack, self.base.update);
        match &self.what {
            What::Resource { logical_id, failing, .. } => format!("{stack}: {logical_id}, {failing:?} fails"),
            What::Network(Trouble::Call { number, .. } | Trouble::Death { number, .. }) => {
                format!("{stack}: {} (call {number})", self.kind())
            }
        }
    }
}

/// The cases of an update whose resources fail.
pub fn of_resources(base: &Base) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for resource in &base.plan.resources {
        let failing: &[Failing] = match resource.action {
            Action::Create => &[Failing::Create, Failing::Rollback],
            Action::Update => &[Failing::Update, Failing::Rollback],
            Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => {
                &[Failing::Create, Failing::Delete, Failing::Rollback]
            }
            Action::Delete => &[Failing::Delete],
            Action::Import | Action::Cannot => &[],
        };
        // What an edit makes under a name of its own (a version) takes the place of another one.
        let made = base.update == Update::Change && resource.action == Action::Create;
        let replaced = made || resource.action.replaces() || resource.action == Action::Undecided;
        for failing in failing {
            let (logical_id, type_name) = (resource.logical_id.to_string(), resource.type_name.clone());
            cases.push(Case { base, what: What::Resource { logical_id, type_name, failing: *failing, replaced } });
        }
    }
    cases
}

/// The cases of an update whose calls go wrong.
pub fn of_calls(base: &Base) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for (number, call) in base.reference.calls.iter().enumerate() {
        for fault in Fault::ALL {
            let fits = match fault {
                // A read that was cut off is the same whether or not it was answered.
                Fault::ResetAfter => call.writes(),
                Fault::Stale => call.may_be_stale(),
                Fault::Throttle | Fault::Error | Fault::Timeout | Fault::ResetBefore => true,
            };
            for depth in [Depth::Attempt, Depth::Call].into_iter().filter(|_| fits) {
                // An answer from the past is an answer: nothing is tried again.
                if fault != Fault::Stale || depth == Depth::Attempt {
                    cases.push(Case { base, what: What::Network(Trouble::Call { number, fault, depth }) });
                }
            }
        }
    }
    cases
}

/// The cases of an update that is killed: before each call, and, where the call may change something, after it was heard. Every
/// event is told between two calls, so that these are all the moments that differ.
pub fn of_deaths(base: &Base) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for (number, call) in base.reference.calls.iter().enumerate() {
        cases.push(Case { base, what: What::Network(Trouble::Death { number, dies: Dies::BeforeTheRequest }) });
        if call.writes() {
            cases.push(Case { base, what: What::Network(Trouble::Death { number, dies: Dies::BeforeTheAnswer }) });
        }
    }
    cases
}

/// How many moments the events of an update fall on.
pub fn moments(base: &Base) -> (usize, usize) {
    let mut at: BTreeMap<usize, usize> = BTreeMap::new();
    for (sent, _) in &base.reference.events {
        *at.entry(*sent).or_default() += 1;
    }
    (base.reference.events.len(), at.len())
}

/// The resource that is begun last, so that everything else is under way or done when it fails.
pub fn last_begun(base: &Base) -> &str {
    let begun = base.reference.events.iter().rev().find_map(|(_, kind)| match kind {
        EventKind::Resource { event, .. } if !event.is_about_stack() => {
            let begins = matches!(event.status, ResourceStatus::CreateInProgress | ResourceStatus::UpdateInProgress);
            // A second event of the same status only tells a name or a step.
            (begins && event.reason.is_none()).then_some(event.logical_id.as_str())
        }
        _ => None,
    });
    begun.unwrap()
}

/// What is asked of the cloud for a failure: which resource, when, how often.
pub fn faults(case: &Case<'_>) -> Vec<(String, FailOn, u32)> {
    let What::Resource { logical_id, failing, replaced, .. } = &case.what else { return Vec::new() };
    let it = |on: FailOn, times: u32| (logical_id.clone(), on, times);
    match failing {
        Failing::Create => vec![it(FailOn::Create, 1)],
        Failing::Update => vec![it(FailOn::Update, 1)],
        // CloudFormation tries a few times.
        Failing::Delete => vec![it(FailOn::Delete, 9)],
        Failing::Rollback => {
            let last = last_begun(case.base);
            let mut faults = match (case.base.update, replaced) {
                (Update::First, _) => vec![it(FailOn::Rollback, 9)],
                (Update::Change, false) => vec![it(FailOn::Rollback, 2)],
                (Update::Change, true) | (Update::Grow | Update::Shrink, _) => vec![it(FailOn::Delete, 9)],
            };
            faults.extend([FailOn::Create, FailOn::Update].map(|on| (last.to_owned(), on, 1)));
            faults
        }
    }
}
