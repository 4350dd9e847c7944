//! The view of the topic that alarms speak to.

use serde::Serialize;

use super::scene::{Fragment, Protection, Scene};
use super::{budget, key};
use crate::pipeline::names;
use crate::units::LogicalId;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    topic_name: String,
    key_description: String,
    key_pending_days: u32,
    root_arn: String,
    account: &'a str,
    budgets_arn: Option<String>,
    email: Option<&'a str>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<&'static str>,
}

#[derive(Serialize)]
struct Ids {
    key: LogicalId,
    topic: LogicalId,
    topic_policy: LogicalId,
    subscription: LogicalId,
}

#[derive(Serialize)]
struct Outputs<T> {
    topic: T,
}

/// The id of what lets services publish to the topic.
pub(super) fn topic_policy_id() -> LogicalId {
    names::shared_id(&["alarm", "topic", "policy"])
}

pub(super) fn fragment(scene: &Scene<'_>) -> Fragment {
    let pipeline = scene.pipeline;
    let view = View {
        ids: Ids {
            key: names::shared_id(&["alarm", "topic", "key"]),
            topic: scene.topic_id(),
            topic_policy: topic_policy_id(),
            subscription: names::shared_id(&["alarm", "topic", "email"]),
        },
        topic_name: pipeline.topic_name(),
        key_description: format!("Encrypts what alarms of {} say", pipeline.stack_name()),
        key_pending_days: key::pending_days(pipeline.environment().tier()),
        root_arn: key::root_arn(scene),
        account: pipeline.account().as_str(),
        budgets_arn: pipeline.budget().map(|_| budget::source_arn(scene)),
        email: pipeline.environment().notify().email.as_deref(),
        protection: scene.protection(),
        outputs: Outputs { topic: names::shared_id(&["alarm", "topic", "arn"]) },
        descriptions: Outputs { topic: "Topic that every alarm speaks to" },
    };
    Fragment::shared(pipeline, &view)
}
