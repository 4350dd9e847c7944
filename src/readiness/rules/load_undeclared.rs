//! R6001: what capacity rests on is not declared.

use crate::capacity::Answer;
use crate::diagnostic::{Code, Severity};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::LoadUndeclared,
    rationale: "without the load and the measured work nobody can say whether the first spike fits",
    text: "SCALE framework, Steady-State Analysis; Setting up, 1: Estimate Throughput Requirements",
    page: None,
    serves: &[Letter::Steady, Letter::StreamList],
    tiers: Tiers { development: Some(Severity::Info), staging: Some(Severity::Info), production: Some(Severity::Info) },
    look,
};

/// Told once for the whole pipeline, whatever is missing.
fn look(case: &Case<'_>) -> Vec<Verdict> {
    // Every stream whose load is declared counts as an answer.
    let pipeline = case.pipeline();
    let declared = pipeline.streams().keys().filter(|stream| pipeline.traffic().contains_key(*stream));
    let mut verdicts: Vec<Verdict> = declared.map(|_| None).collect();
    // What nobody can declare is for `capacity` to tell.
    let unknown = case.assessment().unknown.iter();
    let unknown: Vec<(&str, &str)> = unknown
        .filter_map(|unknown| match &unknown.answer {
            Answer::Declare(path) => Some((unknown.question.as_str(), path.as_str())),
            Answer::LookUp(_) => None,
        })
        .collect();
    let Some((_, first)) = unknown.first() else { return verdicts };
    let title = match unknown.len() {
        1 => "one question about capacity has no answer here".to_owned(),
        several => format!("{several} questions about capacity have no answer here"),
    };
    let mut finding = Finding::at((*first).to_owned(), title);
    for (question, path) in unknown {
        finding = finding.note(format!("{question}: declare {path}"));
    }
    verdicts.push(Some(finding));
    verdicts
}
