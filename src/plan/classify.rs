//! What happens to each resource, by the schemas and by recorded behaviour.

use std::collections::{BTreeMap, BTreeSet};

use super::blocked;
use super::bounds;
use super::compare::bare;
use super::desired::{Desired, Known};
use super::diff::{additions, diff, same};
use super::effects::at;
use super::model::{Action, Change, ChangeKind, Reason, ResourcePlan, Sureness};
use crate::template::schema::{TypeFacts, facts};
use crate::template::{PropertyPath, Recreation, Resource, Template, references_in};
use crate::units::LogicalId;

/// Every resource that does not stay as it is, sorted by logical id.
pub(super) fn resources(desired: &Desired, before: &Template, known: &Known, tags_change: bool) -> Vec<ResourcePlan> {
    let mut plans: BTreeMap<LogicalId, ResourcePlan> = BTreeMap::new();
    for (id, after) in &desired.template.resources {
        let plan = match before.resources.get(id) {
            None => Some(created(desired, known, id, after)),
            Some(old) if old.type_name != after.type_name => Some(other_type(desired, id, old, after)),
            Some(old) => changed(desired, id, old, after),
        };
        plans.extend(plan.map(|plan| (id.clone(), plan)));
    }
    propagate(desired, before, &mut plans);
    for plan in removals(desired, before, &Reason::Removed) {
        plans.insert(plan.logical_id.clone(), plan);
    }
    blocked::by_leftovers(desired, before, &mut plans);
    bounds::refuse(desired, before, known, &mut plans);
    if tags_change {
        tagged(desired, before, &mut plans);
    }
    plans.into_values().collect()
}

/// Resources of the deployed template that the desired one lacks.
pub(super) fn removals(desired: &Desired, before: &Template, reason: &Reason) -> Vec<ResourcePlan> {
    let gone = before.resources.iter().filter(|(id, _)| !desired.template.resources.contains_key(*id));
    gone.map(|(id, old)| bare(id, &old.type_name, Action::Delete, reason.clone(), &desired.origins)).collect()
}

fn created(desired: &Desired, known: &Known, id: &LogicalId, after: &Resource) -> ResourcePlan {
    let facts = facts(&after.type_name);
    let mut plan = bare(id, &after.type_name, Action::Create, Reason::New, &desired.origins);
    plan.changes = additions(facts, &after.properties);
    if let Some(existing) = known.existing.get(id) {
        blocked::adopt(&mut plan, existing, after);
    }
    plan
}

fn other_type(desired: &Desired, id: &LogicalId, old: &Resource, after: &Resource) -> ResourcePlan {
    let reason = Reason::OtherType { before: old.type_name.clone(), after: after.type_name.clone() };
    bare(id, &after.type_name, Action::Cannot, reason, &desired.origins)
}

fn changed(desired: &Desired, id: &LogicalId, old: &Resource, after: &Resource) -> Option<ResourcePlan> {
    let changes = diff(facts(&after.type_name), &old.properties, &after.properties);
    let attributes = attribute_changes(old, after);
    if changes.is_empty() && attributes.is_empty() {
        return None;
    }
    let mut plan = bare(id, &after.type_name, Action::Update, Reason::InPlace, &desired.origins);
    if changes.is_empty() {
        plan.reasons = vec![Reason::AttributesOnly { attributes }];
    }
    plan.changes = changes;
    decide(&mut plan, after);
    Some(plan)
}

/// What changes beside the properties. `DependsOn` orders work and is no change to CloudFormation (CH-13).
fn attribute_changes(old: &Resource, after: &Resource) -> BTreeSet<String> {
    let compared = [
        ("DeletionPolicy", old.deletion_policy == after.deletion_policy),
        ("UpdateReplacePolicy", old.update_replace_policy == after.update_replace_policy),
        ("Metadata", old.metadata == after.metadata),
        ("UpdatePolicy", old.update_policy == after.update_policy),
        ("Condition", old.condition == after.condition),
    ];
    compared.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name.to_owned()).collect()
}

/// Edits that the schema calls conditional and the service's own interface settles: UpdateTable has no key schema.
fn always_recreates(type_name: &str, path: &PropertyPath) -> bool {
    type_name == "AWS::DynamoDB::Table" && path.top() == Some("KeySchema")
}

