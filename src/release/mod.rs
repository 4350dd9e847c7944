//! What was proven is what is promoted: immutable releases, the ledger of where they ran, and what a promotion must pass.
//!
//! Pure: reading, writing, calling and asking are the affair of `operate` and `cloud`. Nothing here knows a bucket, a clock or
//! a terminal.

mod approval;
mod difference;
mod digest;
mod envelope;
mod gate;
mod judge;
mod ledger;
mod promotion;
mod provenance;
mod record;
mod stay;
#[cfg(test)]
mod tests;

pub use approval::{
    APPROVAL_FORMAT, Approved, Subject, UnreadableApproval, approvers, is_listed, may_approve, principal,
};
pub use difference::{Change, Difference, Ingredient, difference};
pub use digest::{MalformedDigest, ReleaseDigest};
pub use envelope::{Envelope, PublicKey, SigningKey, UnreadableEnvelope, UnusableKey};
pub use gate::{Asked, GateKind, GateResult, Verdict, asked_for, baked};
pub use judge::{
    Answered, Dearer, Of, Reading, Taken, Traffic, alarms, budget, command, count, drift, level, metric, readiness,
};
pub use ledger::{DeploymentId, Draft, Ended, Entry, Fact, LEDGER_FORMAT, Ledger, Overridden, UnreadableEntry, Via};
pub use promotion::{Candidate, Decision, Proving, Refusal, decide, is_judged, may_return, previous_good};
pub use provenance::{ForeignProvenance, Occasion, Revision, Told, statement, told};
pub use record::{Content, RELEASE_FORMAT, Release, TOOL, UnreadableRelease};
pub use stay::{Stay, longest, stays};
