//! R6041: a bad record takes its batch along.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::NoBisect,
    rationale: "a record that makes the handler crash or time out is named by nobody; halving the batch finds it",
    text: "STREAM framework, Resilience Patterns",
    page: Some(pages::LAMBDA_MAPPING),
    serves: &[Letter::Resilience, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let batches = case.consumers().filter(|(_, consumer)| consumer.batch.size > 1);
    batches
        .map(|(stage, consumer)| {
            let title = format!("{stage} gives up a whole batch of {} when one record crashes it", consumer.batch.size);
            let path = format!("{}.failure.bisect", stage.path());
            let finding =
                || Finding::of(&stage, "failure.bisect", title).help("write `bisect: true`").fix(path, "true");
            (!consumer.failure.bisect).then(finding)
        })
        .collect()
}
