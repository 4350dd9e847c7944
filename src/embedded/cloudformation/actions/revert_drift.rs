//! Drift-aware change sets (DR-09 to DR-11): what is really there is read, compared with the template instead of what was
//! deployed last, and is what a failure rolls back to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::effect::{EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned};
use super::super::engine::{About, Engine};
use super::super::error::{Answer, Refusal};
use super::super::facts;
use super::super::state::{ChangeSetType, Purpose, Reverting, Stack, Wake};
use super::super::wire::QueryRequest;
use super::change_sets::{MAKING, NO_CHANGES};
use super::update::differs;
use crate::units::Timestamp;

/// Whether a change set is to look at what is there (`DeploymentMode`).
pub(super) fn asked(request: &QueryRequest, kind: ChangeSetType) -> Answer<Option<Reverting>> {
    match request.text("DeploymentMode") {
        None => Ok(None),
        Some("REVERT_DRIFT") if kind == ChangeSetType::Update => Ok(Some(Reverting::default())),
        Some("REVERT_DRIFT") => {
            Err(Refusal::validation("DeploymentMode REVERT_DRIFT is only valid for change sets of type UPDATE."))
        }
        Some(other) => Err(Refusal::constraint(other, "deploymentMode", "satisfy enum value set: [REVERT_DRIFT]")),
    }
}

impl Engine {
    /// Has every resource read that can be.
    pub(super) fn read_actual(&mut self, stack: &mut Stack, id: &str, at: Timestamp) {
        let mut waiting = BTreeSet::new();
        let tags = BTreeMap::new();
        for (logical_id, resource) in stack.present() {
            let Some(physical_id) = resource.physical_id.clone() else { continue };
            if !facts::detects_drift(&resource.type_name) {
                continue;
            }
            let about = About { logical_id, type_name: &resource.type_name, tags: &tags };
            let purpose = Purpose::Actual { change_set: id.to_owned(), logical_id: logical_id.clone() };
            waiting.insert(logical_id.clone());
            self.ask(at, stack, about, EffectAction::Read { physical_id }, purpose);
        }
        if let Some(change_set) = stack.change_sets.iter_mut().find(|one| one.id == id) {
            change_set.status = super::super::status::ChangeSetStatus::CreateInProgress;
            if let Some(reverting) = &mut change_set.reverting {
                reverting.waiting = waiting;
            }
        }
        self.wake(at.plus(MAKING), Wake::ChangeSet { id: id.to_owned() });
    }

    /// What is there of a resource arrived.
    pub(in super::super) fn actual_read(
        &mut self,
        id: &str,
        logical_id: &str,
        result: Result<Provisioned, HandlerError>,
    ) {
        let all = self.state.stacks.values_mut().flat_map(|stack| stack.change_sets.iter_mut());
        let Some(change_set) = all.into_iter().find(|one| one.id == id) else { return };
        let Some(reverting) = &mut change_set.reverting else { return };
        reverting.waiting.remove(logical_id);
        match result {
            Ok(live) if live.properties.is_empty() => {}
            Ok(live) => {
                reverting.actual.insert(logical_id.to_owned(), Some(live.properties));
            }
            Err(error) if error.code == HandlerErrorCode::NotFound => {
                reverting.actual.insert(logical_id.to_owned(), None);
            }
            // What cannot be read is compared with what was deployed last.
            Err(_) => {}
        }
    }

    /// Compares the template with what was read. Says why there is nothing to do, where there is nothing.
    pub(super) fn compare_actual(&mut self, stack: &mut Stack, id: &str) -> Result<(), String> {
        let Some(change_set) = stack.change_sets.iter().find(|one| one.id == id) else { return Ok(()) };
        let Some(reverting) = &change_set.reverting else { return Ok(()) };
        let there = as_it_is(stack, reverting);
        let changes =
            self.compare(&there, &change_set.target, &change_set.imports).map_err(|refusal| refusal.message)?;
        let synced = !reverting.actual.is_empty() && synced(stack, &there, &change_set.target.document.resources);
        if !differs(&there, &change_set.target, &changes) && !synced {
            return Err(NO_CHANGES.to_owned());
        }
        if let Some(change_set) = stack.change_sets.iter_mut().find(|one| one.id == id) {
            change_set.changes = changes;
        }
        Ok(())
    }
}

/// Whether the template names a property that is otherwise than it was deployed, and as the template now says: nothing is done
/// then, but the drift is over (DR-10).
fn synced(stack: &Stack, there: &Stack, wanted: &BTreeMap<String, super::super::document::Definition>) -> bool {
    let drifted = |id: &String| {
        let before = stack.resources.get(id).map(|resource| &resource.live.properties);
        before != there.resources.get(id).map(|resource| &resource.live.properties)
    };
    let changed = |id: &String| {
        let deployed = stack.deployed.as_ref().and_then(|deployed| deployed.document.resources.get(id));
        deployed != wanted.get(id)
    };
    wanted.keys().any(|id| drifted(id) && changed(id))
}

/// The stack with its resources as they were read: what a drift-aware change set compares with and changes.
pub(super) fn as_it_is(stack: &Stack, reverting: &Reverting) -> Stack {
    let mut there = stack.clone();
    let scaled = scaled(stack);
    for (id, actual) in &reverting.actual {
        let Some(resource) = there.resources.get_mut(id) else { continue };
        let Some(actual) = actual else {
            resource.physical_id = None;
            continue;
        };
        let unread = |name: &str| {
            let facts = facts::of(&resource.type_name);
            facts.is_some_and(|facts| facts.write_only(name)) || name == "Code" || name == "KMSKeyId"
        };
        let managed = |name: &str| {
            // What auto scaling moves is AWS's (MANAGED_BY_AWS), and is left alone.
            let physical = resource.physical_id.as_deref().unwrap_or_default();
            matches!(name, "ProvisionedThroughput" | "ProvisionedConcurrencyConfig")
                && scaled.iter().any(|target| physical.ends_with(target.as_str()))
        };
        let names: Vec<String> = resource.live.properties.keys().cloned().collect();
        let mut properties = Properties::new();
        for name in names {
            let was = resource.live.properties.get(&name).cloned().unwrap_or_default();
            let now = actual.get(&name).cloned().filter(|_| !unread(&name) && !managed(&name));
            match now {
                Some(Value::Null) => {}
                Some(now) => {
                    properties.insert(name, now);
                }
                None => {
                    properties.insert(name, was);
                }
            }
        }
        resource.live.properties = properties;
    }
    there
}

/// The ends of the names of what scales by itself in a stack: of a table its name, of an alias `NAME:ALIAS`.
fn scaled(stack: &Stack) -> Vec<String> {
    let targets = stack.resources.values().filter(|one| one.type_name.ends_with("::ScalableTarget"));
    let names = targets.filter_map(|target| {
        let named = target.live.properties.get("ResourceId")?.as_str()?;
        let of = named.strip_prefix("table/").or_else(|| named.strip_prefix("function:"))?;
        Some(of.split('/').next().unwrap_or(of).to_owned())
    });
    names.collect()
}
