//! What holds whatever happens.

use proptest::prelude::*;

use super::world::Faults;
use super::*;
use crate::event::OperationResult;

/// A world to begin with, and what it runs into.
fn worlds() -> impl Strategy<Value = World> {
    let start = prop_oneof![
        Just(World::default()),
        Just(World::with("CREATE_COMPLETE", "old")),
        Just(World::with("UPDATE_ROLLBACK_COMPLETE", "old")),
        Just(World::with("ROLLBACK_COMPLETE", "old")),
        Just(World::with("UPDATE_COMPLETE", "new")),
    ];
    (start, any::<bool>(), 0_usize..4).prop_map(|(mut world, fails, stale)| {
        world.faults = Faults { operation: fails, ..Faults::default() };
        world.stale = stale;
        world
    })
}

/// What a command does that was called again: settle, plan, deploy what differs.
fn resume(world: &mut World, budget: usize) -> Option<Run> {
    let settle = Goal::Settle { stack: STACK.to_owned(), origins: BTreeMap::new() };
    run(world, settle, budget, &mut |_, _| None).outcome?;
    let goal = Goal::Deploy(Box::new(deployment(world, "new")));
    let run = run(world, goal, budget, &mut |_, _| None);
    run.outcome.is_some().then_some(run)
}

fn end_of(world: &World) -> (Option<String>, Option<String>) {
    (world.head(STACK).map(|head| head.status.as_str().replace("UPDATE_COMPLETE", "CREATE_COMPLETE")), world.template())
}

/// What was shown, in the order in which it happened.
fn in_order(run: &Run) -> Vec<String> {
    let mut shown = run.shown();
    shown.sort_by_key(|event| event.rsplit('-').next().and_then(|serial| serial.parse::<u64>().ok()));
    shown
}

fn started(run: &Run) -> usize {
    run.events.iter().filter(|event| matches!(event, EventKind::OperationStarted { .. })).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_is_killed_anywhere_and_called_again_reaches_the_same_end(
        world in worlds(), kills in prop::collection::vec(1_usize..25, 0..4), pause in 0_usize..12,
    ) {
        let mut undisturbed = world.clone();
        let straight = resume(&mut undisturbed, 2_000).expect("ends");
        let mut disturbed = world;
        for budget in kills {
            let _ = resume(&mut disturbed, budget);
            for _ in 0..pause {
                disturbed.step();
            }
        }
        let mut resumed = resume(&mut disturbed, 2_000).expect("ends");
        // Killed between an order and the first look that shows it, a plan was made of what was there before: it is refused
        // and made again.
        if *resumed.outcome() == Outcome::WorldMoved {
            resumed = resume(&mut disturbed, 2_000).expect("ends");
        }
        prop_assert_eq!(end_of(&disturbed), end_of(&undisturbed));
        if matches!(straight.outcome(), Outcome::Finished { result: OperationResult::Succeeded, .. }) {
            prop_assert_eq!(disturbed.executions, 1, "the plan was executed once, however often it was called");
            prop_assert_eq!(disturbed.change_sets(), 0);
        }
        prop_assert!(matches!(resumed.outcome(), Outcome::Finished { .. }), "{:?}", resumed.outcome());
    }

    #[test]
    fn what_is_begun_is_finished_exactly_once(world in worlds(), leave in 0_usize..60) {
        let mut world = world;
        let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
        let run = run(&mut world, goal, 2_000, &mut |count, _| {
            (count == leave).then_some(Trouble::Instead(Observation::Interrupted))
        });
        let idle = matches!(run.outcome(), Outcome::Finished { result: OperationResult::NothingToDo, .. });
        prop_assert_eq!(run.finished(), started(&run) + usize::from(idle));
    }

    #[test]
    fn no_event_is_shown_twice(world in worlds()) {
        let mut world = world;
        let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
        let shown = run_all(&mut world, goal).shown();
        let unique: BTreeSet<&String> = shown.iter().collect();
        prop_assert_eq!(unique.len(), shown.len());
    }

    #[test]
    fn throttling_delays_and_changes_nothing(world in worlds(), refused in prop::collection::btree_set(0_usize..200, 0..39)) {
        let mut calm = world.clone();
        let goal = Goal::Deploy(Box::new(deployment(&calm, "new")));
        let expected = run_all(&mut calm, goal.clone());
        let mut busy = world;
        let run = run(&mut busy, goal, 4_000, &mut |count, command| {
            let hit = refused.contains(&count) && !matches!(command, Command::Wait(_));
            hit.then(|| Trouble::Instead(refusal(FailureKind::Throttled)))
        });
        prop_assert_eq!(end_of(&busy), end_of(&calm));
        prop_assert_eq!(run.finished(), expected.finished());
        prop_assert_eq!(&run.shown().len(), &expected.shown().len());
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_and_nothing_happens_twice(
        world in worlds(), lost in prop::collection::btree_set(0_usize..60, 0..9),
    ) {
        let mut calm = world.clone();
        let goal = Goal::Deploy(Box::new(deployment(&calm, "new")));
        let expected = run_all(&mut calm, goal.clone());
        let mut lossy = world;
        let run = run(&mut lossy, goal, 4_000, &mut |count, command| {
            let hit = lost.contains(&count) && !matches!(command, Command::Wait(_));
            hit.then(|| Trouble::After(refusal(FailureKind::Unreachable)))
        });
        prop_assert_eq!(end_of(&lossy), end_of(&calm));
        prop_assert_eq!(lossy.executions, calm.executions);
        prop_assert_eq!(run.shown(), in_order(&run));
        prop_assert_eq!(run.shown().len(), expected.shown().len());
    }

    #[test]
    fn nothing_is_executed_or_deleted_in_a_world_that_moved(
        status in prop::sample::select(vec!["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]),
    ) {
        let mut world = World::with(status, "old");
        let goal = Goal::Deploy(Box::new(deployment(&world, "new")));
        world.somebody_updates("theirs");
        world.settle();
        let run = run_all(&mut world, goal);
        prop_assert!(matches!(run.outcome(), Outcome::WorldMoved));
        prop_assert_eq!(run.commands.len(), 1);
    }
}
