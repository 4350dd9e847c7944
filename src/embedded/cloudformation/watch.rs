//! What can stop an operation from outside: alarms of rollback triggers, and the time limit of a creation.

use std::collections::BTreeMap;

use super::effect::{Effect, EffectAction};
use super::engine::{About, Engine};
use super::operation::Phase;
use super::state::{Purpose, Stack, Wake};
use crate::units::{Duration, Timestamp};

/// Between two looks at an alarm.
const LOOK: Duration = Duration::from_secs(20);

impl Engine {
    /// Schedules the next look, if the operation has triggers.
    pub(super) fn watch_again(&mut self, stack: &Stack, at: Timestamp) {
        let Some(operation) = stack.operation.as_ref() else { return };
        let armed = operation.target.as_ref().and_then(|target| target.rollback.triggers.as_ref());
        if armed.is_some_and(|triggers| !triggers.is_empty()) {
            self.wake(at, Wake::Watch { stack: stack.id.clone(), run: operation.run });
        }
    }

    /// Asks for the state of every alarm; only while going forward (RB-02).
    pub(super) fn watch(&mut self, stack: &mut Stack, run: u64, at: Timestamp) {
        let Some(operation) = stack.operation.as_ref().filter(|operation| operation.run == run) else { return };
        if !matches!(operation.phase, Phase::Apply | Phase::Monitor) {
            return;
        }
        let triggers =
            operation.target.as_ref().and_then(|target| target.rollback.triggers.clone()).unwrap_or_default();
        let purpose = Purpose::Alarm { stack: stack.id.clone(), run };
        let tags = BTreeMap::new();
        for trigger in triggers {
            let about = About { logical_id: "", type_name: &trigger.type_name, tags: &tags };
            let action = EffectAction::Read { physical_id: trigger.arn };
            self.ask(at, stack, about, action, purpose.clone());
        }
        self.watch_again(stack, at.plus(LOOK));
    }

    /// An alarm was looked at: ALARM rolls back, and so does an alarm that is not there (RB-03).
    pub(super) fn alarm_seen(&mut self, stack: &mut Stack, run: u64, effect: &Effect, state: Option<&str>) {
        let EffectAction::Read { physical_id } = &effect.action else { return };
        let Some(operation) = stack.operation.as_ref().filter(|operation| operation.run == run) else { return };
        let text = match state {
            Some("ALARM") => format!("Rollback trigger {physical_id} is in ALARM state"),
            Some(_) => return,
            None => format!("Rollback trigger {physical_id} was not found"),
        };
        match operation.phase {
            Phase::Apply => {
                self.fail_operation(stack, effect.at, &text);
                self.advance(stack, effect.at);
            }
            Phase::Monitor => {
                if let Some(operation) = stack.operation.as_mut() {
                    operation.failure = Some(text);
                }
                self.failed(stack, effect.at);
            }
            Phase::Clean | Phase::Revert | Phase::RevertClean | Phase::Remove => {}
        }
    }

    /// SQ-27.
    pub(super) fn timed_out(&mut self, stack: &mut Stack, run: u64, at: Timestamp) {
        let waiting = stack.operation.as_ref().is_some_and(|o| o.run == run && o.phase == Phase::Apply && !o.settling);
        if waiting {
            self.fail_operation(stack, at, "Stack creation time exceeded the specified timeout");
            self.advance(stack, at);
        }
    }
}
