//! The view of an SNS topic with its subscriptions. Workers subscribe themselves (their own template).

use serde::Serialize;
use serde_json::{Value, json};

use super::access::key_arn;
use super::queue;
use super::scene::{Fragment, Scene, main_id};
use crate::pipeline::{StageKind, StageRef, Topic, names};
use crate::units::{LogicalId, StageName};

/// The key that AWS manages for SNS. Roles of the account may use it by way of the topic; services that publish in
/// their own name may not, but those speak to the alarm topic, which has a key of its own.
const MANAGED_KEY: &str = "alias/aws/sns";

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    name: String,
    key: Value,
    queues: Vec<QueueSubscription>,
    emails: Vec<EmailSubscription<'a>>,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    topic: LogicalId,
    policy: LogicalId,
}

#[derive(Serialize)]
struct QueueSubscription {
    id: LogicalId,
    topic: LogicalId,
    queue: LogicalId,
    policy: LogicalId,
}

#[derive(Serialize)]
struct EmailSubscription<'a> {
    id: LogicalId,
    topic: LogicalId,
    address: &'a str,
}

#[derive(Serialize)]
struct Outputs<T> {
    arn: T,
}

/// The literal ARN of a topic, for whatever the topic itself refers to.
pub(super) fn arn(scene: &Scene<'_>, topic: &StageName) -> String {
    scene.arn("sns", &scene.pipeline.physical_name(topic))
}

pub(super) fn fragment(scene: &Scene<'_>, topic: &Topic) -> Fragment {
    let pipeline = scene.pipeline;
    let stage = StageRef::new(StageKind::Topic, &topic.name);
    let own = main_id(StageKind::Topic, &topic.name);
    let part = |part: &str| names::logical_id(&stage, part);
    let queues = topic.queues.iter().map(|name| QueueSubscription {
        id: part(&format!("queue-{name}")),
        topic: own.clone(),
        queue: main_id(StageKind::Queue, name),
        policy: queue::policy_id(name),
    });
    let emails = topic.emails.iter().map(|address| EmailSubscription {
        id: part(&format!("email-{address}")),
        topic: own.clone(),
        address,
    });
    let view = View {
        name: pipeline.physical_name(&topic.name),
        key: key_arn(&topic.encryption).unwrap_or_else(|| json!(MANAGED_KEY)),
        queues: queues.collect(),
        emails: emails.collect(),
        outputs: Outputs { arn: part("Arn") },
        descriptions: Outputs { arn: format!("ARN of topic {}", topic.name) },
        ids: Ids { policy: part("Policy"), topic: own },
    };
    let subscriptions = view.queues.iter().map(|one| &one.id).chain(view.emails.iter().map(|one| &one.id));
    let narrower: Vec<(&LogicalId, &str)> = subscriptions.map(|id| (id, "deliver_to")).collect();
    Fragment::of(pipeline, &stage, &view, &narrower)
}
