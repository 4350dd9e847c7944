//! R6025: a cold start is in the way.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{LatencyClass, Serving};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::ColdStart,
    rationale: "an instance that has to start first takes longer than everything else on the way together",
    text: "Stream Processing Decision Framework, Latency Classification",
    page: Some(pages::PROVISIONED),
    serves: &[Letter::Latency, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    if !case.is_urgent() {
        return Vec::new();
    }
    let ultra = case.pipeline().latency().is_some_and(|latency| latency.class == LatencyClass::UltraLow);
    let asked = case.consumers().filter(|(_, consumer)| consumer.function.scores_with.is_some());
    asked
        .flat_map(|(stage, consumer)| {
            let cold = consumer.function.concurrency.provisioned.is_none();
            let function = ultra.then(|| {
                let title = format!("{stage} has no instance that is kept warm, and its target is below 100ms");
                let help = "write `concurrency: {provisioned: …}`, as many as batches come at once";
                cold.then(|| Finding::of(&stage, "concurrency", title).help(help))
            });
            let endpoint = case.waited_for(&consumer.function).and_then(|(endpoint, spec)| match &spec.serving {
                Serving::Serverless { provisioned, .. } => {
                    let title = format!("{endpoint} keeps no container warm, and {stage} waits for it");
                    let help = "write `concurrency: {provisioned: …}`, or serve in `real-time`";
                    let field = "serving.serverless.concurrency.provisioned";
                    Some(provisioned.is_none().then(|| Finding::of(&endpoint, field, title).help(help)))
                }
                Serving::RealTime { .. } | Serving::Async { .. } => None,
            });
            [function, endpoint].into_iter().flatten()
        })
        .collect()
}
