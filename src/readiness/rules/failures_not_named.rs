//! R6043: the handler never names failed records.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{StageKind, WorkSource};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::FailuresNotNamed,
    rationale: "where failures are to be named, an answer without names says that every record succeeded",
    text: "Lambda Consumer with Batch Processing and Partial Failure Handling",
    page: Some(pages::BATCH_FAILURES),
    serves: &[Letter::Resilience, Letter::ExactlyOnce, Letter::ProductionList],
    tiers: Tiers::WRONG,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.scanned()
        .filter_map(|(stage, _, scan)| {
            let field = match (case.pipeline().consumers().get(&stage.name), case.pipeline().workers().get(&stage.name)) {
                // A window's handler answers with its state, and raises where it cannot go on.
                (Some(consumer), _) if stage.kind == StageKind::Consumer => {
                    (consumer.failure.report_items && consumer.batch.tumbling.is_none()).then_some("failure.report_items")
                }
                (_, Some(worker)) => match &worker.from {
                    WorkSource::Queue { report_items, .. } => report_items.then_some("report_items"),
                    WorkSource::Topic { .. } => None,
                },
                (_, None) => None,
            }?;
            if scan.mentions("batchItemFailures") {
                return Some(None);
            }
            let title = format!("{stage} is asked for failed records, and its handler never answers with any");
            let note = "Lambda takes an answer without `batchItemFailures` for success: what failed without an exception \
                        is neither tried again nor handed to the failure destination";
            let help = "answer with `{\"batchItemFailures\": [{\"itemIdentifier\": …}]}`, an empty list where all went well";
            Some(Some(Finding::of(&stage, field, title).note(note).help(help)))
        })
        .collect()
}
