//! Beginning an operation: protection, the mark before which no event is ours, the order, its acceptance.

use super::follow::Follow;
use super::identity::token;
use super::machine::{AfterFollowing, Machine, State, end};
use super::model::{Command, Goal, Next, Outcome, Reach};
use crate::event::OperationKind;
use crate::observed::{Failure, FailureKind, StackEvent};
use crate::units::{LogicalId, Timestamp};

/// An operation about to begin.
#[derive(Clone, Debug)]
pub(super) enum Begin {
    /// Executing a change set.
    Execute { stack_id: String, change_set: String, kind: OperationKind, imported: Vec<LogicalId> },
    /// Deleting the stack.
    Delete { stack_id: String, after: AfterFollowing, retain: Vec<LogicalId> },
    /// Cancelling an update.
    Cancel { stack_id: String },
    /// Going on with a rollback that failed.
    ContinueRollback { stack_id: String, skip: Vec<LogicalId> },
    /// Putting the last good state back.
    RollBack { stack_id: String },
}

impl Begin {
    fn stack_id(&self) -> &str {
        match self {
            Self::Execute { stack_id, .. }
            | Self::Delete { stack_id, .. }
            | Self::Cancel { stack_id }
            | Self::ContinueRollback { stack_id, .. }
            | Self::RollBack { stack_id } => stack_id,
        }
    }
}

impl Machine {
    /// Switches termination protection, then begins.
    pub(super) fn protect(&mut self, on: bool, then: Begin) -> Next {
        let stack = then.stack_id().to_owned();
        self.state = State::Protecting { then };
        Next::Do(Command::SetProtection { stack, on })
    }

    /// Asks for the newest event, so that what comes after it is known to be this operation's.
    pub(super) fn mark(&mut self, begin: Begin) -> Next {
        let stack = begin.stack_id().to_owned();
        self.state = State::Marking { begin };
        Next::Do(Command::ReadEvents { stack, reach: Reach::NewestPage })
    }

    /// Gives the order. Its token derives from the change set, or from the stack and its newest event: the same
    /// if the order is repeated before anything happened, another one afterwards.
    pub(super) fn start(&mut self, begin: Begin, events: Vec<StackEvent>) -> Next {
        let mark = events.last().map(|event| event.event_id.clone());
        let newest = mark.as_deref().unwrap_or_default();
        let command = match &begin {
            Begin::Execute { stack_id, change_set, .. } => Command::ExecuteChangeSet {
                stack: stack_id.clone(),
                change_set: change_set.clone(),
                token: token(&["execute", change_set]),
            },
            Begin::Delete { stack_id, retain, .. } => Command::DeleteStack {
                stack: stack_id.clone(),
                token: token(&["delete", stack_id, newest]),
                role: self.role(),
                retain: retain.clone(),
            },
            Begin::Cancel { stack_id } => {
                Command::CancelUpdate { stack: stack_id.clone(), token: token(&["cancel", stack_id, newest]) }
            }
            Begin::ContinueRollback { stack_id, skip } => Command::ContinueRollback {
                stack: stack_id.clone(),
                skip: skip.clone(),
                token: token(&["continue", stack_id, newest]),
            },
            Begin::RollBack { stack_id } => {
                Command::RollBack { stack: stack_id.clone(), token: token(&["roll-back", stack_id, newest]) }
            }
        };
        self.state = State::Starting { begin, mark };
        Next::Do(command)
    }

    fn role(&self) -> Option<String> {
        match &self.goal {
            Goal::Deploy(deployment) => deployment.role.clone(),
            Goal::Destroy(removal) => removal.role.clone(),
            Goal::Settle { .. } | Goal::Recover(_) => None,
        }
    }

    pub(super) fn started(&mut self, at: Timestamp, begin: Begin, mark: Option<String>) -> Next {
        match begin {
            Begin::Execute { stack_id, kind, imported, .. } => {
                let mut follow = Follow::started(stack_id, kind, mark, at);
                follow.imported = imported;
                self.begin_following(follow, AfterFollowing::End)
            }
            Begin::Cancel { stack_id } | Begin::ContinueRollback { stack_id, .. } | Begin::RollBack { stack_id } => {
                let kind = OperationKind::Rollback;
                self.begin_following(Follow::started(stack_id, kind, mark, at), AfterFollowing::End)
            }
            Begin::Delete { stack_id, after, .. } => {
                self.begin_following(Follow::started(stack_id, OperationKind::Delete, mark, at), after)
            }
        }
    }

    /// A refused order mostly means that the world moved between looking and ordering: look again.
    pub(super) fn not_started(&mut self, begin: &Begin, failure: Failure) -> Next {
        match failure.kind {
            FailureKind::NotFound
            | FailureKind::WrongState
            | FailureKind::TokenReused
            | FailureKind::AlreadyExists
            | FailureKind::NoChange => self.look_later(),
            FailureKind::Protected => match begin {
                Begin::Delete { .. } => end(Outcome::Protected),
                Begin::Execute { .. }
                | Begin::Cancel { .. }
                | Begin::ContinueRollback { .. }
                | Begin::RollBack { .. } => end(Outcome::Failed(failure)),
            },
            FailureKind::Throttled
            | FailureKind::Unreachable
            | FailureKind::ServiceFault
            | FailureKind::LimitExceeded
            | FailureKind::AccessDenied
            | FailureKind::Credentials
            | FailureKind::CapabilityMissing
            | FailureKind::ValidationRefused
            | FailureKind::Other => end(Outcome::Failed(failure)),
        }
    }
}
