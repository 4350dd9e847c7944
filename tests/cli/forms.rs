//! The forms of results, seen from outside: a command has a form, or refuses it.

use super::support::{Outcome, Project};
use super::{FILTERS, SPEC, orders};

fn passes(outcome: Outcome, code: i32) -> Outcome {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    outcome
}

/// A deployed pipeline, changed in a stream and without its table.
fn changed() -> Project {
    let project = orders();
    drop(passes(project.sluice("deploy orders --env local --yes"), 0));
    project.edit(SPEC, "\ntables:\n  results: {key: order_id, ttl: {attribute: expires_at, after: 30d}}\n", "");
    project.edit(SPEC, "    writes: [results]\n", "");
    project
}

#[test]
fn a_form_that_a_command_does_not_have_is_refused_and_nothing_is_printed_instead() {
    let project = orders();
    for command in [
        "diff local local orders --output sarif",
        "diff local local orders --output html",
        "check orders --env local --output markdown",
        "check orders --env local --output html",
        "status orders --env local --output markdown",
        "status orders --env local --output sarif",
        "deploy orders --env local --yes --output markdown",
        "destroy orders --env local --yes --output json",
        "capacity orders --env local --output sarif",
        "cost orders --env local --output sarif",
        "producer orders --env local --output html",
        "prices show --output jsonl",
        "embedded status --env local --output markdown",
        "import template stack.yaml --output markdown",
        "plan orders --env local --output junit",
    ] {
        let refused = passes(project.sluice(command), 64);
        assert!(refused.stdout.is_empty() && refused.stderr.contains("possible values: text"), "{command}: {refused}");
    }
    let by_variable = passes(project.sluice_with("status orders --env local", &[("SLUICE_OUTPUT", "html")]), 64);
    assert!(by_variable.stdout.is_empty(), "{by_variable}");
}

#[test]
fn json_lines_are_lines() {
    let project = orders();
    for command in [
        "plan orders --env local --against nothing",
        "plan --all --env local --against nothing",
        "check orders --env local",
        "cost orders --env local",
        "capacity orders --env local",
        "decide orders --env local",
        "producer orders --env local",
        "embedded status --env local",
    ] {
        let outcome = project.sluice(&format!("{command} --output jsonl"));
        assert_eq!(outcome.stdout.trim_end().lines().count(), 1, "{command}: {outcome}");
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert!(document.is_object() || document.is_array(), "{command}");
    }
}

#[test]
fn a_page_is_the_same_from_a_saved_plan_anywhere() {
    let project = changed();
    let planned = passes(project.sluice("plan orders --env local --out plan.json --output html"), 0);
    assert!(planned.stdout.starts_with("<!doctype html>\n") && planned.stdout.ends_with("</html>\n"), "{planned}");
    let elsewhere = Project::empty();
    elsewhere.write("plan.json", std::fs::read(project.path("plan.json")).expect("was saved"));
    let shown = passes(elsewhere.sluice("show plan.json --output html"), 0);
    assert_eq!(shown.stdout, planned.stdout);
    assert!(
        shown.stdout.contains("<svg") && shown.stdout.contains("<a href=\"#consumer-score\">"),
        "the topology is in it"
    );
}

#[test]
fn one_page_holds_several_plans() {
    let project = orders();
    project.write(
        "environments/dev.yaml",
        "environment: dev\ntier: development\naccount: \"111122223333\"\nregions: [eu-west-1]\n",
    );
    let page = passes(project.sluice("plan orders --env local,dev --against nothing --output html"), 0);
    assert_eq!(page.stdout.matches("<svg").count(), 2, "{page}");
    assert_eq!(page.stdout.matches("<!doctype html>").count(), 1, "{page}");
}

#[test]
fn dangers_are_results_for_code_scanning() {
    let outcome = passes(changed().sluice("plan orders --env local --output sarif"), 0);
    let sarif: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let lost = results.iter().find(|result| result["ruleId"] == "E4003").expect("data are lost");
    assert!(lost["message"]["text"].as_str().is_some_and(|text| text.contains("TableResults")), "{lost}");
    let place = &lost["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], SPEC);
    let many = passes(changed().sluice("plan --all --env local --output sarif"), 0);
    assert!(many.stdout.contains("\"E4003\""), "{many}");
}

#[test]
fn a_compact_plan() {
    let outcome = passes(changed().sluice("plan orders --env local --compact"), 0);
    insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(outcome.to_string()) });
}

#[test]
fn a_plan_with_what_stays() {
    let project = changed();
    let outcome = passes(project.sluice("plan orders --env local --show-unchanged --out plan.json"), 0);
    assert!(outcome.stdout.contains("\n    = StreamOrders "), "{outcome}");
    assert!(!outcome.stdout.contains("not shown"), "{outcome}");
    let shown = passes(project.sluice("show plan.json --show-unchanged"), 0);
    assert_eq!(shown.stdout, outcome.stdout);
    let markdown = passes(project.sluice("show plan.json --show-unchanged --output markdown"), 0);
    assert!(markdown.stdout.contains(" unchanged resources</summary>"), "{markdown}");
}

#[test]
fn the_schema_of_plans_is_printed() {
    let printed = passes(Project::empty().sluice("schema plan"), 0).stdout;
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/plan.schema.json");
    assert_eq!(printed, std::fs::read_to_string(kept).expect("is kept"));
}
