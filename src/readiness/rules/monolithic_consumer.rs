//! R6024: one function does too much.

use std::collections::BTreeSet;

use crate::diagnostic::Code;
use crate::pipeline::{Function, StageKind};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};
use crate::units::StageName;

pub(super) const RULE: Rule = Rule {
    code: Code::MonolithicConsumer,
    rationale: "what is in one function fails, scales and is deployed together",
    text: "Anti-Pattern: The Monolithic Stream Consumer Anti-Pattern",
    page: None,
    serves: &[Letter::Resilience, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

/// More places to write to than this are more than one duty.
const MOST_TARGETS: usize = 4;

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let features: BTreeSet<&StageName> =
        case.pipeline().functions().flat_map(|(_, function)| &function.features).collect();
    case.pipeline()
        .functions()
        .map(|(stage, function)| {
            let scores = function.scores_with.is_some();
            let consumer = case.pipeline().consumers().get(&stage.name).filter(|_| stage.kind == StageKind::Consumer);
            let windows = consumer.is_some_and(|consumer| consumer.batch.tumbling.is_some());
            let engineers = function.writes.iter().any(|table| features.contains(table));
            let duties = [
                (scores, "asks a model"),
                (scores && windows, "keeps windows"),
                (scores && engineers, "makes features"),
                (targets(function) > MOST_TARGETS, "writes to more than four places"),
            ];
            let held: Vec<&str> = duties.iter().filter(|(held, _)| *held).map(|(_, duty)| *duty).collect();
            let too_much = held.len() > 1 || targets(function) > MOST_TARGETS;
            let title = format!("{stage} {}", held.join(" and "));
            let help = "split it into stages of one duty each, with a stream, a queue or a table between them";
            too_much.then(|| Finding::of(&stage, "", title).help(help))
        })
        .collect()
}

fn targets(function: &Function) -> usize {
    let sends = &function.sends;
    function.writes.len() + sends.streams.len() + sends.queues.len() + sends.topics.len() + sends.buckets.len()
}
