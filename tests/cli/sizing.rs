//! Every stack, made too small on purpose: `check` refuses it in production and names what gives way, and what `capacity`
//! recommends, written into the file, is accepted.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use serde_json::Value;
use sluicegate::spec;

use crate::support::Project;

/// One stack made too small.
struct Shrunk {
    stack: &'static str,
    /// The file that holds the setting, and the path of the pipeline in it.
    file: &'static str,
    within: &'static str,
    /// The setting, what it is set to, and the stage and resource that give way.
    path: &'static str,
    to: &'static str,
    stage: &'static str,
    resource: &'static str,
}

impl Shrunk {
    const fn new(
        stack: &'static str,
        path: &'static str,
        to: &'static str,
        stage: &'static str,
        resource: &'static str,
    ) -> Self {
        Self { stack, file: "", within: "", path, to, stage, resource }
    }

    fn file(&self) -> String {
        if self.file.is_empty() { format!("stacks/{}/pipeline.yaml", self.stack) } else { self.file.to_owned() }
    }

    fn set(&self, project: &Project, path: &str, to: &str) {
        // A value stands where it stood: an overlay holds what differs there, and no more.
        let own = (self.file(), self.within);
        let (file, within) = if path == self.path { own } else { (format!("stacks/{}/pipeline.yaml", self.stack), "") };
        let file = project.path(&file);
        let before = std::fs::read_to_string(&file).unwrap();
        let path = format!("{within}{path}");
        let after = spec::set(&before, &path, to).unwrap_or_else(|error| panic!("{path}: {error}"));
        std::fs::write(&file, after).unwrap();
    }

    fn assessment(&self, project: &Project) -> Value {
        let outcome = project.sluice(&format!("capacity {} --env prod --output json", self.stack));
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let whole: Value = serde_json::from_str(&outcome.stdout).unwrap();
        whole.get("assessment").unwrap().clone()
    }
}

fn refused_until_the_advice_is_taken(shrunk: &Shrunk) {
    let project = Project::of_this_repository();
    let check = format!("check {} --env prod", shrunk.stack);
    let before = project.sluice(&check);
    assert_eq!(before.code, Some(0), "as it stands: {before}");

    shrunk.set(&project, shrunk.path, shrunk.to);
    let refused = project.sluice(&check);
    assert_eq!(refused.code, Some(1), "{refused}");
    let bottleneck = shrunk.assessment(&project).get("bottleneck").unwrap().clone();
    let (kind, name) = shrunk.stage.split_once(' ').unwrap();
    assert_eq!(bottleneck.pointer("/stage/kind").and_then(Value::as_str), Some(kind), "{bottleneck}");
    assert_eq!(bottleneck.pointer("/stage/name").and_then(Value::as_str), Some(name), "{bottleneck}");
    assert_eq!(bottleneck.get("resource").and_then(Value::as_str), Some(shrunk.resource), "{bottleneck}");
    let errors: Vec<&str> = refused.stderr.lines().filter(|line| line.starts_with("error[R60")).collect();
    assert!(errors.iter().any(|line| line.contains(shrunk.stage)), "{refused}");

    let assessment = shrunk.assessment(&project);
    let advice = assessment.get("advice").and_then(Value::as_array).unwrap();
    for one in advice {
        let text = |field| one.get(field).and_then(Value::as_str).unwrap();
        shrunk.set(&project, text("spec_path"), text("to"));
    }
    let accepted = project.sluice(&check);
    assert_eq!(accepted.code, Some(0), "after {advice:?}: {accepted}");
    let left = shrunk.assessment(&project);
    assert_eq!(left.get("advice"), Some(&Value::Array(Vec::new())), "what was advised satisfies whoever advised it");
}

macro_rules! stacks {
    ($($name:ident: $shrunk:expr;)*) => {
        $(#[test] fn $name() { refused_until_the_advice_is_taken(&$shrunk); })*

        #[test]
        fn every_stack_is_made_too_small_here() {
            let mut known: Vec<String> = std::fs::read_dir("stacks").unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            known.sort();
            let mut tried: Vec<&str> = vec![$($shrunk.stack),*];
            tried.sort_unstable();
            tried.dedup();
            assert_eq!(known, tried);
        }
    };
}

stacks! {
    anomaly_detection_with_a_quarter_of_its_shards: Shrunk::new(
        "anomaly-detection", "streams.readings.capacity", "{provisioned: {shards: 4}}", "stream readings", "hottest-shard");
    content_moderation_with_one_shard: Shrunk::new(
        "content-moderation", "streams.uploads.capacity", "{provisioned: {shards: 1}}", "stream uploads", "write-bytes");
    delivery_eta_with_few_instances_of_a_function: Shrunk::new(
        "delivery-eta", "consumers.score.concurrency", "{reserved: 2, provisioned: 1}", "consumer score", "concurrency");
    fraud_detection_with_two_shards_in_production: Shrunk {
        file: "environments/prod.yaml",
        within: "pipelines.fraud-detection.",
        ..Shrunk::new("fraud-detection", "streams.transactions.capacity", "{provisioned: {shards: 2}}", "stream transactions", "hottest-shard")
    };
    multi_model_inference_with_two_shards: Shrunk::new(
        "multi-model-inference", "streams.requests.capacity", "{provisioned: {shards: 2}}", "stream requests", "hottest-shard");
    observability_with_a_batch_longer_than_its_timeout: Shrunk::new(
        "observability", "consumers.quality.timeout", "1s", "consumer quality", "timeout");
    personalization_with_a_hundred_shards: Shrunk::new(
        "personalization", "streams.interactions.capacity", "{provisioned: {shards: 100}}", "stream interactions", "hottest-shard");
    windowed_aggregation_with_one_shard_for_what_is_late: Shrunk::new(
        "windowed-aggregation", "streams.late-purchases.capacity", "{provisioned: {shards: 1}}", "consumer correct", "parallelism");
}
