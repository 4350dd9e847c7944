//! Going back: every touched resource gets its old properties, or its old self.

use std::collections::BTreeSet;

use super::durations::CALL;
use super::engine::Engine;
use super::operation::{Job, Node, NodeState, Work, WorkKind};
use super::record::Happening;
use super::run::{node_mut, set_state};
use super::state::{Leftover, Stack, Step, Touched};
use super::status::ResourceStatus;
use crate::units::Timestamp;

/// The resources that a rollback puts back, what is needed first; those that are back already are left out.
pub(super) fn revert_nodes(stack: &Stack) -> Vec<(String, Node)> {
    let touched: BTreeSet<&String> = stack
        .resources
        .iter()
        .filter(|(_, resource)| matches!(resource.touched, Some(Touched::Was { .. })))
        .map(|(logical_id, _)| logical_id)
        .collect();
    let document = stack.deployed.as_ref().map(|deployed| &deployed.document);
    touched
        .iter()
        .map(|logical_id| {
            let needs = document.map(|document| document.needs(logical_id)).unwrap_or_default();
            let needs = needs.into_iter().filter(|need| touched.contains(need)).collect();
            ((*logical_id).clone(), Node::new(logical_id, Job::Revert, needs))
        })
        .collect()
}

impl Engine {
    pub(super) fn start_revert(&mut self, stack: &mut Stack, key: &str, logical_id: &str, at: Timestamp) {
        let skip = stack.operation.as_ref().is_some_and(|operation| operation.options.skip.contains(logical_id));
        let Some(resource) = stack.resources.get_mut(logical_id) else { return };
        let Some(Touched::Was { physical_id, live, deletion }) = resource.touched.clone() else {
            set_state(stack, key, NodeState::Done);
            return;
        };
        let live = *live;
        let replaced = resource.physical_id.as_ref() != Some(&physical_id);
        resource.deletion = deletion;
        let type_name = resource.type_name.clone();
        if replaced {
            let successor = Leftover {
                logical_id: logical_id.to_owned(),
                type_name: type_name.clone(),
                physical_id: resource.physical_id.take().unwrap_or_default(),
                live: resource.live.clone(),
                needs: resource.needs.clone(),
                keep: false,
            };
            resource.physical_id = Some(physical_id.clone());
            resource.live = live.clone();
            if !successor.physical_id.is_empty() {
                stack.leftovers.push(successor);
            }
        }
        let happening = Happening {
            logical_id,
            type_name: &type_name,
            physical_id: &physical_id,
            status: if skip { ResourceStatus::UpdateComplete } else { ResourceStatus::UpdateInProgress },
            reason: skip.then(|| "Resource skipped during UpdateRollback".to_owned()),
            properties: Some(&live.properties),
            detailed: None,
        };
        self.resource_event(stack, at, happening);
        if skip {
            // Taken as it is: the stack believes the old properties again.
            if let Some(resource) = stack.resources.get_mut(logical_id) {
                let attributes = std::mem::take(&mut resource.live.attributes);
                resource.live = super::state::Live { attributes, ..live };
                resource.touched = None;
            }
            set_state(stack, key, NodeState::Done);
            return;
        }
        let kind = if replaced { WorkKind::Quiet } else { WorkKind::Update };
        if let Some(node) = node_mut(stack, key) {
            node.work = Some(Work { kind, live, started: at, failing: None });
        }
        self.schedule(stack, key, at.plus(CALL), if replaced { Step::Finish } else { Step::Provision });
    }
}
