//! R6013: a consumer does not come back after an outage.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};
use crate::units::Duration;

pub(super) const RULE: Rule = Rule {
    code: Code::NeverCatchesUp,
    rationale: "a consumer that is only as fast as its stream never works off what waited",
    text: "SCALE framework, Ceiling Identification: failure recovery",
    page: Some(pages::KINESIS_BEHIND),
    serves: &[Letter::Ceiling, Letter::Elasticity, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let consumers = case.pipeline().consumers();
    let recoveries = case.assessment().recovery.iter();
    recoveries
        .filter_map(|recovery| {
            let consumer = consumers.get(&recovery.consumer.name)?;
            let outage = recovery.outage;
            let title = match (recovery.catch_up, case.pipeline().retention_of(&consumer.from)) {
                (None, _) => format!("{} never catches up after an outage of {outage}", recovery.consumer),
                (Some(more), Some(kept)) if sum(outage, more) > kept => {
                    format!(
                        "{} needs {more} to catch up after {outage}, and records are kept for {kept}",
                        recovery.consumer
                    )
                }
                (Some(_), Some(_) | None) => return Some(None),
            };
            let finding = Finding::of(&recovery.consumer, "batch", title).note(recovery.how.clone());
            Some(Some(case.advised(&recovery.consumer, finding)))
        })
        .collect()
}

fn sum(a: Duration, b: Duration) -> Duration {
    Duration::from_micros(a.as_micros().saturating_add(b.as_micros()))
}
