//! What a pipeline's readiness rests on besides its stages: findings that are as they should be, and what was tried out.

use super::super::declare::{choice, record};
use super::super::leaf::{RuleCode, StagePath, Text};
use crate::units::Timestamp;

record! {
    /// What `sluice check` is told of a pipeline's readiness.
    "`readiness`" ReadinessSpec {
        /// Findings that are as they should be, each with a reason and a day.
        suppress: Vec<SuppressionSpec>,
        /// The last time that failures were injected on purpose.
        chaos: Option<ChaosSpec>,
    }

    /// A rule that is not to find anything for a while.
    "a suppression" SuppressionSpec {
        /// The rule, by its code.
        rule: RuleCode,
        /// The stage, by its path: `consumers.score`. Left out, the whole pipeline.
        stage: Option<StagePath>,
        /// Why.
        reason: Text<500>,
        /// From this day on the rule finds again.
        until: Timestamp,
    }

    /// The last time that failures were injected on purpose.
    "a chaos test" ChaosSpec {
        /// The day.
        on: Timestamp,
        /// What was made to fail.
        failures: Vec<InjectedChoice>,
        /// Where it is written down.
        report: Option<Text<500>>,
    }
}

choice! {
    /// What was made to fail.
    "an injected failure" InjectedChoice {
        /// An endpoint stopped answering.
        "endpoint-down" => EndpointDown,
        /// Answers came late.
        "network-latency" => NetworkLatency,
        /// Records were not what the handler expects.
        "malformed-records" => MalformedRecords,
        /// A table refused reads or writes.
        "table-throttled" => TableThrottled,
    }
}
