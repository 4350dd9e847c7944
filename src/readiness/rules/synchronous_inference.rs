//! R6022: shards wait for an endpoint.

use super::pages;
use crate::capacity::{Level, Need, Resource};
use crate::diagnostic::Code;
use crate::readiness::case::{Case, amount};
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::SynchronousInference,
    rationale: "a consumer that waits for an endpoint is as slow as the endpoint, and its iterator age grows with the load",
    text: "Anti-Pattern: The Synchronous Inference Trap; The Synchronous Model Invocation Bottleneck",
    page: Some(pages::ENDPOINT_ASYNC),
    serves: &[Letter::Resilience, Letter::Amplification, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

/// Above this part of an endpoint its answers slow down markedly, whatever its size.
const BUSY: f64 = 0.8;

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.consumers()
        .filter_map(|(stage, consumer)| {
            let (endpoint, spec) = case.waited_for(&consumer.function)?;
            let path = |title: String| Finding::of(&stage, "scores_with", title);
            let away = "let the consumer hand requests to a queue, and a worker with `concurrency.max` ask the endpoint; or \
                        make the endpoint `async`";
            if spec.latency.is_none() {
                let title = format!("{stage} waits for {endpoint}, and nobody measured how long");
                let finding = path(title).help(format!("declare `{}.latency`", endpoint.path())).help(away);
                return Some(Some(finding.mild_if(case.is_urgent())));
            }
            let used = busiest(case, &endpoint)?;
            if used.utilisation(Level::Peak) <= BUSY {
                return Some(None);
            }
            let title = format!(
                "{stage} waits for {endpoint}, which is {} % busy at the peak",
                amount(used.utilisation(Level::Peak) * 100.0)
            );
            Some(Some(case.advised(&endpoint, path(title).note(used.how.clone())).help(away)))
        })
        .collect()
}

/// What an endpoint is busiest with at the peak.
fn busiest<'a>(case: &Case<'a>, endpoint: &crate::pipeline::StageRef) -> Option<&'a Need> {
    const ANSWERS: &[Resource] = &[Resource::Instances, Resource::Invocations, Resource::Concurrency];
    let of_endpoint = case.needs(ANSWERS).filter(|(stage, _)| *stage == endpoint).map(|(_, need)| need);
    of_endpoint.max_by(|a, b| a.utilisation(Level::Peak).total_cmp(&b.utilisation(Level::Peak)))
}
