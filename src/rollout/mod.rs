//! One deployment as a pure state machine, and what to do when it ends badly.
//!
//! [`Machine`] takes what was observed and answers with the next command and the events to tell; it never
//! talks to anybody and never looks at a clock. It keeps nothing that cannot be found out again: a run that
//! was killed is resumed by starting another machine, because change-set names and client tokens derive from
//! what is deployed, and the first thing a machine does is to look.
//!
//! It does not decide what to deploy or whether that is wise; both were settled when the plan was approved.

mod advice;
mod begin;
mod cadence;
mod checkup;
mod deploy;
mod destroy;
mod fleet;
mod follow;
mod identity;
mod lease;
mod machine;
mod model;
mod pauses;
mod recovery;
#[cfg(test)]
mod tests;

pub use advice::{Advice, advise};
pub use cadence::Cadence;
pub use checkup::{Check, CheckArea, Checkup, Health};
pub use fleet::{Fleet, Job, Limits, Skip};
pub use lease::{Claim, HolderId, LEASE_FORMAT, Lease, STAND_IN_TERM, TERM, UnreadableLease};
pub use machine::Machine;
pub use model::{
    Basis, ChangeSetOrder, Command, Deployment, FailedCreate, Goal, LeftBehind, Loss, Next, Observation, Outcome,
    Reach, Recovery, Removal, Step,
};
pub use pauses::{PAUSES_FORMAT, Pause, PausedFor, Pauses, UnreadablePauses};
pub use recovery::{Way, is_in_the_way};
