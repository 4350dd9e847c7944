//! R6008: an endpoint is too small for its peak.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::EndpointTooSmall,
    rationale: "requests that an endpoint cannot answer wait in front of it, and the shards wait with them",
    text: "SCALE framework, Amplification Factors: model inference",
    page: Some(pages::ENDPOINT_SCALING),
    serves: &[Letter::Ceiling, Letter::Amplification, Letter::Elasticity, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let resources = &[Resource::Instances, Resource::Invocations, Resource::Concurrency];
    case.short_at_peak(&[StageKind::Endpoint], resources, |_| "serving")
}
