//! What is worth remembering of an operation's events for its last screen.

use std::collections::BTreeMap;

use super::step::is_cancellation;
use crate::event::{Event, EventKind, OperationKind, OperationResult};
use crate::observed::{ResourceStatus, StackEvent, StackStatus};
use crate::units::Duration;

/// A resource that failed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its logical id.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// The service's words.
    pub reason: String,
    /// `file:line:column` of its stage, if known.
    pub spec_place: Option<String>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// What it did.
    pub operation: OperationKind,
    /// How it ended.
    pub outcome: OperationResult,
    /// The stack's status now; `None` once it is gone.
    pub status: Option<StackStatus>,
    /// How long it took.
    pub took: Duration,
    /// The stack's outputs.
    pub outputs: BTreeMap<String, String>,
}

/// A resource that left the stack and is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its type.
    pub type_name: String,
    /// Its physical id.
    pub physical_id: String,
}

/// Collects failures, cancellations, what was kept, and the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Resources that failed by themselves, in order; the first is the root cause unless the end names one.
    pub failures: Vec<Failure>,
    /// How many were cancelled because another failed.
    pub cancelled: usize,
    /// Resources that left the stack and are still there, by logical id.
    pub kept: BTreeMap<String, Kept>,
    /// The end, once it has come.
    pub finish: Option<Finish>,
}

impl Story {
    /// Takes an event in.
    pub fn on(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Resource { event, spec_place } => self.resource(event, spec_place.as_deref()),
            EventKind::OperationFinished { operation, outcome, status, took, outputs, .. } => {
                self.finish = Some(Finish {
                    operation: *operation,
                    outcome: outcome.clone(),
                    status: status.clone(),
                    took: *took,
                    outputs: outputs.clone(),
                });
            }
            EventKind::Artifact { .. }
            | EventKind::Uploading { .. }
            | EventKind::Reattached { .. }
            | EventKind::ChangeSetCreating { .. }
            | EventKind::OperationStarted { .. }
            | EventKind::Verified { .. }
            | EventKind::Reader { .. }
            | EventKind::Waiting { .. } => {}
        }
    }

    fn resource(&mut self, event: &StackEvent, spec_place: Option<&str>) {
        if event.is_about_stack() {
            return;
        }
        if event.status == ResourceStatus::DeleteSkipped {
            let kept = Kept { type_name: event.type_name.clone(), physical_id: event.physical_id.clone() };
            self.kept.insert(event.logical_id.clone(), kept);
        } else if is_failure(&event.status) && is_cancellation(event.reason.as_deref()) {
            self.cancelled += 1;
        } else if is_failure(&event.status) {
            self.failures.push(Failure {
                logical_id: event.logical_id.clone(),
                type_name: event.type_name.clone(),
                reason: event.reason.clone().unwrap_or_else(|| "the service gave no reason".to_owned()),
                spec_place: spec_place.map(str::to_owned),
            });
        }
    }
}

fn is_failure(status: &ResourceStatus) -> bool {
    use ResourceStatus as R;
    match status {
        R::CreateFailed | R::UpdateFailed | R::DeleteFailed | R::ImportFailed | R::RollbackFailed => true,
        R::UpdateRollbackFailed | R::ImportRollbackFailed => true,
        R::CreateInProgress | R::CreateComplete | R::DeleteInProgress | R::DeleteComplete | R::DeleteSkipped => false,
        R::UpdateInProgress | R::UpdateComplete | R::ImportInProgress | R::ImportComplete => false,
        R::ImportRollbackInProgress | R::ImportRollbackComplete | R::UpdateRollbackInProgress => false,
        R::UpdateRollbackComplete | R::RollbackInProgress | R::RollbackComplete | R::Unrecognised(_) => false,
    }
}
