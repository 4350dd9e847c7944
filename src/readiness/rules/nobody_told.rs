//! R6063: alarms reach nobody.

use super::pages;
use crate::diagnostic::Code;
use crate::environment::Target;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::NobodyTold,
    rationale: "an alarm that nobody hears is a line on a dashboard that nobody looks at",
    text: "Streaming ML Monitoring and Alerting Checklist",
    page: Some(pages::ALARM_ACTIONS),
    serves: &[Letter::MonitoringList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let environment = case.pipeline().environment();
    if *environment.target() == Target::Embedded {
        return Vec::new();
    }
    let title = format!("no alarm in environment `{}` reaches anybody", environment.name());
    let help = format!("write `notify: {{email: oncall@example.com}}` in `{}`", environment.file());
    let note = "alarms publish to the pipeline's topic; somebody else may subscribe to it, which no file says";
    vec![environment.notify().email.is_none().then(|| Finding::at("", title).note(note).help(help))]
}
