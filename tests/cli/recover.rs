//! Stacks that do not leave their state by themselves, and the way out.

use super::support::{Project, ends};

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
    Project::of_orders(ORDERS, "development")
}

fn status(project: &Project) -> String {
    project.sluice("status orders --env here").stdout
}

/// An update that failed, and of which the rollback failed as many times as is said.
fn rollback_failed(times: u32) -> Project {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project.edit(SPEC, "size: 100", "size: 200");
    let times = times + 1;
    ends(&project.sluice(&format!("embedded fail ConsumerScoreMapping --on update --times {times} --env here")), 0);
    let failed = project.sluice("deploy orders --env here --yes");
    ends(&failed, 5);
    assert!(failed.stderr.contains("sluice recover orders --env here"), "{failed}");
    project
}

#[test]
fn a_rollback_that_stopped_goes_on_once_somebody_says_so() {
    let project = rollback_failed(1);
    let unasked = project.sluice("recover orders --env here");
    ends(&unasked, 3);
    insta::assert_snapshot!(unasked.stderr);
    assert!(status(&project).contains("UPDATE_ROLLBACK_FAILED"));
    ends(&project.sluice("recover orders --env here --yes"), 0);
    assert!(status(&project).contains("UPDATE_ROLLBACK_COMPLETE"));
    // And then everything goes on as ever.
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}

#[test]
fn what_cannot_be_put_back_can_be_left_as_it_is() {
    let project = rollback_failed(2);
    ends(&project.sluice("recover orders --env here --yes"), 5);
    let told = project.sluice("recover orders --env here --without");
    assert!(told.stderr.contains("goes on reading from its position"), "{told}");
    ends(&project.sluice("recover orders --env here --yes --without"), 0);
    assert!(status(&project).contains("UPDATE_ROLLBACK_COMPLETE"));
}

#[test]
fn what_a_failed_first_deployment_left_is_deleted() {
    let project = project();
    ends(&project.sluice("embedded fail TableState --on create --env here"), 0);
    ends(&project.sluice("deploy orders --env here --yes"), 4);
    let recovered = project.sluice("recover orders --env here --yes");
    ends(&recovered, 0);
    assert!(recovered.stderr.contains("It can only be deleted") || recovered.stderr.contains("can only be deleted"));
    assert!(status(&project).contains("is not deployed"));
}

#[test]
fn a_deletion_that_stopped_can_leave_behind_what_stopped_it() {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    ends(&project.sluice("embedded fail TableState --on delete --times 2 --env here"), 0);
    ends(&project.sluice("destroy orders --env here --yes"), 5);
    assert!(status(&project).contains("DELETE_FAILED"));
    ends(&project.sluice("recover orders --env here --yes --without"), 0);
    assert!(status(&project).contains("is not deployed"));
}

#[test]
fn where_nothing_is_stuck_and_nothing_runs_that_is_said() {
    let project = project();
    let nothing: Vec<String> = ["recover", "watch", "cancel"]
        .iter()
        .map(|command| {
            let outcome = project.sluice(&format!("{command} orders --env here"));
            ends(&outcome, 0);
            outcome.stderr
        })
        .collect();
    assert!(nothing.iter().all(|text| text.contains("orders-here is not deployed")), "{nothing:?}");
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    for (command, text) in [("recover", "nothing to recover"), ("watch", "nothing runs"), ("cancel", "nothing runs")] {
        let outcome = project.sluice(&format!("{command} orders --env here"));
        ends(&outcome, 0);
        assert!(outcome.stderr.contains(text), "{outcome}");
    }
}

/// Each change of a function publishes a version and removes the one before; the function itself has nothing to do with that.
#[test]
fn an_update_that_fails_after_others_succeeded_is_put_back() {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project.edit(SPEC, "batch: {size: 100", "memory: 1 GiB, batch: {size: 100");
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project.edit(SPEC, "memory: 1 GiB", "memory: 2 GiB");
    ends(&project.sluice("embedded fail ConsumerScoreFunction --on update --env here"), 0);
    ends(&project.sluice("deploy orders --env here --yes"), 4);
    assert!(status(&project).contains("UPDATE_ROLLBACK_COMPLETE"));
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}
