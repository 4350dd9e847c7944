//! `sluice deploy` of several pipelines, seen from outside.

use super::support::Project;
use super::{FILTERS, ORDERS, SPEC};

const AUDITS: &str = "pipeline: audits
owner: commerce-ml

consumers:
  keep:
    from: orders/orders
    code: handlers/keep
    handler: app.handler
    runtime: python3.13
";

const HANDLER: &str = "def handler(event, context):\n    return {\"batchItemFailures\": []}\n";

/// `audits` reads `orders`, `refunds` reads nobody.
fn project() -> Project {
    let project = super::orders();
    project.write("stacks/audits/pipeline.yaml", AUDITS);
    project.write("stacks/audits/handlers/keep/app.py", HANDLER);
    project.write("stacks/refunds/pipeline.yaml", ORDERS.replace("pipeline: orders", "pipeline: refunds"));
    project.write("stacks/refunds/handlers/score/app.py", HANDLER);
    project
}

fn row<'a>(stdout: &'a str, pipeline: &str) -> &'a str {
    stdout.lines().find(|line| line.starts_with(pipeline)).unwrap_or_default()
}

#[test]
fn all_are_deployed_each_behind_what_it_reads_and_a_second_time_nothing_is() {
    let project = project();
    let first = project.sluice("deploy --all --env local --yes");
    assert_eq!(first.code, Some(0), "{first}");
    insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(first.stdout) });
    let told = |pipeline: &str, what: &str| {
        let told = first.stderr.lines().position(|line| line.starts_with(pipeline) && line.contains(what));
        told.unwrap_or_else(|| panic!("{pipeline} {what}: {first}"))
    };
    assert!(told("orders", "DEPLOYED") < told("audits", "STARTED"), "{first}");
    let again = project.sluice("deploy --all --env local --yes --detailed-exitcode");
    assert_eq!(again.code, Some(0), "{again}");
    assert_eq!(again.stdout.matches("unchanged").count(), 4, "three rows and the sum: {again}");
}

#[test]
fn a_failure_skips_what_reads_it_by_name_and_others_go_on_as_far_as_is_allowed() {
    let project = project();
    assert_eq!(project.sluice("embedded fail StreamOrders --on create --env local").code, Some(0));
    let outcome = project.sluice("deploy orders audits refunds --env local --yes --parallel 1 --max-failures 1");
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(row(&outcome.stdout, "orders").contains("rolled back"), "{outcome}");
    assert!(row(&outcome.stdout, "audits").contains("skipped"), "{outcome}");
    assert!(row(&outcome.stdout, "audits").contains("orders in local eu-west-1 did not end well"), "{outcome}");
    assert!(row(&outcome.stdout, "refunds").contains("deployed"), "{outcome}");
    // The same command goes on from there.
    let again = project.sluice("deploy --all --env local --yes");
    assert_eq!(again.code, Some(0), "{again}");
    assert!(row(&again.stdout, "audits").contains("deployed"), "{again}");
}

#[test]
fn without_an_allowance_nothing_else_is_started_after_a_failure() {
    let project = project();
    assert_eq!(project.sluice("embedded fail StreamOrders --on create --env local").code, Some(0));
    let outcome = project.sluice("deploy --all --env local --yes --parallel 1");
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(row(&outcome.stdout, "refunds").contains("too many others failed"), "{outcome}");
}

#[test]
fn a_mistake_in_one_file_stops_them_all_before_anything_is_written() {
    let project = project();
    project.edit(SPEC, "capacity: on-demand", "capacity: on-command");
    let outcome = project.sluice("deploy --all --env local --yes");
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("stacks/orders/pipeline.yaml:5"), "{outcome}");
    assert!(!project.path(".sluice").exists(), "nothing is written");
}

#[test]
fn nobody_there_and_no_yes_is_an_error_before_anything_is_written() {
    let outcome = project().sluice("deploy --all --env local");
    assert_eq!(outcome.code, Some(3), "{outcome}");
    assert!(outcome.stderr.contains("E8009"), "{outcome}");
}

#[test]
fn what_is_about_one_pipeline_is_refused_for_several() {
    let project = project();
    for flag in ["--allow-data-loss TableResults", "--drain", "--hand-over"] {
        let outcome = project.sluice(&format!("deploy --all --env local --yes {flag}"));
        assert_eq!(outcome.code, Some(64), "{outcome}");
        assert!(outcome.stderr.contains("by itself"), "{outcome}");
    }
}

#[test]
fn regions_are_waves_and_programs_read_them() {
    let project = project();
    project.write(
        "environments/local.yaml",
        "environment: local\ntier: development\ntarget: embedded\naccount: \"000000000000\"\nregions: [eu-west-1, us-east-1]\n",
    );
    let outcome = project.sluice("deploy orders --env local --all-regions --yes --output json");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let told: Vec<(String, u64, String)> = document["deployments"]
        .as_array()
        .expect("has some")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            (text("region"), one["wave"].as_u64().unwrap_or_default(), text("result"))
        })
        .collect();
    let of = |region: &str, wave| (region.to_owned(), wave, "deployed".to_owned());
    assert_eq!(told, [of("eu-west-1", 1), of("us-east-1", 2)]);
}
