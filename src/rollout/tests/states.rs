//! What must come of every state a stack can be in.

use super::world::{Faults, loss};
use super::*;
use crate::event::{OperationKind, OperationResult};
use crate::observed::StackStatus;
use crate::rollout::Advice;

fn result(run: &Run) -> (&OperationResult, Option<&StackStatus>) {
    match run.outcome() {
        Outcome::Finished { result, status, .. } => (result, status.as_ref()),
        other => panic!("no operation ended: {other:?}"),
    }
}

fn root_cause(run: &Run) -> &crate::event::RootCause {
    match result(run).0 {
        OperationResult::RolledBack { root_cause } | OperationResult::Stuck { root_cause } => {
            root_cause.as_ref().expect("a root cause")
        }
        other => panic!("did not fail: {other:?}"),
    }
}

const UPDATABLE: [&str; 5] =
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"];

#[test]
fn where_nothing_is_a_stack_is_created() {
    let mut world = World::default();
    let run = deploy(&mut world, "new");
    assert_eq!(result(&run), (&OperationResult::Succeeded, Some(&StackStatus::CreateComplete)));
    assert_eq!(world.template().as_deref(), Some("new"));
    assert_eq!(run.shown(), world.events_of_newest_operation());
    let places: Vec<_> = run
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::Resource { event, spec_place } if event.logical_id == "Queue" => Some(spec_place.as_deref()),
            _ => None,
        })
        .collect();
    assert!(!places.is_empty() && places.iter().all(|place| *place == Some("stacks/fraud/pipeline.yaml:7:3")));
}

#[test]
fn an_updatable_stack_is_updated() {
    for status in UPDATABLE {
        let mut world = World::with(status, "old");
        let run = deploy(&mut world, "new");
        assert_eq!(result(&run), (&OperationResult::Succeeded, Some(&StackStatus::UpdateComplete)), "{status}");
        assert_eq!(world.template().as_deref(), Some("new"));
        assert_eq!(run.shown(), world.events_of_newest_operation(), "only this operation's events, each once");
    }
}

#[test]
fn an_empty_change_is_nothing_to_do_and_leaves_no_change_set() {
    let mut world = World::with("CREATE_COMPLETE", "same");
    let run = deploy(&mut world, "same");
    assert_eq!(result(&run).0, &OperationResult::NothingToDo);
    assert!(!run.executed());
    assert_eq!((world.change_sets(), run.finished()), (0, 1));
}

#[test]
fn a_failed_update_is_rolled_back_and_names_the_first_failure_that_was_not_a_cancellation() {
    let mut world = World::with("UPDATE_COMPLETE", "old");
    world.faults = Faults { operation: true, ..Faults::default() };
    let run = deploy(&mut world, "new");
    assert_eq!(result(&run).1, Some(&StackStatus::UpdateRollbackComplete));
    let cause = root_cause(&run);
    assert_eq!((cause.logical_id.as_str(), cause.reason.as_str()), ("Queue", "Invalid value for the parameter"));
    assert_eq!(cause.spec_place.as_deref(), Some("stacks/fraud/pipeline.yaml:7:3"));
    assert_eq!(world.template().as_deref(), Some("old"));
}

#[test]
fn a_failed_rollback_is_stuck_and_says_what_to_skip() {
    let mut world = World::with("UPDATE_COMPLETE", "old");
    world.faults = Faults { operation: true, rollback: true, ..Faults::default() };
    let run = deploy(&mut world, "new");
    let Outcome::Finished { result: OperationResult::Stuck { .. }, advice, .. } = run.outcome() else {
        panic!("{:?}", run.outcome())
    };
    assert!(
        advice.contains(&Advice::ContinueRollback { skip: vec!["Queue".to_owned(), "Topic".to_owned()] }),
        "{advice:?}"
    );
    assert_eq!(root_cause(&run).reason, "Invalid value for the parameter");
}

#[test]
fn a_failed_create_leaves_a_shell_that_the_next_deploy_removes() {
    let mut world = World::default();
    world.faults = Faults { operation: true, ..Faults::default() };
    let failed = deploy(&mut world, "new");
    assert_eq!(result(&failed).1, Some(&StackStatus::RollbackComplete));
    world.faults = Faults::default();
    let run = deploy(&mut world, "new");
    assert_eq!(result(&run), (&OperationResult::Succeeded, Some(&StackStatus::CreateComplete)));
    assert_eq!(run.finished(), 2, "the removal and the creation");
}

