//! R6012: too many readers share a stream's reads.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::SharedReads,
    rationale: "all shared readers of a shard have 2 MB/s and five calls a second together; each fan-out reader has its own",
    text: "Enhanced Fan-Out Consumer with Backpressure Handling",
    page: Some(pages::FAN_OUT),
    serves: &[Letter::Scalability, Letter::Ceiling, Letter::StreamList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let resources =
        &[Resource::SharedReadBytes, Resource::SharedReads, Resource::FanOutReadBytes, Resource::FanOutReaders];
    case.short_at_peak(&[StageKind::Stream, StageKind::Consumer], resources, |_| "")
}
