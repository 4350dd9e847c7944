//! Every stack, in every tier, from creation over a change of each of its stages to removal, on the embedded cloud and in
//! virtual time.
//!
//! The stages are those that the files resolve to, and what is changed follows from a stage's kind: a stage that nothing
//! changes, or whose change reaches no resource, fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sluicegate::event::OperationResult;
use sluicegate::operate::{self, DeployOrder, Deployed, DestroyOrder, Interrupt, Shelf, Tools};
use sluicegate::pipeline::{StageKind, StageRef};
use sluicegate::plan::Action;
use sluicegate::workspace::{Project, StandingClock};

use super::company::{Clouds, Nobody, clock};
use super::folder;
use super::kept::embedded;
use super::project::{pipelines, yaml};

/// An environment of each tier. That of production is written here: no file has it embedded.
const ENVIRONMENTS: [&str; 3] = ["local", "rehearsal", "proof"];

/// A project in one environment, its cloud and its time.
struct World {
    folder: tempfile::TempDir,
    environment: &'static str,
    clock: Arc<StandingClock>,
}

impl World {
    fn new(environment: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        folder::fill(folder.path());
        let mut proof = yaml("environments/rehearsal.yaml");
        proof["environment"] = json!("proof");
        proof["tier"] = json!("production");
        write(&folder.path().join("environments/proof.yaml"), &proof);
        Self { folder, environment, clock: clock() }
    }

    fn pipeline_file(&self, stack: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("stacks/{stack}/pipeline.yaml"))
    }

    async fn deploy(&self, stack: &str) -> Deployed {
        let project = Project::find(self.folder.path()).unwrap();
        let (mut shelf, interrupt) = (Shelf::new(&project), Interrupt::new());
        let order = DeployOrder {
            pipeline: stack.to_owned(),
            environment: self.environment.to_owned(),
            region: None,
            yes: true,
            given: BTreeSet::new(),
            reviewed: None,
            drain: None,
            hand_over: None,
        };
        let cloud = embedded(self.folder.path(), self.environment, &self.clock);
        let clouds = Clouds { http: cloud.http_client(), clock: Arc::clone(&self.clock) };
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let deployed = operate::deploy(&mut shelf, &order, tools, &mut Nobody).await;
        deployed.unwrap_or_else(|failure| panic!("{stack} in {}: {:#?}", self.environment, failure.diagnostics))
    }

    async fn destroy(&self, stack: &str) -> OperationResult {
        let project = Project::find(self.folder.path()).unwrap();
        let (mut shelf, interrupt) = (Shelf::new(&project), Interrupt::new());
        let order = DestroyOrder {
            pipeline: stack.to_owned(),
            environment: self.environment.to_owned(),
            region: None,
            yes: true,
            unprotect: true,
        };
        let cloud = embedded(self.folder.path(), self.environment, &self.clock);
        let clouds = Clouds { http: cloud.http_client(), clock: Arc::clone(&self.clock) };
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let destroyed = operate::destroy(&mut shelf, &order, tools, &mut Nobody).await;
        destroyed.unwrap_or_else(|failure| panic!("{stack} in {}: {:#?}", self.environment, failure.diagnostics)).result
    }
}

fn write(path: &Path, value: &Value) {
    // JSON is YAML.
    fs::write(path, serde_json::to_string_pretty(value).unwrap()).unwrap();
}

/// Changes one setting of a stage. A new kind of stage does not compile until it says what can be changed about it.
fn change(kind: StageKind, stage: &mut Value, environment: &str) {
    match kind {
        StageKind::Stream => stage["retention"] = json!("100h"),
        StageKind::Table => {
            // Left out, it is off in development and on elsewhere.
            let on = stage["point_in_time_recovery"].as_bool().unwrap_or(environment != "local");
            stage["point_in_time_recovery"] = json!(!on);
        }
        StageKind::Endpoint => stage.get_mut("serving").into_iter().for_each(change_serving),
        StageKind::Consumer => stage["batch"]["window"] = json!("7s"),
        StageKind::Archive => stage["buffer"]["every"] = json!("11m"),
        StageKind::Key => stage["rotation"] = json!("99d"),
        StageKind::Queue => stage["retention"] = json!("3d"),
        StageKind::Topic => stage["deliver_to"]["emails"] = json!(["somebody.else@example.com"]),
        StageKind::Bucket => stage["keep"] = json!({"standard": "33d", "then": "delete"}),
        StageKind::Worker => stage["memory"] = json!("768 MiB"),
        StageKind::Metric => stage["alarms"]["proof"] = json!({"when": {"above": one(&stage["unit"])}}),
    }
}

/// The smallest whole threshold of a metric, as its unit writes it.
fn one(unit: &Value) -> Value {
    match unit.as_str() {
        Some("microseconds") => json!("1us"),
        Some("milliseconds") => json!("1ms"),
        Some("seconds") => json!("1s"),
        Some("percent") => json!("1%"),
        Some("bytes") => json!("1 bytes"),
        Some(_) | None => json!(1),
    }
}

