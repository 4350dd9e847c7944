//! The view of the pipeline's monthly budget.

use serde::Serialize;
use serde_json::Value;

use super::notifications;
use super::scene::{Fragment, Scene, number};
use super::tags;
use crate::pipeline::{CostBudget, names};
use crate::units::LogicalId;

#[derive(Serialize)]
struct View<'a> {
    id: LogicalId,
    name: String,
    amount: Value,
    tags: Vec<Tag<'a>>,
    region: &'a str,
    alert_percents: Vec<Alert>,
    topic_id: LogicalId,
    topic_policy_id: LogicalId,
}

#[derive(Serialize)]
struct Tag<'a> {
    key: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Alert {
    percent: Value,
}

/// Who Budgets says it is when it publishes: any budget of the account.
pub(super) fn source_arn(scene: &Scene<'_>) -> String {
    format!("arn:{}:budgets::{}:*", scene.partition(), scene.pipeline.account())
}

pub(super) fn fragment(scene: &Scene<'_>, budget: &CostBudget) -> Fragment {
    let pipeline = scene.pipeline;
    let view = View {
        id: names::shared_id(&["budget"]),
        name: pipeline.budget_name(),
        // Kept in millionths of a dollar.
        amount: number(budget.monthly.0 as f64 / 1e6),
        tags: vec![
            Tag { key: tags::PIPELINE, value: pipeline.name().as_str() },
            Tag { key: tags::ENVIRONMENT, value: pipeline.environment().name().as_str() },
        ],
        region: pipeline.region().as_str(),
        alert_percents: budget.alert_at.iter().map(|share| Alert { percent: number(share.as_percent()) }).collect(),
        topic_id: scene.topic_id(),
        topic_policy_id: notifications::topic_policy_id(),
    };
    Fragment { origin: pipeline.origin("budget"), ..Fragment::shared(pipeline, &view) }
}
