//! R6060: the iterator-age alarm rings at the wrong time.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};
use crate::units::Duration;

pub(super) const RULE: Rule = Rule {
    code: Code::AgeThreshold,
    rationale: "iterator age is how old answers are, and from half of the retention on records are at risk",
    text: "Iterator Age Is Your Most Important Metric",
    page: Some(pages::RECOMMENDED_ALARMS),
    serves: &[Letter::Latency, Letter::MonitoringList],
    tiers: Tiers::RISKS,
    look,
};

/// An alarm that waits this many times longer than a latency class tolerates tells of what everybody knows.
const LATE: u64 = 3;

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.consumers()
        .filter_map(|(stage, consumer)| {
            let threshold = case.age_alarm(&stage, consumer)?;
            let path = format!("alarms.{}.iterator_age", stage.name);
            let tell = |title: String, help: &str| {
                Some(Some(Finding { stage: Some(stage.clone()), ..Finding::at(path.clone(), title).help(help) }))
            };
            let kept = case.pipeline().retention_of(&consumer.from);
            if let Some(kept) = kept.filter(|kept| threshold.as_micros() > kept.as_micros() / 2) {
                let title =
                    format!("the alarm on the age of {stage} rings at {threshold}, and records live for {kept}");
                return tell(title, "ring at less than half of the retention, while there is time to act");
            }
            let usual = case.pipeline().tolerated_lag(consumer);
            if threshold > Duration::from_micros(usual.as_micros().saturating_mul(LATE)) {
                let title = format!(
                    "the alarm on the age of {stage} rings at {threshold}; the latency class tolerates {usual}"
                );
                return tell(title, "lower the threshold, or leave it out: the default follows from `latency`");
            }
            let waits = consumer.batch.window;
            if threshold <= waits {
                let title = format!(
                    "the alarm on the age of {stage} rings at {threshold}, and batches are gathered for {waits}"
                );
                return tell(title, "ring above the batch window, or gather for less time");
            }
            Some(None)
        })
        .collect()
}