/// Sets action, reasons and sureness from the changes.
fn decide(plan: &mut ResourcePlan, after: &Resource) {
    let facts = facts(&plan.type_name);
    let mut reasons = Vec::new();
    let mut strongest = Recreation::Never;
    let mut seen = BTreeSet::new();
    for change in &plan.changes {
        let settled = always_recreates(&plan.type_name, &change.path);
        let recreation = if settled { Recreation::Always } else { change.recreation };
        let top = change.path.top().map_or_else(PropertyPath::root, PropertyPath::of);
        strongest = strongest.max(recreation);
        if recreation == Recreation::Never || !seen.insert(top) {
            continue;
        }
        reasons.push(match (&change.caused_by, recreation) {
            (Some(target), _) => Reason::ReplacedReference {
                path: change.path.clone(),
                target: target.clone(),
                attribute: attribute_of(change, target),
            },
            (None, Recreation::Always) => Reason::CreateOnly { path: change.path.clone() },
            (None, Recreation::Conditionally | Recreation::Never) => {
                Reason::ConditionallyCreateOnly { path: change.path.clone() }
            }
        });
    }
    (plan.action, plan.sureness) = match strongest {
        Recreation::Never => (Action::Update, Sureness::Certain),
        Recreation::Conditionally => (Action::Undecided, Sureness::Unknown),
        Recreation::Always if facts.is_some_and(TypeFacts::deletes_then_creates) => {
            (Action::ReplaceDeletingFirst, Sureness::Certain)
        }
        Recreation::Always => (Action::Replace, Sureness::Certain),
    };
    if facts.is_none() {
        // Without a schema nobody can say what a change does.
        (plan.action, plan.sureness) = (Action::Undecided, Sureness::Unknown);
    }
    if !reasons.is_empty() {
        plan.reasons = reasons;
    }
    blocked::refuse(plan, after);
}

fn attribute_of(change: &Change, target: &LogicalId) -> Option<String> {
    let references = references_in(change.after.as_ref()?);
    references.into_iter().find(|reference| reference.target == target.as_str())?.attribute
}

/// Carries replacement on: a property that refers to a replaced resource gets a new value, which may replace its
/// own resource in turn (CH-10). Each round adds at least one replaced resource, so it ends.
fn propagate(desired: &Desired, before: &Template, plans: &mut BTreeMap<LogicalId, ResourcePlan>) {
    let mut done: BTreeSet<LogicalId> = BTreeSet::new();
    loop {
        let next = plans.values().find(|plan| plan.action.replaces() && !done.contains(&plan.logical_id));
        let Some(target) = next.map(|plan| plan.logical_id.clone()) else { return };
        done.insert(target.clone());
        for (id, after) in &desired.template.resources {
            let Some(old) = before.resources.get(id).filter(|old| old.type_name == after.type_name) else { continue };
            if *id == target || plans.get(id).is_some_and(|plan| plan.action == Action::Cannot) {
                continue;
            }
            let new_values = caused(&target, old, after);
            if new_values.is_empty() {
                continue;
            }
            let plan = plans
                .entry(id.clone())
                .or_insert_with(|| bare(id, &after.type_name, Action::Update, Reason::InPlace, &desired.origins));
            for change in new_values {
                let known = plan.changes.iter().any(|c| c.path == change.path && c.inside.is_none());
                if !known {
                    plan.changes.push(change);
                }
            }
            plan.changes.sort_by(|a, b| (&a.path, &a.inside).cmp(&(&b.path, &b.inside)));
            decide(plan, after);
        }
    }
}

/// Properties whose text stays and whose value changes because `target` is replaced.
fn caused(target: &LogicalId, old: &Resource, after: &Resource) -> Vec<Change> {
    let facts = facts(&after.type_name);
    let mut found = Vec::new();
    for (name, value) in &after.properties {
        let Some(old) = old.properties.get(name) else { continue };
        for reference in references_in(value).into_iter().filter(|reference| reference.target == target.as_str()) {
            let path = reference.path.steps().iter().fold(PropertyPath::of(name), |path, step| path.then(step));
            let pointer = reference.path.to_pointer();
            let Some((before, after)) = old.pointer(&pointer).zip(value.pointer(&pointer)) else { continue };
            if !same(before, after) || found.iter().any(|change: &Change| change.path == path) {
                continue;
            }
            found.push(Change {
                recreation: facts.map_or(Recreation::Never, |facts| facts.recreation(&path)),
                path,
                inside: None,
                kind: ChangeKind::Modified,
                before: Some(before.clone()),
                after: Some(after.clone()),
                known_after_apply: true,
                caused_by: Some(target.clone()),
                sensitive: false,
            });
        }
    }
    found
}

/// New tags of the stack reach every resource that can be tagged (CH-18b).
fn tagged(desired: &Desired, before: &Template, plans: &mut BTreeMap<LogicalId, ResourcePlan>) {
    for (id, after) in &desired.template.resources {
        let Some(facts) = facts(&after.type_name).filter(|facts| facts.taggable()) else { continue };
        if plans.contains_key(id) || !before.resources.contains_key(id) {
            continue;
        }
        let mut plan = bare(id, &after.type_name, Action::Update, Reason::StackTags, &desired.origins);
        // Tags that cannot change in place: nothing recorded says what CloudFormation does with the stack's own.
        let tags = facts.tag_property().map_or_else(PropertyPath::root, PropertyPath::of);
        if facts.recreation(&tags) == Recreation::Always {
            (plan.action, plan.sureness) = (Action::Undecided, Sureness::Unknown);
        }
        plans.insert(id.clone(), plan);
    }
}

/// Whether all the named properties are given and equal on both sides.
pub(super) fn all_equal(names: &[&str], a: &Resource, b: &Resource) -> bool {
    names.iter().all(|name| at(a, name).zip(at(b, name)).is_some_and(|(a, b)| same(a, b)))
}
