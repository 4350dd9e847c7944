//! Gates: what a promotion must pass, and how each turned out.

use serde::{Deserialize, Serialize};

use crate::units::Timestamp;

/// The kinds of gates. Their names are what people type behind `--override`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// The source runs this release, and it was verified there.
    Verified,
    /// It ran there for long enough.
    Soak,
    /// Readers were not further behind than allowed.
    IteratorAge,
    /// No more records failed than allowed.
    FailedRecords,
    /// Functions failed no more often than allowed.
    Errors,
    /// Nobody was throttled more often than allowed.
    Throttles,
    /// Endpoints failed no more often than allowed.
    EndpointErrors,
    /// Endpoints answered as fast as wanted.
    EndpointLatency,
    /// Archives were written as soon as wanted.
    ArchiveFreshness,
    /// A metric of the file's own.
    Metric,
    /// No alarm rings.
    Alarms,
    /// Records that are put in come out as predictions.
    Smoke,
    /// Golden records give what they gave.
    Golden,
    /// It is as ready as wanted.
    Readiness,
    /// Nothing drifted.
    Drift,
    /// It costs no more than allowed.
    Budget,
    /// It is a time at which changes are made.
    Window,
    /// Who must agree did.
    Approval,
    /// A command of people's own said yes.
    Command,
}

/// How a gate turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is passed.
    Pass,
    /// It is not.
    Fail,
    /// Nobody can say: it may be passed later. Never a pass.
    Inconclusive,
}

/// How one gate turned out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Which.
    pub gate: GateKind,
    /// What it is about where there are several of a kind: a metric's or command's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How.
    pub verdict: Verdict,
    /// Why, in one sentence with its numbers.
    pub why: String,
    /// Until when it waits, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
