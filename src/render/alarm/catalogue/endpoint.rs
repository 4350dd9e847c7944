//! Alarms of endpoints. AWS has no list for SageMaker (aws-facts.md 5.3).

use super::{Recommended, dimension, metric};
use crate::pipeline::{AlarmId, Endpoint, Model, Serving, StageKind, StageRef};
use crate::render::alarm::{Comparison, Signal, Together};
use crate::render::endpoint::production_variants;
use crate::render::scene::Scene;
use crate::units::{StageName, Statistic};

pub(super) fn of_endpoint(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Endpoint, name);
    let Some(endpoint) = scene.pipeline.endpoints().get(name) else { return Vec::new() };
    let mut found = of_calls(scene, &stage, endpoint);
    if let Model::Multi { .. } = endpoint.model {
        let says = format!("Endpoint {name} loads models too often: more are in use than its instances hold in memory");
        found.push(
            Recommended::new(&stage, AlarmId::EndpointCacheHit, worst(scene, endpoint, "ModelCacheHit"), says)
                .of(Statistic::Average, 60, 15)
                .when(Comparison::Below, 0.8),
        );
    }
    if let Serving::Async { parallel, .. } = endpoint.serving {
        found.extend(of_requests(scene, &stage, endpoint, parallel));
    }
    found
}

/// A metric of the endpoint; of its worst variant where there are several.
fn worst(scene: &Scene<'_>, endpoint: &Endpoint, metric_name: &str) -> Signal {
    of_variants(scene, endpoint, metric_name, Together::Max)
}

fn of_variants(scene: &Scene<'_>, endpoint: &Endpoint, metric_name: &str, together: Together) -> Signal {
    let name = scene.pipeline.physical_name(&endpoint.name);
    let of = |variant| vec![dimension("EndpointName", name.as_str()), dimension("VariantName", variant)];
    let dimensions = production_variants(&endpoint.model).into_iter().map(of).collect();
    Signal::several("AWS/SageMaker", metric_name, dimensions, together)
}

/// Shares are averages of a metric that is 0 or 1 per call; three minutes in a row, so that they can ring while a canary
/// is watched.
fn of_calls(scene: &Scene<'_>, stage: &StageRef, endpoint: &Endpoint) -> Vec<Recommended> {
    let name = &endpoint.name;
    let share = |alarm, metric_name, says: String, most| {
        Recommended::new(stage, alarm, worst(scene, endpoint, metric_name), says)
            .of(Statistic::Average, 60, 3)
            .when(Comparison::Above, most)
    };
    // Twice what was measured; without a measurement a second, in the metric's microseconds.
    let slow = endpoint.latency.as_ref().map_or(1e6, |measured| measured.p99.as_micros() as f64 * 2.0);
    let mut found = vec![
        share(
            AlarmId::EndpointErrors5xx,
            "Invocation5XXErrors",
            format!("More than 1 % of the calls of endpoint {name} fail on its side"),
            0.01,
        ),
        share(
            AlarmId::EndpointErrors4xx,
            "Invocation4XXErrors",
            format!(
                "More than 5 % of the calls of endpoint {name} are refused: the caller sends what the model does not take"
            ),
            0.05,
        ),
        Recommended::new(
            stage,
            AlarmId::EndpointLatency,
            worst(scene, endpoint, "ModelLatency"),
            format!("The model of endpoint {name} is slow (p99)"),
        )
        .of(Statistic::Percentile(9_900), 60, 3)
        .when(Comparison::Above, slow),
    ];
    // Not published where requests wait: there a failed request is a failed invocation.
    if !matches!(endpoint.serving, Serving::Async { .. }) {
        let says = format!("The model container of endpoint {name} does not answer more than 1 % of the calls");
        found.push(share(AlarmId::EndpointModelErrors, "InvocationModelErrors", says, 0.01));
    }
    found
}

/// Requests that wait for an asynchronous endpoint. What waits has no variant yet; what is taken has (SageMaker developer
/// guide, "Monitor asynchronous endpoint").
fn of_requests(scene: &Scene<'_>, stage: &StageRef, endpoint: &Endpoint, parallel: Option<u32>) -> Vec<Recommended> {
    // Ten waiting for each that is worked on: the fleet grows long before.
    const WAITING: f64 = 10.0;
    let name = &stage.name;
    let on = |metric_name| {
        metric("AWS/SageMaker", metric_name, vec![dimension("EndpointName", scene.pipeline.physical_name(name))])
    };
    vec![
        Recommended::new(
            stage,
            AlarmId::EndpointBacklog,
            on("ApproximateBacklogSizePerInstance"),
            format!("Requests of endpoint {name} wait: it does not grow fast enough, or is as large as it may be"),
        )
        .of(Statistic::Average, 60, 15)
        .when(Comparison::Above, WAITING * f64::from(parallel.unwrap_or(1))),
        // Instances take minutes to start, from none more than ever.
        Recommended::new(
            stage,
            AlarmId::EndpointNoCapacity,
            on("HasBacklogWithoutCapacity"),
            format!("Requests of endpoint {name} wait and no instance has come up to take them"),
        )
        .of(Statistic::Maximum, 60, 20),
        Recommended::new(
            stage,
            AlarmId::EndpointFailures,
            of_variants(scene, endpoint, "InvocationFailures", Together::Sum),
            format!("Requests of endpoint {name} fail; its error topic says which"),
        )
        .of(Statistic::Sum, 60, 3),
        Recommended::new(
            stage,
            AlarmId::EndpointExpired,
            of_variants(scene, endpoint, "ExpiredRequests", Together::Sum),
            format!("Requests of endpoint {name} waited until they expired: they are lost unless sent again"),
        )
        .of(Statistic::Sum, 60, 1),
    ]
}
