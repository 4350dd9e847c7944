//! Saved plans, seen from outside: what was reviewed is what is deployed, or nothing.

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
";

const LOCAL: &str =
    "environment: local\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n";

fn project() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write("environments/local.yaml", LOCAL);
    project
}

fn passes(outcome: Outcome, code: i32) -> Outcome {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    outcome
}

fn ends(outcome: Outcome, code: i32) {
    drop(passes(outcome, code));
}

/// A deployed pipeline, changed, its plan saved.
fn reviewed() -> Project {
    let project = project();
    ends(project.sluice("deploy orders --env local --yes"), 0);
    project.edit(SPEC, "shards: 2", "shards: 4");
    ends(project.sluice("plan orders --env local --out plan.json"), 0);
    project
}

#[test]
fn exactly_the_reviewed_plan_is_deployed_and_then_it_is_used_up() {
    let project = reviewed();
    let shown = passes(project.sluice("show plan.json --detailed-exitcode"), 2);
    let planned = passes(project.sluice("plan orders --env local --out again.json"), 0);
    assert_eq!(shown.stdout, planned.stdout, "what is shown is what was planned");
    let deployed = passes(project.sluice("deploy --plan plan.json --yes"), 0);
    assert!(deployed.stdout.contains("UPDATE_COMPLETE"), "{deployed}");
    ends(project.sluice("plan orders --env local --detailed-exitcode"), 0);
    let again = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    assert!(again.stderr.contains("error[E4002]") && again.stderr.contains("was last changed at"), "{again}");
}

#[test]
fn a_plan_in_between_leaves_what_was_saved_as_it_is() {
    let project = reviewed();
    ends(project.sluice("plan orders --env local --detailed-exitcode"), 2);
    ends(project.sluice("deploy --plan plan.json --yes"), 0);
}

#[test]
fn a_plan_whose_change_set_is_gone_is_not_what_was_reviewed() {
    let project = reviewed();
    // Whoever has it removed, or let it expire, leaves the plan with the id of one that is not there.
    let plan = std::fs::read_to_string(project.path("plan.json")).expect("was saved");
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("is JSON");
    let id = plan["saved"]["change_set"].as_str().expect("has one");
    project.edit("plan.json", id, &id.replace(|digit: char| digit.is_ascii_digit(), "0"));
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    assert!(refused.stderr.contains("the change set that was reviewed is gone"), "{refused}");
}

#[test]
fn a_first_deployment_can_be_saved_and_reviewed_too() {
    let project = project();
    ends(project.sluice("plan orders --env local --out plan.json --detailed-exitcode"), 2);
    let deployed = passes(project.sluice("deploy --plan plan.json --yes"), 0);
    assert!(deployed.stdout.contains("CREATE_COMPLETE"), "{deployed}");
}

#[test]
fn a_plan_of_nothing_is_saved_and_does_nothing() {
    let project = project();
    ends(project.sluice("deploy orders --env local --yes"), 0);
    ends(project.sluice("plan orders --env local --out plan.json --detailed-exitcode"), 0);
    let deployed = passes(project.sluice("deploy --plan plan.json --yes"), 0);
    assert!(deployed.stdout.contains("No changes."), "{deployed}");
}

#[test]
fn a_file_that_changed_since_the_review_is_named_and_nothing_is_done() {
    let project = reviewed();
    project.edit(SPEC, "shards: 4", "shards: 8");
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    insta::assert_snapshot!(refused.to_string());
    let live = passes(project.sluice("plan orders --env local --output json"), 0);
    assert!(live.stdout.contains("\"before\": 2"), "the stack is as it was: {live}");
}

#[test]
fn a_stack_that_changed_since_the_review_is_named_and_nothing_is_done() {
    let project = reviewed();
    project.edit(SPEC, "shards: 4", "shards: 3");
    ends(project.sluice("deploy orders --env local --yes"), 0);
    project.edit(SPEC, "shards: 3", "shards: 4");
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    assert!(refused.stderr.contains("orders-local was last changed at"), "{refused}");
    let live = passes(project.sluice("plan orders --env local --output json"), 0);
    assert!(live.stdout.contains("\"before\": 3"), "{live}");
}

#[test]
fn a_saved_plan_names_its_pipeline_and_environment_itself() {
    let project = reviewed();
    project.write("environments/other.yaml", LOCAL.replace("local", "other"));
    let refused = passes(project.sluice("deploy --plan plan.json --env other --yes"), 1);
    insta::assert_snapshot!(refused.to_string());
    ends(project.sluice("deploy orders --plan plan.json --yes"), 64);
}

#[test]
fn a_plan_is_shown_in_a_folder_that_is_no_project() {
    let project = reviewed();
    let plan = std::fs::read(project.path("plan.json")).expect("was saved");
    let elsewhere = Project::empty();
    elsewhere.write("plan.json", plan);
    let forms = [("text", "Plan: 0 to add, 1 to change"), ("markdown", "<!-- sluice:plan"), ("json", "\"ShardCount\"")];
    for (form, holds) in forms {
        let shown = passes(elsewhere.sluice(&format!("show plan.json --output {form}")), 0);
        assert!(shown.stdout.contains(holds), "{shown}");
    }
}

#[test]
fn what_is_no_plan_is_told_from_a_plan_and_from_a_newer_one() {
    let project = project();
    ends(project.sluice("show plan.json"), 1);
    for (text, code) in [
        ("{", "E4005"),
        ("[]", "E4005"),
        ("{\"format_version\": \"1.0\"}", "E4005"),
        ("{\"format_version\": \"2.0\"}", "E1014"),
        ("{\"format_version\": 1}", "E4005"),
    ] {
        project.write("plan.json", text);
        for command in ["show plan.json", "deploy --plan plan.json --yes"] {
            let refused = passes(project.sluice(command), 1);
            assert!(refused.stderr.contains(&format!("error[{code}]")), "{text}: {refused}");
        }
    }
    // Names of a plan become part of what is to be typed next.
    let printed = passes(project.sluice("plan orders --env local --against nothing --output json"), 0);
    project.write("plan.json", printed.stdout.replacen("\"orders\"", "\"orders; rm -rf ~\"", 1));
    let refused = passes(project.sluice("show plan.json"), 1);
    assert!(refused.stderr.contains("error[E4005]") && refused.stderr.contains("its pipeline"), "{refused}");
    // What was only printed can be shown, and not deployed.
    let printed = passes(project.sluice("plan orders --env local --against nothing --output json"), 0);
    project.write("plan.json", printed.stdout);
    ends(project.sluice("show plan.json"), 0);
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 1);
    assert!(refused.stderr.contains("error[E4005]"), "{refused}");
}
