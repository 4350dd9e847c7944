//! What the matrix found, each under a name of its own.

use crate::cases::{Case, What};
use crate::change::Update;
use crate::faulty::{Call, Depth, Fault, Trouble};
use crate::run::{End, run, site};
use crate::world::{Base, World};
use crate::{judge, runtime};

/// Runs an update of fraud detection in which a call goes wrong at every attempt.
fn ends(update: Update, fault: Fault, depth: Depth, wanted: impl Fn(&[Call], usize) -> bool) -> End {
    runtime().block_on(async {
        let base = Base::of("fraud-detection", update).await;
        let calls = &base.reference.calls;
        let number = (0..calls.len()).find(|number| wanted(calls, *number)).expect("such a call");
        let case = Case { base: &base, what: What::Network(Trouble::Call { number, fault, depth }) };
        let went = run(&case).await;
        assert_eq!(judge::wrong(&case, &went), None);
        went[0].end
    })
}

fn named(name: &'static str) -> impl Fn(&[Call], usize) -> bool {
    move |calls, number| calls[number].name == name
}

#[test]
fn a_change_set_of_which_nobody_knows_whether_it_was_made_is_removed() {
    for update in [Update::Change, Update::First] {
        assert_eq!(ends(update, Fault::ResetAfter, Depth::Call, named("CreateChangeSet")), End::NotBegun);
    }
}

#[test]
fn a_change_set_that_cannot_be_looked_at_is_removed() {
    let made = |calls: &[Call], number: usize| {
        calls[number].name == "DescribeChangeSet" && calls[..number].iter().any(|call| call.name == "CreateChangeSet")
    };
    assert_eq!(ends(Update::Change, Fault::Error, Depth::Call, made), End::NotBegun);
}

#[test]
fn a_lease_whose_writing_was_heard_without_an_answer_is_removed() {
    let lease = |calls: &[Call], number: usize| {
        calls[number].name == "PutObject" && calls[..number].iter().any(|call| call.name == "CreateChangeSet")
    };
    assert_eq!(ends(Update::Change, Fault::ResetAfter, Depth::Call, lease), End::NotBegun);
}

#[test]
fn giving_a_lease_back_is_tried_again() {
    let given = |calls: &[Call], number: usize| calls[number].name == "DeleteObject";
    for fault in [Fault::Throttle, Fault::Timeout, Fault::ResetAfter] {
        assert_eq!(ends(Update::Change, fault, Depth::Call, given), End::Live);
    }
}

#[test]
fn what_is_deployed_is_not_called_undeployed_because_nobody_answers_afterwards() {
    let after = |calls: &[Call], number: usize| {
        calls[number].name == "DescribeStreamSummary"
            && calls[..number].iter().any(|call| call.name == "ExecuteChangeSet")
    };
    assert_eq!(ends(Update::Change, Fault::Error, Depth::Call, after), End::Live);
}

#[test]
fn alarms_are_asked_again_when_cloudwatch_throttles_once() {
    let alarms = |calls: &[Call], number: usize| calls[number].name == "DescribeAlarms";
    assert_eq!(ends(Update::Change, Fault::Throttle, Depth::Attempt, alarms), End::Live);
}

#[test]
fn a_command_that_names_what_may_go_can_be_repeated_when_it_is_gone() {
    runtime().block_on(async {
        let base = Base::of("fraud-detection", Update::Shrink).await;
        let project = site(&base);
        let world = World::of(&base, &project);
        for _ in 0..2 {
            world.deploy(None).await.succeeded("fraud-detection");
        }
    });
}

#[test]
fn code_can_be_deployed_again_after_an_old_version_was_removed() {
    runtime().block_on(async {
        let base = Base::of("fraud-detection", Update::Change).await;
        let project = site(&base);
        let world = World::of(&base, &project);
        world.cloud.fail("ConsumerScoreMapping", sluicegate::embedded::FailOn::Update, "it failed", 1).await.unwrap();
        assert_eq!(world.deploy(None).await.exit, Some(4));
        world.deploy(None).await.succeeded("fraud-detection");
    });
}
