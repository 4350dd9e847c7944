//! `sluice gc`: what it lists, what it removes, and when it does not.

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";
const APP: &str = "stacks/orders/handlers/score/app.py";

/// A project with a foundation of which `versions` handlers were deployed one after another, a day apart.
fn project(versions: u32) -> Project {
    let project = Project::empty();
    project.write(
        SPEC,
        "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {capacity: on-demand, retention: 24h}\nconsumers:\n  \
         score: {from: orders, code: handlers/score, handler: app.handler}\n",
    );
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    ends(&project.sluice("bootstrap --env here --yes"), 0);
    for version in 0..versions {
        project.write(APP, format!("def handler(event, context):\n    return {{}}  # {version}\n"));
        ends(&project.sluice("deploy orders --env here --yes"), 0);
        ends(&project.sluice("embedded advance 24h --env here"), 0);
    }
    project
}

fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

fn document(outcome: &Outcome) -> serde_json::Value {
    ends(outcome, 0);
    serde_json::from_str(&outcome.stdout).expect("is JSON")
}

fn listed(project: &Project) -> serde_json::Value {
    document(&project.sluice("gc --env here --output json"))
}

#[test]
fn what_was_superseded_within_the_window_stays() {
    let project = project(2);
    let found = listed(&project);
    // The release that ran until yesterday can be gone back to.
    assert_eq!((&found["removable"]["objects"], &found["needed"]["objects"]), (&0.into(), &2.into()), "{found}");
}

#[test]
fn a_dry_run_lists_what_no_stack_needs_and_changes_nothing() {
    let project = project(3);
    ends(&project.sluice("embedded advance 40d --env here"), 0);
    insta::assert_snapshot!(project.sluice("gc --env here"));
    let nobody = project.sluice("gc --env here --delete");
    ends(&nobody, 3);
    assert!(nobody.stderr.contains("nobody is there to ask"), "{nobody}");
    assert_eq!(listed(&project)["removed"], false);
}

#[test]
fn what_is_removed_is_gone_from_the_list_and_what_is_deployed_still_deploys() {
    let project = project(3);
    ends(&project.sluice("embedded advance 40d --env here"), 0);
    let before = listed(&project);
    insta::assert_snapshot!("removed", project.sluice("gc --env here --delete --yes"));
    let after = listed(&project);
    assert_eq!((&after["removable"]["objects"], &after["needed"]), (&0.into(), &before["needed"]), "{after}");
    assert_eq!(after["waiting"]["objects"], before["removable"]["objects"]);
    // A release that is gone back to is uploaded again, although its last version is still there.
    project.write(APP, "def handler(event, context):\n    return {}  # 0\n");
    let back = project.sluice("deploy orders --env here --yes");
    ends(&back, 0);
    assert!(back.stderr.contains("ARTIFACT_UPLOADED   handlers/score"), "{back}");
    let again = project.sluice("deploy orders --env here --yes");
    assert!(again.stdout.contains("No changes."), "{again}");
}

#[test]
fn removal_is_told_as_one_document() {
    let project = project(2);
    let gone = document(&project.sluice("gc --env here --keep 1h --delete --yes --output json"));
    assert_eq!(gone["removed"], true, "{gone}");
    let keys: Vec<&str> =
        gone["unneeded"].as_array().expect("a list").iter().filter_map(|one| one["key"].as_str()).collect();
    assert!(keys.iter().any(|key| key.starts_with("functions/score/")), "{keys:?}");
    assert!(keys.iter().all(|key| !key.starts_with("locks/") && !key.starts_with("ledger/")), "{keys:?}");
    assert!(gone["monthly_micro_usd"].is_number(), "{gone}");
}

#[test]
fn nothing_is_removed_under_somebodys_lease() {
    let project = project(2);
    ends(&project.sluice("embedded fail DeleteObject --call deny --env here"), 0);
    project.edit(SPEC, "24h", "48h");
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    let refused = project.sluice("gc --env here --keep 1h --delete --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("E5060") && refused.stderr.contains("orders in here: `deploy` of"), "{refused}");
    assert!(listed(&project)["busy"].as_array().is_some_and(|busy| busy.len() == 1));
    ends(&project.sluice("embedded advance 61m --env here"), 0);
    ends(&project.sluice("gc --env here --keep 1h --delete --yes"), 0);
}

#[test]
fn a_bucket_without_versions_is_left_alone_and_a_missing_one_told() {
    let project = project(0);
    project.write(
        "environments/other.yaml",
        "environment: other\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project.write(APP, "def handler(event, context):\n    return {}\n");
    ends(&project.sluice("deploy orders --env other --yes"), 0);
    ends(&project.sluice("embedded advance 40d --env other"), 0);
    project.write(APP, "def handler(event, context):\n    return {}  # 1\n");
    ends(&project.sluice("deploy orders --env other --yes"), 0);
    ends(&project.sluice("embedded advance 40d --env other"), 0);
    let refused = project.sluice("gc --env other --delete --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("E5061"), "{refused}");
    assert!(refused.stderr.contains("sluice bootstrap --env other"), "{refused}");
    let unknown = project.sluice("gc --env nowhere");
    ends(&unknown, 1);
    assert!(unknown.stderr.contains("E8003"), "{unknown}");
    ends(&project.sluice("gc --env here --keep soon"), 64);
}
