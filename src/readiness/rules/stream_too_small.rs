//! R6002: a stream is too small for its peak.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::StreamTooSmall,
    rationale: "a shard refuses what is above its limits, and the first spike is where that shows",
    text: "Insufficient shard capacity (31 % of failures); STREAM framework, Scalability Design",
    page: Some(pages::KINESIS_QUOTAS),
    serves: &[Letter::Scalability, Letter::Ceiling, Letter::StreamList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    // What an on-demand stream takes is its region's ceiling, which is a rule of its own.
    let provisioned = |verdict: &Verdict| {
        let stage = verdict.as_ref().and_then(|finding| finding.stage.as_ref());
        stage.is_none_or(|stage| case.open_shards(&stage.name).is_some())
    };
    let resources = &[Resource::WriteBytes, Resource::WriteRecords, Resource::HottestShard];
    case.short_at_peak(&[StageKind::Stream], resources, |_| "capacity").into_iter().filter(provisioned).collect()
}
