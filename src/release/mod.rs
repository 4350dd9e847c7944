//! What was proven is what is promoted: immutable releases, the ledger of where they ran, and what a promotion must pass.
//!
//! Pure: reading, writing, calling and asking are the affair of `operate` and `cloud`. Nothing here knows a bucket, a clock or
//! a terminal.

mod approval;
mod digest;
mod gate;
mod judge;
mod ledger;
mod promotion;
mod record;
mod stay;
#[cfg(test)]
mod tests;

pub use approval::{
    APPROVAL_FORMAT, Approved, Subject, UnreadableApproval, approvers, is_listed, may_approve, principal,
};
pub use digest::{MalformedDigest, ReleaseDigest};
pub use gate::{Asked, GateKind, GateResult, Verdict, asked_for, baked};
pub use judge::{
    Answered, Dearer, Of, Reading, Taken, Traffic, alarms, budget, command, count, drift, level, metric, readiness,
};
pub use ledger::{DeploymentId, Ended, Entry, Fact, LEDGER_FORMAT, Ledger, Overridden, UnreadableEntry, Via};
pub use promotion::{Candidate, Decision, Proving, Refusal, decide, is_judged, may_return, previous_good};
pub use record::{Content, RELEASE_FORMAT, Release, UnreadableRelease};
pub use stay::{Stay, longest, stays};
