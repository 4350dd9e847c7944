//! Leases as they are seen from outside: who is kept out, and what is left.

use super::support::{Project, ends};

const SPEC: &str = "stacks/orders/pipeline.yaml";

fn project() -> Project {
    let project = Project::empty();
    project.write(
        SPEC,
        "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {capacity: on-demand, retention: 24h}\n",
    );
    project.write(
        "environments/local.yaml",
        "environment: local\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

/// Leaves a lease as somebody does whose machine died: its bytes are in the bucket, and no note of it is in this folder.
fn left_by_somebody(project: &Project) {
    // The only thing that fails is giving the lease back.
    ends(&project.sluice("embedded fail DeleteObject --call deny --env local"), 0);
    project.edit(SPEC, "24h", "48h");
    let deployed = project.sluice("deploy orders --env local --yes");
    ends(&deployed, 0);
    assert!(deployed.stderr.contains("W5023"), "{deployed}");
    std::fs::remove_dir_all(project.path(".sluice/leases")).expect("the notes can be removed");
    project.edit(SPEC, "48h", "72h");
}

#[test]
fn nothing_is_left_of_a_lease_after_any_ending() {
    let project = project();
    for command in
        ["deploy orders --env local --yes", "deploy orders --env local --yes", "destroy orders --env local --yes"]
    {
        ends(&project.sluice(command), 0);
        let unlocked = project.sluice("unlock orders --env local");
        ends(&unlocked, 0);
        assert!(unlocked.stdout.contains("is not locked"), "{unlocked}");
    }
    ends(&project.sluice("embedded fail StreamOrders --env local"), 0);
    ends(&project.sluice("deploy orders --env local --yes"), 4);
    let unlocked = project.sluice("unlock orders --env local");
    assert!(unlocked.stdout.contains("is not locked"), "{unlocked}");
}

#[test]
fn somebody_elses_lease_refuses_until_it_runs_out() {
    let project = project();
    left_by_somebody(&project);
    let refused = project.sluice("deploy orders --env local --yes");
    ends(&refused, 3);
    insta::assert_snapshot!("held", refused.stderr);
    ends(&project.sluice("destroy orders --env local --yes"), 3);
    ends(&project.sluice("embedded advance 61m --env local"), 0);
    let taken = project.sluice("deploy orders --env local --yes");
    ends(&taken, 0);
    assert!(taken.stderr.contains("W5022"), "{taken}");
}

#[test]
fn a_lease_is_taken_away_only_from_whom_it_was_shown() {
    let project = project();
    left_by_somebody(&project);
    let refused = project.sluice("unlock orders --env local");
    ends(&refused, 3);
    assert!(refused.stderr.contains("nobody is there to ask"), "{refused}");
    let taken = project.sluice("unlock orders --env local --yes");
    ends(&taken, 0);
    insta::assert_snapshot!("unlocked", taken.stdout);
    ends(&project.sluice("deploy orders --env local --yes"), 0);
}

#[test]
fn one_that_has_run_out_needs_no_answer_and_is_told_as_one_document() {
    let project = project();
    left_by_somebody(&project);
    ends(&project.sluice("embedded advance 61m --env local"), 0);
    let taken = project.sluice("unlock orders --env local --output json");
    ends(&taken, 0);
    let document: serde_json::Value = serde_json::from_str(&taken.stdout).expect("is JSON");
    assert_eq!((&document["removed"], &document["expired"]), (&true.into(), &true.into()));
    assert_eq!(document["lease"]["command"], "deploy");
}
