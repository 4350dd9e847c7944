//! Changes that a service refuses, told before they are tried.

use std::collections::BTreeMap;

use serde_json::Value;

use super::classify::all_equal;
use super::desired::{Desired, ExistingResource, keeps};
use super::effects::at;
use super::model::{Action, BlockedBy, Change, Reason, Remedy, ResourcePlan, Sureness};
use crate::template::schema::facts;
use crate::template::{PropertyPath, Recreation, Resource, Step, Template};
use crate::units::LogicalId;

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

/// Makes a plan impossible if the service has no way to change what changes, or if a replacement would need what
/// the present resource has.
pub(super) fn refuse(plan: &mut ResourcePlan, after: &Resource) {
    let Some(facts) = facts(&plan.type_name) else { return };
    let fixed = plan.changes.iter().find(|change| facts.is_not_updatable(&change.path)).cloned();
    if let Some(change) = fixed {
        block(plan, BlockedBy::NotUpdatable { path: change.path.clone() }, Some(&change));
        return;
    }
    refuse_replacement(plan, after);
}

/// Makes a replacement impossible that would need what the present resource still has: the new one is made first.
pub(super) fn refuse_replacement(plan: &mut ResourcePlan, after: &Resource) {
    let Some(facts) = facts(&plan.type_name).filter(|facts| !facts.deletes_then_creates()) else { return };
    let unique = facts.unique_by();
    let free =
        |name: &&str| at(after, name).is_none() || plan.changes.iter().any(|change| is_within(&change.path, name));
    if !plan.action.replaces() || unique.is_empty() || unique.iter().any(free) {
        return;
    }
    let cause = plan.changes.iter().max_by_key(|change| change.recreation).cloned();
    // Without a property of its own that changes, it is the tags of the stack.
    let tags = || facts.tag_property().map_or_else(PropertyPath::root, PropertyPath::of);
    let path = cause.as_ref().map_or_else(tags, |change| change.path.clone());
    block(plan, taken(plan, after, unique, path), cause.as_ref());
}

/// The path of a property that is named with `/` between.
fn path_of(name: &str) -> PropertyPath {
    name.split('/').fold(PropertyPath::root(), |path, part| path.key(part))
}

/// Whether a path is that of a property, named with `/` between, or leads into it.
fn is_within(path: &PropertyPath, name: &str) -> bool {
    let mut steps = path.steps().iter();
    name.split('/').all(|part| matches!(steps.next(), Some(Step::Key(key)) if key == part))
}

/// What keeps a second resource from being made beside the first.
fn taken(plan: &ResourcePlan, after: &Resource, unique: &[&str], path: PropertyPath) -> BlockedBy {
    match unique {
        _ if plan.type_name == MAPPING => BlockedBy::MappingExists { path },
        [property] => BlockedBy::FixedName {
            property: (*property).to_owned(),
            name: match at(after, property) {
                Some(Value::String(name)) => name.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
            path,
        },
        several => {
            BlockedBy::IdentityTaken { properties: several.iter().map(|name| (*name).to_owned()).collect(), path }
        }
    }
}

fn block(plan: &mut ResourcePlan, by: BlockedBy, cause: Option<&Change>) {
    let deployed = cause
        .filter(|change| change.caused_by.is_none())
        .and_then(|change| Some(Remedy::KeepValue { path: change.path.to_string(), deployed: change.before.clone()? }));
    block_with(plan, by, deployed.into_iter().chain([Remedy::NewStage, Remedy::RemoveThenAdd]).collect());
}

/// Makes a plan impossible, with what works instead.
pub(super) fn block_with(plan: &mut ResourcePlan, by: BlockedBy, remedies: Vec<Remedy>) {
    plan.action = Action::Cannot;
    plan.sureness = Sureness::Certain;
    plan.reasons.insert(0, Reason::Blocked(by));
    plan.remedies = remedies;
}

/// Refuses new resources that need what a resource of the old template still has: CloudFormation makes the new
/// before it removes the old, so a renamed logical id collides with itself (`stream-behaviour.md` V-6).
pub(super) fn by_leftovers(desired: &Desired, before: &Template, plans: &mut BTreeMap<LogicalId, ResourcePlan>) {
    let leaving: Vec<LogicalId> =
        plans.values().filter(|plan| plan.action == Action::Delete).map(|plan| plan.logical_id.clone()).collect();
    let making: Vec<LogicalId> =
        plans.values().filter(|plan| plan.action == Action::Create).map(|plan| plan.logical_id.clone()).collect();
    for id in making {
        let Some(after) = desired.template.resources.get(&id) else { continue };
        let unique = facts(&after.type_name).map_or(&[][..], |facts| facts.unique_by());
        let collides = leaving
            .iter()
            .filter_map(|gone| before.resources.get(gone))
            .any(|old| !unique.is_empty() && old.type_name == after.type_name && all_equal(unique, old, after));
        if let Some(plan) = plans.get_mut(&id).filter(|_| collides) {
            let path = unique.first().map_or_else(PropertyPath::root, |name| path_of(name));
            let by = taken(plan, after, unique, path);
            block(plan, by, None);
        }
    }
}

/// Something of the name exists outside the stack: it is taken in if its policy keeps it, else the name is taken
/// (CI-03, ER-34).
pub(super) fn adopt(plan: &mut ResourcePlan, existing: &ExistingResource, after: &Resource) {
    plan.physical_id = Some(existing.physical_id.clone());
    let name = existing.physical_id.clone();
    let why = match &existing.owner {
        Some(stack) => Some(format!("the stack {stack} has it")),
        None if keeps(after.deletion_policy) => None,
        None => Some("a resource can be taken in only where its DeletionPolicy keeps it".to_owned()),
    };
    match why {
        None => {
            plan.action = Action::Import;
            plan.reasons = vec![Reason::ExistsOutside { name }];
            for change in &mut plan.changes {
                change.recreation = Recreation::Never;
            }
        }
        Some(why) => {
            plan.action = Action::Cannot;
            plan.reasons = vec![Reason::Blocked(BlockedBy::NameTaken { name: name.clone(), why })];
            plan.remedies = vec![Remedy::RemoveOutside { name }];
        }
    }
}
