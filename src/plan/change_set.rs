//! What CloudFormation's own change set says, laid over what the schemas say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::blocked;
use super::compare::bare;
use super::desired::Desired;
use super::model::{Action, Change, ChangeKind, Decider, Reason, ResourcePlan, Sureness};
use crate::observed::{
    ChangeSet, DetailTarget, PropertyChange, Recreation, Replacement, ResourceAction, ResourceChange,
};
use crate::template::PropertyPath;
use crate::units::LogicalId;

/// Where CloudFormation writes that a value is known only later.
const KNOWN_LATER: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Lays a change set over the plans. Where both agree, both decide; where they differ, the change set counts, except
/// that it knows nothing of what a service refuses, and that it may leave open what the schemas settle. What it only
/// foresees because of something that is refused never happens.
pub(super) fn merge(plans: &mut Vec<ResourcePlan>, change_set: &ChangeSet, desired: &Desired) {
    let alone = plans.clone();
    let mut refused: BTreeSet<LogicalId> = BTreeSet::new();
    loop {
        *plans = alone.clone();
        for said in change_set.changes.iter().filter_map(|said| without(said, &refused)) {
            let action = action_of(&said);
            match plans.iter_mut().find(|plan| plan.logical_id == said.logical_id) {
                Some(plan) => overlay(plan, &said, action),
                None => plans.push(unforeseen(&said, action, desired)),
            }
        }
        for plan in plans.iter_mut() {
            // A change set does not know that a name is taken by the very resource that it replaces.
            if let Some(after) = desired.template.resources.get(&plan.logical_id) {
                blocked::refuse_replacement(plan, after);
            }
            if !plan.decided_by.contains(&Decider::ChangeSet) && plan.action != Action::Cannot {
                plan.sureness = Sureness::Likely;
            }
        }
        let more = plans.iter().filter(|plan| plan.action == Action::Cannot && !refused.contains(&plan.logical_id));
        let mut more: Vec<LogicalId> = more.map(|plan| plan.logical_id.clone()).collect();
        // What changes only because of these, nothing else changes because of it either.
        let moot = change_set.changes.iter().filter(|said| without(said, &refused).is_none());
        more.extend(moot.map(|said| said.logical_id.clone()).filter(|id| !refused.contains(id)));
        // Each round refuses at least one more, so it ends.
        if more.is_empty() {
            break;
        }
        refused.extend(more);
    }
    plans.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
}

/// The resource whose new value causes a detail.
fn cause(detail: &PropertyChange) -> Option<&str> {
    detail.causing_entity.as_deref().and_then(|entity| entity.split('.').next())
}

/// What a change set says of a resource, less what comes of refused ones; nothing where nothing else is left.
fn without(said: &ResourceChange, refused: &BTreeSet<LogicalId>) -> Option<ResourceChange> {
    let moot = |detail: &PropertyChange| cause(detail).is_some_and(|id| refused.iter().any(|one| one.as_str() == id));
    if said.action != ResourceAction::Modify || !said.details.iter().any(moot) {
        return Some(said.clone());
    }
    let mooted: Vec<&DetailTarget> = said.details.iter().filter(|d| moot(d)).map(|detail| &detail.target).collect();
    // With property values, a caused change is told a second time, as one that may turn out to be none.
    let details: Vec<PropertyChange> = said
        .details
        .iter()
        .filter(|detail| !moot(detail) && (detail.is_static || !mooted.contains(&&detail.target)))
        .cloned()
        .collect();
    if details.is_empty() {
        return None;
    }
    let recreates = details.iter().any(|detail| detail.recreation != Recreation::Never);
    let replacement = if recreates { said.replacement } else { Some(Replacement::False) };
    Some(ResourceChange { replacement, details, ..said.clone() })
}

fn action_of(said: &ResourceChange) -> Action {
    match (said.action, said.replacement) {
        (ResourceAction::Add, _) => Action::Create,
        (ResourceAction::Remove, _) => Action::Delete,
        (ResourceAction::Import, _) => Action::Import,
        (ResourceAction::Dynamic, _) | (ResourceAction::Modify, Some(Replacement::Conditional)) => Action::Undecided,
        (ResourceAction::Modify, Some(Replacement::True)) => Action::Replace,
        (ResourceAction::Modify, Some(Replacement::False) | None) => Action::Update,
    }
}

fn overlay(plan: &mut ResourcePlan, said: &ResourceChange, action: Action) {
    plan.decided_by.insert(Decider::ChangeSet);
    plan.physical_id = plan.physical_id.take().or_else(|| said.physical_id.clone());
    let agrees = plan.action == action
        || (action == Action::Replace && plan.action.replaces())
        || plan.action == Action::Cannot
        || (action == Action::Undecided && plan.sureness == Sureness::Certain);
    if agrees {
        return;
    }
    plan.reasons.insert(0, Reason::ChangeSetSays { schema_action: Some(plan.action) });
    plan.action = action;
    plan.sureness = sureness(action);
}

fn unforeseen(said: &ResourceChange, action: Action, desired: &Desired) -> ResourcePlan {
    let reason = Reason::ChangeSetSays { schema_action: None };
    let mut plan = bare(&said.logical_id, &said.type_name, action, reason, &desired.origins);
    plan.decided_by = [Decider::ChangeSet].into();
    plan.physical_id = said.physical_id.clone();
    plan.sureness = sureness(action);
    plan.changes = said.details.iter().filter_map(change).collect();
    plan.changes.sort_by(|a, b| a.path.cmp(&b.path));
    plan.changes.dedup_by(|a, b| a.path == b.path);
    plan
}

fn sureness(action: Action) -> Sureness {
    if action == Action::Undecided { Sureness::Unknown } else { Sureness::Certain }
}

fn change(detail: &PropertyChange) -> Option<Change> {
    let DetailTarget::Property(pointer) = &detail.target else { return None };
    let path = pointer.strip_prefix("/Properties/").unwrap_or(pointer);
    let path = path.split('/').fold(PropertyPath::root(), |path, step| match step.parse() {
        Ok(index) => path.index(index),
        Err(_) => path.key(step),
    });
    let later = detail.after.as_deref().is_some_and(|after| after.contains(KNOWN_LATER));
    let kind = match (&detail.before, &detail.after) {
        (None, Some(_)) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (Some(_), Some(_)) | (None, None) => ChangeKind::Modified,
    };
    Some(Change {
        path,
        inside: None,
        kind,
        before: detail.before.clone().map(Value::from),
        after: detail.after.clone().filter(|_| !later).map(Value::from),
        known_after_apply: later,
        recreation: detail.recreation,
        caused_by: cause(detail).and_then(|id| LogicalId::new(id).ok()),
        sensitive: false,
    })
}
