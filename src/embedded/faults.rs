//! What people asked to go wrong, each so many times: resources that fail, calls that are throttled or denied,
//! reads that are behind.

use serde::{Deserialize, Serialize};

use super::back::Back;
use super::cloudformation::{Effect, EffectAction};

/// When a resource shall fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// When it is made.
    Create,
    /// When it is changed in place.
    Update,
    /// When it is removed.
    Delete,
    /// When it is put back, or removed again, because another one failed.
    Rollback,
}

/// A failure to be injected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// A logical id or a resource type.
    pub target: String,
    /// When it fails.
    pub on: FailOn,
    /// What the service says.
    pub message: String,
    /// How often it still fails.
    pub times: u32,
}

/// A kind of fault of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFault {
    /// The call is throttled.
    Throttle,
    /// The service fails: HTTP status 500.
    Error,
    /// The caller may not make it.
    Deny,
    /// The answer is from before the last change. CloudFormation's reads only.
    Stale,
}

/// A fault of calls, to be injected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallFailure {
    /// The operation, for instance `DescribeStacks`; `*` is every one.
    pub action: String,
    /// What happens to it.
    pub fault: CallFault,
    /// How often it still happens.
    pub times: u32,
}

/// Everything that is to go wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Faults {
    /// Resources that fail.
    pub resources: Vec<Failure>,
    /// Calls that fail.
    pub calls: Vec<CallFailure>,
}

impl Faults {
    /// Whether calls of an operation are denied, without using a denial up.
    #[must_use]
    pub(crate) fn denies(&self, action: &str) -> bool {
        let denials = self.calls.iter().filter(|fault| fault.times > 0 && fault.fault == CallFault::Deny);
        denials.into_iter().any(|fault| fault.action == "*" || fault.action == action)
    }

    /// Uses up one fault of a call, if there is one.
    pub(crate) fn take_call(&mut self, action: &str) -> Option<CallFault> {
        let found =
            self.calls.iter_mut().find(|fault| fault.times > 0 && (fault.action == "*" || fault.action == action))?;
        found.times -= 1;
        let fault = found.fault;
        self.calls.retain(|fault| fault.times > 0);
        Some(fault)
    }

    fn take_resource(&mut self, logical_id: &str, type_name: &str, on: FailOn) -> Option<String> {
        let found = self.resources.iter_mut().find(|failure| {
            failure.times > 0 && failure.on == on && (failure.target == logical_id || failure.target == type_name)
        })?;
        found.times -= 1;
        let message = found.message.clone();
        self.resources.retain(|failure| failure.times > 0);
        Some(message)
    }
}

impl Back {
    /// The message of the failure that was asked for, if this effect is to fail.
    pub(crate) fn injected_failure(&mut self, effect: &Effect) -> Option<String> {
        let on = match &effect.action {
            EffectAction::Create { .. } => FailOn::Create,
            EffectAction::Update { .. } => FailOn::Update,
            EffectAction::Delete { .. } => FailOn::Delete,
            EffectAction::Read { .. } => return None,
        };
        let taken = |faults: &mut Faults, on| faults.take_resource(&effect.logical_id, &effect.type_name, on);
        let faults = &mut self.world.faults;
        let reverting = if effect.reverting { taken(faults, FailOn::Rollback) } else { None };
        reverting.or_else(|| taken(faults, on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_asked() {
        let mut faults = Faults::default();
        faults.calls.push(CallFailure { action: "DescribeStacks".to_owned(), fault: CallFault::Throttle, times: 2 });
        assert_eq!(faults.take_call("CreateChangeSet"), None);
        assert_eq!(faults.take_call("DescribeStacks"), Some(CallFault::Throttle));
        assert_eq!(faults.take_call("DescribeStacks"), Some(CallFault::Throttle));
        assert_eq!(faults.take_call("DescribeStacks"), None);
    }
}
