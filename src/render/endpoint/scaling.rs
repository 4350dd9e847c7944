//! How an endpoint's fleet grows: with calls, or with the backlog of one that answers later.

use serde::Serialize;
use serde_json::{Value, json};

use super::stage;
use super::variants::{self, ALL_TRAFFIC};
use crate::pipeline::{Endpoint, Serving, names};
use crate::render::scene::Scene;
use crate::units::LogicalId;

/// One variant's scaling.
#[derive(Serialize)]
pub(super) struct Scaling {
    target_id: LogicalId,
    policy_id: LogicalId,
    endpoint_id: LogicalId,
    resource_id: String,
    policy_name: String,
    min: u32,
    max: u32,
    target: u32,
    /// The metric that is tracked where it is not the calls per instance.
    backlog: Option<Value>,
    wake: Option<Wake>,
}

/// How the first instance is started when there is none.
#[derive(Serialize)]
struct Wake {
    policy_id: LogicalId,
    policy_name: String,
    alarm_id: LogicalId,
    alarm_name: String,
    description: String,
    dimensions: Value,
}

impl Scaling {
    pub(super) fn ids(&self) -> impl Iterator<Item = &LogicalId> {
        let wake = self.wake.iter().flat_map(|wake| [&wake.policy_id, &wake.alarm_id]);
        [&self.target_id, &self.policy_id].into_iter().chain(wake)
    }
}

/// The scaling of each production variant; none where the number of instances is fixed or there are none.
pub(super) fn of(scene: &Scene<'_>, endpoint: &Endpoint, endpoint_id: &LogicalId) -> Vec<Scaling> {
    let (Serving::RealTime { min, max, .. } | Serving::Async { min, max, .. }) = &endpoint.serving else {
        return Vec::new();
    };
    let Some(target) = scene.sized.endpoint(&endpoint.name).and_then(|sized| sized.scale_at) else {
        return Vec::new();
    };
    let stage = stage(&endpoint.name);
    let name = scene.pipeline.physical_name(&endpoint.name);
    // Calls per instance are not published for asynchronous endpoints, and their backlog has no variant
    // (stream-behaviour.md SM-15).
    let queued = matches!(endpoint.serving, Serving::Async { .. });
    let dimensions = json!([{"Name": "EndpointName", "Value": name}]);
    let id = |variant: &str, part: &str| {
        let of = if variant == ALL_TRAFFIC { String::new() } else { format!("-{variant}") };
        names::logical_id(&stage, &format!("{part}{of}"))
    };
    variants::names_of(&endpoint.model)
        .into_iter()
        .map(|variant| Scaling {
            target_id: id(variant, "ScalingTarget"),
            policy_id: id(variant, "ScalingPolicy"),
            endpoint_id: endpoint_id.clone(),
            resource_id: format!("endpoint/{name}/variant/{variant}"),
            policy_name: format!("{name}-{}", if queued { "backlog" } else { "invocations" }),
            min: *min,
            max: *max,
            target,
            backlog: queued.then(|| {
                json!({
                    "MetricName": "ApproximateBacklogSizePerInstance",
                    "Namespace": "AWS/SageMaker",
                    "Dimensions": dimensions,
                    "Statistic": "Average",
                })
            }),
            wake: (*min == 0).then(|| Wake {
                policy_id: id(variant, "WakePolicy"),
                policy_name: format!("{name}-wake"),
                alarm_id: id(variant, "WakeAlarm"),
                alarm_name: format!("{name}-endpoint-wake"),
                description: format!("Starts the first instance of endpoint {} when a request waits", endpoint.name),
                dimensions: dimensions.clone(),
            }),
        })
        .collect()
}
