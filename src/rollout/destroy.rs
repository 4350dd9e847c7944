//! Deciding what a removal does with the stack it finds.

use super::begin::Begin;
use super::machine::{AfterFollowing, Machine, end};
use super::model::{Goal, Next, Outcome};
use crate::event::OperationKind;
use crate::observed::{NextAction, StackHead};
use crate::units::Timestamp;

impl Machine {
    pub(super) fn decide_removal(&mut self, at: Timestamp, head: Option<StackHead>) -> Next {
        let Goal::Destroy(removal) = &self.goal else { return self.look() };
        let Some(head) = head else {
            let outcome = self.nothing_to_do(OperationKind::Delete);
            return end(outcome);
        };
        // The approval was for one stack, not for whatever has taken its name since.
        if removal.stack_id.as_ref().is_some_and(|approved| *approved != head.id) {
            return end(Outcome::WorldMoved);
        }
        match head.status.next_action() {
            NextAction::Create => {
                let outcome = self.nothing_to_do(OperationKind::Delete);
                end(outcome)
            }
            NextAction::Wait => self.reattach(at, head, AfterFollowing::LookAgain),
            NextAction::WaitForDeletion => self.reattach(at, head, AfterFollowing::End),
            NextAction::Review
            | NextAction::Update
            | NextAction::Delete
            | NextAction::RollBack
            | NextAction::ContinueRollback
            | NextAction::DeleteAgain => {
                let delete =
                    Begin::Delete { stack_id: head.id.clone(), after: AfterFollowing::End, retain: Vec::new() };
                match (head.termination_protection, removal.unprotect) {
                    (false, _) => self.mark(delete),
                    (true, true) => self.protect(false, delete),
                    (true, false) => end(Outcome::Protected),
                }
            }
            NextAction::Blocked => Self::blocked(head.status, head.status_reason),
        }
    }
}
