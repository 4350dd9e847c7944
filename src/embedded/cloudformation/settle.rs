//! The ends of phases: what an operation does when all its nodes have come to rest (section 2.3).

use super::document::Policy;
use super::engine::{Engine, SECOND};
use super::operation::{Node, NodeState, Phase, WorkKind};
use super::remove::{delete_nodes, leftover, removal_nodes};
use super::state::{Leftover, OnFailure, Stack, Touched};
use super::status::{ExecutionStatus, OperationType, Status};
use crate::units::{Duration, Timestamp};

impl Engine {
    pub(super) fn settle(&mut self, stack: &mut Stack, at: Timestamp) {
        let Some(phase) = stack.operation.as_ref().map(|operation| operation.phase) else { return };
        match phase {
            Phase::Apply => self.applied(stack, at),
            Phase::Monitor => self.confirmed(stack, at),
            Phase::Clean => self.cleaned(stack, at),
            Phase::Revert => self.reverted(stack, at),
            Phase::RevertClean => self.revert_cleaned(stack, at),
            Phase::Remove => self.removed(stack, at),
        }
    }

    fn applied(&mut self, stack: &mut Stack, at: Timestamp) {
        let Some(operation) = stack.operation.as_ref() else { return };
        let healthy = operation.failure.is_none()
            && operation.findings.is_empty()
            && operation.in_state(&[NodeState::Failed, NodeState::Cancelled, NodeState::Blocked]).is_empty();
        if !healthy {
            self.failed(stack, at);
            return;
        }
        match self.outputs(stack) {
            Err(text) => {
                if let Some(operation) = stack.operation.as_mut() {
                    operation.failure = Some(text);
                }
                self.failed(stack, at);
            }
            Ok(outputs) => {
                let Some(operation) = stack.operation.as_mut() else { return };
                operation.outputs = outputs;
                let minutes = operation.target.as_ref().and_then(|target| target.rollback.minutes).unwrap_or(0);
                let updating = operation.kind == OperationType::UpdateStack;
                let armed = operation.target.as_ref().is_some_and(|target| {
                    target.rollback.triggers.as_ref().is_some_and(|triggers| !triggers.is_empty())
                });
                if minutes > 0 && (armed || updating) {
                    let pause = Duration::from_secs(u64::from(minutes) * 60);
                    self.enter(stack, Phase::Monitor, Vec::new(), at, pause);
                    if let Some(operation) = stack.operation.as_mut() {
                        operation.launched = true;
                    }
                    self.watch_again(stack, at);
                } else {
                    self.confirmed(stack, at);
                }
            }
        }
    }

    /// The forward phase is over and nothing speaks against it.
    fn confirmed(&mut self, stack: &mut Stack, at: Timestamp) {
        let Some(operation) = stack.operation.as_mut() else { return };
        let (kind, target) = (operation.kind, operation.target.clone());
        stack.outputs = std::mem::take(&mut operation.outputs);
        let only_import = !operation.imports.is_empty() && stack.status == Status::ImportInProgress;
        if only_import {
            let leftovers = commit(stack);
            stack.leftovers.extend(leftovers);
            self.close(stack, at, Status::ImportComplete, None, true);
            stack.deployed = target;
            return;
        }
        if kind == OperationType::CreateStack {
            commit(stack);
            stack.deployed = target;
            self.close(stack, at, Status::CreateComplete, None, true);
            return;
        }
        self.stack_event(stack, at, Status::UpdateCleanup, None);
        let leftovers = commit(stack);
        stack.deployed = target;
        stack.halfway = None;
        stack.leftovers.extend(leftovers);
        let nodes = delete_nodes(stack.leftovers.clone());
        self.enter(stack, Phase::Clean, nodes, at, SECOND);
    }

    fn cleaned(&mut self, stack: &mut Stack, at: Timestamp) {
        let failed = has(stack, NodeState::Failed);
        stack.leftovers.clear();
        let reason = failed.then_some("Update successful. One or more resources could not be deleted.");
        self.close(stack, at, Status::UpdateComplete, reason, true);
    }

