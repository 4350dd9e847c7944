//! All rules together: what was found, what of it is suppressed, the scores, the level.

use super::case::Case;
use super::finding::Finding;
use super::maturity::{Maturity, maturity};
use super::rule::Rule;
use super::rules::RULES;
use super::score::{Score, scores};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity, Span};
use crate::pipeline::{Pipeline, Suppression};
use crate::units::Timestamp;

/// A finding with the rule that it is one of.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The rule.
    pub rule: &'static Rule,
    /// What was found.
    pub finding: Finding,
    /// How bad that is in the environment's tier.
    pub severity: Severity,
    /// Why it is not told; `None` where it is.
    pub suppressed: Option<Suppression>,
    /// The finding as it is told.
    pub diagnostic: Diagnostic,
}

/// What a rule that was asked found, in numbers.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad its findings are in the environment's tier.
    pub severity: Severity,
    /// Things that are as they should be.
    pub fine: usize,
    /// Findings that are told.
    pub found: usize,
    /// Findings that are suppressed.
    pub suppressed: usize,
}

/// What all rules say of a pipeline in an environment.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every finding, suppressed ones too, by rule.
    pub findings: Vec<Judged>,
    /// Every rule that the environment's tier asks.
    pub outcomes: Vec<Outcome>,
    /// The score of every framework.
    pub scores: Vec<Score>,
    /// The level of the maturity model.
    pub maturity: Maturity,
    /// What else is to be told: suppressions whose day has come.
    pub lapsed: Diagnostics,
}

/// Asks every rule that the environment's tier asks.
#[must_use]
pub fn check(case: &Case<'_>) -> Report {
    let mut report = Report {
        findings: Vec::new(),
        outcomes: Vec::new(),
        scores: Vec::new(),
        maturity: maturity(case),
        lapsed: lapsed(case.pipeline(), case.now()),
    };
    for rule in RULES {
        if let Some(severity) = rule.tiers.of(case.tier()) {
            report.ask(case, rule, severity);
        }
    }
    report.scores = scores(&report.outcomes);
    report
}

impl Report {
    fn ask(&mut self, case: &Case<'_>, rule: &'static Rule, severity: Severity) {
        let verdicts = (rule.look)(case);
        let fine = verdicts.iter().filter(|verdict| verdict.is_none()).count();
        let mut outcome = Outcome { rule, severity, fine, found: 0, suppressed: 0 };
        for finding in verdicts.into_iter().flatten() {
            let severity = if finding.mild { milder(severity) } else { severity };
            let suppressed = suppression(case, rule, &finding).cloned();
            match &suppressed {
                Some(_) => outcome.suppressed += 1,
                None => outcome.found += 1,
            }
            let diagnostic = diagnostic(case.pipeline(), rule, severity, &finding);
            self.findings.push(Judged { rule, finding, severity, suppressed, diagnostic });
        }
        self.outcomes.push(outcome);
    }

    /// The findings that are told.
    pub fn told(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|judged| judged.suppressed.is_none())
    }

    /// Everything that is told, as diagnostics at the lines that cause it.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        self.told().map(|judged| judged.diagnostic.clone()).chain(self.lapsed.iter().cloned()).collect()
    }
}

fn milder(severity: Severity) -> Severity {
    match severity {
        Severity::Error => Severity::Warning,
        Severity::Warning | Severity::Info => Severity::Info,
    }
}

/// The suppression of a finding that still holds.
fn suppression<'a>(case: &Case<'a>, rule: &Rule, finding: &Finding) -> Option<&'a Suppression> {
    case.pipeline().readiness().suppressions.iter().find(|entry| {
        let of_stage = entry.stage.is_none() || entry.stage == finding.stage;
        entry.rule == rule.code && of_stage && entry.until > case.now()
    })
}

fn diagnostic(pipeline: &Pipeline, rule: &Rule, severity: Severity, finding: &Finding) -> Diagnostic {
    let title = finding.title.clone();
    let diagnostic = match severity {
        Severity::Error => Diagnostic::error(rule.code, title),
        Severity::Warning => Diagnostic::warning(rule.code, title),
        Severity::Info => Diagnostic::info(rule.code, title),
    };
    let mut diagnostic = diagnostic.at_maybe(Some(place(pipeline, &finding.path)), "");
    for (place, text) in &finding.also {
        diagnostic = diagnostic.at(place.clone(), text.clone());
    }
    for note in &finding.notes {
        diagnostic = diagnostic.note(note.clone());
    }
    diagnostic = diagnostic.note(rule.rationale);
    if let Some(page) = rule.page {
        diagnostic = diagnostic.note(format!("{}: {}", page.0, page.1));
    }
    for help in &finding.help {
        diagnostic = diagnostic.help(help.clone());
    }
    match &finding.fix {
        Some(fix) => diagnostic.help(format!("`sluice check --fix` writes `{}` at `{}`", fix.to, fix.path)),
        None => diagnostic,
    }
}

/// The line of a path, or the closest line that somebody wrote; of the pipeline as a whole, the line of its name, and of
/// what the environment lacks, the environment's file.
fn place(pipeline: &Pipeline, path: &str) -> Place {
    let start = Span { start: 0, end: 0 };
    if path.is_empty() {
        return Place { file: pipeline.environment().file().clone(), span: start, line: 1, column: 1 };
    }
    let places = pipeline.places();
    let found = places.nearest(path).or_else(|| places.nearest("pipeline")).map(|at| at.place.clone());
    found.unwrap_or_else(|| Place { file: pipeline.environment().file().clone(), span: start, line: 1, column: 1 })
}

/// Warns of suppressions whose day has come: the rule finds again.
fn lapsed(pipeline: &Pipeline, now: Timestamp) -> Diagnostics {
    let over = pipeline.readiness().suppressions.iter().filter(|entry| entry.until <= now);
    over.map(|entry| {
        let of = entry.stage.as_ref().map_or_else(|| "the pipeline".to_owned(), ToString::to_string);
        let title = format!("the suppression of {} for {of} ended on {}", entry.rule, entry.until);
        let place = pipeline.places().nearest(&format!("{}.until", entry.path)).map(|at| at.place.clone());
        Diagnostic::warning(Code::SuppressionOver, title)
            .at_maybe(place, "")
            .note("what it held back is told again, if it is still there")
            .help("mend what the rule finds, or move `until` with a reason that still holds")
    })
    .collect()
}
