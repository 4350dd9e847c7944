//! Every rule by the example of its page, suppressions, severities by tier.

use std::collections::BTreeSet;

use super::*;
use crate::capacity::{self, Surroundings};
use crate::diagnostic::{Area, Code, FilePath, Severity};
use crate::pipeline::fixture::written;
use crate::units::{Duration, Timestamp};

const PRODUCTION: &str = "environment: prod\ntier: production\ntarget: aws\naccount: \"123456789012\"\n\
                          regions: [eu-west-1]\nnotify: {email: a@example.com}\n";

/// The moment of every test.
fn now() -> Timestamp {
    Timestamp::parse("2026-06-01").unwrap()
}

/// An example of a page: what stands under a heading, as a pipeline file, an environment file and a handler.
struct Example {
    pipeline: String,
    environment: String,
    handler: Option<String>,
}

impl Example {
    fn of(page: &str, heading: &str) -> Option<Self> {
        let section = page.split_once(&format!("\n## {heading}\n"))?.1;
        let section = section.split("\n## ").next()?;
        let block = |language: &str| {
            let blocks = section.split("```").skip(1).step_by(2);
            blocks.into_iter().find_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).map(str::to_owned)
        };
        let yaml = block("yaml")?;
        // A block that begins with an environment is one of an environment file.
        let (pipeline, environment) = match yaml.starts_with("environment:") {
            true => ("streams: {a: {capacity: on-demand}}\n".to_owned(), yaml),
            false => (yaml, PRODUCTION.to_owned()),
        };
        let pipeline = format!("pipeline: example\nowner: me\n{pipeline}");
        Some(Self { pipeline, environment, handler: block("python") })
    }

    fn report(&self) -> Report {
        report(&self.pipeline, &self.environment, self.handler.as_deref())
    }
}

/// Resolves, sizes, assesses and checks a pipeline; every function runs the same handler.
fn report(pipeline: &str, environment: &str, handler: Option<&str>) -> Report {
    let sized = capacity::size(written(pipeline, environment, &[]));
    let mut handlers = Handlers::default();
    for (stage, function) in sized.pipeline().functions() {
        let file = FilePath::new(&format!("stacks/example/{}/app.py", function.code));
        let files = handler.map(|text| HandlerFile { file, text: text.to_owned() });
        handlers.insert(stage, std::sync::Arc::new(HandlerCode(files.into_iter().collect())));
    }
    let assessment = capacity::assess(&sized, &Surroundings { neighbours: &[] }, Duration::from_secs(1_800));
    check(&Case::new(&sized, &assessment, &handlers, now()))
}

fn of_rule(report: &Report, code: Code) -> Vec<&Judged> {
    report.findings.iter().filter(|judged| judged.rule.code == code).collect()
}

