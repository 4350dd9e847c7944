//! R6065: an alarm or the dashboard is taken out.

use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::WatchLeftOut,
    rationale: "a patch that takes an alarm away has neither a reason nor a day, as a silence has",
    text: "Streaming ML Monitoring and Alerting Checklist",
    page: None,
    serves: &[Letter::MonitoringList, Letter::DeploymentList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let watches =
        |id: &str| id == "Dashboard" || (id.starts_with("Alarm") && id != "AlarmTopic") || id.starts_with("Composite");
    let patches = case.pipeline().escape().patch.iter();
    let of_watches: Vec<Verdict> = patches
        .filter(|(id, _)| watches(id))
        .map(|(id, patch)| {
            let title = format!("`{id}` is taken out of the template");
            let help = "silence an alarm under `alarms` with a reason and a day; leave the dashboard where it is";
            patch.is_null().then(|| Finding::at(format!("cloudformation.patch.{id}"), title).help(help))
        })
        .collect();
    if of_watches.is_empty() { vec![None] } else { of_watches }
}
