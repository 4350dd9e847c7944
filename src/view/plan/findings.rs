//! What somebody should know before a plan is carried out, each with its stable code: the caution of a comment, the head
//! of a page and the results for code scanning are made from it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{About, Entry, words};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place, Severity, Span};
use crate::pipeline::Origin;
use crate::plan::{
    AccessChange, Consequence, ConsumerEffect, DataAtRisk, Effect, Gravity, Permission, Plan, PlanKind, Removal,
    ResourcePlan, Risk, UnarmedAlarm,
};
use crate::units::LogicalId;
use crate::view::diagnostics;

/// One thing to know.
pub(super) struct Finding<'a> {
    /// Its code.
    pub(super) code: Code,
    /// How bad it is.
    pub(super) severity: Severity,
    /// The resource it is about; none where it is the pipeline.
    pub(super) logical_id: Option<&'a LogicalId>,
    /// What happens to it: its id and this make a sentence.
    pub(super) text: String,
    /// What works instead.
    pub(super) instead: Vec<String>,
    /// Where it comes from.
    origin: Option<&'a Origin>,
}

/// Everything to know: what cannot be, what is lost or left behind, which readers suffer, what is replaced, what is too dear.
pub(super) fn findings<'a>(plan: &'a Plan, about: &About) -> Vec<Finding<'a>> {
    let data = plan.data.iter().map(|risk| of_data(risk, plan.kind == PlanKind::Destroy));
    let readers = plan.consumers.iter().filter_map(of_reader);
    let effects = plan.effects.iter().map(|effect| of_effect(plan, effect));
    let mut all: Vec<Finding<'a>> = plan.impossible().map(impossible).chain(data).chain(readers).collect();
    // Of what loses its data or its position it is told already that it is replaced.
    let told: BTreeSet<&LogicalId> = all.iter().filter_map(|finding| finding.logical_id).collect();
    let rest = plan.resources.iter().filter(|resource| !told.contains(&resource.logical_id));
    let replaced: Vec<Finding<'a>> = rest.filter_map(replaced).collect();
    all.extend(replaced);
    all.extend(effects);
    all.extend(plan.access.iter().flat_map(|change| broad(plan, change)));
    all.extend(plan.rollback.iter().flat_map(|guard| guard.alarming()).map(alarming));
    all.extend(about.consent.contains(&Permission::OverBudget).then(over_budget));
    all
}

/// What else a change brings with it.
fn of_effect<'a>(plan: &'a Plan, effect: &'a Effect) -> Finding<'a> {
    let code = match &effect.consequence {
        Consequence::KeyDropped { .. } => Code::KeyDropped,
        Consequence::ExpiryOff { .. } => Code::ExpiryOff,
        Consequence::RecoveryOff => Code::RecoveryOff,
        Consequence::AlarmLost { .. } => Code::AlarmLost,
        Consequence::ScaledValueReset { .. } => Code::ScaledValueReset,
        Consequence::Resharded { .. } => Code::Resharded,
        Consequence::ParallelCalls { .. } => Code::ParallelCalls,
        Consequence::ModeSwitched { .. } => Code::ModeSwitched,
        Consequence::FleetExchanged { .. } => Code::FleetExchanged,
    };
    let severity = match effect.severity {
        Gravity::Warning => Severity::Warning,
        Gravity::Info => Severity::Info,
    };
    Finding {
        code,
        severity,
        logical_id: Some(&effect.logical_id),
        text: words::consequence(&effect.consequence),
        instead: Vec::new(),
        origin: plan.resource(&effect.logical_id).and_then(|resource| resource.origin.as_ref()),
    }
}

/// What reaches further from now on than named resources, actions and principals.
fn broad<'a>(plan: &'a Plan, change: &'a AccessChange) -> impl Iterator<Item = Finding<'a>> {
    let id = &change.logical_id;
    let origin = plan.resource(id).and_then(|resource| resource.origin.as_ref());
    change.gained.iter().filter(|grant| grant.is_broad()).map(move |grant| Finding {
        code: Code::AccessBroad,
        severity: Severity::Warning,
        logical_id: Some(id),
        text: format!("gains {}", words::grant(id, grant)),
        instead: Vec::new(),
        origin,
    })
}

