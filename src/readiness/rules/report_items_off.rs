//! R6042: one failed record fails its batch.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::WorkSource;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::ReportItemsOff,
    rationale: "without named failures Lambda tries the whole batch again, and what had succeeded is done twice",
    text: "Lambda Consumer with Batch Processing and Partial Failure Handling",
    page: Some(pages::BATCH_FAILURES),
    serves: &[Letter::Resilience, Letter::ExactlyOnce, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let consumers = case.consumers().filter(|(_, consumer)| consumer.batch.size > 1).map(|(stage, consumer)| {
        let reports = consumer.failure.report_items;
        (stage, "failure.report_items", reports)
    });
    let workers = case.pipeline().workers().iter().filter_map(|(name, worker)| match &worker.from {
        WorkSource::Queue { batch, report_items, .. } if *batch > 1 => {
            let stage = crate::pipeline::StageRef::new(crate::pipeline::StageKind::Worker, name);
            Some((stage, "report_items", *report_items))
        }
        WorkSource::Queue { .. } | WorkSource::Topic { .. } => None,
    });
    consumers
        .chain(workers)
        .map(|(stage, field, reports)| {
            let title = format!("{stage} fails its whole batch when one record fails");
            let finding = Finding::of(&stage, field, title);
            // Only a handler that names them may be asked to: another one would seem to succeed.
            let names_them = case.scan(&stage).is_some_and(|scan| scan.mentions("batchItemFailures"));
            let help = "let the handler answer with `batchItemFailures` and write `report_items: true`";
            let path = format!("{}.{field}", stage.path());
            let fixed = if names_them { finding.fix(path, "true") } else { finding };
            (!reports).then(|| fixed.help(help))
        })
        .collect()
}
