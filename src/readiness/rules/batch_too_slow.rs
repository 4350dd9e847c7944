//! R6021: a batch takes too long.

use super::pages;
use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::StageKind;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::BatchTooSlow,
    rationale: "a batch is answered when its last record is: its size and its window are the first lever of latency",
    text: "Lambda Batch Size Is Your Primary Latency Lever",
    page: Some(pages::LAMBDA_KINESIS),
    serves: &[Letter::Latency, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    const FUNCTIONS: &[StageKind] = &[StageKind::Consumer, StageKind::Worker];
    let mut verdicts = case.short_at_peak(FUNCTIONS, &[Resource::Timeout], |_| "batch.size");
    verdicts.extend(windows(case));
    verdicts
}

/// Consumers on the measured way whose batches alone take the whole target.
fn windows(case: &Case<'_>) -> Vec<Verdict> {
    let Some(target) = case.pipeline().latency().map(|latency| latency.target) else { return Vec::new() };
    let on_the_way = |stage: &crate::pipeline::StageRef| {
        let parts = case.assessment().latency.iter().flat_map(|budget| &budget.parts);
        parts.into_iter().any(|part| part.stage == *stage)
    };
    case.consumers()
        .filter(|(stage, _)| on_the_way(stage))
        .map(|(stage, consumer)| {
            let waits = consumer.batch.tumbling.unwrap_or(consumer.batch.window);
            if waits < target {
                return None;
            }
            let field = if consumer.batch.tumbling.is_some() { "batch.tumbling" } else { "batch.window" };
            let title = format!("{stage} gathers for {waits}, and the target is {target} for the whole way");
            Some(Finding::of(&stage, field, title).help("gather for a small part of the target, or for no time at all"))
        })
        .collect()
}