/// What cannot watch the deployment, because it would roll it back at once.
fn alarming(alarm: &UnarmedAlarm) -> Finding<'_> {
    Finding {
        code: Code::PlanAlarm,
        severity: Severity::Warning,
        logical_id: Some(&alarm.logical_id),
        text: "is in ALARM and would roll the deployment back at once".to_owned(),
        instead: Vec::new(),
        origin: None,
    }
}

fn over_budget() -> Finding<'static> {
    Finding {
        code: Code::PlanOverBudget,
        severity: Severity::Warning,
        logical_id: None,
        text: "a month costs more than the budget".to_owned(),
        instead: Vec::new(),
        origin: None,
    }
}

/// What stands above everything else.
pub(super) fn dangers<'a>(plan: &'a Plan, about: &About) -> Vec<Finding<'a>> {
    findings(plan, about).into_iter().filter(|finding| finding.severity != Severity::Info).collect()
}

fn impossible(resource: &ResourcePlan) -> Finding<'_> {
    let reason = resource.reasons.first().map(words::reason).unwrap_or_default();
    Finding {
        code: Code::PlanImpossible,
        severity: Severity::Error,
        logical_id: Some(&resource.logical_id),
        text: format!("cannot be changed: {reason}"),
        instead: resource.remedies.iter().map(words::remedy).collect(),
        origin: resource.origin.as_ref(),
    }
}

fn of_data(risk: &DataAtRisk, removal: bool) -> Finding<'_> {
    let (code, severity) = match risk.removal {
        Removal::Deleted => (Code::PlanDataLoss, Severity::Error),
        Removal::DeletedIfEmpty | Removal::Retained => (Code::PlanDataLeft, Severity::Warning),
    };
    Finding {
        code,
        severity,
        logical_id: Some(&risk.logical_id),
        text: words::data(risk, removal),
        instead: Vec::new(),
        origin: risk.origin.as_ref(),
    }
}

fn of_reader(effect: &ConsumerEffect) -> Option<Finding<'_>> {
    let (code, severity) = match effect.risk()? {
        Risk::ReaderFails => (Code::ReaderFails, Severity::Error),
        Risk::ReaderResets => (Code::PlanConsumerReset, Severity::Error),
        Risk::ReaderStops => (Code::ReaderStops, Severity::Error),
        Risk::DataLost => (Code::PlanDataLoss, Severity::Error),
        Risk::Impossible | Risk::RecordsAtRisk | Risk::Replaced | Risk::DataLeft | Risk::Undecided | Risk::Removed => {
            (Code::RecordsAtRisk, Severity::Error)
        }
    };
    Some(Finding {
        code,
        severity,
        logical_id: Some(&effect.logical_id),
        text: format!("{}: {}", words::verdict(effect.verdict), words::records(effect)),
        instead: Vec::new(),
        origin: effect.origin.as_ref(),
    })
}

/// What is replaced, or may be, without data that would be lost.
fn replaced(resource: &ResourcePlan) -> Option<Finding<'_>> {
    let what = match resource.risk()? {
        Risk::Replaced => "is replaced",
        Risk::Undecided => "may be replaced, which is known only when it happens",
        Risk::Impossible
        | Risk::DataLost
        | Risk::ReaderFails
        | Risk::ReaderResets
        | Risk::ReaderStops
        | Risk::RecordsAtRisk
        | Risk::DataLeft
        | Risk::Removed => return None,
    };
    let reason = resource.reasons.iter().map(words::reason).find(|reason| !reason.is_empty());
    Some(Finding {
        code: Code::PlanReplacement,
        severity: Severity::Warning,
        logical_id: Some(&resource.logical_id),
        text: reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}")),
        instead: Vec::new(),
        origin: resource.origin.as_ref(),
    })
}

