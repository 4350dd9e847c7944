//! What was proven is what is promoted: immutable releases, the ledger of where they ran, and what a promotion must pass.
//!
//! Pure: reading, writing, calling and asking are the affair of `operate` and `cloud`. Nothing here knows a bucket, a clock or
//! a terminal.

mod difference;
mod digest;
mod envelope;
mod gate;
mod ledger;
mod provenance;
mod record;

pub use difference::{Change, Difference, Ingredient, difference};
pub use digest::{MalformedDigest, ReleaseDigest};
pub use envelope::{Envelope, PublicKey, SigningKey, UnreadableEnvelope, UnusableKey};
pub use gate::{GateKind, GateResult, Verdict};
pub use ledger::{DeploymentId, Draft, Ended, Entry, Fact, LEDGER_FORMAT, Ledger, Overridden, UnreadableEntry, Via};
pub use provenance::{ForeignProvenance, Occasion, Revision, Told, statement, told};
pub use record::{Content, RELEASE_FORMAT, Release, TOOL, UnreadableRelease};
