//! R6040: a failed record is tried as good as for ever.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::EndlessRetries,
    rationale: "while a record is tried again, its shard waits; Lambda itself would try until it expires",
    text: "STREAM framework, Resilience Patterns: dead letter queues for failed records",
    page: Some(pages::LAMBDA_MAPPING),
    serves: &[Letter::Resilience, Letter::ProductionList],
    tiers: Tiers::WRONG,
    look,
};

/// Whoever has failed so often fails once more.
const MOST_RETRIES: u32 = 100;

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.consumers()
        .map(|(stage, consumer)| {
            let failure = &consumer.failure;
            let endless = failure.retries.is_none_or(|retries| retries > MOST_RETRIES);
            let ageless = failure.max_age.is_none();
            if !endless && !ageless {
                return None;
            }
            let often = failure.retries.map_or("without end".to_owned(), |retries| format!("{retries} times"));
            let title = format!("{stage} tries a failed record {often} while its shard waits");
            let path = format!("{}.failure.retries", stage.path());
            let help = "write `retries: 3`; what is given up is not lost, its place in the stream goes to `failure.to`";
            Some(Finding::of(&stage, "failure.retries", title).help(help).fix(path, "3"))
        })
        .collect()
}
