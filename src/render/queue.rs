//! The view of an SQS queue with its dead-letter queue.

use serde::Serialize;
use serde_json::Value;

use super::access::key_arn;
use super::scene::{Fragment, Protection, Scene, main_id, reference};
use crate::pipeline::{Queue, StageKind, StageRef, names};
use crate::units::{LogicalId, StageName};

/// How long dead messages wait: the longest that SQS keeps a message (aws-facts.md 1.7).
const DEAD_RETENTION_SECONDS: u32 = 1_209_600;

#[derive(Serialize)]
struct View {
    ids: Ids,
    name: String,
    arn: String,
    dead_name: String,
    dead_retention_seconds: u32,
    retention_seconds: u64,
    visibility_seconds: u64,
    delay_seconds: u64,
    attempts: u32,
    key: Option<Value>,
    policies: [Policy; 2],
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    queue: LogicalId,
    dead: LogicalId,
}

/// Who may do what to a queue, besides the roles of the account.
#[derive(Serialize)]
struct Policy {
    id: LogicalId,
    queue: LogicalId,
    topics: Vec<Value>,
}

#[derive(Serialize)]
struct Outputs<T> {
    url: T,
    dead_url: T,
}

fn stage(queue: &StageName) -> StageRef {
    StageRef::new(StageKind::Queue, queue)
}

/// The logical id of a queue's policy.
pub(super) fn policy_id(queue: &StageName) -> LogicalId {
    names::logical_id(&stage(queue), "Policy")
}

pub(super) fn fragment(scene: &Scene<'_>, queue: &Queue) -> Fragment {
    let pipeline = scene.pipeline;
    let stage = stage(&queue.name);
    let name = pipeline.physical_name(&queue.name);
    let ids = Ids { queue: main_id(StageKind::Queue, &queue.name), dead: names::logical_id(&stage, "Dead") };
    let topics = pipeline.topics().values().filter(|topic| topic.queues.contains(&queue.name));
    let view = View {
        arn: scene.arn("sqs", &name),
        dead_name: pipeline.dead_letter_queue_name(&queue.name),
        dead_retention_seconds: DEAD_RETENTION_SECONDS,
        retention_seconds: queue.retention.as_secs(),
        visibility_seconds: queue.visibility.as_secs(),
        delay_seconds: queue.delay.as_secs(),
        attempts: queue.attempts,
        key: key_arn(&queue.encryption),
        policies: [
            Policy {
                id: policy_id(&queue.name),
                queue: ids.queue.clone(),
                topics: topics.map(|topic| reference(&main_id(StageKind::Topic, &topic.name))).collect(),
            },
            Policy { id: names::logical_id(&stage, "DeadPolicy"), queue: ids.dead.clone(), topics: Vec::new() },
        ],
        protection: scene.protection(),
        outputs: Outputs { url: names::logical_id(&stage, "Url"), dead_url: names::logical_id(&stage, "DeadUrl") },
        descriptions: Outputs {
            url: format!("URL of queue {}", queue.name),
            dead_url: format!("URL of the queue of messages that nobody could take from queue {}", queue.name),
        },
        name,
        ids,
    };
    Fragment::of(pipeline, &stage, &view, &[(&view.ids.dead, "attempts")])
}
