//! R6005: fewer instances than batches at once.

use super::pages;
use crate::capacity::{Level, Resource};
use crate::diagnostic::Code;
use crate::pipeline::{Function, StageKind, StageRef};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::ReservedTooLow,
    rationale: "what Lambda throttles is tried again until it expires, while its shard waits",
    text: "Lambda concurrency limits (28 % of failures)",
    page: Some(pages::CONCURRENCY),
    serves: &[Letter::Scalability, Letter::Ceiling, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    const FUNCTIONS: &[StageKind] = &[StageKind::Consumer, StageKind::Worker];
    // What shares the account's concurrency is a matter of the account's quota.
    let functions: Vec<(StageRef, &Function)> = case.pipeline().functions().collect();
    let reserves = |stage: &StageRef| {
        let own = functions.iter().find(|(known, _)| known == stage);
        own.is_some_and(|(_, function)| function.concurrency.reserved.is_some())
    };
    let needs =
        case.needs(&[Resource::Concurrency]).filter(|(stage, _)| FUNCTIONS.contains(&stage.kind) && reserves(stage));
    let mut verdicts: Vec<Verdict> =
        needs.map(|(stage, need)| case.short(stage, "concurrency.reserved", need, Level::Peak)).collect();
    let short = |stage: &StageRef| verdicts.iter().flatten().any(|finding| finding.stage.as_ref() == Some(stage));
    let ceilings: Vec<Verdict> = case
        .consumers()
        .filter(|(stage, _)| !short(stage))
        .filter_map(|(stage, consumer)| {
            let reserved = consumer.function.concurrency.reserved?;
            let ceiling = case.shards(&consumer.from)?.saturating_mul(consumer.batch.parallel);
            if reserved >= ceiling {
                return Some(None);
            }
            let title = format!("{stage} has {reserved} instances reserved, and up to {ceiling} batches come at once");
            let sum = "shards times `parallel`: so many come at once when it catches up after an outage";
            let help = format!("reserve {ceiling}, or leave `reserved` out and share the account's concurrency");
            let path = format!("{}.concurrency.reserved", stage.path());
            let finding = Finding::of(&stage, "concurrency.reserved", title).note(sum).help(help);
            Some(Some(finding.fix(path, ceiling.to_string()).mild_if(true)))
        })
        .collect();
    verdicts.extend(ceilings);
    verdicts
}