#[test]
fn every_rule_finds_the_example_of_its_page_and_not_what_the_page_says_to_do() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let page = rule.code.page();
        let (Some(example), Some(mended)) = (Example::of(page, "Example"), Example::of(page, "What to do")) else {
            wrong.push(format!("{}: the page has no YAML under both headings", rule.code));
            continue;
        };
        if of_rule(&example.report(), rule.code).is_empty() {
            wrong.push(format!("{}: the example is not found", rule.code));
        }
        let report = mended.report();
        for judged in of_rule(&report, rule.code) {
            wrong.push(format!("{}: what the page says to do is found: {}", rule.code, judged.finding.title));
        }
        let asked = report.outcomes.iter().find(|outcome| outcome.rule.code == rule.code).map(|outcome| outcome.fine);
        if asked.unwrap_or_default() == 0 {
            wrong.push(format!("{}: what the page says to do is not looked at", rule.code));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_page_says_why_who_says_so_and_how_bad_it_is() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let page = rule.code.page();
        let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let row = |tier, severity: Option<Severity>| {
            let word = match severity {
                None => "not asked",
                Some(Severity::Error) => "error",
                Some(Severity::Warning) => "warning",
                Some(Severity::Info) => "information",
            };
            format!("| {tier} | {word} |")
        };
        let rows = [
            row("development", rule.tiers.development),
            row("staging", rule.tiers.staging),
            row("production", rule.tiers.production),
        ];
        let missing = rows.iter().map(String::as_str).chain(rule.page.map(|page| page.1)).chain([rule.text]);
        for part in missing.filter(|part| !flat.contains(*part)) {
            wrong.push(format!("{}: the page lacks `{part}`", rule.code));
        }
        for letter in rule.serves {
            let served = format!("{} ({})", letter.framework().words(), letter.as_str());
            if !flat.contains(&served) {
                wrong.push(format!("{}: the page does not name {served}", rule.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_code_of_readiness_is_a_rule_and_every_rule_serves_a_letter() {
    let codes: BTreeSet<Code> = Code::ALL.iter().copied().filter(|code| code.area() == Area::Readiness).collect();
    let rules: BTreeSet<Code> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(codes, rules);
    assert!(RULES.iter().all(|rule| !rule.serves.is_empty() && !rule.rationale.ends_with('.')));
    assert!(RULES.windows(2).all(|two| two[0].code.as_str() < two[1].code.as_str()));
}

const BATCHES: &str = "pipeline: example\nowner: me\nstreams: {a: {capacity: on-demand}, b: {capacity: on-demand}}\nconsumers:\n  \
                       one: {from: a, code: h, handler: app.handler, failure: {bisect: false}}\n  \
                       two: {from: b, code: h, handler: app.handler, failure: {bisect: false}}\n";

#[test]
fn a_suppression_holds_for_its_rule_its_stage_and_its_time() {
    let with =
        |entry: &str| format!("{BATCHES}readiness:\n  suppress:\n    - {{rule: R6041, {entry}, reason: tried}}\n");
    let told = |text: &str| -> Vec<String> {
        let report = report(text, PRODUCTION, None);
        let told = report.told().filter(|judged| judged.rule.code == Code::NoBisect);
        told.map(|judged| judged.finding.path.clone()).collect()
    };
    let all = ["consumers.one.failure.bisect", "consumers.two.failure.bisect"];
    assert_eq!(told(BATCHES), all);
    assert_eq!(told(&with("stage: consumers.one, until: 2027-01-01")), all[1..]);
    assert!(told(&with("until: 2027-01-01")).is_empty());
    assert_eq!(told(&with("until: 2026-06-01")), all);
    let over = report(&with("until: 2026-05-01"), PRODUCTION, None);
    assert!(
        over.diagnostics().iter().any(|told| told.code == Code::SuppressionOver && told.severity == Severity::Warning)
    );
}

#[test]
fn a_suppressed_finding_neither_lowers_nor_raises_a_score() {
    let percent = |text: &str| report(text, PRODUCTION, None).scores[0].percent.unwrap();
    let suppressed = format!("{BATCHES}readiness: {{suppress: [{{rule: R6041, reason: tried, until: 2027-01-01}}]}}\n");
    let mended = BATCHES.replace("bisect: false", "bisect: true");
    assert!(percent(BATCHES) < percent(&suppressed));
    assert!(percent(BATCHES) < percent(&mended));
}

#[test]
fn the_tier_decides_how_bad_a_finding_is() {
    let severity = |tier: &str| {
        let environment = PRODUCTION.replace("production", tier);
        of_rule(&report(BATCHES, &environment, None), Code::NoBisect).first().map(|judged| judged.severity)
    };
    assert_eq!(severity("production"), Some(Severity::Warning));
    assert_eq!(severity("staging"), Some(Severity::Info));
    assert_eq!(severity("development"), None);
}

#[test]
fn a_finding_stands_at_the_line_that_causes_it() {
    let report = report(BATCHES, PRODUCTION, None);
    let found = of_rule(&report, Code::NoBisect);
    assert_eq!(found[1].diagnostic.place().map(|place| place.line), Some(6));
}

#[test]
fn a_pipeline_climbs_the_levels_one_by_one_and_is_told_what_the_next_needs() {
    let level = |text: &str| {
        let maturity = report(&format!("pipeline: example\nowner: me\n{text}"), PRODUCTION, None).maturity;
        (maturity.level.map(Level::number), maturity.needs.len())
    };
    let consumer = "consumers:\n  one: {from: a, code: h, handler: app.handler";
    assert_eq!(level("streams: {a: {capacity: on-demand}}\n"), (None, 1));
    assert_eq!(level(&format!("streams: {{a: {{capacity: on-demand}}}}\n{consumer}}}\n")), (Some(1), 1));
    assert_eq!(
        level(&format!("streams: {{a: {{capacity: on-demand}}}}\n{consumer}, batch: {{tumbling: 60s}}}}\n")),
        (Some(2), 2)
    );
}
