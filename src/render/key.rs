//! The view of a customer-managed key.

use serde::Serialize;
use serde_json::{Value, json};

use super::scene::{Fragment, Protection, Scene, main_id};
use super::topic;
use crate::environment::Tier;
use crate::pipeline::{Key, StageKind, StageRef, Topic, WorkSource, names};
use crate::units::{LogicalId, StageName};

#[derive(Serialize)]
struct View {
    ids: Ids,
    description: String,
    rotation_days: u64,
    pending_days: u32,
    root_arn: String,
    services: Vec<Service>,
    alias_name: String,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    key: LogicalId,
    alias: LogicalId,
}

#[derive(Serialize)]
struct Outputs<T> {
    arn: T,
}

/// A service that uses the key in its own name.
#[derive(Serialize)]
struct Service {
    sid: &'static str,
    service: &'static str,
    actions: &'static [&'static str],
    condition: Value,
}

pub(super) fn fragment(scene: &Scene<'_>, key: &Key) -> Fragment {
    let pipeline = scene.pipeline;
    let stage = StageRef::new(StageKind::Key, &key.name);
    let view = View {
        ids: Ids { key: main_id(StageKind::Key, &key.name), alias: names::logical_id(&stage, "Alias") },
        description: match key.description.as_str() {
            "" => format!("Key {} of {}", key.name, pipeline.stack_name()),
            text => text.to_owned(),
        },
        rotation_days: key.rotation.as_days(),
        pending_days: pending_days(pipeline.environment().tier()),
        root_arn: root_arn(scene),
        services: services(scene, key),
        alias_name: pipeline.key_alias(&key.name),
        protection: scene.protection(),
        outputs: Outputs { arn: names::logical_id(&stage, "Arn") },
        descriptions: Outputs { arn: format!("ARN of key {}", key.name) },
    };
    Fragment::of(pipeline, &stage, &view, &[])
}

/// How long a deleted key can be brought back: KMS's longest wait where data hangs on it, else the shortest.
pub(super) fn pending_days(tier: Tier) -> u32 {
    match tier {
        Tier::Production | Tier::Staging => 30,
        Tier::Development => 7,
    }
}

/// The account as a principal: whoever its own policies let.
pub(super) fn root_arn(scene: &Scene<'_>) -> String {
    format!("arn:{}:iam::{}:root", scene.partition(), scene.pipeline.account())
}

/// Topics deliver to queues in SNS's own name, and SNS must be able to write what the queue's key protects. Everything
/// else (Kinesis, Lambda, Firehose, S3, DynamoDB, SageMaker) uses the key in the name of a role, whose own policy says so.
fn services(scene: &Scene<'_>, key: &Key) -> Vec<Service> {
    let pipeline = scene.pipeline;
    let encrypted = |queue: &StageName| {
        pipeline.queues().get(queue).and_then(|queue| queue.encryption.own_key()) == Some(&key.name)
    };
    // The queue of what a worker did not get is encrypted as its topic.
    let undelivered = |topic: &Topic| {
        topic.encryption.own_key() == Some(&key.name)
            && pipeline.workers().values().any(|worker| match &worker.from {
                WorkSource::Topic { topic: from, .. } => *from == topic.name,
                WorkSource::Queue { .. } => false,
            })
    };
    let topics: Vec<String> = pipeline
        .topics()
        .values()
        .filter(|topic| topic.queues.iter().any(encrypted) || undelivered(topic))
        .map(|topic| topic::arn(scene, &topic.name))
        .collect();
    if topics.is_empty() {
        return Vec::new();
    }
    vec![Service {
        sid: "DeliverFromTopics",
        service: "sns.amazonaws.com",
        actions: &["kms:Decrypt", "kms:GenerateDataKey"],
        condition: json!({
            "StringEquals": {"aws:SourceAccount": pipeline.account()},
            "ArnEquals": {"aws:SourceArn": topics},
        }),
    }]
}