#[test]
fn a_failed_create_with_resources_needs_more_consent_than_an_empty_shell() {
    for (status, consent, removed) in [
        ("ROLLBACK_COMPLETE", FailedCreate::Keep, false),
        ("ROLLBACK_COMPLETE", FailedCreate::RemoveShell, true),
        ("CREATE_FAILED", FailedCreate::RemoveShell, false),
        ("ROLLBACK_FAILED", FailedCreate::RemoveShell, false),
        ("CREATE_FAILED", FailedCreate::RemoveAll, true),
        ("ROLLBACK_FAILED", FailedCreate::RemoveAll, true),
    ] {
        let mut world = World::with(status, "old");
        let mut deployment = deployment(&world, "new");
        deployment.failed_create = consent;
        let run = run_all(&mut world, Goal::Deploy(Box::new(deployment)));
        if removed {
            assert_eq!(result(&run).1, Some(&StackStatus::CreateComplete), "{status} {consent:?}");
        } else {
            assert!(matches!(run.outcome(), Outcome::Blocked { .. }), "{status} {consent:?}");
            assert!(!run.executed());
        }
    }
}

#[test]
fn states_that_need_a_person_are_not_touched() {
    for status in ["UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED", "IMPORT_ROLLBACK_FAILED"] {
        let mut world = World::with(status, "old");
        let run = deploy(&mut world, "new");
        let Outcome::Blocked { status: found, advice, .. } = run.outcome() else { panic!("{:?}", run.outcome()) };
        assert_eq!(found.as_str(), status);
        assert!(!advice.is_empty());
        assert_eq!(run.commands.len(), 1, "looked once and did nothing: {:?}", run.commands);
    }
}

#[test]
fn somebody_elses_operation_is_followed_and_then_the_plan_is_stale() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
    world.somebody_updates("theirs");
    let run = run_all(&mut world, goal);
    assert!(matches!(run.outcome(), Outcome::WorldMoved));
    assert!(matches!(run.events.first(), Some(EventKind::Reattached { .. })));
    assert_eq!((run.executed(), run.finished()), (false, 1));
    assert_eq!(run.shown(), world.events_of_newest_operation());
}

#[test]
fn settling_follows_what_runs_and_starts_nothing() {
    let goal = || Goal::Settle { stack: STACK.to_owned(), origins: BTreeMap::new() };
    let mut world = World::with("CREATE_COMPLETE", "old");
    assert!(matches!(run_all(&mut world, goal()).outcome(), Outcome::Settled));
    world.somebody_updates("theirs");
    let run = run_all(&mut world, goal());
    assert_eq!(result(&run), (&OperationResult::Succeeded, Some(&StackStatus::UpdateComplete)));
    let orders = |command: &Command| {
        !matches!(command, Command::DescribeStack { .. } | Command::ReadEvents { .. } | Command::Wait(_))
    };
    assert!(!run.commands.iter().any(orders));
}

#[test]
fn a_change_set_that_takes_what_nobody_approved_is_not_executed() {
    for replaced in [false, true] {
        let mut world = World::with("CREATE_COMPLETE", "old");
        world.losses = vec![loss("Queue", replaced)];
        let run = deploy(&mut world, "new");
        let Outcome::NotApproved { losses } = run.outcome() else { panic!("{:?}", run.outcome()) };
        assert_eq!((losses[0].logical_id.as_str(), losses[0].replaced), ("Queue", replaced));
        assert!(!run.executed());
        assert_eq!(world.change_sets(), 0);
        let mut approved = deployment(&world, "new");
        approved.approved_losses.insert(id("Queue"));
        let run = run_all(&mut world, Goal::Deploy(Box::new(approved)));
        assert_eq!(result(&run).0, &OperationResult::Succeeded);
    }
}

#[test]
fn a_refused_change_set_of_a_new_stack_leaves_nothing() {
    let mut world = World::default();
    world.faults = Faults { change_set: true, ..Faults::default() };
    let run = deploy(&mut world, "new");
    assert!(matches!(run.outcome(), Outcome::ChangeSetFailed { reason } if reason.contains("Transform")));
    world.settle();
    assert_eq!(world.head(STACK), None);
    assert_eq!(run.finished(), 0, "no operation was begun");
}

#[test]
fn a_change_set_that_failed_in_an_earlier_run_is_made_again() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    world.faults.change_set = true;
    let goal = || Goal::Deploy(Box::new(deployment(&World::with("CREATE_COMPLETE", "old"), "new")));
    // Killed before it could clear the failed change set away.
    let killed = run(&mut world, goal(), 5, &mut |_, _| None);
    assert!(killed.outcome.is_none() && world.change_sets() == 1);
    world.faults.change_set = false;
    assert_eq!(result(&run_all(&mut world, goal())).0, &OperationResult::Succeeded);
}

#[test]
fn a_protected_environment_is_protected_before_its_first_resource() {
    let mut world = World::default();
    let mut protected = deployment(&world, "new");
    protected.protect = true;
    let run = run_all(&mut world, Goal::Deploy(Box::new(protected)));
    let position = |wanted: fn(&Command) -> bool| run.commands.iter().position(wanted).expect("commanded");
    assert!(
        position(|command| matches!(command, Command::SetProtection { on: true, .. }))
            < position(|command| matches!(command, Command::ExecuteChangeSet { .. }))
    );
    assert!(world.head(STACK).unwrap().termination_protection);
}

