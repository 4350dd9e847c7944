//! R6045: timeouts do not nest.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::TimeoutsDoNotNest,
    rationale: "whoever waits longest must stand outermost: client, function, oldest record, retention",
    text: "Complete Streaming ML Lambda with Error Handling: connect and read timeouts",
    page: Some(pages::LAMBDA_PRACTICES),
    serves: &[Letter::Resilience, Letter::Latency, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = case
        .consumers()
        .map(|(stage, consumer)| {
            let (timeout, age) = (consumer.function.timeout, consumer.failure.max_age?);
            let title = format!("{stage} gives records up after {age}, and one attempt may take {timeout}");
            let help = format!("write a `max_age` that leaves room for some attempts, above {timeout}");
            (timeout >= age).then(|| Finding::of(&stage, "failure.max_age", title).help(help))
        })
        .collect();
    verdicts.extend(case.scanned().filter_map(|(stage, function, scan)| {
        let clients = scan.clients();
        let worst = clients.iter().max_by_key(|seen| seen.what.longest())?;
        let (longest, timeout) = (worst.what.longest(), function.timeout);
        if longest < timeout {
            return Some(None);
        }
        let client = &worst.what;
        let title = format!("one call of {stage}'s client may take {longest}, and the function ends after {timeout}");
        let whose = if client.chosen { "as configured" } else { "botocore's own values, since none are given" };
        let sum = format!(
            "{} to connect and {} to wait, {} attempts: {whose}",
            client.connect, client.read, client.attempts
        );
        let help = "give it `config=Config(connect_timeout=1, read_timeout=2, retries={\"max_attempts\": 2})`, or as much as fits";
        let finding = Finding::of(&stage, "timeout", title).note(sum).help(help);
        Some(Some(finding.also(worst.place.clone(), "this client")))
    }));
    verdicts
}
