//! Deciding what a deployment does with the stack and the change set it finds.

use super::begin::Begin;
use super::identity::token;
use super::machine::{AfterClearing, AfterFollowing, Machine, State, end};
use super::model::{Basis, Command, Deployment, FailedCreate, Goal, Loss, Next, Outcome};
use crate::event::{EventKind, OperationKind};
use crate::observed::{
    ChangeSet, ChangeSetState, ExecutionState, Failure, FailureKind, NextAction, Replacement, ResourceAction,
    StackHead, StackStatus,
};
use crate::units::{LogicalId, Timestamp};

/// Looks for which a change set that was accepted may not show.
const MOST_UNSEEN: u32 = 10;

impl Machine {
    fn deployment(&self) -> Option<&Deployment> {
        match &self.goal {
            Goal::Deploy(deployment) => Some(deployment),
            Goal::Destroy(_) | Goal::Recover(_) | Goal::Settle { .. } => None,
        }
    }

    pub(super) fn decide_deployment(&mut self, at: Timestamp, head: Option<StackHead>) -> Next {
        let Some(deployment) = self.deployment() else { return self.look() };
        let name = deployment.change_set_name();
        let Some(head) = head else {
            return if self.basis == Some(Basis::New) { self.make(true) } else { end(Outcome::WorldMoved) };
        };
        let ours = head.change_set_name() == Some(name.as_str());
        if !head.status.is_settled() {
            let deploying = ours && head.status.next_action() == NextAction::Wait;
            let after = if deploying { AfterFollowing::End } else { AfterFollowing::LookAgain };
            return self.reattach(at, head, after);
        }
        if self.basis != Some(Basis::of_head(&head)) {
            // The world moved; if this very plan moved it, in a run that was killed, then its end is ours to tell.
            return if ours { self.reattach(at, head, AfterFollowing::End) } else { end(Outcome::WorldMoved) };
        }
        match head.status.next_action() {
            NextAction::Create => self.make(true),
            NextAction::Review => self.inspect_again(true),
            NextAction::Update => self.inspect_again(false),
            NextAction::Delete => self.remove_failed_create(head),
            NextAction::Wait
            | NextAction::WaitForDeletion
            | NextAction::RollBack
            | NextAction::ContinueRollback
            | NextAction::DeleteAgain
            | NextAction::Blocked => Self::blocked(head.status, head.status_reason),
        }
    }

    fn remove_failed_create(&mut self, head: StackHead) -> Next {
        let consent = self.deployment().map_or(FailedCreate::Keep, |deployment| deployment.failed_create);
        let allowed = match consent {
            FailedCreate::Keep => false,
            FailedCreate::RemoveShell => head.status == StackStatus::RollbackComplete,
            FailedCreate::RemoveAll => true,
        };
        if !allowed {
            return Self::blocked(head.status, head.status_reason);
        }
        let delete = Begin::Delete { stack_id: head.id, after: AfterFollowing::StackIsNew, retain: Vec::new() };
        // It was protected before its first resource, for the resources' sake; the failed create left none to keep.
        if head.termination_protection { self.protect(false, delete) } else { self.mark(delete) }
    }

    /// Asks for the change set of this plan.
    pub(super) fn inspect_again(&mut self, creates: bool) -> Next {
        self.state = State::Inspecting { creates };
        Next::Do(self.question())
    }

    fn question(&self) -> Command {
        let name = self.deployment().map(Deployment::change_set_name).unwrap_or_default();
        Command::DescribeChangeSet { stack: self.stack().to_owned(), name }
    }

    fn inspect_later(&mut self, creates: bool) -> Next {
        self.state = State::Inspecting { creates };
        let question = self.question();
        self.later(question, 0)
    }

    /// Asks for the change set to be made.
    fn make(&mut self, creates: bool) -> Next {
        let Some(deployment) = self.deployment() else { return self.look() };
        let order = deployment.change_set_order(creates);
        self.events.push(EventKind::ChangeSetCreating { stack: order.stack.clone(), name: order.name.clone() });
        self.made = true;
        self.made_shell |= creates && self.head.is_none();
        self.state = State::Making { creates };
        Next::Do(Command::CreateChangeSet(Box::new(order)))
    }

    pub(super) fn not_made(&mut self, creates: bool, failure: Failure) -> Next {
        match failure.kind {
            // Somebody was quicker, or a stack came or went: what is there now decides.
            FailureKind::AlreadyExists | FailureKind::WrongState | FailureKind::NotFound => {
                self.made = false;
                self.look_later()
            }
            FailureKind::NoChange if !creates => {
                let outcome = self.nothing_to_do(OperationKind::Update);
                end(outcome)
            }
            FailureKind::ValidationRefused | FailureKind::CapabilityMissing => {
                end(Outcome::ChangeSetFailed { reason: failure.message })
            }
            FailureKind::NoChange
            | FailureKind::Protected
            | FailureKind::Throttled
            | FailureKind::LimitExceeded
            | FailureKind::AccessDenied
            | FailureKind::Credentials
            | FailureKind::TokenReused
            | FailureKind::Unreachable
            | FailureKind::ServiceFault
            | FailureKind::Other => end(Outcome::Failed(failure)),
        }
    }

