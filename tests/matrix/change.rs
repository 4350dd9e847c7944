//! What is deployed: the files of a stack as they are, less of them, and an edit that touches everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sluicegate::operate::{self, Shelf};
use sluicegate::template::Resource;
use sluicegate::units::LogicalId;
use sluicegate::workspace::Project;

use crate::folder;

/// The environment: the embedded cloud under the rules of staging, so that what holds data is kept.
pub const ENVIRONMENT: &str = "rehearsal";

/// The stacks of this repository.
pub const STACKS: [&str; 8] = [
    "anomaly-detection",
    "content-moderation",
    "delivery-eta",
    "fraud-detection",
    "multi-model-inference",
    "observability",
    "personalization",
    "windowed-aggregation",
];

/// Whose streams a stack reads, or its own name.
pub fn upstream(stack: &str) -> Option<&'static str> {
    (stack == "observability").then_some("fraud-detection")
}

/// What is deployed in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Update {
    /// The first deployment: everything is made, and a failure leaves nothing.
    First,
    /// An edit that touches everything that an update can touch.
    Change,
    /// From one stream to everything: nearly all of it is made in an update.
    Grow,
    /// From everything to one stream: nearly all of it is removed in an update.
    Shrink,
}

impl Update {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::First, Self::Change, Self::Grow, Self::Shrink];

    /// The files that are there before, where a stack is.
    pub fn before(self) -> Option<Files> {
        match self {
            Self::First => None,
            Self::Change | Self::Shrink => Some(Files::Whole),
            Self::Grow => Some(Files::Reduced),
        }
    }

    /// The files that are deployed.
    pub fn after(self) -> Files {
        match self {
            Self::First | Self::Grow => Files::Whole,
            Self::Change => Files::Changed,
            Self::Shrink => Files::Reduced,
        }
    }
}

/// A state of a stack's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Files {
    /// As they are in this repository.
    Whole,
    /// With an edit that touches everything.
    Changed,
    /// One stream, with the keys that it may need.
    Reduced,
}

/// Types that an update cannot touch: every property of theirs is create-only, and so is their name.
pub const UNTOUCHABLE: [&str; 3] = ["AWS::KMS::Alias", "AWS::Kinesis::StreamConsumer", "AWS::Logs::LogStream"];

