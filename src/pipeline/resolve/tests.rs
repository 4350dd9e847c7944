//! What files mean together, and what is said when they do not fit.

use super::*;
use crate::diagnostic::FilePath;
use crate::environment;
use crate::pipeline::{AlarmId, AlarmTuning, EndpointRollout, PathFact, Serving, StageKind, StageRef, StreamCapacity};
use crate::spec;
use crate::units::StageName;

const FRAUD: &str = include_str!("../../../stacks/fraud-detection/pipeline.yaml");
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("local", include_str!("../../../environments/local.yaml")),
    ("rehearsal", include_str!("../../../environments/rehearsal.yaml")),
    ("dev", include_str!("../../../environments/dev.yaml")),
    ("staging", include_str!("../../../environments/staging.yaml")),
    ("prod", include_str!("../../../environments/prod.yaml")),
];

fn environment_file(name: &str, text: &str) -> EnvironmentFile {
    environment::read(&FilePath::new(&format!("environments/{name}.yaml")), text.as_bytes()).expect("an environment")
}

fn local() -> EnvironmentFile {
    environment_file("local", ENVIRONMENTS[0].1)
}

fn resolve_text(
    text: &str,
    environment: &EnvironmentFile,
    folder: &FolderFacts,
) -> Result<(Pipeline, Diagnostics), Diagnostics> {
    let spec =
        spec::read(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), text.as_bytes()).expect("well formed");
    resolve(&spec, environment, None, folder)
}

/// The errors of the example after a replacement, as `line:column CODE title`.
fn errors_after(from: &str, to: &str) -> Vec<String> {
    assert!(FRAUD.contains(from), "the example holds {from:?}");
    let found =
        resolve_text(&FRAUD.replacen(from, to, 1), &local(), &FolderFacts::none()).expect_err("must be refused");
    found
        .iter()
        .map(|d| {
            let place = d.place().expect("has a place");
            assert!(
                !d.help.is_empty() || !d.notes.is_empty() || d.labels.len() > 1 || d.code == Code::OutOfRange,
                "{d}"
            );
            format!("{}:{} {} {}", place.line, place.column, d.code, d.title)
        })
        .collect()
}

