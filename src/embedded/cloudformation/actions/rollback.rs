//! `CancelUpdateStack`, `ContinueUpdateRollback`, `RollbackStack`.

use std::collections::BTreeSet;

use super::super::engine::{Engine, SECOND};
use super::super::error::{Answer, Refusal};
use super::super::operation::{Options, Phase};
use super::super::remove::removal_nodes;
use super::super::revert::revert_nodes;
use super::super::state::Stack;
use super::super::status::{OperationType, ResourceStatus, Status};
use super::super::wire::{QueryRequest, Xml};
use super::create::{Beginning, remember_token};
use crate::units::Timestamp;

impl Engine {
    /// SQ-19.
    pub(super) fn cancel_update(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        if stack.status != Status::UpdateInProgress {
            return Err(Refusal::validation("CancelUpdateStack cannot be called from current stack status"));
        }
        self.with(&id, |engine, stack| {
            engine.stack_event(stack, now, Status::UpdateRollbackInProgress, Some("User Initiated"));
            engine.cancel_others(stack, now);
            let nodes = revert_nodes(stack);
            engine.enter(stack, Phase::Revert, nodes, now, SECOND);
        });
        Ok(Xml::default())
    }

    /// SQ-17, SQ-18.
    pub(super) fn continue_update_rollback(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        if self.repeated(&id, request)?.is_some() {
            return Ok(Xml::default());
        }
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        if stack.status != Status::UpdateRollbackFailed {
            return Err(Refusal::validation("RollbackUpdatedStack cannot be called from current stack status"));
        }
        let skip: BTreeSet<String> = request.list("ResourcesToSkip").unwrap_or_default().into_iter().collect();
        let refusal = bad_skip(stack, &skip);
        self.with(&id, |engine, stack| {
            remember_token(stack, request);
            let beginning = Beginning {
                options: Options { skip, ..Options::default() },
                token: request.text("ClientRequestToken").map(str::to_owned),
                ..Beginning::new(OperationType::ContinueRollback, Status::UpdateRollbackInProgress)
            };
            engine.begin(stack, beginning, now);
            let nodes = if refusal.is_some() { Vec::new() } else { revert_nodes(stack) };
            if let Some(operation) = stack.operation.as_mut() {
                operation.failure = refusal;
            }
            engine.enter(stack, Phase::Revert, nodes, now, SECOND);
        });
        Ok(Xml::default())
    }

    /// TR-06.
    pub(super) fn rollback_stack(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        if stack.express && matches!(stack.status, Status::CreateFailed | Status::UpdateFailed) {
            return Err(Refusal::validation(
                "RollbackStack is not supported for stacks that were last updated using EXPRESS deployment mode and are in a \
                 failed state",
            ));
        }
        let status = Some(stack.status);
        let creating = match status {
            Some(Status::CreateFailed) => true,
            Some(Status::UpdateFailed) => false,
            _ => return Err(Refusal::validation("RollbackStack cannot be called from current stack status")),
        };
        let options = Options {
            retain_except_on_create: request.flag("RetainExceptOnCreate").unwrap_or(false),
            ..Options::default()
        };
        let operation = self.with(&id, |engine, stack| {
            remember_token(stack, request);
            let status = if creating { Status::RollbackInProgress } else { Status::UpdateRollbackInProgress };
            let beginning = Beginning {
                options,
                token: request.text("ClientRequestToken").map(str::to_owned),
                ..Beginning::new(OperationType::Rollback, status)
            };
            let operation = engine.begin(stack, beginning, now);
            let (phase, nodes) =
                if creating { (Phase::Remove, removal_nodes(stack)) } else { (Phase::Revert, revert_nodes(stack)) };
            engine.enter(stack, phase, nodes, now, SECOND);
            operation
        });
        let mut xml = Xml::default();
        xml.text("StackId", &id).maybe("OperationId", operation.as_deref());
        Ok(xml)
    }
}

/// Why the named resources may not be skipped.
fn bad_skip(stack: &Stack, skip: &BTreeSet<String>) -> Option<String> {
    if let Some(nested) = skip.iter().find_map(|name| name.split_once('.')) {
        return Some(format!("Stack [{}] does not exist", nested.0));
    }
    let strange: Vec<&str> =
        skip.iter().filter(|name| !stack.resources.contains_key(*name)).map(String::as_str).collect();
    if !strange.is_empty() {
        return Some(format!(
            "Resources with logicalIds [{}] do not belong to stack {}",
            strange.join(", "),
            stack.name
        ));
    }
    let failed = |name: &String| {
        stack.resources.get(name).is_some_and(|resource| resource.status == ResourceStatus::UpdateFailed)
    };
    (!skip.iter().all(failed)).then(|| "Only the resources in UPDATE_FAILED state are allowed to be skipped".to_owned())
}
