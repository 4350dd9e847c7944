//! Saved plans, seen from outside: what was reviewed is what is deployed, or nothing.

use serde_json::{Value, json};
use sluicegate::plan::Inputs;

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

fn saved(project: &Project) -> Value {
    let text = std::fs::read_to_string(project.path("plan.json")).expect("was saved");
    serde_json::from_str(&text).expect("is JSON")
}

/// Changes the saved plan as somebody does with an editor.
fn edited(project: &Project, change: impl FnOnce(&mut Value)) {
    let mut plan = saved(project);
    change(&mut plan);
    project.write("plan.json", format!("{plan:#}\n"));
}

/// Changes the saved plan as somebody does who makes its digest fit again.
fn resealed(project: &Project, change: impl FnOnce(&mut Value)) {
    edited(project, |plan| {
        change(plan);
        plan["saved"]["document"] = Inputs::seal(plan).as_str().into();
    });
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
    resealed(&project, |plan| {
        let id = plan["saved"]["change_set"].as_str().expect("has one");
        plan["saved"]["change_set"] = id.replace(|digit: char| digit.is_ascii_digit(), "0").into();
    });
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
    let refused = passes(project.sluice("deploy --plan plan.json --env other --yes"), 64);
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

#[test]
fn a_plan_that_was_edited_is_neither_shown_nor_deployed() {
    let project = reviewed();
    edited(&project, |plan| plan["counts"]["change"] = 0.into());
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    insta::assert_snapshot!(refused.to_string());
    ends(project.sluice("show plan.json"), 3);
    edited(&project, |plan| {
        plan["counts"]["change"] = 1.into();
        plan["saved"].as_object_mut().expect("is an object").remove("document");
    });
    let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
    assert!(refused.stderr.contains("`saved.document`, is missing"), "{refused}");
}

#[test]
fn a_plan_that_was_only_laid_out_anew_is_the_same_plan() {
    let project = reviewed();
    let mut plan = saved(&project);
    plan.sort_all_objects();
    project.write("plan.json", format!("\u{feff}{plan}"));
    ends(project.sluice("show plan.json"), 0);
    ends(project.sluice("deploy --plan plan.json --yes"), 0);
}

#[test]
fn a_plan_says_one_thing_to_readers_and_to_the_deployment() {
    let project = reviewed();
    let original = saved(&project);
    for (place, value, says) in [
        ("/account", json!("999999999999"), "`account` is \"999999999999\", and `saved.account` is \"123456789012\""),
        ("/stack", json!("refunds-local"), "orders in local is orders-local"),
        ("/counts/change", json!(7), "`counts.change` is 7, and the rest of it says 1"),
        ("/summary/by_action/update", json!(7), "`summary.by_action.update` is 7"),
        ("/applyable", json!(false), "`applyable` is false"),
        ("/resources/0/actions", json!(["delete"]), "`resources.0.actions.0` is \"delete\""),
    ] {
        resealed(&project, |plan| {
            *plan = original.clone();
            *plan.pointer_mut(place).expect("is there") = value;
        });
        for command in ["show plan.json", "deploy --plan plan.json --yes"] {
            let refused = passes(project.sluice(command), 3);
            assert!(refused.stderr.contains("error[E4009]") && refused.stderr.contains(says), "{place}: {refused}");
        }
        // What was only printed has no digest, and says one thing all the same.
        edited(&project, |plan| drop(plan.as_object_mut().expect("is an object").remove("saved")));
        ends(project.sluice("show plan.json"), if place == "/account" { 0 } else { 3 });
    }
}

#[test]
fn whatever_of_the_plan_is_not_what_was_reviewed_is_named() {
    let change = |part: &str, plan: &mut Value| match part {
        "tags" => plan["tags"] = json!([{"key": "team", "before": null, "after": "others"}]),
        "effects" => drop(plan.as_object_mut().expect("is an object").remove("effects")),
        "outputs" => plan["outputs"] = json!([{"name": "Other", "before": 1, "after": 2}]),
        "moves" => plan["moves"] = json!([]),
        _ => plan["access"] = json!([]),
    };
    for part in ["tags", "effects", "outputs"] {
        let project = reviewed();
        resealed(&project, |plan| change(part, plan));
        let refused = passes(project.sluice("deploy --plan plan.json --yes"), 3);
        assert!(refused.stderr.contains("error[E4002]"), "{refused}");
        assert!(refused.stderr.contains(&format!("its `{part}` are not those that were reviewed")), "{refused}");
    }
    // To say that there is none of something is the same as not to speak of it.
    let project = reviewed();
    resealed(&project, |plan| ["moves", "access"].into_iter().for_each(|part| change(part, plan)));
    ends(project.sluice("deploy --plan plan.json --yes"), 0);
}

#[test]
fn a_plan_that_lacks_consent_is_still_there_when_consent_is_given() {
    let project = project();
    project.edit("environments/local.yaml", "tier: development", "tier: production");
    ends(project.sluice("deploy orders --env local --yes"), 0);
    project.edit(SPEC, "retention: 24h", "retention: 48h");
    ends(project.sluice("plan orders --env local --out plan.json"), 0);
    let wrong = passes(project.sluice("deploy --plan plan.json --yes --allow-data-loss StreamOrdrs"), 64);
    assert!(wrong.stderr.contains("did you mean `StreamOrders`?"), "{wrong}");
    ends(project.sluice("deploy --plan plan.json --yes"), 0);
}

#[test]
fn a_plan_is_saved_over_nothing_but_a_plan_and_only_in_a_folder_that_is_there() {
    let project = reviewed();
    project.write("notes.txt", "do not lose this\n");
    let refused = passes(project.sluice("plan orders --env local --out notes.txt"), 1);
    insta::assert_snapshot!(refused.to_string());
    assert_eq!(std::fs::read_to_string(project.path("notes.txt")).expect("is there"), "do not lose this\n");
    for (file, says) in [
        ("missing/plan.json", "`mkdir -p missing`"),
        ("stacks", "--out stacks/plan.json"),
        ("/dev/null", "no regular file"),
        (SPEC, "error[E8104]"),
    ] {
        let refused = passes(project.sluice(&format!("plan orders --env local --out {file}")), 1);
        assert!(refused.stderr.contains(says) && refused.stdout.is_empty(), "{refused}");
    }
    assert!(!project.path("missing").exists());
    project.write("empty.json", "");
    for file in ["plan.json", "empty.json"] {
        ends(project.sluice(&format!("plan orders --env local --out {file}")), 0);
    }
    // Where the new one cannot be written, the old one stays.
    project.write("plan.json.part/taken", "");
    ends(project.sluice("plan orders --env local --out plan.json"), 1);
    ends(project.sluice("show plan.json"), 0);
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_read_no_further_than_a_plan_is_long() {
    let refused = passes(Project::empty().sluice("show /dev/zero"), 1);
    insta::assert_snapshot!(refused.to_string());
}

#[test]
fn what_is_wrong_with_a_document_is_named_with_its_place() {
    let project = reviewed();
    for (version, says) in [
        (json!("1.x"), "`1.x`, which is no version"),
        (json!(1.1), "is the number 1.1; that of a plan is text"),
        (json!(null), "no text"),
    ] {
        edited(&project, |plan| plan["format_version"] = version);
        let refused = passes(project.sluice("show plan.json"), 1);
        assert!(refused.stderr.contains("error[E4005]") && refused.stderr.contains(says), "{refused}");
    }
    let project = reviewed();
    resealed(&project, |plan| plan["resources"][0]["logical_id"] = "Stream Orders".into());
    let refused = passes(project.sluice("show plan.json"), 1);
    assert!(refused.stderr.contains("`logical_id`: must be 1 to 255 letters and digits at line"), "{refused}");
}
