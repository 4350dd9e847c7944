//! One pipeline in two environments: what somebody meant to differ, and what differs because an environment has its own
//! name, account and region.
//!
//! Nothing is guessed from names. The pipeline is rendered as the first environment has it, then as if that environment stood
//! where the second one does, then with the second one's settings, one after the other, until it is the second one.
//! The first of these steps is what merely differs; each of the others is what its setting does.

mod stand;

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Change, FORMAT_VERSION};
use crate::diagnostic::Place;
use crate::environment::Tier;
use crate::pipeline::{Origins, StageRef};
use crate::template::Template;
use crate::units::{AccountId, EnvironmentName, LogicalId, PipelineName, Region};
use stand::{Differences, Settled};

/// One of the two environments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Its name.
    pub environment: EnvironmentName,
    /// Its tier.
    pub tier: Tier,
    /// Its account.
    pub account: AccountId,
    /// The region that was compared.
    pub region: Region,
    /// The stack's name there.
    pub stack: String,
}

/// A stack as it is rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// Its template.
    pub template: Template,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether its deletion is refused.
    pub termination_protection: bool,
    /// Which line of the pipeline file each resource comes from.
    pub origins: Origins,
}

/// A setting in which two environments differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// Dotted path in the pipeline file, or in the environment's for its own settings.
    pub path: String,
    /// Whose setting it is.
    pub kind: SettingKind,
    /// In the first environment.
    pub before: Setter,
    /// In the second one.
    pub after: Setter,
}

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// The pipeline's: an overlay sets it in at least one of the two.
    Pipeline,
    /// The environment's tier: what follows are defaults.
    Tier,
    /// Another one of the environment's own.
    Environment,
}

/// What one side sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Setter {
    /// The value, on one line; none where nobody set it and the default holds.
    pub value: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
}

/// What the pipeline is with one setting more (or several, where one alone does not fit the rest) taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The settings.
    pub settings: Vec<Setting>,
    /// What it is then.
    pub after: Stand,
}

/// A pipeline in two environments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentDiff {
    /// [`FORMAT_VERSION`].
    pub format_version: &'static str,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The first environment.
    pub before: Side,
    /// The second one.
    pub after: Side,
    /// What somebody meant to differ, by the setting that does it.
    pub deliberate: Vec<Deliberate>,
    /// What differs because the environments have different names, accounts and regions.
    pub derived: Derived,
}

impl EnvironmentDiff {
    /// Whether nobody meant the two to differ in anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deliberate.is_empty()
    }
}

/// What a setting does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deliberate {
    /// The setting; several where they only fit together.
    pub settings: Vec<Setting>,
    /// What differs in the stack as a whole: tags, outputs, protection.
    pub stack: Vec<Change>,
    /// What differs in its resources, sorted by logical id. Empty for a setting that reaches no resource.
    pub resources: Vec<ResourceDifference>,
}

/// What merely differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Derived {
    /// How many values; a resource that only one side has counts as one.
    pub values: usize,
    /// In the stack as a whole.
    pub stack: Vec<Change>,
    /// In its resources, sorted by logical id.
    pub resources: Vec<ResourceDifference>,
}

/// How a resource differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceDifference {
    /// Its logical id; that of a function's version without the digits that follow from its content.
    pub logical_id: LogicalId,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The stage it belongs to.
    pub stage: Option<StageRef>,
    /// Who has it.
    pub presence: Presence,
    /// What differs; empty where only one side has it. Paths are those of properties, then those of the attributes beside them.
    pub changes: Vec<Change>,
}

/// Who has a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Both.
    Both,
    /// The first environment.
    OnlyBefore,
    /// The second one.
    OnlyAfter,
}

/// Tells what is meant from what merely differs. `real` is the pipeline as the first environment has it, `start` the same where the
/// second one stands, and the last of the steps the second one.
#[must_use]
pub fn environments(
    pipeline: &PipelineName,
    [before, after]: [Side; 2],
    real: &Stand,
    start: &Stand,
    steps: Vec<Step>,
) -> EnvironmentDiff {
    let (real, start) = (Settled::of(real), Settled::of(start));
    let derived = Differences::of(&real, &start);
    let stands: Vec<Settled> = steps.iter().map(|step| Settled::of(&step.after)).collect();
    let before_each = std::iter::once(&start).chain(&stands);
    let done: Vec<Differences> =
        before_each.zip(&stands).map(|(before, after)| Differences::of(before, after)).collect();
    let all = stands.last().map_or_else(Differences::default, |goal| Differences::of(&start, goal));
    let mut deliberate: Vec<Deliberate> = steps
        .into_iter()
        .map(|step| Deliberate { settings: step.settings, stack: Vec::new(), resources: Vec::new() })
        .collect();
    share_out(all, &done, &mut deliberate);
    let values = derived.values();
    let derived = Derived { values, stack: derived.stack, resources: derived.resources.into_values().collect() };
    let format_version = FORMAT_VERSION;
    EnvironmentDiff { format_version, pipeline: pipeline.clone(), before, after, deliberate, derived }
}

/// Gives each difference to the last step that touched it: to the setting that made it what it is in the end.
fn share_out(all: Differences, done: &[Differences], deliberate: &mut [Deliberate]) {
    let last = |touched: &dyn Fn(&Differences) -> bool| done.iter().rposition(touched);
    for change in all.stack {
        let at = last(&|step| step.stack.iter().any(|other| same_place(other, &change)));
        if let Some(to) = at.and_then(|at| deliberate.get_mut(at)) {
            to.stack.push(change);
        }
    }
    for (id, mut difference) in all.resources {
        let touched = last(&|step| step.resources.contains_key(&id));
        let mut by_step: BTreeMap<usize, Vec<Change>> = BTreeMap::new();
        for change in std::mem::take(&mut difference.changes) {
            // An item of a list may have stood elsewhere in between; whoever touched the resource last put it where it is.
            let at = last(&|step| {
                step.resources
                    .get(&id)
                    .is_some_and(|found| found.changes.iter().any(|other| same_place(other, &change)))
            });
            if let Some(at) = at.or(touched) {
                by_step.entry(at).or_default().push(change);
            }
        }
        if difference.presence != Presence::Both {
            let at = last(&|step| step.resources.get(&id).is_some_and(|found| found.presence != Presence::Both));
            by_step.extend(at.or(touched).map(|at| (at, Vec::new())));
        }
        for (at, changes) in by_step {
            if let Some(to) = deliberate.get_mut(at) {
                to.resources.push(ResourceDifference { changes, ..difference.clone() });
            }
        }
    }
}

fn same_place(a: &Change, b: &Change) -> bool {
    (&a.path, &a.inside) == (&b.path, &b.inside)
}

impl Deliberate {
    /// Whether anything that is deployed differs by it.
    #[must_use]
    pub fn reaches_something(&self) -> bool {
        !self.stack.is_empty() || !self.resources.is_empty()
    }
}

#[cfg(test)]
mod tests;