/// Returns what is to be known of plans as SARIF 2.1.0, `warnings` of the files among it. Code hosts show only what has a
/// place: what leaves a stack is no longer in its file, and is shown at its beginning.
#[must_use]
pub fn to_sarif(plan: &Plan, about: &About, warnings: &Diagnostics) -> Value {
    diagnostics::to_sarif(&told(plan, about).chain(warnings.iter().cloned()).collect())
}

/// Returns what is to be known of several plans, and why those that are missing could not be made, as SARIF 2.1.0.
#[must_use]
pub fn many_to_sarif(entries: &[Entry], warnings: &Diagnostics) -> Value {
    let mut all = Diagnostics::new();
    for entry in entries {
        match &entry.outcome {
            Ok((plan, about)) => all.extend(told(plan, about)),
            Err(found) => all.extend(found.iter().cloned()),
        }
    }
    all.extend(warnings.iter().cloned());
    diagnostics::to_sarif(&all)
}

fn told<'a>(plan: &'a Plan, about: &'a About) -> impl Iterator<Item = Diagnostic> + 'a {
    let places = plan.resources.iter().filter_map(|resource| resource.origin.as_ref()?.place.as_ref());
    let file = places.map(|place| place.file.clone()).next();
    let file = file.unwrap_or_else(|| FilePath::new(&format!("stacks/{}/pipeline.yaml", about.pipeline)));
    let beginning = Place { file, span: Span { start: 0, end: 0 }, line: 1, column: 1 };
    findings(plan, about).into_iter().map(move |finding| {
        let Finding { code, severity, logical_id, text, instead, origin } = finding;
        let whose = logical_id.map(|id| format!("{id} ")).unwrap_or_default();
        let title = format!("{} in {}: {whose}{text}", about.pipeline, about.environment);
        let place = origin.and_then(|origin| origin.place.clone()).unwrap_or_else(|| beginning.clone());
        let told = match severity {
            Severity::Error => Diagnostic::error(code, title),
            Severity::Warning => Diagnostic::warning(code, title),
            Severity::Info => Diagnostic::info(code, title),
        };
        instead.into_iter().fold(told.at(place, ""), |told, instead| told.help(format!("instead: {instead}")))
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, risky};
    use super::*;

    #[test]
    fn every_danger_is_a_result_at_its_line_with_a_code_that_has_a_page() {
        let sarif = to_sarif(&risky(), &about(), &Diagnostics::new());
        let results = sarif.pointer("/runs/0/results").and_then(Value::as_array).cloned().unwrap_or_default();
        let rules: Vec<&str> = results.iter().filter_map(|one| one.get("ruleId")?.as_str()).collect();
        assert_eq!(rules, ["E4001", "E4003", "E4006", "W4040"]);
        for (result, line) in results.iter().zip([17, 24, 44, 1]) {
            assert_eq!(
                result.pointer("/locations/0/physicalLocation/region/startLine"),
                Some(&line.into()),
                "{result}"
            );
        }
        assert!(rules.iter().all(|rule| Code::parse(rule).is_some()));
        insta::assert_json_snapshot!(results);
    }

    #[test]
    fn what_leaves_the_file_is_shown_at_its_beginning() {
        let mut plan = risky();
        plan.data.iter_mut().for_each(|risk| risk.origin = None);
        let sarif = to_sarif(&plan, &about(), &Diagnostics::new());
        let place = sarif.pointer("/runs/0/results/1/locations/0/physicalLocation");
        assert_eq!(place.and_then(|at| at.pointer("/region/startLine")), Some(&1.into()));
        let file = place.and_then(|at| at.pointer("/artifactLocation/uri"));
        assert_eq!(file, Some(&"stacks/fraud-detection/pipeline.yaml".into()));
    }

    #[test]
    fn a_calm_plan_has_no_result_but_the_warnings_of_its_files() {
        let warnings = Diagnostics::from(Diagnostic::warning(Code::IdleQueue, "nobody reads it"));
        let sarif = to_sarif(&change_of_parallel(), &about(), &warnings);
        let results = sarif.pointer("/runs/0/results").and_then(Value::as_array).map(Vec::len);
        assert_eq!((results, sarif.pointer("/runs/0/results/0/ruleId")), (Some(1), Some(&"W2011".into())));
    }
}
