//! Running a phase: nodes begin when what they need is done, go through their steps, fail, are cancelled.

use super::engine::{Engine, SECOND};
use super::operation::{Job, Node, NodeState, Phase, WorkKind};
use super::record::Happening;
use super::state::{Stack, Wake};
use super::status::ResourceStatus;
use crate::units::{Duration, Timestamp};

impl Engine {
    /// Begins a phase: its nodes start `pause` from now.
    pub(super) fn enter(
        &mut self,
        stack: &mut Stack,
        phase: Phase,
        nodes: Vec<(String, Node)>,
        at: Timestamp,
        pause: Duration,
    ) {
        let run = self.next_count();
        let Some(operation) = stack.operation.as_mut() else { return };
        operation.phase = phase;
        operation.nodes = nodes.into_iter().collect();
        operation.run = run;
        operation.launched = false;
        operation.settling = false;
        self.wake(at.plus(pause), Wake::Turn { stack: stack.id.clone(), run });
    }

    /// A phase begins, or all its nodes have come to rest.
    pub(super) fn turn(&mut self, stack: &mut Stack, run: u64, at: Timestamp) {
        let Some(operation) = stack.operation.as_mut().filter(|operation| operation.run == run) else { return };
        if operation.launched {
            self.settle(stack, at);
        } else {
            operation.launched = true;
            self.advance(stack, at);
        }
    }

    /// Begins every node that may begin; schedules the end of the phase when nothing is left to do.
    pub(super) fn advance(&mut self, stack: &mut Stack, at: Timestamp) {
        while let Some(key) = next_ready(stack) {
            self.start(stack, &key, at);
        }
        let id = stack.id.clone();
        let Some(operation) = stack.operation.as_mut() else { return };
        if operation.settling || operation.nodes.values().any(|node| node.state == NodeState::Running) {
            return;
        }
        for node in operation.nodes.values_mut().filter(|node| node.state == NodeState::Waiting) {
            node.state = NodeState::Blocked;
        }
        operation.settling = true;
        let run = operation.run;
        self.wake(at.plus(SECOND), Wake::Turn { stack: id, run });
    }

    fn start(&mut self, stack: &mut Stack, key: &str, at: Timestamp) {
        let Some(node) = stack.operation.as_ref().and_then(|operation| operation.nodes.get(key)) else { return };
        let (logical_id, job) = (node.logical_id.clone(), node.job.clone());
        set_state(stack, key, NodeState::Running);
        match job {
            Job::Apply => self.start_apply(stack, key, &logical_id, at),
            Job::Revert => self.start_revert(stack, key, &logical_id, at),
            Job::Delete(leftover) => self.start_delete(stack, key, &leftover, at),
        }
    }

    /// A node fails: its event, and in a forward phase the end of all others (SQ-10, SQ-15).
    pub(super) fn fail(&mut self, stack: &mut Stack, key: &str, at: Timestamp, text: &str) {
        let Some(node) = node_mut(stack, key) else { return };
        let (logical_id, job) = (node.logical_id.clone(), node.job.clone());
        let (kind, live) = node.work.clone().map_or((WorkKind::Update, None), |work| (work.kind, Some(work.live)));
        node.state = NodeState::Failed;
        if let Job::Delete(leftover) = &job {
            self.delete_event(stack, leftover, at, ResourceStatus::DeleteFailed, Some(text));
            let clean = stack.operation.as_ref().is_some_and(|o| matches!(o.phase, Phase::Clean | Phase::RevertClean));
            if clean {
                self.left(stack, leftover);
            }
        } else {
            let physical_id = physical_of(stack, &logical_id);
            let type_name = type_of(stack, &logical_id);
            let happening = Happening {
                logical_id: &logical_id,
                type_name: &type_name,
                physical_id: &physical_id,
                status: failed(kind),
                reason: Some(text.to_owned()),
                properties: live.as_ref().map(|live| &live.properties),
                detailed: None,
            };
            self.resource_event(stack, at, happening);
        }
        let stops = stack.operation.as_ref().is_some_and(|operation| match operation.phase {
            Phase::Apply => !operation.keeps_failures(),
            Phase::Revert => true,
            Phase::Monitor | Phase::Clean | Phase::RevertClean | Phase::Remove => false,
        });
        if stops {
            self.cancel_others(stack, at);
        }
        self.advance(stack, at);
    }

