//! R6004: too few batches at once for the peak.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::ParallelismCeiling,
    rationale: "no more batches run at once than shards times `parallel`, whatever the account's concurrency is",
    text: "Shard Count Determines Your Parallelism Ceiling",
    page: Some(pages::LAMBDA_KINESIS),
    serves: &[Letter::Scalability, Letter::Ceiling, Letter::Amplification],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.short_at_peak(&[StageKind::Consumer], &[Resource::Parallelism], |_| "batch.parallel")
}