    /// The forward phase failed: go back, delete, or stay.
    pub(super) fn failed(&mut self, stack: &mut Stack, at: Timestamp) {
        let Some(operation) = stack.operation.as_ref() else { return };
        let (kind, options) = (operation.kind, operation.options.clone());
        if !operation.findings.is_empty() {
            let findings = operation.findings.clone();
            self.failed_early(stack, at, &findings);
            return;
        }
        let text =
            failure_text(operation.failure.as_deref(), &operation.in_state(&[NodeState::Failed, NodeState::Cancelled]));
        if stack.status == Status::ImportInProgress {
            self.revert(stack, at, Some(&text.alone), Status::ImportRollbackInProgress);
            return;
        }
        let creating = kind == OperationType::CreateStack;
        match (creating, options.on_failure) {
            (true, _) if options.disable_rollback => self.stay(stack, at, Status::CreateFailed, &text.alone),
            (true, OnFailure::DoNothing) => self.stay(stack, at, Status::CreateFailed, &text.alone),
            (true, OnFailure::Delete) => {
                let reason = format!("{}Delete requested by user.", text.lead);
                self.roll_creation_back(stack, at, Status::DeleteInProgress, &reason);
            }
            (true, OnFailure::Rollback) => {
                let reason = format!("{}Rollback requested by user.", text.lead);
                self.roll_creation_back(stack, at, Status::RollbackInProgress, &reason);
            }
            (false, _) if options.disable_rollback => self.stay(stack, at, Status::UpdateFailed, &text.alone),
            (false, _) => self.revert(stack, at, Some(&text.alone), Status::UpdateRollbackInProgress),
        }
    }

    /// Rollback is switched off: the stack stays half-way.
    pub(super) fn stay(&mut self, stack: &mut Stack, at: Timestamp, status: Status, reason: &str) {
        let target = stack.operation.as_ref().and_then(|operation| operation.target.clone());
        if status == Status::CreateFailed {
            stack.deployed = target;
        } else {
            stack.halfway = target;
        }
        self.close(stack, at, status, Some(reason), false);
    }

    pub(super) fn roll_creation_back(&mut self, stack: &mut Stack, at: Timestamp, status: Status, reason: &str) {
        self.operation_event(stack, at, "FAILED");
        if let Some(operation) = stack.operation.as_mut() {
            stack.deployed = operation.target.take().or_else(|| stack.deployed.take());
        }
        if status == Status::RollbackInProgress {
            // From here on it is told as an operation of its own (DE-08).
            stack.status = status;
            if let Some(operation) = stack.operation.as_mut() {
                operation.started = at;
            }
            self.operation_event(stack, at, "IN_PROGRESS");
        }
        self.stack_event(stack, at, status, Some(reason));
        let nodes = removal_nodes(stack);
        self.enter(stack, Phase::Remove, nodes, at, SECOND);
    }

    fn removed(&mut self, stack: &mut Stack, at: Timestamp) {
        let failing = logical_ids(stack, NodeState::Failed);
        let rolling_back = stack.status == Status::RollbackInProgress;
        if !failing.is_empty() {
            let reason = format!("The following resource(s) failed to delete: [{}]. ", failing.join(", "));
            let status = if rolling_back { Status::RollbackFailed } else { Status::DeleteFailed };
            self.close(stack, at, status, Some(&reason), false);
            return;
        }
        stack.leftovers.clear();
        for resource in stack.resources.values_mut() {
            resource.touched = None;
        }
        if rolling_back {
            stack.outputs.clear();
            self.close(stack, at, Status::RollbackComplete, None, true);
            return;
        }
        stack.deleted = Some(at);
        stack.change_set_id = None;
        self.close(stack, at, Status::DeleteComplete, None, true);
    }

    /// Ends the operation.
    pub(super) fn close(&mut self, stack: &mut Stack, at: Timestamp, status: Status, reason: Option<&str>, good: bool) {
        self.stack_event(stack, at, status, reason);
        self.operation_event(stack, at, if good { "SUCCEEDED" } else { "FAILED" });
        let Some(operation) = stack.operation.take() else { return };
        if let Some(change_set) = operation.change_set {
            let done = matches!(status, Status::CreateComplete | Status::UpdateComplete | Status::ImportComplete);
            if let Some(change_set) = stack.change_sets.iter_mut().find(|one| one.id == change_set) {
                change_set.execution = if done { ExecutionStatus::Complete } else { ExecutionStatus::Failed };
            }
        }
    }

    // --- going back ---

    /// Puts the stack back to how it was before the update (SQ-15).
    pub(super) fn revert(&mut self, stack: &mut Stack, at: Timestamp, reason: Option<&str>, status: Status) {
        let reason = reason.unwrap_or("User Initiated").to_owned();
        self.stack_event(stack, at, status, Some(&reason));
        let nodes = super::revert::revert_nodes(stack);
        self.enter(stack, Phase::Revert, nodes, at, SECOND);
    }

