//! R6009: an endpoint has only one instance.

use super::pages;
use crate::diagnostic::{Code, Severity};
use crate::pipeline::Serving;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::SingleInstance,
    rationale: "one instance is an outage at every hardware failure; two stand in two availability zones",
    text: "STREAM framework, Resilience Patterns: build for failure at every layer",
    page: Some(pages::ENDPOINT_PRACTICES),
    serves: &[Letter::Resilience, Letter::ProductionList, Letter::DeploymentList],
    tiers: Tiers { development: None, staging: Some(Severity::Info), production: Some(Severity::Error) },
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.endpoints()
        .filter_map(|(stage, endpoint)| {
            let Serving::RealTime { min, max, .. } = &endpoint.serving else { return None };
            if *min >= 2 {
                return Some(None);
            }
            let title = format!("{stage} runs on {min} instance");
            let finding = Finding::of(&stage, "serving.real-time.instances.min", title);
            let (path, help) = ("serving.real-time.instances", "write `instances: {min: 2}` or more");
            let path = format!("{}.{path}", stage.path());
            let fixed =
                if *max >= 2 { finding.fix(format!("{path}.min"), "2") } else { finding.fix(path, "{min: 2, max: 2}") };
            Some(Some(fixed.help(help)))
        })
        .collect()
}
