//! R6030: a window has no place for late records.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::LateRecordsLost,
    rationale: "a tumbling window is one of arrival: a record that comes late is counted where it does not belong, or nowhere",
    text: "STREAM framework, Temporal Handling: late arrivals are not edge cases; Implementing Late Arrival Handling",
    page: Some(pages::WINDOWS),
    serves: &[Letter::Temporal, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.consumers()
        .filter_map(|(stage, consumer)| {
            let tumbling = consumer.batch.tumbling?;
            if consumer.late_to.is_some() {
                return Some(None);
            }
            let title = format!("{stage} keeps windows of {tumbling} and has nowhere to send late records to");
            let help = "decide by the record's own time what is late, and send it on: `late_to: <stream>`";
            Some(Some(Finding::of(&stage, "batch.tumbling", title).help(help)))
        })
        .collect()
}
