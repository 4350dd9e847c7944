//! The view of the topic that alarms speak to.

use serde::Serialize;

use super::administration::KEY_ADMINISTRATION;
use super::scene::{Fragment, Protection, Scene};
use crate::environment::Tier;
use crate::pipeline::names;
use crate::units::LogicalId;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    topic_name: String,
    key_description: String,
    key_pending_days: u32,
    root_arn: String,
    administration: [&'static str; KEY_ADMINISTRATION.len()],
    account: &'a str,
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

pub(super) fn fragment(scene: &Scene<'_>) -> Fragment {
    let pipeline = scene.pipeline;
    let view = View {
        ids: Ids {
            key: names::shared_id(&["alarm", "topic", "key"]),
            topic: scene.topic_id(),
            topic_policy: names::shared_id(&["alarm", "topic", "policy"]),
            subscription: names::shared_id(&["alarm", "topic", "email"]),
        },
        topic_name: pipeline.topic_name(),
        key_description: format!("Encrypts what alarms of {} say", pipeline.stack_name()),
        key_pending_days: match pipeline.environment().tier() {
            Tier::Development => 7,
            Tier::Staging | Tier::Production => 30,
        },
        root_arn: format!("arn:{}:iam::{}:root", scene.partition(), pipeline.account()),
        administration: KEY_ADMINISTRATION,
        account: pipeline.account().as_str(),
        email: pipeline.environment().notify().email.as_deref(),
        protection: scene.protection(),
        outputs: Outputs { topic: names::shared_id(&["alarm", "topic", "arn"]) },
        descriptions: Outputs { topic: "Topic that every alarm speaks to" },
    };
    Fragment::shared(pipeline, &view)
}