fn single(from: &str, to: &str) -> String {
    let mut found = errors_after(from, to);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn the_example_resolves_in_every_environment_without_a_word() {
    for (name, text) in ENVIRONMENTS {
        let (pipeline, found) = resolve_text(FRAUD, &environment_file(name, text), &FolderFacts::none())
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(found.is_empty(), "{name}: {found:?}");
        assert_eq!(pipeline.stack_name(), format!("fraud-detection-{name}"));
    }
}

#[test]
fn the_overlay_sets_a_value_and_its_place_says_so() {
    let (pipeline, _) =
        resolve_text(FRAUD, &environment_file("prod", ENVIRONMENTS[4].1), &FolderFacts::none()).expect("resolves");
    let stream = pipeline.streams().get("transactions").expect("is there");
    assert_eq!(stream.capacity, StreamCapacity::Provisioned { shards: 24 });
    let set_at = pipeline.places().get("streams.transactions.capacity.provisioned.shards").expect("was written");
    assert_eq!((set_at.layer, set_at.place.file.as_str()), (Layer::Environment, "environments/prod.yaml"));
    assert_eq!(pipeline.places().get("streams.transactions.retention").map(|at| at.layer), Some(Layer::Base));
}

#[test]
fn defaults_follow_the_tier() {
    let minimal = "pipeline: fraud-detection\nowner: me\nstreams: {a: {}}\ntables: {t: {key: id, no_ttl: {reason: tiny}}}\n\
                   consumers: {c: {from: a, code: h, handler: a.b}}\n\
                   endpoints: {e: {model: {single: {image: {uri: x}, artifact: m.tar.gz}}, serving: {real-time: {instance: ml.m5.large}}}}\n";
    let of = |index: usize| {
        let (name, text) = ENVIRONMENTS[index];
        resolve_text(minimal, &environment_file(name, text), &FolderFacts::none()).expect("resolves").0
    };
    let seen = |pipeline: &Pipeline| {
        let Some(Serving::RealTime { min, rollout, .. }) = pipeline.endpoints().get("e").map(|e| e.serving.clone())
        else {
            panic!("serves in real time")
        };
        (
            pipeline.streams()["a"].retention.as_days(),
            pipeline.tables()["t"].point_in_time_recovery,
            pipeline.consumers()["c"].function.log_retention_days,
            (min, rollout == EndpointRollout::AllAtOnce),
        )
    };
    assert_eq!(seen(&of(0)), (1, false, 7, (1, true)));
    assert_eq!(seen(&of(3)), (7, true, 30, (2, false)));
    assert_eq!(seen(&of(4)), (7, true, 90, (2, false)));
}

#[test]
fn dangling_references_get_the_name_that_was_meant() {
    assert_eq!(single("from: transactions", "from: transactoins"), "44:11 E2002 there is no stream `transactoins`");
    assert!(
        single("features: [card-features]", "features: [card-feature]").contains("there is no table `card-feature`")
    );
    assert!(single("scores_with: scoring", "scores_with: score").contains("there is no endpoint `score`"));
    assert!(single("default: fraud-v7", "default: fraud-v8").contains("there is no model `fraud-v8`"));
    assert!(single("score: {iterator_age", "scoer: {iterator_age").contains("there is no stage `scoer`"));
    assert!(single("{iterator_age:", "{iterator_aeg:").contains("`score` has no alarm `iterator_aeg`"));
    let meant =
        resolve_text(&FRAUD.replace("from: transactions", "from: transactoins"), &local(), &FolderFacts::none());
    let help: Vec<String> = meant.expect_err("dangles").iter().flat_map(|d| d.help.clone()).collect();
    assert_eq!(help, ["did you mean `transactions`?"]);
}

#[test]
fn all_semantic_errors_come_in_one_run() {
    let text = FRAUD
        .replace("from: transactions", "from: nowhere")
        .replace("parallel: 4", "parallel: 4, tumbling: 60s")
        .replace("peak: 9000/s", "peak: 900/s");
    let found = resolve_text(&text, &local(), &FolderFacts::none()).expect_err("three errors");
    let codes: Vec<Code> = found.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::Conflict, Code::UnknownReference, Code::Conflict]);
}

#[test]
fn circles_are_found_whatever_their_length() {
    assert_eq!(
        single("late_to: late-transactions", "late_to: transactions"),
        "57:14 E2003 what consumer `score` sends comes back to it: consumer `score` → stream `transactions` → consumer \
         `score`"
    );
    let other = "consumers:\n  again: {from: late-transactions, code: handlers/score, handler: app.handler, late_to: transactions}\n";
    let found = errors_after("consumers:\n", other);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("E2003 what consumer `again` sends comes back to it"), "{found:?}");
}

#[test]
fn settings_that_exclude_each_other_are_refused() {
    assert!(single("parallel: 4", "parallel: 4, tumbling: 60s").contains("E2005"));
    assert!(single("peak: 9000/s", "peak: 9 MiB/s").contains("both count records"));
    assert!(single("min: 2, max: 8", "min: 2, max: 1").contains("at most 1 instances"));
    assert!(single("canary: {instances: 1", "canary: {instances: 2").contains("more than half of 2"));
    assert!(single("fallback: fraud-v6", "fallback: fraud-v7").contains("its own fallback"));
    assert!(single("p99: 12ms", "p99: 3ms").contains("below the median"));
    assert!(single("class: ultra-low", "class: low").contains("not of the declared latency class"));
    assert!(single("ttl: {attribute: expires_at, after: 30d}", "sort: x").contains("E2006"));
    assert!(
        single("ttl: {attribute: expires_at, after: 30d}", "ttl: {attribute: card_id, after: 1d}").contains("is a key")
    );
    assert!(single("models/fraud-v6.tar.gz", "old/fraud-v7.tar.gz").contains("files of one name"));
    assert!(single("threshold: 30s", "threshold: 30").contains("E1009"));
    assert!(single("runtime: python3.13", "runtime: python3.6").contains("E1008"));
    assert!(single("work: {fixed", "filters: [text]\n    work: {fixed").contains("E1007"));
    assert!(single("work: {fixed", "log_retention: 8d\n    work: {fixed").contains("cannot keep logs for 8 days"));
}

