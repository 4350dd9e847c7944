//! R6007: more than an on-demand stream takes in its region.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::OnDemandCeiling,
    rationale: "an on-demand stream grows by itself, but only up to its region's ceiling",
    text: "Use On-Demand Mode for Unpredictable Workloads; SCALE framework, Ceiling Identification",
    page: Some(pages::KINESIS_QUOTAS),
    serves: &[Letter::Ceiling, Letter::Elasticity, Letter::StreamList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let on_demand = |verdict: &Verdict| {
        let stage = verdict.as_ref().and_then(|finding| finding.stage.as_ref());
        stage.is_none_or(|stage| case.open_shards(&stage.name).is_none())
    };
    let resources = &[Resource::WriteBytes, Resource::WriteRecords];
    let asked = case.pipeline().streams().keys().any(|stream| case.open_shards(stream).is_none());
    let found = case.short_at_peak(&[StageKind::Stream], resources, |_| "capacity");
    found.into_iter().filter(|verdict| asked && on_demand(verdict)).collect()
}
