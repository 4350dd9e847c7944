//! R6070: nothing is kept to train from.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::NoArchive,
    rationale: "the next model is trained from what this one saw; a stream forgets it",
    text: "Use Kinesis Data Firehose for ML Training Data Collection",
    page: Some(pages::FIREHOSE_SOURCE),
    serves: &[Letter::ProductionList, Letter::StreamList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    let read = pipeline.consumers().values().find_map(|consumer| consumer.from.own());
    let (Some(stream), false) = (read, pipeline.endpoints().is_empty()) else { return Vec::new() };
    let title = "no stream of this pipeline is archived, and it asks a model";
    let help = format!("write `archive: {{{stream}: {{format: json}}}}`");
    vec![pipeline.archives().is_empty().then(|| Finding::at("archive", title).help(help))]
}
