//! R6020: the way takes longer than the latency target.

use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::LatencySpent,
    rationale: "a target that is no sum of its stages is a wish",
    text: "SCALE framework, Latency Budgets",
    page: None,
    serves: &[Letter::Latency, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let Some(budget) = &case.assessment().latency else { return Vec::new() };
    let Some(target) = budget.target else { return Vec::new() };
    if budget.total_p99 <= target {
        return vec![None];
    }
    let title = format!("the way takes {} at the peak (p99), and the target is {target}", budget.total_p99);
    let mut finding = Finding::at("latency.target", title);
    for part in &budget.parts {
        finding = finding.note(format!("{} of {}: {}; {}", part.name.words(), part.stage, part.p99, part.how));
    }
    vec![Some(match &budget.lever {
        Some(lever) => finding.help(format!("{}: {}, which saves {}", lever.stage, lever.what, lever.gain)),
        None => finding,
    })]
}
