//! Every edit in a table: what the plan says of it, and what really happens.
//!
//! Each case takes a deployed stack with records on its streams and data in its tables, buckets and queues, changes the
//! pipeline file, and holds three things against each other: what the table expects (written by hand from what AWS documents),
//! what the plan says, and what the embedded cloud does when the change is executed in one update. No resource may change
//! that the plan does not name, be replaced that it calls changed in place, stay that it calls replaced, or be refused
//! that it calls possible; no reader's position and no data may end otherwise than it says.

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

mod compare;
mod said;
mod seen;
mod table;
mod world;

use seen::Seen;
use table::{Case, Table};
use world::World;

/// Runs every case of a table and reports all that differ, each with what its block should have been.
fn holds(file: &str) {
    let table = Table::read(file);
    let (base, seen) = runtime().block_on(async {
        let base = World::of(&table).await;
        let seen = base.look(None).await;
        (base, seen)
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let run = |first: usize| {
            let (table, base, seen) = (&table, &base, &seen);
            scope.spawn(move || {
                let runtime = runtime();
                let cases = table.cases.iter().skip(first).step_by(cores);
                cases.filter_map(|case| runtime.block_on(differs(base, seen, case))).collect::<Vec<String>>()
            })
        };
        let threads: Vec<_> = (0..cores).map(run).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(
        wrong.is_empty(),
        "{} of {} cases of {file} differ:\n\n{}",
        wrong.len(),
        table.cases.len(),
        wrong.join("\n")
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// What is wrong with one case; nothing if all is as expected.
async fn differs(base: &World, seen: &Seen, case: &Case) -> Option<String> {
    let world = base.copy();
    let mut waited = None;
    if let Some(span) = case.wait {
        world.wait(span).await;
        waited = Some(world.look(None).await);
    }
    let before = waited.as_ref().unwrap_or(seen);
    world.edit(&case.edits);
    let ran = match world.run().await {
        Ok(ran) => ran,
        Err(why) => return Some(format!("! it cannot be planned: {why}\n{}\n", case.title)),
    };
    let after = world.look(Some(before)).await;
    let mut wrong = compare::compare(&ran, before, &after);
    let said = said::lines(&ran.plan);
    let missing = case.expected.iter().filter(|line| !said.contains(line)).map(|line| format!("expected: {line}"));
    let surplus = said.iter().filter(|line| !case.expected.contains(line)).map(|line| format!("planned:  {line}"));
    wrong.extend(missing.chain(surplus));
    if wrong.is_empty() {
        return None;
    }
    let wrong: String = wrong.iter().map(|line| format!("! {line}\n")).collect();
    let block: String = case.head.iter().chain(&said).map(|line| format!("  {line}\n")).collect();
    Some(format!("{wrong}{}\n{block}", case.title))
}

macro_rules! tables {
    ($($test:ident => $file:literal),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                holds($file);
            }
        )*

        const FILES: &[&str] = &[$($file),*];
    };
}

tables! {
    edits_of_anomaly_detection => "anomaly-detection",
    edits_of_content_moderation => "content-moderation",
    edits_of_delivery_eta => "delivery-eta",
    edits_of_fraud_detection => "fraud-detection",
    edits_of_fraud_detection_in_development => "fraud-detection-development",
    edits_of_multi_model_inference => "multi-model-inference",
    edits_of_observability => "observability",
    edits_of_personalization => "personalization",
    edits_of_windowed_aggregation => "windowed-aggregation",
}

#[test]
fn every_table_is_run_and_together_they_hold_at_least_a_hundred_and_twenty_edits() {
    let mut listed = Table::files();
    listed.sort();
    assert_eq!(listed, FILES);
    let edits: usize = FILES.iter().map(|file| Table::read(file).cases.len()).sum();
    assert!(edits >= 120, "{edits} edits");
}
