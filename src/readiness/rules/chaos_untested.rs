//! R6047: failures were not tried out.

use std::collections::BTreeSet;

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::Injected;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};
use crate::units::Duration;

pub(super) const RULE: Rule = Rule {
    code: Code::ChaosUntested,
    rationale: "a way out of a failure that nobody has gone is a guess",
    text: "Testing Streaming ML: The Chaos Engineering Approach",
    page: Some(pages::FAULT_INJECTION),
    serves: &[Letter::Resilience, Letter::ProductionList, Letter::DeploymentList],
    tiers: Tiers::MATTERS,
    look,
};

/// What was tried out longer ago was another pipeline.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    if pipeline.functions().next().is_none() {
        return Vec::new();
    }
    let mut due = BTreeSet::from([Injected::MalformedRecords, Injected::NetworkLatency]);
    due.extend((!pipeline.endpoints().is_empty()).then_some(Injected::EndpointDown));
    due.extend((!pipeline.tables().is_empty()).then_some(Injected::TableThrottled));
    let title = match &pipeline.readiness().chaos {
        None => "nobody says when this pipeline was last made to fail on purpose".to_owned(),
        Some(test) if case.now().since(test.on) > YEAR => {
            format!("failures were last tried out on {}, more than a year ago", test.on)
        }
        Some(test) => {
            let missing: Vec<String> =
                due.difference(&test.failures).map(|failure| format!("`{}`", failure.as_str())).collect();
            if missing.is_empty() {
                return vec![None];
            }
            format!("{} was never tried out", missing.join(" and "))
        }
    };
    let due: Vec<&str> = due.into_iter().map(Injected::as_str).collect();
    let help = "`sluice embedded fail` rehearses failures offline, AWS FIS injects them in an account; then write";
    let line = format!("{help} `readiness: {{chaos: {{on: <day>, failures: [{}]}}}}`", due.join(", "));
    vec![Some(Finding::at("readiness.chaos", title).help(line))]
}
