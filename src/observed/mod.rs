//! What is there, as read: stack statuses, events, resources, change sets.
//!
//! Plain data. `cloud` fills it in from AWS's answers; `plan` and `rollout` decide on it. Nothing here
//! talks to anybody, and nothing here guesses: a status that this version does not know is kept as
//! text and treated as one on which nobody may act.

mod account;
mod cause;
mod drift;
mod failure;
mod held;
mod live;
mod metric;
mod stack;
mod status;

/// Whether changing a property recreates the resource; the template room knows it from the schemas.
pub use crate::template::Recreation;
pub use account::{Decision, ServiceQuota, Simulated, StreamLimits};
pub use cause::{KnownCause, Recorded, RunAgain};
pub use drift::{Detection, DriftStatus, SeenDifference, SeenDrift};
pub use failure::{Failure, FailureKind};
pub use held::{AlarmState, Behind, ExpiryStatus, Held, HeldUnit, SeenAlarm};
pub use live::{Holding, LiveAlarm, LiveDelivery, LiveEndpoint, LiveFunction, LiveMapping, LiveStream};
pub use metric::{Gauge, MetricName, MetricQuery};
pub use stack::{
    ChangeSet, ChangeSetState, DetailTarget, ExecutionState, Objection, Observed, ObservedResource, PropertyChange,
    Replacement, ResourceAction, ResourceChange, StackDescription, StackEvent, StackHead,
};
pub use status::{NextAction, ResourceStatus, StackStatus};