#[test]
fn names_too_long_for_aws_are_refused_where_they_are_written() {
    let long = "s".repeat(40);
    let text = FRAUD
        .replace("  score:\n", &format!("  {long}:\n"))
        .replace("  score: {iterator", &format!("  {long}: {{iterator"))
        .replace("by: score", &format!("by: {long}"))
        .replace("stage: consumers.score,", &format!("stage: consumers.{long},"));
    let environment =
        environment_file("abcdefghijklmnop", "environment: abcdefghijklmnop\ntier: staging\ntarget: embedded\n");
    let found = resolve_text(&text, &environment, &FolderFacts::none()).expect_err("73 characters");
    let diagnostic = found.iter().next().expect("one");
    assert_eq!((diagnostic.code, found.len()), (Code::NameTooLong, 1));
    assert!(diagnostic.title.contains("9 characters too long: AWS takes 64"), "{}", diagnostic.title);
    assert_eq!(
        diagnostic.place().map(|place| place.line),
        FRAUD.lines().position(|l| l == "  score:").map(|at| at as u32 + 1)
    );
}

#[test]
fn paths_must_lead_to_what_they_are_for() {
    let facts = |code: PathFact, file: PathFact| {
        let mut folder = FolderFacts::none();
        folder.insert("handlers/score", code);
        folder.insert("handlers/score/app.py", file);
        folder.insert("handlers/score/app/__init__.py", PathFact::Missing);
        folder
    };
    let there = PathFact::File { bytes: 1 };
    assert!(resolve_text(FRAUD, &local(), &facts(PathFact::Folder, there)).is_ok());
    let cases = [
        (facts(PathFact::Missing, PathFact::Missing), "is not there"),
        (facts(PathFact::Outside, PathFact::Missing), "leads out of"),
        (facts(PathFact::Loop, PathFact::Missing), "leads back to itself"),
        (facts(there, PathFact::Missing), "is a file"),
        (facts(PathFact::Folder, PathFact::Missing), "no file in `handlers/score` holds the handler"),
    ];
    for (folder, message) in cases {
        let found = resolve_text(FRAUD, &local(), &folder).expect_err(message);
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::MissingFile]);
        assert!(found.iter().next().is_some_and(|d| d.title.contains(message)), "{found:?}");
    }
    assert!(single("code: handlers/score", "code: ../other").contains("E2007"));
    assert!(single("models/fraud-v6.tar.gz", "/etc/fraud-v6.tar.gz").contains("leads out of"));
}

#[test]
fn a_name_of_two_kinds_tunes_the_alarm_where_it_exists() {
    let text = FRAUD.replace(
        "alarms:  ",
        "alarms:\n  transactions: {freshness: {threshold: 20m}, write_throttled: {threshold: 2%}}\n  #",
    );
    let (pipeline, _) = resolve_text(&text, &local(), &FolderFacts::none()).expect("resolves");
    let name = StageName::new("transactions").expect("a name");
    let tuned = |kind, alarm| pipeline.alarm_tuning(&StageRef::new(kind, &name), alarm);
    assert_eq!(tuned(StageKind::Archive, AlarmId::ArchiveFreshness), Some(&AlarmTuning::Threshold(1200.0)));
    assert_eq!(tuned(StageKind::Stream, AlarmId::StreamWriteThrottled), Some(&AlarmTuning::Threshold(0.02)));
    assert_eq!(tuned(StageKind::Stream, AlarmId::StreamReadThrottled), None);
    let score = StageName::new("score").expect("a name");
    let age = pipeline.alarm_tuning(&StageRef::new(StageKind::Consumer, &score), AlarmId::ConsumerIteratorAge);
    assert_eq!(age, Some(&AlarmTuning::Threshold(30_000.0)));
}

