//! What `sluice check` is told of a pipeline.

use std::collections::BTreeSet;

use crate::diagnostic::Code;
use crate::pipeline::stage::StageRef;
use crate::units::Timestamp;

/// The `readiness:` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Findings that are as they should be, in the order of the file.
    pub suppressions: Vec<Suppression>,
    /// The last time that failures were injected on purpose.
    pub chaos: Option<ChaosTest>,
}

/// A rule that is not to find anything until a day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Suppression {
    /// The rule.
    pub rule: Code,
    /// The stage; `None` for the whole pipeline.
    pub stage: Option<StageRef>,
    /// Why.
    pub reason: String,
    /// From this moment on the rule finds again.
    pub until: Timestamp,
    /// Its dotted path, for instance `readiness.suppress.0`.
    pub path: String,
}

/// Failures that were injected on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaosTest {
    /// When.
    pub on: Timestamp,
    /// What was made to fail.
    pub failures: BTreeSet<Injected>,
    /// Where it is written down.
    pub report: Option<String>,
}

/// A failure that can be injected on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Injected {
    /// An endpoint stops answering.
    EndpointDown,
    /// Answers come late.
    NetworkLatency,
    /// Records are not what the handler expects.
    MalformedRecords,
    /// A table refuses reads or writes.
    TableThrottled,
}

impl Injected {
    /// As the file spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndpointDown => "endpoint-down",
            Self::NetworkLatency => "network-latency",
            Self::MalformedRecords => "malformed-records",
            Self::TableThrottled => "table-throttled",
        }
    }
}