fn change_serving(serving: &mut Value) {
    for way in ["real-time", "async"] {
        if let Some(way) = serving.get_mut(way) {
            let most = way["instances"]["max"].as_u64().or_else(|| way["instances"]["min"].as_u64()).unwrap_or(2);
            way["instances"]["max"] = json!(most + 1);
        }
    }
    if let Some(serverless) = serving.get_mut("serverless") {
        serverless["concurrency"]["max"] = json!(serverless["concurrency"]["max"].as_u64().unwrap() + 1);
    }
}

/// Every stage of a pipeline file.
fn stages(pipeline: &Value) -> Vec<(StageKind, String)> {
    let of = |kind: StageKind| {
        let section = pipeline.get(kind.section()).and_then(Value::as_object);
        section.into_iter().flatten().map(move |(name, _)| (kind, name.clone()))
    };
    StageKind::ALL.into_iter().flat_map(of).collect()
}

/// The stack whose stream another one reads, if it does.
fn reads_from(pipeline: &Value) -> Option<String> {
    let consumers = pipeline.get("consumers")?.as_object()?;
    consumers.values().find_map(|consumer| Some(consumer["from"].as_str()?.split_once('/')?.0.to_owned()))
}

async fn lives(stack: &str) {
    for environment in ENVIRONMENTS {
        let world = World::new(environment);
        let mut pipeline = yaml(&format!("stacks/{stack}/pipeline.yaml"));
        if let Some(other) = reads_from(&pipeline) {
            assert_eq!(world.deploy(&other).await.result, OperationResult::Succeeded);
        }
        let created = world.deploy(stack).await;
        assert_eq!(created.result, OperationResult::Succeeded, "{stack} in {environment}");
        assert_eq!(world.deploy(stack).await.result, OperationResult::NothingToDo, "{stack} in {environment}, again");

        let stages = stages(&pipeline);
        for (kind, name) in &stages {
            change(*kind, &mut pipeline[kind.section()][name.as_str()], environment);
        }
        // What the environment says of a stage as well, a change of the pipeline file would not reach.
        let file = world.folder.path().join(format!("environments/{environment}.yaml"));
        let mut settings = serde_yaml::from_str::<Value>(&fs::read_to_string(&file).unwrap()).unwrap();
        for (kind, name) in &stages {
            if let Some(stage) = settings.pointer_mut(&format!("/pipelines/{stack}/{}/{name}", kind.section())) {
                change(*kind, stage, environment);
            }
        }
        write(&file, &settings);
        write(&world.pipeline_file(stack), &pipeline);
        let changed = world.deploy(stack).await;
        assert_eq!(changed.result, OperationResult::Succeeded, "the change of {stack} in {environment}");
        let reached: BTreeSet<&StageRef> = changed
            .plan
            .resources
            .iter()
            .filter(|resource| matches!(resource.action, Action::Update | Action::Create | Action::Replace))
            .filter_map(|resource| resource.origin.as_ref()?.stage.as_ref())
            .collect();
        for (kind, name) in &stages {
            let reached = reached.iter().any(|stage| stage.kind == *kind && stage.name.as_str() == name);
            assert!(reached, "the change of {kind} {name} of {stack} in {environment} reaches no resource");
        }
        assert_eq!(world.destroy(stack).await, OperationResult::Succeeded, "{stack} in {environment}");
        assert_eq!(world.destroy(stack).await, OperationResult::NothingToDo, "{stack} in {environment}, again");
    }
}

/// A project holds many pipelines, and none takes a name that another one wants.
#[tokio::test]
async fn every_stack_stands_beside_all_others_in_one_environment() {
    let world = World::new("local");
    let all = pipelines();
    let (readers, others): (Vec<_>, Vec<_>) = all.keys().partition(|stack| reads_from(&all[*stack]).is_some());
    for stack in others.into_iter().chain(readers) {
        assert_eq!(world.deploy(stack).await.result, OperationResult::Succeeded, "{stack}");
    }
}

macro_rules! stacks {
    ($($test:ident => $stack:literal),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                lives($stack).await;
            }
        )*

        #[test]
        fn every_stack_lives() {
            assert_eq!(pipelines().into_keys().collect::<Vec<_>>(), [$($stack),*]);
        }
    };
}

stacks! {
    anomaly_detection_lives => "anomaly-detection",
    content_moderation_lives => "content-moderation",
    delivery_eta_lives => "delivery-eta",
    fraud_detection_lives => "fraud-detection",
    multi_model_inference_lives => "multi-model-inference",
    observability_lives => "observability",
    personalization_lives => "personalization",
    windowed_aggregation_lives => "windowed-aggregation",
}