#[test]
fn an_alarm_that_the_configuration_does_not_have_cannot_be_tuned() {
    let text = FRAUD.replace("read: fan-out", "read: shared").replace("{iterator_age:", "{fan_out_lag:");
    let found = resolve_text(&text, &local(), &FolderFacts::none()).expect_err("no fan-out, no lag");
    assert!(found.iter().next().is_some_and(|d| d.title.contains("as it is configured")), "{found:?}");
}

#[test]
fn records_that_expire_before_they_are_given_up_are_a_warning() {
    let text = FRAUD.replace("max_age: 1h", "max_age: 7d");
    let (_, found) = resolve_text(&text, &local(), &FolderFacts::none()).expect("only a warning");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::AgeBeyondRetention]);
}

#[test]
fn a_region_outside_the_environment_is_refused() {
    let spec = spec::read(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), FRAUD.as_bytes()).expect("reads");
    let region = Region::new("us-east-1").expect("a region");
    let found = resolve(&spec, &local(), Some(&region), &FolderFacts::none()).expect_err("not there");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::UnknownReference]);
}

#[test]
fn a_pipeline_in_the_wrong_folder_is_refused() {
    let spec = spec::read(&FilePath::new("stacks/other/pipeline.yaml"), FRAUD.as_bytes()).expect("reads");
    let found = resolve(&spec, &local(), None, &FolderFacts::none()).expect_err("in the wrong folder");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::NameMismatch]);
}

#[test]
fn physical_names_that_two_pipelines_want_are_found() {
    let resolved = |pipeline: &str, environment: &str, stream: &str| {
        let text = format!("pipeline: {pipeline}\nowner: me\nstreams: {{{stream}: {{}}}}\n");
        let spec =
            spec::read(&FilePath::new(&format!("stacks/{pipeline}/pipeline.yaml")), text.as_bytes()).expect("reads");
        let text = format!("environment: {environment}\ntier: development\ntarget: embedded\n");
        resolve(&spec, &environment_file(environment, &text), None, &FolderFacts::none()).expect("resolves").0
    };
    let (a, b) = (resolved("a", "b", "c-d"), resolved("a-b", "c", "d"));
    assert_eq!(collisions([&a, &b]).iter().map(|d| d.code).collect::<Vec<_>>(), [Code::NameCollision]);
    assert!(collisions([&a, &resolved("a", "b2", "c-d")]).is_empty());
}

#[test]
fn stages_whose_logical_ids_would_be_one_are_refused() {
    let text = "pipeline: fraud-detection\nowner: me\nstreams: {a-1b: {}, a1b: {}}\n";
    let found = resolve_text(text, &local(), &FolderFacts::none()).expect_err("one id");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::NameCollision]);
}

mod contradictions;
mod graph;
mod neighbours;
mod partial;
mod stages;

/// A file with some sections; `H` stands for a handler's code.
fn file(sections: &str) -> String {
    format!("pipeline: fraud-detection\nowner: me\n{}", sections.replace("H", "code: handlers/h, handler: app.handler"))
}

/// What a file means in the local environment, which has no word to say about it.
fn meaning(sections: &str) -> Pipeline {
    let (pipeline, found) = resolve_text(&file(sections), &local(), &FolderFacts::none())
        .unwrap_or_else(|found| panic!("{sections}: {found:?}"));
    assert!(found.is_empty(), "{found:?}");
    pipeline
}

/// What is found in a file.
fn found(sections: &str) -> Diagnostics {
    match spec::read_partly(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), file(sections).as_bytes()) {
        Ok(spec) => resolve(&spec, &local(), None, &FolderFacts::none()).map_or_else(|found| found, |(_, found)| found),
        Err(found) => found,
    }
}

/// What is said about a file, as `path-free line:column CODE title`.
fn said(sections: &str) -> Vec<String> {
    let line = |d: &crate::diagnostic::Diagnostic| {
        let place = d.place().expect("has a place");
        format!("{}:{} {} {}", place.line, place.column, d.code, d.title)
    };
    found(sections).iter().map(line).collect()
}
