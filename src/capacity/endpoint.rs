//! What an endpoint leaves open: whether its canary is possible, and when its fleet grows.

use super::load::counted;
use super::{Decision, SizedEndpoint};
use crate::pipeline::{Endpoint, EndpointRollout, Serving};

/// Share of an instance's capacity at which another one is added; the rest covers the minutes it takes to start.
pub(super) const BUSY: f64 = 0.7;
/// Where nothing was measured: one call takes 42 ms on average. Low on purpose, an early instance costs less than
/// a late one.
const UNMEASURED: u32 = 1_000;
/// Waiting requests per instance where nothing was measured: AWS's own example ("Autoscale an asynchronous endpoint",
/// SageMaker developer guide).
const UNMEASURED_BACKLOG: u32 = 5;

pub(super) fn decide(endpoint: &Endpoint) -> (SizedEndpoint, Vec<Decision>) {
    let path = |field: &str| format!("endpoints.{}.serving.{}.{field}", endpoint.name, way(&endpoint.serving));
    let mut decisions = Vec::new();
    let (rollout, min, max) = match &endpoint.serving {
        Serving::RealTime { min, max, rollout, .. } => {
            let (rollout, decision) = possible(rollout, *min, path);
            decisions.extend(decision);
            (Some(rollout), *min, *max)
        }
        // Answers come minutes later than a canary would be watched; alarms still roll the whole fleet back.
        Serving::Async { min, max, .. } => (Some(EndpointRollout::AllAtOnce), *min, *max),
        Serving::Serverless { .. } => (None, 0, 0),
    };
    if max <= min {
        return (SizedEndpoint { rollout, scale_at: None }, decisions);
    }
    let (scale_at, what, reason) = match endpoint.serving {
        Serving::Async { parallel, .. } => backlog(endpoint, parallel),
        Serving::RealTime { .. } | Serving::Serverless { .. } => calls(endpoint),
    };
    decisions.push(Decision { spec_path: path("instances"), chosen: format!("grow at {scale_at} {what}"), reason });
    (SizedEndpoint { rollout, scale_at: Some(scale_at) }, decisions)
}

fn way(serving: &Serving) -> &'static str {
    match serving {
        Serving::RealTime { .. } => "real-time",
        Serving::Async { .. } => "async",
        Serving::Serverless { .. } => "serverless",
    }
}

/// SageMaker takes at most half of the fleet as canary (aws-facts.md 1.5), and the fleet may be as small as `min`.
fn possible(asked: &EndpointRollout, min: u32, path: impl Fn(&str) -> String) -> (EndpointRollout, Option<Decision>) {
    match asked {
        EndpointRollout::Canary { instances, .. } if instances.saturating_mul(2) > min => {
            let decision = Decision {
                spec_path: path("rollout"),
                chosen: "all-at-once".to_owned(),
                reason: format!(
                    "a canary of {instances} is more than half of {}, which SageMaker refuses; \
                     the new fleet takes over at once and alarms still roll it back",
                    counted(f64::from(min), "instance")
                ),
            };
            (EndpointRollout::AllAtOnce, Some(decision))
        }
        EndpointRollout::Canary { .. } | EndpointRollout::AllAtOnce => (asked.clone(), None),
    }
}

fn calls(endpoint: &Endpoint) -> (u32, &'static str, String) {
    let what = "invocations per instance and minute";
    let Some(median) = endpoint.latency.as_ref().map(|latency| latency.p50).filter(|p50| p50.as_micros() > 0) else {
        return (UNMEASURED, what, "no latency was measured, so the fleet grows early".to_owned());
    };
    // One call at a time per instance: whatever concurrency the container has comes on top.
    let per_minute = (60e6 / median.as_micros() as f64 * BUSY).floor().clamp(1.0, 10_000_000.0);
    let reason = format!(
        "a median call takes {median}, so one instance answers that many in a minute at 70 % with one call at a time"
    );
    (per_minute as u32, what, reason)
}

fn backlog(endpoint: &Endpoint, parallel: Option<u32>) -> (u32, &'static str, String) {
    let what = "waiting requests per instance";
    let Some(median) = endpoint.latency.as_ref().map(|latency| latency.p50).filter(|p50| p50.as_micros() > 0) else {
        return (UNMEASURED_BACKLOG, what, "no latency was measured, so the fleet grows early".to_owned());
    };
    let at_once = parallel.unwrap_or(1);
    let per_minute = (60e6 / median.as_micros() as f64 * f64::from(at_once)).floor().clamp(1.0, 10_000_000.0);
    let reason = format!(
        "a median request takes {median}, so one instance with {at_once} at once works that many off in a minute"
    );
    (per_minute as u32, what, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Tier;
    use crate::pipeline::fixture::name;
    use crate::pipeline::{Pipeline, ServiceTime};
    use crate::units::Duration;

    fn waiting(min: u32, max: u32, parallel: Option<u32>, p50: Option<u64>) -> (SizedEndpoint, Vec<Decision>) {
        let mut endpoint = Pipeline::fixture(Tier::Production).scoring().clone();
        endpoint.latency =
            p50.map(|p50| ServiceTime { p50: Duration::from_millis(p50), p99: Duration::from_millis(p50 * 2) });
        endpoint.serving = Serving::Async {
            instance: "ml.g5.xlarge".to_owned(),
            min,
            max,
            parallel,
            input: name("inbox"),
            output: name("outbox"),
            success: None,
            error: None,
            expires: Duration::from_secs(21_600),
        };
        decide(&endpoint)
    }

    #[test]
    fn a_backlog_is_too_long_when_an_instance_needs_more_than_a_minute_for_it() {
        assert_eq!(waiting(0, 4, Some(4), Some(2_000)).0.scale_at, Some(120));
        assert_eq!(waiting(0, 4, None, Some(90_000)).0.scale_at, Some(1), "never none");
        let (sized, decisions) = waiting(0, 4, Some(4), None);
        assert_eq!((sized.scale_at, sized.rollout), (Some(UNMEASURED_BACKLOG), Some(EndpointRollout::AllAtOnce)));
        assert_eq!(
            decisions.iter().map(|d| d.spec_path.as_str()).collect::<Vec<_>>(),
            ["endpoints.scoring.serving.async.instances"]
        );
    }

    #[test]
    fn what_does_not_grow_has_no_load_to_grow_at() {
        assert_eq!(waiting(2, 2, None, None).0.scale_at, None);
        let mut endpoint = Pipeline::fixture(Tier::Production).scoring().clone();
        endpoint.serving =
            Serving::Serverless { memory: crate::units::ByteSize::from_mib(1_024), max: 5, provisioned: None };
        let (sized, decisions) = decide(&endpoint);
        assert_eq!((sized.scale_at, sized.rollout, decisions), (None, None, Vec::new()));
    }
}
