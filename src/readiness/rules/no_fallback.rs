//! R6046: nothing answers when an endpoint fails.

use crate::diagnostic::Code;
use crate::pipeline::Model;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::NoFallback,
    rationale: "a model that answers worse is better than none, and an endpoint that is left alone recovers sooner",
    text: "STREAM framework, Resilience Patterns: circuit breakers; Multi-Model Endpoint Router with Fallback Logic",
    page: None,
    serves: &[Letter::Resilience, Letter::ProductionList],
    tiers: Tiers::TELLS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.pipeline()
        .functions()
        .filter_map(|(stage, function)| {
            let (endpoint, spec) = case.waited_for(function)?;
            let within = match &spec.model {
                Model::Multi { fallback, .. } => fallback.is_some(),
                Model::Single { .. } | Model::Variants(_) => false,
            };
            let title = format!("{stage} has nobody to ask when {endpoint} fails");
            let help = "name a second endpoint in `falls_back_to` (a serverless one costs nothing until it is asked), or a \
                        `fallback` of a multi-model endpoint";
            let missing = function.falls_back_to.is_none() && !within;
            Some(missing.then(|| Finding::of(&stage, "scores_with", title).help(help)))
        })
        .collect()
}
