//! Deleting: a whole stack, a failed creation, and what updates leave over.

use std::collections::BTreeSet;

use super::document::Policy;
use super::durations::CALL;
use super::engine::Engine;
use super::operation::{Job, Node, NodeState, Work, WorkKind};
use super::record::Happening;
use super::run::{node_mut, set_state};
use super::state::{Leftover, Stack, StackResource, Step};
use super::status::{OperationType, ResourceStatus};
use crate::units::Timestamp;

impl Engine {
    pub(super) fn start_delete(&mut self, stack: &mut Stack, key: &str, leftover: &Leftover, at: Timestamp) {
        if leftover.keep {
            self.delete_event(stack, leftover, at, ResourceStatus::DeleteSkipped, None);
            self.left(stack, leftover);
            set_state(stack, key, NodeState::Done);
            return;
        }
        if leftover.physical_id.is_empty() {
            self.delete_event(stack, leftover, at, ResourceStatus::DeleteComplete, None);
            set_state(stack, key, NodeState::Done);
            return;
        }
        self.delete_event(stack, leftover, at, ResourceStatus::DeleteInProgress, None);
        let work = Work { kind: WorkKind::Delete, live: leftover.live.clone(), started: at, failing: None };
        if let Some(node) = node_mut(stack, key) {
            node.work = Some(work);
        }
        self.schedule(stack, key, at.plus(CALL), Step::Provision);
    }

    pub(super) fn delete_event(
        &mut self,
        stack: &mut Stack,
        leftover: &Leftover,
        at: Timestamp,
        status: ResourceStatus,
        reason: Option<&str>,
    ) {
        let happening = Happening {
            logical_id: &leftover.logical_id,
            type_name: &leftover.type_name,
            physical_id: &leftover.physical_id,
            status,
            reason: reason.map(str::to_owned),
            properties: Some(&leftover.live.properties),
            detailed: None,
        };
        self.resource_event(stack, at, happening);
    }

    /// A physical resource is no longer the stack's. One that an update removed is forgotten (ST-09); one that
    /// went with its stack stays listed (ST-07).
    pub(super) fn left(&mut self, stack: &mut Stack, leftover: &Leftover) {
        stack
            .leftovers
            .retain(|other| other.physical_id != leftover.physical_id || other.logical_id != leftover.logical_id);
        let removing =
            stack.operation.as_ref().is_some_and(|operation| operation.phase == super::operation::Phase::Remove);
        let same = |resource: &StackResource| resource.physical_id.as_deref() == Some(leftover.physical_id.as_str());
        if !removing && stack.resources.get(&leftover.logical_id).is_some_and(same) {
            stack.resources.remove(&leftover.logical_id);
        }
    }
}

/// The nodes of a removal of everything: resources and leftovers, dependents first.
pub(super) fn removal_nodes(stack: &Stack) -> Vec<(String, Node)> {
    let Some(operation) = stack.operation.as_ref() else { return Vec::new() };
    let rolling_back = operation.kind != OperationType::DeleteStack;
    let present = stack.present().map(|(logical_id, resource)| {
        let keep = if operation.options.retain.contains(logical_id) {
            true
        } else if rolling_back {
            resource.imported || (resource.deletion == Policy::Retain && !operation.options.retain_except_on_create)
        } else {
            resource.deletion.retains()
        };
        leftover(logical_id, resource, keep && resource.physical_id.is_some())
    });
    delete_nodes(present.chain(stack.leftovers.iter().cloned()).collect())
}

/// What a resource becomes when nothing holds it any more.
pub(super) fn leftover(logical_id: &str, resource: &StackResource, keep: bool) -> Leftover {
    Leftover {
        logical_id: logical_id.to_owned(),
        type_name: resource.type_name.clone(),
        physical_id: resource.physical_id.clone().unwrap_or_default(),
        live: resource.live.clone(),
        needs: resource.needs.clone(),
        keep,
    }
}

/// One node per leftover, in reverse order of need.
pub(super) fn delete_nodes(leftovers: Vec<Leftover>) -> Vec<(String, Node)> {
    let keyed: Vec<(String, Leftover)> = leftovers
        .into_iter()
        .enumerate()
        .map(|(at, leftover)| (format!("{}#{at}", leftover.logical_id), leftover))
        .collect();
    keyed
        .iter()
        .map(|(key, leftover)| {
            let dependents: BTreeSet<String> = keyed
                .iter()
                .filter(|(other, one)| other != key && one.needs.contains(&leftover.logical_id))
                .map(|(other, _)| other.clone())
                .collect();
            (key.clone(), Node::new(&leftover.logical_id, Job::Delete(Box::new(leftover.clone())), dependents))
        })
        .collect()
}
