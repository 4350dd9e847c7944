//! What the doctor finds before the first write.

use serde_json::{Value, json};

use super::drift::{call, ends};
use super::support::Project;

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state], batch: {size: 100, parallel: 2}}
";

fn project() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

#[test]
fn a_healthy_project_is_told_so() {
    let project = project();
    let before = project.files();
    let found = project.sluice("doctor orders --env here");
    ends(&found, 0);
    insta::assert_snapshot!(found.to_string());
    let after = project.files();
    let written: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    // The embedded cloud keeps its clock; nothing else is written.
    assert!(written.iter().all(|path| path.components().any(|part| part.as_os_str() == ".sluice")), "{written:?}");
    let status = project.sluice("status orders --env here");
    assert!(status.stdout.contains("is not deployed"), "{status}");
}

#[test]
fn a_healthy_project_is_told_so_to_machines_too() {
    let found = project().sluice("doctor orders --env here --output json");
    ends(&found, 0);
    let document: Value = serde_json::from_str(&found.stdout).expect("JSON");
    assert_eq!(document.pointer("/summary/failed"), Some(&json!(0)), "{found}");
    let areas: Vec<&str> = document
        .get("checks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|check| check.get("area")?.as_str())
        .collect();
    for area in
        ["credentials", "region", "clock", "foundation", "code", "stack", "lease", "permissions", "quotas", "names"]
    {
        assert!(areas.contains(&area), "{area} is missing: {found}");
    }
}

#[test]
fn a_missing_foundation_fails_with_what_makes_it() {
    let project = project();
    call(&project, "s3", "DELETE", "/sluice-artifacts-123456789012-eu-west-1", None, "");
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    insta::assert_snapshot!(found.to_string());
}

#[test]
fn credentials_of_another_account_fail_and_nothing_else_is_asked() {
    let project = project();
    let identity = "arn:aws:sts::999999999999:assumed-role/other/me";
    ends(&project.sluice(&format!("embedded identity {identity} --env here")), 0);
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    insta::assert_snapshot!(found.to_string());
}

#[test]
fn a_denied_action_is_named_before_the_deployment_meets_it() {
    let project = project();
    ends(&project.sluice("embedded fail CreateTable --call deny --env here"), 0);
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    insta::assert_snapshot!(found.to_string());
}

#[test]
fn a_simulation_that_is_denied_is_unknown_and_not_a_failure() {
    let project = project();
    ends(&project.sluice("embedded fail SimulatePrincipalPolicy --call deny --times 99 --env here"), 0);
    let found = project.sluice("doctor orders --env here");
    ends(&found, 0);
    assert!(found.stdout.contains("? unknown"), "{found}");
    assert!(found.stdout.contains("iam:SimulatePrincipalPolicy"), "{found}");
}

#[test]
fn a_stuck_stack_points_at_recover() {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project.edit(SPEC, "size: 100", "size: 200");
    ends(&project.sluice("embedded fail ConsumerScoreMapping --on update --times 2 --env here"), 0);
    ends(&project.sluice("deploy orders --env here --yes"), 5);
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    insta::assert_snapshot!(found.to_string());
}

#[test]
fn a_name_that_is_taken_outside_of_the_stack_is_found() {
    let project = project();
    let body = json!({"StreamName": "orders-here-orders", "ShardCount": 1}).to_string();
    call(&project, "kinesis", "POST", "/", Some("Kinesis_20131202.CreateStream"), &body);
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    assert!(found.stdout.contains("orders-here-orders is there, outside of the stack"), "{found}");
    assert!(found.stdout.contains("E7042"), "{found}");
}

#[test]
fn a_pipeline_that_does_not_pass_its_check_is_a_finding() {
    let project = project();
    project.edit(SPEC, "retention: 24h", "retention: 24");
    let found = project.sluice("doctor orders --env here");
    ends(&found, 1);
    assert!(found.stdout.contains("sluice check orders --env here"), "{found}");
}