    fn reverted(&mut self, stack: &mut Stack, at: Timestamp) {
        let importing = stack.status == Status::ImportRollbackInProgress;
        let failing = logical_ids(stack, NodeState::Failed);
        let bad_skip = stack.operation.as_ref().and_then(|operation| operation.failure.clone());
        if !failing.is_empty()
            || (bad_skip.is_some() && stack.status == Status::UpdateRollbackInProgress && has_bad_skip(stack))
        {
            let reason = match failing.as_slice() {
                [] => bad_skip.unwrap_or_default(),
                _ => format!("The following resource(s) failed to update: [{}]. ", failing.join(", ")),
            };
            let status = if importing { Status::ImportRollbackFailed } else { Status::UpdateRollbackFailed };
            self.close(stack, at, status, Some(&reason), false);
            return;
        }
        if importing {
            // What was taken in is given back untouched.
            stack.resources.retain(|_, resource| resource.touched != Some(Touched::New));
            self.close(stack, at, Status::ImportRollbackComplete, None, false);
            return;
        }
        self.stack_event(stack, at, Status::UpdateRollbackCleanup, None);
        let fresh = self.fresh_resources(stack);
        stack.leftovers.extend(fresh);
        let nodes = delete_nodes(stack.leftovers.clone());
        self.enter(stack, Phase::RevertClean, nodes, at, SECOND);
    }

    /// What the failed update made and nobody had before.
    fn fresh_resources(&self, stack: &mut Stack) -> Vec<Leftover> {
        let all = stack.operation.as_ref().is_some_and(|operation| operation.options.retain_except_on_create);
        let new = stack.resources.iter().filter(|(_, resource)| resource.touched == Some(Touched::New));
        let found: Vec<Leftover> = new
            .map(|(logical_id, resource)| {
                let kept = resource.imported || (resource.deletion == Policy::Retain && !all);
                let keep = kept && resource.physical_id.is_some();
                leftover(logical_id, resource, keep)
            })
            .collect();
        stack.resources.retain(|_, resource| resource.touched != Some(Touched::New) || resource.physical_id.is_some());
        found
    }

    fn revert_cleaned(&mut self, stack: &mut Stack, at: Timestamp) {
        stack.leftovers.clear();
        for resource in stack.resources.values_mut() {
            resource.touched = None;
        }
        stack.halfway = None;
        self.close(stack, at, Status::UpdateRollbackComplete, None, false);
    }
}

/// Accepts what the update did; gives what it left over: old physical resources and removed ones.
fn commit(stack: &mut Stack) -> Vec<Leftover> {
    let target = stack.operation.as_ref().and_then(|operation| operation.target.clone()).unwrap_or_default();
    let applied: Vec<String> =
        stack.operation.as_ref().map(|operation| operation.nodes.keys().cloned().collect()).unwrap_or_default();
    let wanted = |logical_id: &String| {
        applied.contains(logical_id) || (applied.is_empty() && target.document.resources.contains_key(logical_id))
    };
    let mut found = Vec::new();
    for (logical_id, resource) in &mut stack.resources {
        if resource.status.gone() {
            continue;
        }
        if !wanted(logical_id) {
            let keep = resource.deletion.retains() && resource.physical_id.is_some();
            found.push(leftover(logical_id, resource, keep));
            continue;
        }
        let Some(Touched::Was { physical_id, live, .. }) = resource.touched.take() else { continue };
        if resource.physical_id.as_ref() != Some(&physical_id) {
            let policy = target.document.resources.get(logical_id).and_then(|definition| definition.replace);
            found.push(Leftover {
                logical_id: logical_id.clone(),
                type_name: resource.type_name.clone(),
                physical_id,
                live: *live,
                needs: resource.needs.clone(),
                keep: policy.is_some_and(Policy::retains),
            });
        }
    }
    found
}

fn has(stack: &Stack, state: NodeState) -> bool {
    stack.operation.as_ref().is_some_and(|operation| !operation.in_state(&[state]).is_empty())
}

fn has_bad_skip(stack: &Stack) -> bool {
    stack.operation.as_ref().is_some_and(|operation| operation.kind == OperationType::ContinueRollback)
}

fn logical_ids(stack: &Stack, state: NodeState) -> Vec<String> {
    let nodes = stack.operation.as_ref().map(|operation| operation.in_state(&[state])).unwrap_or_default();
    nodes.into_iter().map(|node| node.logical_id.clone()).collect()
}

/// Why an operation failed, in the service's words.
struct FailureText {
    /// On its own; with a trailing blank where resources are named (ST-06).
    alone: String,
    /// Followed by another sentence.
    lead: String,
}

fn failure_text(failure: Option<&str>, nodes: &[&Node]) -> FailureText {
    if let Some(failure) = failure {
        let bare = failure.trim_end_matches(['.', ' ']);
        return FailureText { alone: format!("{bare}."), lead: format!("{bare}. ") };
    }
    let of = |create: bool| {
        let made = |node: &&&Node| {
            node.work.as_ref().is_some_and(|work| matches!(work.kind, WorkKind::Create | WorkKind::Import)) == create
        };
        nodes.iter().filter(made).map(|node| node.logical_id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut text = String::new();
    for (verb, names) in [("create", of(true)), ("update", of(false))] {
        if !names.is_empty() {
            text.push_str(&format!("The following resource(s) failed to {verb}: [{names}]. "));
        }
    }
    FailureText { alone: text.clone(), lead: text }
}
