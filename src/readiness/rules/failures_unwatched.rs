//! R6044: nobody watches where given-up records go.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::FailureDestination;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::FailuresUnwatched,
    rationale: "a queue or a topic gets a pointer into the stream, which is of use only as long as the stream keeps the record, and a bucket fills in silence",
    text: "STREAM framework, Resilience Patterns: dead letter queues; Monitoring and Alerting Checklist",
    page: Some(pages::GIVEN_UP),
    serves: &[Letter::Resilience, Letter::MonitoringList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.consumers()
        .map(|(stage, consumer)| {
            let (what, name) = match &consumer.failure.to {
                FailureDestination::OwnQueue => return None,
                FailureDestination::Queue(name) => ("queue", name),
                FailureDestination::Topic(name) => ("topic", name),
                FailureDestination::Bucket(name) => ("bucket", name),
            };
            let title = format!("{stage} gives up into the {what} `{name}`, which no alarm of this pipeline watches");
            let help = "write `to: own-queue`, which has an alarm; or say in `readiness.suppress` who watches it";
            Some(Finding::of(&stage, "failure.to", title).help(help))
        })
        .collect()
}
