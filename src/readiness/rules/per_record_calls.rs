//! R6023: a call for each record.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{StageKind, WorkSource};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::PerRecordCalls,
    rationale: "a call per record makes a batch as slow as the sum of its calls, and somebody else's slowness an outage",
    text: "Anti-Pattern: The Synchronous External Call Anti-Pattern",
    page: Some(pages::KINESIS_BEHIND),
    serves: &[Letter::Amplification, Letter::Latency, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.scanned()
        .filter_map(|(stage, _, scan)| {
            let of_stream = stage.kind == StageKind::Consumer;
            let batches = match case.pipeline().workers().get(&stage.name).map(|worker| &worker.from) {
                Some(WorkSource::Queue { batch, .. }) => *batch > 1,
                Some(WorkSource::Topic { .. }) => false,
                None => true,
            };
            if !of_stream && !batches {
                return None;
            }
            // A queue's workers run side by side by themselves: there only calls to models and out of AWS are told.
            let calls: Vec<_> = scan.record_calls().into_iter().filter(|seen| of_stream || seen.what.outward).collect();
            let Some(first) = calls.first() else { return Some(None) };
            let names: std::collections::BTreeSet<&str> = calls.iter().map(|seen| seen.what.name).collect();
            let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
            let title = format!("the handler of {stage} calls {} for each record", names.join(" and "));
            let help = match first.what.instead {
                Some(instead) => format!("gather the batch first, then {instead}"),
                None => "gather the batch first, then ask once for all of it, or side by side".to_owned(),
            };
            let mut finding = Finding::of(&stage, "handler", title).help(help);
            for seen in &calls {
                finding = finding.also(seen.place.clone(), "in the loop over records");
            }
            Some(Some(finding.mild_if(calls.iter().all(|seen| !seen.what.outward))))
        })
        .collect()
}
