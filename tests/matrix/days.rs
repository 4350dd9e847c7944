//! Bad days that no call goes wrong on by itself.

use std::collections::BTreeSet;

use crate::change::Update;
use crate::faulty::Instead;
use crate::run::site;
use crate::world::{Base, World};
use crate::{runtime, spread};

/// Runs an update of fraud detection on bad days, each once; after each of them the same command makes it live.
fn carried_on(days: impl Fn(&Base) -> Vec<Instead>, exits: &[u8]) {
    let base = runtime().block_on(Base::of("fraud-detection", Update::Change));
    let days = days(&base);
    assert!(days.len() > 5, "{} days", days.len());
    spread(&days, |day| {
        runtime().block_on(async {
            let project = site(&base);
            let world = World::of(&base, &project);
            let ran = world.deploy_instead(*day).await;
            assert!(ran.exit.is_some_and(|exit| exits.contains(&exit)), "{day:?}: {:?} {}", ran.exit, ran.said);
            let again = world.deploy(None).await;
            assert_eq!(again.exit, Some(0), "{day:?}: {} and then {}", ran.said, again.said);
            let look = world.look(&base.held).await;
            assert_eq!(look.template.as_ref(), Some(&base.after), "{day:?}");
            assert!(look.locks.is_empty() && look.change_sets.is_empty() && look.lost.is_empty(), "{day:?}: {look:?}");
        });
    });
}

#[test]
fn credentials_that_expire_on_the_way_end_the_run_and_the_next_one_carries_on() {
    carried_on(
        |base| (0..base.reference.calls.len()).step_by(9).map(|from| Instead::Expired { from }).collect(),
        &[1, 5],
    );
}

#[test]
fn an_answer_that_is_none_is_not_taken_for_one() {
    let first_of_each = |base: &Base| {
        let mut kinds = BTreeSet::new();
        let calls = base.reference.calls.iter().enumerate();
        calls.filter(|(_, call)| kinds.insert(call.kind())).map(|(number, _)| Instead::Garbage { number }).collect()
    };
    carried_on(first_of_each, &[0, 1, 3, 5]);
}
