//! R6048: an endpoint's whole fleet changes at once.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{EndpointRollout, Serving};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::AllAtOnce,
    rationale: "a canary shows on a few requests what a new model or container does, and rolls back by itself",
    text: "Production Streaming ML Deployment Checklist",
    page: Some(pages::GUARDRAILS),
    serves: &[Letter::Resilience, Letter::DeploymentList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.endpoints()
        .filter_map(|(stage, endpoint)| match &endpoint.serving {
            // Half of the fleet is the largest canary, so that one instance can have none.
            Serving::RealTime { min, rollout, .. } if *min > 1 => {
                let path = format!("{}.serving.real-time.rollout", stage.path());
                let title = format!("{stage} changes all of its instances at once");
                let canary = "{canary: {instances: 1, wait: 5m}}";
                let help = format!("write `rollout: {canary}`");
                let finding = || Finding::of(&stage, "serving.real-time.rollout", title).help(help).fix(path, canary);
                Some((*rollout == EndpointRollout::AllAtOnce).then(finding))
            }
            Serving::RealTime { .. } | Serving::Async { .. } | Serving::Serverless { .. } => None,
        })
        .collect()
}