#[test]
fn a_protected_stack_is_deleted_only_with_consent() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    world.protect();
    assert!(matches!(destroy(&mut world).outcome(), Outcome::Protected));
    let mut consented = removal(&world);
    consented.unprotect = true;
    let run = run_all(&mut world, Goal::Destroy(Box::new(consented)));
    assert_eq!(result(&run), (&OperationResult::Succeeded, None));
}

#[test]
fn every_settled_stack_can_be_deleted_and_says_what_stays() {
    for status in StackStatus::KNOWN.iter().filter(|status| StackStatus::parse(status).is_settled()) {
        if matches!(*status, "DELETE_COMPLETE" | "IMPORT_ROLLBACK_FAILED") {
            continue;
        }
        let mut world = World::with(status, "old");
        let run = destroy(&mut world);
        let Outcome::Finished { result: OperationResult::Succeeded, status: None, left_behind, .. } = run.outcome()
        else {
            panic!("{status}: {:?}", run.outcome())
        };
        assert_eq!(left_behind.iter().map(|left| left.logical_id.as_str()).collect::<Vec<_>>(), ["Queue"]);
        assert_eq!(world.head(STACK), None);
    }
}

#[test]
fn a_deletion_that_failed_is_stuck_and_can_be_repeated() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    world.faults.deletion = true;
    let run = destroy(&mut world);
    let Outcome::Finished { result: OperationResult::Stuck { .. }, advice, .. } = run.outcome() else {
        panic!("{:?}", run.outcome())
    };
    assert_eq!(advice, &[Advice::DeleteAgain { retain: vec!["Queue".to_owned()] }]);
    world.faults.deletion = false;
    assert_eq!(
        result(&destroy(&mut world)),
        (&OperationResult::Succeeded, None),
        "a new token, or nothing would happen"
    );
}

#[test]
fn deleting_what_is_not_there_is_nothing_to_do() {
    let mut world = World::default();
    assert_eq!(result(&destroy(&mut world)).0, &OperationResult::NothingToDo);
}

#[test]
fn a_removal_waits_for_an_update_and_then_deletes() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    let goal = Goal::Destroy(Box::new(removal(&world)));
    world.somebody_updates("theirs");
    let run = run_all(&mut world, goal);
    assert_eq!(result(&run), (&OperationResult::Succeeded, None));
    assert_eq!(run.finished(), 2);
}

#[test]
fn another_stack_of_the_approved_name_is_not_deleted() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    let mut stale = removal(&world);
    stale.stack_id = Some("arn:stack/another".to_owned());
    let run = run_all(&mut world, Goal::Destroy(Box::new(stale)));
    assert!(matches!(run.outcome(), Outcome::WorldMoved));
    assert!(world.head(STACK).is_some());
}

#[test]
fn an_order_that_shows_late_is_not_taken_for_its_end() {
    let mut world = World::with("UPDATE_COMPLETE", "old");
    world.stale = 20;
    let run = deploy(&mut world, "new");
    assert_eq!(result(&run), (&OperationResult::Succeeded, Some(&StackStatus::UpdateComplete)));
    assert_eq!(world.template().as_deref(), Some("new"));
}

#[test]
fn leaving_tells_whether_something_goes_on() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
    let early = run(&mut world, goal.clone(), 100, &mut |count, _| {
        (count == 1).then_some(Trouble::Instead(Observation::Interrupted))
    });
    assert!(matches!(early.outcome(), Outcome::Interrupted) && early.finished() == 0);
    let mut executed = false;
    let late = run(&mut world, goal, 100, &mut |_, command| {
        let leave = executed;
        executed |= matches!(command, Command::ExecuteChangeSet { .. });
        leave.then_some(Trouble::Instead(Observation::Interrupted))
    });
    assert_eq!(result(&late).0, &OperationResult::Detached);
    assert_eq!(late.finished(), 1);
}

#[test]
fn lost_contact_is_told_as_an_error_and_the_operation_as_going_on() {
    let mut world = World::with("CREATE_COMPLETE", "old");
    let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
    let mut executed = false;
    let run = run(&mut world, goal, 500, &mut |_, command| {
        let cut = executed && !matches!(command, Command::Wait(_));
        executed |= matches!(command, Command::ExecuteChangeSet { .. });
        cut.then(|| Trouble::Instead(refusal(FailureKind::Unreachable)))
    });
    assert!(matches!(run.outcome(), Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable));
    let last = run.events.iter().rev().find_map(|event| match event {
        EventKind::OperationFinished { outcome, operation, .. } => Some((outcome.clone(), *operation)),
        _ => None,
    });
    assert_eq!(last, Some((OperationResult::Detached, OperationKind::Update)));
}
