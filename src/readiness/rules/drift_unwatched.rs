//! R6064: nobody watches whether data or answers drift.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{Condition, EmittedUnit, Metric};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::DriftUnwatched,
    rationale: "a model whose inputs are no longer those of its training answers wrongly, and every service metric is green",
    text: "Missing monitoring for data drift; Streaming ML Maturity Model",
    page: Some(pages::DATA_QUALITY),
    serves: &[Letter::MonitoringList, Letter::ProductionList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    if !pipeline.functions().any(|(_, function)| function.scores_with.is_some()) {
        return Vec::new();
    }
    let watched = pipeline.metrics().values().any(tells_of_drift);
    let title = "no alarm tells when what the model sees, or what it answers, is no longer as usual";
    let help = "let the handler emit a score or a feature in `metrics`, with an alarm `{when: {outside: {band: 3}}}`; or let \
                another pipeline read the stream, and say so in `readiness.suppress`";
    vec![(!watched).then(|| Finding::at("metrics", title).help(help))]
}

/// A value without a unit that has an alarm, or anything whose normal course is learnt.
pub(in crate::readiness) fn tells_of_drift(metric: &Metric) -> bool {
    let learnt = metric.alarms.values().any(|alarm| matches!(alarm.when, Condition::Outside { .. }));
    learnt || (metric.unit == EmittedUnit::None && !metric.alarms.is_empty())
}