    /// Stops what is under way and what has not begun.
    pub(super) fn cancel_others(&mut self, stack: &mut Stack, at: Timestamp) {
        let Some(operation) = stack.operation.as_mut() else { return };
        let mut stopped = Vec::new();
        for node in operation.nodes.values_mut() {
            match node.state {
                NodeState::Waiting => node.state = NodeState::Blocked,
                NodeState::Running => {
                    node.state = NodeState::Cancelled;
                    let kind = node.work.as_ref().map_or(WorkKind::Update, |work| work.kind);
                    let live = node.work.as_ref().map(|work| work.live.properties.clone());
                    stopped.push((node.logical_id.clone(), kind, live));
                }
                NodeState::Done | NodeState::Failed | NodeState::Cancelled | NodeState::Blocked => {}
            }
        }
        for (logical_id, kind, properties) in stopped {
            let verb = if kind == WorkKind::Create { "creation" } else { "update" };
            let physical_id = physical_of(stack, &logical_id);
            let type_name = type_of(stack, &logical_id);
            let happening = Happening {
                logical_id: &logical_id,
                type_name: &type_name,
                physical_id: &physical_id,
                status: failed(kind),
                reason: Some(format!("Resource {verb} cancelled")),
                properties: properties.as_ref(),
                detailed: None,
            };
            self.resource_event(stack, at, happening);
        }
    }
}

fn next_ready(stack: &Stack) -> Option<String> {
    let operation = stack.operation.as_ref()?;
    let done = |need: &String| operation.nodes.get(need).is_none_or(|node| node.state == NodeState::Done);
    let ready = |node: &Node| node.state == NodeState::Waiting && node.needs.iter().all(done);
    operation.nodes.iter().find(|(_, node)| ready(node)).map(|(key, _)| key.clone())
}

pub(super) fn node_mut<'a>(stack: &'a mut Stack, key: &str) -> Option<&'a mut Node> {
    stack.operation.as_mut().and_then(|operation| operation.nodes.get_mut(key))
}

pub(super) fn set_state(stack: &mut Stack, key: &str, state: NodeState) {
    if let Some(node) = node_mut(stack, key) {
        node.state = state;
    }
}

pub(super) fn physical_of(stack: &Stack, logical_id: &str) -> String {
    stack.resources.get(logical_id).and_then(|resource| resource.physical_id.clone()).unwrap_or_default()
}

pub(super) fn type_of(stack: &Stack, logical_id: &str) -> String {
    stack.resources.get(logical_id).map(|resource| resource.type_name.clone()).unwrap_or_default()
}

pub(super) const fn under_way(kind: WorkKind) -> ResourceStatus {
    match kind {
        WorkKind::Create => ResourceStatus::CreateInProgress,
        WorkKind::Update | WorkKind::Replace | WorkKind::Quiet => ResourceStatus::UpdateInProgress,
        WorkKind::Import => ResourceStatus::ImportInProgress,
        WorkKind::Delete => ResourceStatus::DeleteInProgress,
    }
}

const fn failed(kind: WorkKind) -> ResourceStatus {
    match kind {
        WorkKind::Create => ResourceStatus::CreateFailed,
        WorkKind::Update | WorkKind::Replace | WorkKind::Quiet => ResourceStatus::UpdateFailed,
        WorkKind::Import => ResourceStatus::ImportFailed,
        WorkKind::Delete => ResourceStatus::DeleteFailed,
    }
}
