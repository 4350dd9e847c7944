//! The points that reading gives.

use serde_json::{Value, json};

use super::history::History;
use super::{function_name, source_of};
use crate::embedded::mappings::Mapping;
use crate::embedded::metrics::MetricName;
use crate::units::Timestamp;

/// The function's own points, under its name and under the version or alias that is called.
pub(super) fn invoked(
    mapping: &Mapping,
    at: Timestamp,
    moved: f64,
    more: &[(&str, f64)],
    points: &mut Vec<(MetricName, Timestamp, f64)>,
) {
    let name = function_name(&mapping.function);
    let batch = mapping.number("BatchSize").unwrap_or(100).max(1) as f64;
    let tail = mapping.function.split(":function:").nth(1).unwrap_or(&name);
    let mut of_function = vec![MetricName::of("AWS/Lambda", "", "FunctionName", &name)];
    if tail != name {
        let mut qualified = MetricName::of("AWS/Lambda", "", "FunctionName", &name);
        qualified.dimensions.insert("Resource".to_owned(), tail.to_owned());
        of_function.push(qualified);
    }
    let always = [("Invocations", (moved / batch).ceil()), ("Errors", 0.0), ("Throttles", 0.0)];
    for base in of_function {
        for (metric, value) in more.iter().chain(&always) {
            points.push((MetricName { name: (*metric).to_owned(), ..base.clone() }, at, *value));
        }
    }
}

/// MET-1, MET-2: a point for every minute in which batches finished.
pub(super) fn publish(
    mapping: &Mapping,
    history: &History,
    read: f64,
    to: i64,
    moved: f64,
    points: &mut Vec<(MetricName, Timestamp, f64)>,
) {
    let at = Timestamp::from_millis(to - 1);
    let caught_up = history.total() - read < 1.0;
    let age = if caught_up { 0.0 } else { history.when(read).map_or(0.0, |when| (to - when) as f64) };
    invoked(mapping, at, moved, &[("IteratorAge", age)], points);
    // MET-5: only where the mapping asks for them.
    for metric in ["PolledEventCount", "InvokedEventCount"] {
        let asked = mapping.settings.get("MetricsConfig").and_then(|config| config.get("Metrics"));
        if asked.and_then(Value::as_array).is_some_and(|list| list.contains(&json!("EventCount"))) {
            points.push((MetricName::of("AWS/Lambda", metric, "EventSourceMappingUUID", &mapping.uuid), at, moved));
        }
    }
    if let Some(consumer) = mapping.source.split("/consumer/").nth(1).and_then(|tail| tail.split(':').next()) {
        let name = "SubscribeToShardEvent.MillisBehindLatest";
        let mut metric = MetricName::of("AWS/Kinesis", name, "StreamName", &source_of(&mapping.source));
        metric.dimensions.insert("ConsumerName".to_owned(), consumer.to_owned());
        points.push((metric, at, age));
    } else {
        let stream = source_of(&mapping.source);
        points.push((
            MetricName::of("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", &stream),
            at,
            age,
        ));
    }
}
