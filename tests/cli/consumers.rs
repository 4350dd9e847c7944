//! Readers that are paused: by hand, across deployments, and for one deployment.

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
traffic:
  orders: {steady: 100/s, record: 1 KiB, key: {field: id, distinct: 10k}}
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, memory: 256 MiB, batch: {size: 100}}
  count: {from: orders, code: handlers/score, handler: app.handler}
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

fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

fn deployed() -> Project {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project
}

/// The state of each mapping, by its function.
fn states(project: &Project) -> Vec<(String, String)> {
    // A state that passes is over by then.
    ends(&project.sluice("embedded advance 10s --env here"), 0);
    let status = project.sluice("embedded status --env here --output json");
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    let mut found: Vec<(String, String)> = status["consumers"]
        .as_array()
        .expect("consumers")
        .iter()
        .map(|one| {
            let function = one["function"].as_str().expect("a function").split(':').nth(6).expect("a name").to_owned();
            (function, one["state"].as_str().expect("a state").to_owned())
        })
        .collect();
    found.sort();
    found
}

fn state(project: &Project, function: &str) -> String {
    states(project).into_iter().find(|(name, _)| name == function).map(|(_, state)| state).expect("a mapping")
}

#[test]
fn a_reader_is_paused_and_resumed_by_name_and_says_what_that_means() {
    let project = deployed();
    let unasked = project.sluice("pause orders score --env here");
    ends(&unasked, 3);
    insta::assert_snapshot!(project.sluice("pause orders score --env here --yes").to_string());
    assert_eq!(state(&project, "orders-here-score"), "Disabled");
    assert_eq!(state(&project, "orders-here-count"), "Enabled");
    // Twice is once.
    let again = project.sluice("pause orders score --env here");
    ends(&again, 0);
    assert!(again.stdout.contains("was paused already"), "{again}");
    insta::assert_snapshot!(project.sluice("resume orders --env here --yes").to_string());
    assert_eq!(state(&project, "orders-here-score"), "Enabled");
}

#[test]
fn a_name_that_is_no_reader_is_refused_with_the_one_that_is_meant() {
    let project = deployed();
    insta::assert_snapshot!(project.sluice("pause orders scor --env here --yes").to_string());
    let drain = project.sluice("deploy orders --env here --yes --drain=scor");
    ends(&drain, 1);
    assert!(drain.stderr.contains("E5030") && drain.stderr.contains("did you mean `score`"), "{drain}");
}

#[test]
fn readers_are_paused_where_the_file_no_longer_passes_its_check() {
    let project = deployed();
    project.edit(SPEC, "size: 100", "size: 0");
    ends(&project.sluice("pause orders score --env here --yes"), 0);
    assert_eq!(state(&project, "orders-here-score"), "Disabled");
}

#[test]
fn a_paused_reader_stays_paused_when_its_mapping_is_updated() {
    let project = deployed();
    ends(&project.sluice("pause orders score --env here --yes"), 0);
    project.edit(SPEC, "size: 100", "size: 200");
    let deployed = project.sluice("deploy orders --env here --yes");
    ends(&deployed, 0);
    assert!(deployed.stdout.contains("ConsumerScoreMapping was paused by"), "{deployed}");
    assert!(deployed.stderr.contains("it was paused before, and stays so"), "{deployed}");
    assert_eq!(state(&project, "orders-here-score"), "Disabled");
    // And it is no change.
    let plan = project.sluice("plan orders --env here --detailed-exitcode");
    ends(&plan, 0);
}

#[test]
fn a_reader_that_an_update_switched_on_is_paused_again() {
    let project = deployed();
    ends(&project.sluice("pause orders score --env here --yes"), 0);
    // A template that says `Enabled` makes CloudFormation switch it on.
    let patched =
        format!("{ORDERS}cloudformation: {{patch: {{ConsumerScoreMapping: {{Properties: {{Enabled: true}}}}}}}}\n");
    project.write(SPEC, patched);
    let deployed = project.sluice("deploy orders --env here --yes");
    ends(&deployed, 0);
    assert_eq!(state(&project, "orders-here-score"), "Disabled");
}