/// Writes a project with a stack in a state, and with what it reads from.
pub fn write(folder: &Path, stack: &str, files: Files) {
    folder::fill(folder);
    for entry in fs::read_dir(folder.join("stacks")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // What nobody needs makes every run slower.
        if name != stack && Some(name.as_str()) != upstream(stack) {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    match files {
        Files::Whole => {}
        Files::Reduced => reduce(folder, stack),
        Files::Changed => change(folder, stack),
    }
}

fn edit(folder: &Path, stack: &str, edit: impl FnOnce(&mut Map<String, Value>)) {
    let path = folder.join(format!("stacks/{stack}/pipeline.yaml"));
    let mut file: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    edit(file.as_object_mut().unwrap());
    // JSON is YAML.
    fs::write(path, serde_json::to_string_pretty(&file).unwrap()).unwrap();
}

/// Leaves one stream.
fn reduce(folder: &Path, stack: &str) {
    let resources = rendered(folder, stack);
    edit(folder, stack, |file| {
        let kept = ["sluice", "pipeline", "owner", "description", "encryption", "keys", "streams", "traffic"];
        file.retain(|name, _| kept.contains(&name.as_str()));
        let first = file["streams"].as_object().unwrap().keys().next().unwrap().clone();
        for part in ["streams", "traffic"] {
            file[part].as_object_mut().unwrap().retain(|name, _| *name == first);
        }
        // As many shards as with its readers: what is decided from them must not change with them.
        let name = Value::from(format!("{stack}-{ENVIRONMENT}-{first}"));
        let stream = resources.values().find(|resource| resource.properties.get("Name") == Some(&name)).unwrap();
        let shards = stream.properties.get("ShardCount");
        let capacity = shards.map_or(json!("on-demand"), |shards| json!({"provisioned": {"shards": shards}}));
        file["streams"][&first]["capacity"] = capacity;
    });
    let environment = folder.join(format!("environments/{ENVIRONMENT}.yaml"));
    let mut file: Value = serde_yaml::from_str(&fs::read_to_string(&environment).unwrap()).unwrap();
    if let Some(overlays) = file["pipelines"].as_object_mut() {
        overlays.remove(stack);
    }
    fs::write(environment, serde_json::to_string_pretty(&file).unwrap()).unwrap();
}

/// Touches code, models, and a property of everything else.
fn change(folder: &Path, stack: &str) {
    let home = folder.join("stacks").join(stack);
    for handler in fs::read_dir(home.join("handlers")).unwrap() {
        append(&handler.unwrap().path().join("app.py"), b"\n# another version\n");
    }
    for model in fs::read_dir(home.join("models")).into_iter().flatten() {
        append(&model.unwrap().path(), b"another version");
    }
    let mut patches = Map::new();
    for (id, resource) in rendered(folder, stack) {
        if let Some(properties) = patch(&resource) {
            patches.insert(id.to_string(), json!({ "Properties": properties }));
        }
    }
    edit(folder, stack, |file| {
        let hatch = file.entry("cloudformation").or_insert_with(|| json!({}));
        let into = hatch.as_object_mut().unwrap().entry("patch").or_insert_with(|| json!({}));
        into.as_object_mut().unwrap().append(&mut patches);
    });
}

fn rendered(folder: &Path, stack: &str) -> BTreeMap<LogicalId, Resource> {
    let project = Project::find(folder).unwrap();
    let planned = operate::plan_afresh(&mut Shelf::new(&project), stack, ENVIRONMENT, None).unwrap();
    planned.prepared.rendered.template.resources.into_iter().collect()
}

fn append(path: &Path, bytes: &[u8]) {
    let mut content = fs::read(path).unwrap();
    content.extend_from_slice(bytes);
    fs::write(path, content).unwrap();
}

/// What touches a resource in place; none for those that the new code and the new models touch, and for those that cannot be.
fn patch(resource: &Resource) -> Option<Value> {
    let more = |path: &str| {
        let property = resource.properties.get(path.split('/').next()?)?;
        let rest = path.split_once('/').map_or(String::new(), |(_, rest)| format!("/{rest}"));
        property.pointer(&rest)?.as_u64().map(|number| number + 1)
    };
    Some(match resource.type_name.as_str() {
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => json!({"AlarmDescription": "another version"}),
        "AWS::CloudWatch::Dashboard" => json!({"DashboardBody": "{\"widgets\":[]}"}),
        "AWS::IAM::ManagedPolicy" | "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" | "AWS::S3::BucketPolicy" => {
            json!({"PolicyDocument": {"Id": "another-version"}})
        }
        "AWS::ApplicationAutoScaling::ScalableTarget" => json!({"MaxCapacity": more("MaxCapacity")?}),
        "AWS::ApplicationAutoScaling::ScalingPolicy" => {
            match more("TargetTrackingScalingPolicyConfiguration/ScaleInCooldown") {
                Some(cooldown) => json!({"TargetTrackingScalingPolicyConfiguration": {"ScaleInCooldown": cooldown}}),
                None => {
                    json!({"StepScalingPolicyConfiguration": {"Cooldown": more("StepScalingPolicyConfiguration/Cooldown")?}})
                }
            }
        }
        "AWS::SNS::Subscription" => json!({"FilterPolicy": {"version": ["another"]}}),
        "AWS::Glue::Database" => json!({"DatabaseInput": {"Description": "another version"}}),
        "AWS::Glue::Table" => json!({"TableInput": {"Description": "another version"}}),
        "AWS::Budgets::Budget" => json!({"Budget": {"BudgetLimit": {"Amount": 4711}}}),
        "AWS::Lambda::Permission" => json!({"SourceAccount": "123456789012"}),
        "AWS::Lambda::EventInvokeConfig" => json!({"MaximumEventAgeInSeconds": 1_800}),
        "AWS::DynamoDB::Table"
        | "AWS::IAM::Role"
        | "AWS::KMS::Key"
        | "AWS::Kinesis::Stream"
        | "AWS::KinesisFirehose::DeliveryStream"
        | "AWS::Lambda::EventSourceMapping"
        | "AWS::Lambda::Function"
        | "AWS::Logs::LogGroup"
        | "AWS::S3::Bucket"
        | "AWS::SNS::Topic"
        | "AWS::SQS::Queue"
        | "AWS::SageMaker::Endpoint" => json!({"Tags": [{"Key": "version", "Value": "another"}]}),
        _ => return None,
    })
}
