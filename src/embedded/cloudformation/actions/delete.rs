//! `DeleteStack`, `UpdateTerminationProtection`.

use std::collections::BTreeSet;

use super::super::engine::{Engine, SECOND};
use super::super::error::{Answer, Refusal};
use super::super::mode::Mode;
use super::super::operation::{Options, Phase};
use super::super::remove::removal_nodes;
use super::super::state::Stack;
use super::super::status::{OperationType, ResourceStatus, Status};
use super::super::wire::{QueryRequest, Xml};
use super::create::{Beginning, remember_token};
use crate::units::Timestamp;

impl Engine {
    pub(super) fn delete_stack(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let Some(stack) = self.find(given) else { return Ok(Xml::default()) };
        let id = stack.id.clone();
        if matches!(stack.status, Status::DeleteComplete | Status::DeleteInProgress) {
            return Ok(Xml::default());
        }
        if self.repeated(&id, request)?.is_some() {
            return Ok(Xml::default());
        }
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        let options = Options { express: Mode::of(request)?.express, ..deletion_options(stack, request)? };
        let in_use = self.export_in_use(&id);
        self.with(&id, |engine, stack| {
            remember_token(stack, request);
            let before = (stack.status, stack.reason.clone());
            // What a creation under way was about to do is dropped with it.
            let target = stack.operation.take().and_then(|operation| operation.target);
            if stack.deployed.is_none() {
                stack.deployed = target;
            }
            let beginning = Beginning {
                options,
                token: request.text("ClientRequestToken").map(str::to_owned),
                ..Beginning::new(OperationType::DeleteStack, Status::DeleteInProgress)
            };
            engine.begin(stack, beginning, now);
            if let Some(reason) = in_use {
                engine.close(stack, now.plus(SECOND), before.0, Some(&reason), false);
                return;
            }
            let nodes = removal_nodes(stack);
            engine.enter(stack, Phase::Remove, nodes, now, SECOND);
        });
        Ok(Xml::default())
    }

    /// ER-14: an export that another stack imports keeps its stack.
    fn export_in_use(&mut self, id: &str) -> Option<String> {
        self.with(id, |engine, stack| {
            let exports: Vec<String> = stack.outputs.iter().filter_map(|output| output.export.clone()).collect();
            exports.into_iter().find_map(|export| {
                let users = engine.importers(&export);
                let users = users.join(", ");
                (!users.is_empty())
                    .then(|| format!("Delete canceled. Cannot delete export {export} as it is in use by {users}."))
            })
        })
        .flatten()
    }

    pub(super) fn update_termination_protection(&mut self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        let protect = request.flag("EnableTerminationProtection").unwrap_or(false);
        let refused = self.with(&id, |_, stack| {
            if matches!(stack.status, Status::DeleteInProgress | Status::DeleteComplete) {
                return Some(stack.status);
            }
            stack.protected = protect;
            None
        });
        if let Some(Some(status)) = refused {
            return Err(Refusal::validation(format!(
                "Stack [{given}] is in {status} state and termination protection can not be updated."
            )));
        }
        let mut xml = Xml::default();
        xml.text("StackId", &id);
        Ok(xml)
    }
}

/// The `Del` column of section 2.2, ER-07 to ER-10.
fn deletion_options(stack: &Stack, request: &QueryRequest) -> Answer<Options> {
    if stack.protected {
        return Err(Refusal::validation(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    let busy = matches!(
        stack.status,
        Status::UpdateInProgress
            | Status::UpdateCleanup
            | Status::UpdateRollbackInProgress
            | Status::UpdateRollbackCleanup
            | Status::ImportInProgress
            | Status::ImportRollbackInProgress
    );
    if busy {
        return Err(Refusal::validation(format!(
            "Stack [{}] cannot be deleted while in status {}",
            stack.name, stack.status
        )));
    }
    let force = request.text("DeletionMode") == Some("FORCE_DELETE_STACK");
    if force && stack.status != Status::DeleteFailed {
        return Err(Refusal::validation(format!(
            "Invalid operation on stack [{}]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack operation \
             only when the stack is in the DELETE_FAILED state.",
            stack.id
        )));
    }
    let retain: BTreeSet<String> = request.list("RetainResources").unwrap_or_default().into_iter().collect();
    if !retain.is_empty() && stack.status != Status::DeleteFailed {
        return Err(Refusal::validation(format!(
            "Invalid operation on stack [{}]. You can specify resources to retain only when the stack is in the \
             DELETE_FAILED state.",
            stack.id
        )));
    }
    let gone = |logical_id: &String| {
        stack.resources.get(logical_id).is_none_or(|resource| resource.status == ResourceStatus::DeleteComplete)
    };
    if retain.iter().any(gone) {
        return Err(Refusal::validation(
            "The specified resources to retain must be in a valid state. Do not specify resources that are in the \
             DELETE_COMPLETE state.",
        ));
    }
    Ok(Options { retain, force, ..Options::default() })
}
