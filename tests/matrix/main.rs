//! The failure matrix: every resource that cannot be made, changed, removed or put back; every call that is throttled, fails, is
//! not answered, is cut off or is answered from the past; every moment at which the process can be killed.
//!
//! The commands run in this process against embedded clouds in memory, in virtual time. After what went wrong a case does what
//! docs/reliability.md tells a person to do, and after every command it looks: the stack, the data in whatever holds data, leases,
//! change sets. What is stated there is held here.
//!
//! Each run of the tests makes a selection: the first case of a kind. `scripts/matrix` runs all of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test sets up projects of its own and stops where it cannot"
)]

#[path = "../support/company.rs"]
mod company;
#[path = "../support/folder.rs"]
mod folder;
#[path = "../support/kept.rs"]
mod kept;

mod cases;
mod change;
mod data;
mod days;
mod faulty;
mod judge;
mod killed;
mod regressions;
mod report;
mod run;
mod world;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{Case, What};
use change::{STACKS, UNTOUCHABLE, Update};
use faulty::{Depth, Fault, Trouble};
use world::Base;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs work on every item, on as many threads as there are cores.
fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(item) = items.get(number) else { break };
                    let result = work(item);
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The stacks that the selection is made from: together they have every type.
const SELECTED: [&str; 4] = ["fraud-detection", "observability", "content-moderation", "anomaly-detection"];

/// The updates of stacks, deployed up to where each begins.
fn bases(stacks: &[&'static str]) -> Vec<Base> {
    let wanted: Vec<(&'static str, Update)> =
        stacks.iter().flat_map(|stack| Update::ALL.map(|update| (*stack, update))).collect();
    spread(&wanted, |(stack, update)| runtime().block_on(Base::of(stack, *update)))
}

/// All cases of the bases.
fn all(bases: &[Base]) -> Vec<Case<'_>> {
    let of = |base| {
        let mut cases = cases::of_resources(base);
        if base.update == Update::Change {
            cases.extend(cases::of_calls(base));
            cases.extend(cases::of_deaths(base));
        }
        cases
    };
    bases.iter().flat_map(of).collect()
}

/// The first case of every third kind of failing resource and of every kind of call; of calls, those that go wrong at every
/// attempt.
fn selected(bases: &[Base]) -> Vec<Case<'_>> {
    let mut kinds = BTreeSet::new();
    let once = |case: &Case<'_>| {
        matches!(
            case.what,
            What::Network(Trouble::Call { fault, depth: Depth::Attempt, .. }) if fault != Fault::Stale
        )
    };
    let first = all(bases).into_iter().filter(|case| !once(case) && kinds.insert(case.kind()));
    let (resources, calls): (Vec<_>, Vec<_>) = first.partition(|case| matches!(case.what, What::Resource { .. }));
    resources.into_iter().step_by(3).chain(calls).collect()
}

/// Runs cases and says what they came to; and what went otherwise than the page says.
fn held(cases: &[Case<'_>]) -> (String, Vec<String>) {
    let went = spread(cases, |case| runtime().block_on(run::run(case)));
    let wrong = cases.iter().zip(&went).filter_map(|(case, went)| judge::wrong(case, went)).collect();
    (report::lines(cases, &went), wrong)
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reliability.md");

#[test]
fn the_selection_ends_as_the_page_says() {
    let bases = bases(&SELECTED);
    let (report, wrong) = held(&selected(&bases));
    assert!(wrong.is_empty(), "{} cases went otherwise:\n{}\n{report}", wrong.len(), wrong.join("\n"));
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(page.contains(&report), "docs/reliability.md does not say:\n{report}");
}

/// `MATRIX_STACKS=fraud-detection,observability` names some; all of them else.
#[test]
#[ignore = "thousands of cases; scripts/matrix runs it"]
fn every_case_ends_as_the_page_says() {
    let named = std::env::var("MATRIX_STACKS").unwrap_or_default();
    let stacks: Vec<&str> =
        STACKS.into_iter().filter(|stack| named.is_empty() || named.split(',').any(|one| one == *stack)).collect();
    let bases = bases(&stacks);
    let moments: Vec<(usize, usize)> =
        bases.iter().filter(|base| base.update == Update::Change).map(cases::moments).collect();
    let (events, at): (Vec<usize>, Vec<usize>) = moments.into_iter().unzip();
    let (report, wrong) = held(&all(&bases));
    let report = format!(
        "{} stacks: {}\n{report}{:6} events, told between two calls each, at {} moments\n",
        stacks.len(),
        stacks.join(" "),
        events.iter().sum::<usize>(),
        at.iter().sum::<usize>()
    );
    assert!(wrong.is_empty(), "{} cases went otherwise:\n{}\n{report}", wrong.len(), wrong.join("\n"));
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/matrix.txt"), &report).unwrap();
}

#[test]
fn the_edit_touches_everything_that_an_update_can_touch() {
    for base in bases(&SELECTED).iter().filter(|base| base.update == Update::Change) {
        let untouched: BTreeSet<&str> = base.plan.unchanged.iter().map(|same| same.type_name.as_str()).collect();
        let able: Vec<&&str> = untouched.iter().filter(|name| !UNTOUCHABLE.contains(name)).collect();
        assert!(able.is_empty(), "{}: {able:?}", base.stack);
    }
}
