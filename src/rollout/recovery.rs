//! Getting a stack out of a state that it does not leave by itself: which way there is, and going it.

use super::begin::Begin;
use super::machine::{AfterFollowing, Machine, end};
use super::model::{Goal, Next, Outcome};
use crate::observed::{NextAction, ObservedResource, ResourceStatus, StackHead, StackStatus};
use crate::units::{LogicalId, Timestamp};

/// A way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Cancel the update that is running; CloudFormation puts the old state back (ER-15).
    Cancel,
    /// Go on with a rollback that failed, taking these resources for rolled back as they are.
    ContinueRollback {
        /// Resources to leave as they are.
        skip: Vec<LogicalId>,
    },
    /// Put the last good state back after a failure that was left as it was.
    RollBack,
    /// Delete the stack, leaving these resources behind.
    Delete {
        /// Resources to leave behind, outside the stack. Only after a deletion that failed (ER-11).
        retain: Vec<LogicalId>,
    },
}

impl Way {
    /// The way out of a status; none where nothing is stuck, or where only a person can judge.
    #[must_use]
    pub fn out_of(status: &StackStatus) -> Option<Self> {
        match status.next_action() {
            NextAction::Wait if *status == StackStatus::UpdateInProgress => Some(Self::Cancel),
            NextAction::ContinueRollback => Some(Self::ContinueRollback { skip: Vec::new() }),
            NextAction::RollBack => Some(Self::RollBack),
            NextAction::Delete | NextAction::DeleteAgain | NextAction::Review => {
                Some(Self::Delete { retain: Vec::new() })
            }
            NextAction::Create
            | NextAction::Update
            | NextAction::Wait
            | NextAction::WaitForDeletion
            | NextAction::Blocked => None,
        }
    }

    /// Whether a stack of this status can go it.
    fn fits(&self, status: &StackStatus) -> bool {
        matches!(
            (self, Self::out_of(status)),
            (Self::Cancel, Some(Self::Cancel))
                | (Self::ContinueRollback { .. }, Some(Self::ContinueRollback { .. }))
                | (Self::RollBack, Some(Self::RollBack))
                | (Self::Delete { .. }, Some(Self::Delete { .. }))
        )
    }
}

/// Whether a resource is what a failed rollback or deletion stands still at, and so may be left as it is. One that was only
/// cancelled because of another says so (SQ-15).
#[must_use]
pub fn is_in_the_way(status: &StackStatus, resource: &ObservedResource) -> bool {
    let wanted = match status.next_action() {
        NextAction::ContinueRollback => resource.status == ResourceStatus::UpdateFailed,
        NextAction::DeleteAgain => resource.status == ResourceStatus::DeleteFailed,
        _ => return false,
    };
    wanted && !resource.reason.as_deref().unwrap_or_default().contains("cancelled")
}

impl Machine {
    pub(super) fn decide_recovery(&mut self, at: Timestamp, head: Option<StackHead>) -> Next {
        let Goal::Recover(recovery) = &self.goal else { return self.look() };
        // The answer was about one stack, not about whatever has taken its name since.
        let Some(head) = head.filter(|head| head.id == recovery.stack_id) else { return end(Outcome::WorldMoved) };
        let stack_id = head.id.clone();
        if !recovery.way.fits(&head.status) {
            return match head.status.is_settled() {
                // Whoever cancels comes too late where it is over.
                true if recovery.way == Way::Cancel => end(Outcome::Settled),
                true => end(Outcome::WorldMoved),
                false => self.reattach(at, head, AfterFollowing::End),
            };
        }
        let begin = match recovery.way.clone() {
            Way::Cancel => Begin::Cancel { stack_id },
            Way::ContinueRollback { skip } => Begin::ContinueRollback { stack_id, skip },
            Way::RollBack => Begin::RollBack { stack_id },
            Way::Delete { retain } => Begin::Delete { stack_id, after: AfterFollowing::End, retain },
        };
        match (&begin, head.termination_protection) {
            (Begin::Delete { .. }, true) => self.protect(false, begin),
            _ => self.mark(begin),
        }
    }
}
