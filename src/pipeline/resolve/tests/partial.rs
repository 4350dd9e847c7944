//! What cannot be read hides nothing else, and nothing is said that merely follows from it.

use proptest::prelude::*;

use super::{FRAUD, local, said};
use crate::diagnostic::{Code, FilePath, Severity};
use crate::pipeline::FolderFacts;
use crate::pipeline::resolve::resolve;
use crate::spec;

#[test]
fn unknown_fields_wrong_units_and_dangling_names_come_in_one_run() {
    let found = said(
        "streams: {s: {retention: 7, capasity: auto}}\nconsumers: {c: {from: nowhere, H, batch: {parallel: 2, tumbling: 60s}}}\n",
    );
    let codes: Vec<&str> = found.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(codes, ["E1004", "E1009", "E2002", "E2005"], "{found:#?}");
}

#[test]
fn a_stage_that_cannot_be_read_still_has_its_name() {
    let found = said(
        "tables: {t: {no_ttl: {reason: x}}}\nstreams: {s: {}}\nconsumers: {c: {from: s, H, features: [t]}, d: {from: s, H, features: [u]}}\n",
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("E1006 a table needs the field `key`"));
    assert!(found[1].contains("E2002 there is no table `u`"));
}

#[test]
fn what_follows_from_an_unreadable_field_is_not_told() {
    let ttl = said("tables: {t: {key: id, ttl: {attribute: at, after: 30}}}\n");
    assert_eq!(ttl.len(), 1, "no missing time to live: {ttl:#?}");
    let misspelt = said("tables: {t: {key: id, tll: {attribute: at, after: 30d}}}\n");
    assert_eq!(misspelt.len(), 1, "{misspelt:#?}");
    let weights = said(
        "endpoints: {e: {model: {variants: {a: {image: {uri: x}, artifact: a.tar.gz, weight: x}, b: {image: {uri: x}, artifact: b.tar.gz, weight: 0}}}, serving: {real-time: {instance: ml.m5.large}}}}\n",
    );
    assert_eq!(weights.len(), 1, "{weights:#?}");
    let queue = said(
        "queues: {q: {}}\nworkers: {w: {from: {queue: q}, H, memory: lots}}\nstreams: {s: {}}\nconsumers: {c: {from: s, H, sends: {queues: [q]}}}\n",
    );
    assert_eq!(queue.len(), 1, "{queue:#?}");
}

#[test]
fn a_file_without_a_readable_name_is_judged_all_the_same() {
    let text = "pipeline: Fraud_X\nstreams: {s: {}}\nconsumers: {c: {from: t, code: h, handler: a.b}}\n";
    let spec =
        spec::read_partly(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), text.as_bytes()).expect("is YAML");
    let found = resolve(&spec, &local(), None, &FolderFacts::none()).expect_err("three errors");
    let codes: Vec<Code> = found.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::BadName, Code::MissingField, Code::UnknownReference], "{found:?}");
}

proptest! {
    /// Taking any line out of a file that is well never panics, and whatever is wrong then has a place.
    #[test]
    fn any_missing_line_is_survived(line in 0_usize..80) {
        let text: Vec<&str> = FRAUD.lines().enumerate().filter(|(at, _)| *at != line).map(|(_, text)| text).collect();
        let read = spec::read_partly(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), text.join("\n").as_bytes());
        if let Ok(spec) = read
            && let Err(found) = resolve(&spec, &local(), None, &FolderFacts::none())
        {
            prop_assert!(found.iter().all(|d| d.severity != Severity::Error || d.place().is_some()), "{found:?}");
        }
    }
}
