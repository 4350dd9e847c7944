//! What an endpoint leaves open: whether its canary is possible, and when its fleet grows.

use super::{Decision, SizedEndpoint};
use crate::pipeline::{Endpoint, EndpointRollout, Serving};

/// Share of an instance's capacity at which another one is added; the rest covers the minutes it takes to start.
const BUSY: f64 = 0.7;
/// Where nothing was measured: one call takes 42 ms on average. Low on purpose, an early instance costs less than
/// a late one.
const UNMEASURED: u32 = 1_000;

pub(super) fn decide(endpoint: &Endpoint) -> (SizedEndpoint, Vec<Decision>) {
    let path = |field: &str| format!("endpoints.{}.serving.real-time.{field}", endpoint.name);
    let Serving::RealTime { min, max, rollout, .. } = &endpoint.serving else {
        return (SizedEndpoint { rollout: EndpointRollout::AllAtOnce, scale_at: UNMEASURED }, Vec::new());
    };
    let mut decisions = Vec::new();

    let rollout = match rollout {
        // SageMaker takes at most half of the fleet as canary (aws-facts.md 1.5), and the fleet may be as small as `min`.
        EndpointRollout::Canary { instances, .. } if instances.saturating_mul(2) > *min => {
            decisions.push(Decision {
                spec_path: path("rollout"),
                chosen: "all-at-once".to_owned(),
                reason: format!(
                    "a canary of {instances} is more than half of {min} instance(s), which SageMaker refuses; \
                     the new fleet takes over at once and alarms still roll it back"
                ),
            });
            EndpointRollout::AllAtOnce
        }
        asked => asked.clone(),
    };

    let (scale_at, reason) = scale_at(endpoint);
    if max > min {
        decisions.push(Decision {
            spec_path: path("instances"),
            chosen: format!("grow at {scale_at} invocations per instance and minute"),
            reason,
        });
    }
    (SizedEndpoint { rollout, scale_at }, decisions)
}

fn scale_at(endpoint: &Endpoint) -> (u32, String) {
    let p50 = endpoint.latency.as_ref().map_or(0, |latency| latency.p50.as_micros());
    if p50 == 0 {
        return (UNMEASURED, "no latency was measured, so the fleet grows early".to_owned());
    }
    // One call at a time per instance: whatever concurrency the container has comes on top.
    let per_minute = (60e6 / p50 as f64 * BUSY).floor().clamp(1.0, 10_000_000.0);
    let median = endpoint.latency.as_ref().map_or_else(String::new, |latency| latency.p50.to_string());
    (
        per_minute as u32,
        format!(
            "a median call takes {median}, so one instance answers that many in a minute at 70 % with one call at a time"
        ),
    )
}