    pub(super) fn inspect(&mut self, creates: bool, set: Option<ChangeSet>) -> Next {
        let Some(set) = set.filter(|set| set.state != ChangeSetState::Gone) else {
            // Right after it was accepted it may not be visible yet.
            return if self.made { self.not_visible(creates) } else { self.make(creates) };
        };
        self.unseen = 0;
        match (set.state, set.execution) {
            (ChangeSetState::Creating, _) | (ChangeSetState::Ready, ExecutionState::Unavailable) => {
                self.inspect_later(creates)
            }
            (ChangeSetState::Ready, ExecutionState::Available) => self.judge_change_set(creates, set),
            (ChangeSetState::Ready, ExecutionState::InProgress | ExecutionState::Complete) => self.look_later(),
            // One that failed in an earlier run says nothing about the world of today.
            (ChangeSetState::Failed, _) if self.made => self.failed(set),
            (ChangeSetState::Failed, _)
            | (ChangeSetState::Ready, ExecutionState::Failed | ExecutionState::Obsolete)
            | (ChangeSetState::Gone, _) => self.clear(AfterClearing::Make { creates }),
        }
    }

    /// Waits for what was accepted to show, a while; then makes it again, which does no harm.
    fn not_visible(&mut self, creates: bool) -> Next {
        self.unseen = self.unseen.saturating_add(1);
        if self.unseen <= MOST_UNSEEN {
            return self.inspect_later(creates);
        }
        self.unseen = 0;
        self.made = false;
        self.look_later()
    }

    fn failed(&mut self, set: ChangeSet) -> Next {
        if set.is_empty_change() {
            return self.clear(AfterClearing::NothingToDo);
        }
        let reason = set.reason.unwrap_or_else(|| "CloudFormation gave no reason".to_owned());
        let outcome = Box::new(Outcome::ChangeSetFailed { reason });
        self.clear(if self.made_shell {
            AfterClearing::RemoveShell { stack_id: set.stack_id, outcome }
        } else {
            AfterClearing::End(outcome)
        })
    }

    fn clear(&mut self, then: AfterClearing) -> Next {
        self.state = State::Clearing { then };
        let name = self.deployment().map(Deployment::change_set_name).unwrap_or_default();
        Next::Do(Command::DeleteChangeSet { stack: self.stack().to_owned(), name })
    }

    pub(super) fn cleared(&mut self, then: AfterClearing) -> Next {
        match then {
            AfterClearing::Make { creates } => self.make(creates),
            AfterClearing::NothingToDo => {
                let outcome = self.nothing_to_do(OperationKind::Update);
                end(outcome)
            }
            AfterClearing::End(outcome) => Next::End(outcome),
            AfterClearing::RemoveShell { stack_id, outcome } => {
                self.state = State::Clearing { then: AfterClearing::End(outcome) };
                let token = token(&["shell", &stack_id]);
                Next::Do(Command::DeleteStack { stack: stack_id, token, role: None, retain: Vec::new() })
            }
        }
    }

    /// Executes a change set only if it takes nothing that nobody approved.
    fn judge_change_set(&mut self, creates: bool, set: ChangeSet) -> Next {
        let Some(deployment) = self.deployment() else { return self.look() };
        let losses = losses(deployment, &set);
        let protect = deployment.protect && !self.head.as_ref().is_some_and(|head| head.termination_protection);
        if !losses.is_empty() {
            let outcome = Box::new(Outcome::NotApproved { losses });
            return self.clear(if self.made_shell {
                AfterClearing::RemoveShell { stack_id: set.stack_id, outcome }
            } else {
                AfterClearing::End(outcome)
            });
        }
        let imports = |change: &crate::observed::ResourceChange| change.action == ResourceAction::Import;
        let imported: Vec<LogicalId> =
            set.changes.iter().filter(|change| imports(change)).map(|change| change.logical_id.clone()).collect();
        let kind = if creates {
            OperationKind::Create
        } else if !imported.is_empty() && set.changes.iter().all(imports) {
            OperationKind::Import
        } else {
            OperationKind::Update
        };
        let begin = Begin::Execute { stack_id: set.stack_id, change_set: set.id, kind, imported };
        if protect { self.protect(true, begin) } else { self.mark(begin) }
    }
}

/// Removals and certain replacements that were not approved. A replacement that CloudFormation cannot
/// exclude (`Conditional`) was told in the plan and is not proven here.
fn losses(deployment: &Deployment, set: &ChangeSet) -> Vec<Loss> {
    let mut losses = Vec::new();
    for change in &set.changes {
        let replaced = change.replacement == Some(Replacement::True) && change.action == ResourceAction::Modify;
        let removed = change.action == ResourceAction::Remove;
        if (replaced || removed) && !deployment.approved_losses.contains(&change.logical_id) {
            losses.push(Loss { logical_id: change.logical_id.clone(), type_name: change.type_name.clone(), replaced });
        }
    }
    losses
}