#[test]
fn a_paused_reader_that_would_be_made_anew_is_not_touched() {
    let project = deployed();
    ends(&project.sluice("pause orders score --env here --yes"), 0);
    project.edit(SPEC, "score: {from: orders,", "score: {from: orders, read: fan-out,");
    let refused = project.sluice("deploy orders --env here --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("E5027"), "{refused}");
    assert_eq!(state(&project, "orders-here-score"), "Disabled");
}

#[test]
fn a_drained_deployment_pauses_what_it_touches_and_waits_until_it_has_caught_up() {
    let project = deployed();
    ends(&project.sluice("embedded records orders-here-orders --rate 100/s --for 12h --env here"), 0);
    ends(&project.sluice("embedded advance 30m --env here"), 0);
    project.edit(SPEC, "memory: 256 MiB", "memory: 512 MiB");
    let drained = project.sluice("deploy orders --env here --yes --drain");
    ends(&drained, 0);
    insta::assert_snapshot!(drained.folded());
    assert_eq!(states(&project).iter().filter(|(_, state)| state == "Enabled").count(), 2);
    // Nothing is left to do.
    let again = project.sluice("deploy orders --env here --yes");
    ends(&again, 0);
    assert!(!again.stderr.contains("W5026"), "{again}");
}

#[test]
fn readers_are_resumed_when_the_deployment_fails() {
    let project = deployed();
    project.edit(SPEC, "memory: 256 MiB", "memory: 512 MiB");
    ends(&project.sluice("embedded fail ConsumerScoreFunction --on update --env here"), 0);
    let failed = project.sluice("deploy orders --env here --yes --drain=all");
    ends(&failed, 4);
    assert!(failed.stderr.matches("READER_RESUMED").count() == 2, "{failed}");
    assert_eq!(states(&project).iter().filter(|(_, state)| state == "Enabled").count(), 2);
}

#[test]
fn what_would_expire_while_its_reader_is_paused_is_not_begun() {
    let project = deployed();
    ends(
        &project.sluice(
            "embedded metric AWS/Lambda IteratorAge 86300000 --dimension FunctionName=orders-here-score --env here",
        ),
        0,
    );
    project.edit(SPEC, "memory: 256 MiB", "memory: 512 MiB");
    let refused = project.sluice("deploy orders --env here --yes --drain");
    ends(&refused, 3);
    insta::assert_snapshot!(refused.stderr);
    assert_eq!(state(&project, "orders-here-score"), "Enabled");
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}

#[test]
fn a_reader_that_was_paused_by_hand_is_not_resumed_by_a_drained_deployment() {
    let project = deployed();
    ends(&project.sluice("pause orders count --env here --yes"), 0);
    project.edit(SPEC, "memory: 256 MiB", "memory: 512 MiB");
    ends(&project.sluice("deploy orders --env here --yes --drain=all"), 0);
    assert_eq!(state(&project, "orders-here-count"), "Disabled");
    assert_eq!(state(&project, "orders-here-score"), "Enabled");
}

#[test]
fn a_reader_that_must_be_made_anew_is_handed_over_and_the_next_deployment_finds_no_change() {
    let project = deployed();
    ends(&project.sluice("embedded records orders-here-orders --rate 100/s --for 12h --env here"), 0);
    ends(&project.sluice("embedded advance 2h --env here"), 0);
    project.edit(SPEC, "score: {from: orders,", "score: {from: orders, read: fan-out,");
    let handed = project.sluice("deploy orders --env here --yes --hand-over");
    ends(&handed, 0);
    let from = handed.stdout.find("Readers ").unwrap_or_default();
    insta::assert_snapshot!(handed.stdout[from..].split("\n\n").next().unwrap_or_default());
    // Two hours at 100/s would be 720,000; it begins some minutes back.
    ends(&project.sluice("embedded advance 5m --env here"), 0);
    let status = project.sluice("embedded status --env here --output json");
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    for one in status["consumers"].as_array().expect("consumers") {
        assert_eq!(one["lost_records"], 0, "{one}");
        assert!(one["lag_records"].as_u64().expect("a number") < 100_000, "{one}");
    }
    ends(&project.sluice("plan orders --env here --detailed-exitcode"), 0);
    // A later change of something else is one in place.
    project.edit(SPEC, "size: 100", "size: 200");
    let later = project.sluice("deploy orders --env here --yes");
    ends(&later, 0);
    assert!(later.stdout.contains("Plan: 0 to add, 1 to change, 0 to replace, 0 to destroy."), "{later}");
}

#[test]
fn where_nobody_knows_how_far_a_reader_is_behind_it_is_not_handed_over() {
    let project = deployed();
    project.edit(SPEC, "score: {from: orders,", "score: {from: orders, read: fan-out,");
    let refused = project.sluice("deploy orders --env here --yes --hand-over");
    ends(&refused, 3);
    assert!(refused.stderr.contains("E5031"), "{refused}");
}
