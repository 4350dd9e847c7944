//! Alarms of consumers and workers.

use serde_json::json;

use super::messaging::dead_letters;
use super::{Recommended, dimension, metric};
use crate::pipeline::{AlarmId, Consumer, FailureDestination, Function, ReadMode, StageKind, StageRef, WorkSource};
use crate::render::alarm::{Comparison, Signal};
use crate::render::consumer;
use crate::render::scene::{Scene, reference};
use crate::units::{StageName, Statistic};

/// The alarms that every function has, under the names that its kind gives them.
struct Ids {
    errors: AlarmId,
    throttles: AlarmId,
    duration: AlarmId,
}

fn of_function(scene: &Scene<'_>, stage: &StageRef, ids: &Ids, function: &Function, waits: &str) -> Vec<Recommended> {
    let on = |metric_name| on_function(scene, &stage.name, metric_name);
    vec![
        Recommended::new(stage, ids.errors, on("Errors"), format!("The handler of {stage} fails; {waits}"))
            .of(Statistic::Sum, 60, 3)
            .or_unknown(),
        Recommended::new(
            stage,
            ids.throttles,
            on("Throttles"),
            format!("Lambda throttles {stage}: account concurrency is used up, or its own reservation"),
        )
        .of(Statistic::Sum, 60, 5)
        .when(Comparison::AtLeast, 1.0)
        .or_unknown(),
        Recommended::new(
            stage,
            ids.duration,
            on("Duration"),
            format!("The handler of {stage} takes 80 % of its timeout (p90)"),
        )
        .of(Statistic::Percentile(9_000), 60, 15)
        .when(Comparison::Above, function.timeout.as_millis() as f64 * 0.8)
        .or_unknown(),
    ]
}

fn on_function(scene: &Scene<'_>, name: &StageName, metric_name: &str) -> Signal {
    metric("AWS/Lambda", metric_name, vec![dimension("FunctionName", scene.pipeline.physical_name(name))])
}

/// Nine tenths of the ceiling (aws-facts.md 5.1).
fn concurrency(scene: &Scene<'_>, stage: &StageRef, alarm: AlarmId, ceiling: u32, whose: &str) -> Recommended {
    let says = format!("The function of {stage} uses 90 % of {whose}");
    Recommended::new(stage, alarm, on_function(scene, &stage.name, "ConcurrentExecutions"), says)
        .of(Statistic::Maximum, 60, 10)
        .when(Comparison::Above, f64::from(ceiling) * 0.9)
        .or_unknown()
}

/// What an account has unless it asked for more (aws-facts.md 2.2).
const DEFAULT_ACCOUNT_CONCURRENCY: u32 = 1_000;

pub(super) fn of_consumer(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Consumer, name);
    let Some(consumer) = scene.pipeline.consumers().get(name) else { return Vec::new() };
    let lag = scene.pipeline.tolerated_lag(consumer).as_millis() as f64;
    // The function's own age, not the stream's; and no data is an idle stream or a paused mapping, which must not ring.
    let mut found = vec![
        Recommended::new(
            &stage,
            AlarmId::ConsumerIteratorAge,
            on_function(scene, name, "IteratorAge"),
            format!("Consumer {name} is behind: the last record of a batch waited too long"),
        )
        .of(Statistic::Maximum, 60, 15)
        .when(Comparison::Above, lag),
    ];
    let ids = Ids {
        errors: AlarmId::ConsumerErrors,
        throttles: AlarmId::ConsumerThrottles,
        duration: AlarmId::ConsumerDuration,
    };
    found.extend(of_function(scene, &stage, &ids, &consumer.function, "its shards wait for it"));
    let (ceiling, whose) = match consumer.function.concurrency.reserved {
        Some(reserved) => (reserved, "what is reserved for it"),
        None => (DEFAULT_ACCOUNT_CONCURRENCY, "an account's default concurrency"),
    };
    found.push(concurrency(scene, &stage, AlarmId::ConsumerConcurrency, ceiling, whose));
    found.push(not_reading(scene, consumer, &stage));
    if consumer.failure.to == FailureDestination::OwnQueue {
        let says = format!(
            "Consumer {name} gave up on records; the queue points at them, the stream still holds them for its retention"
        );
        let queue = scene.pipeline.failure_queue_name(name);
        found.push(dead_letters(&stage, AlarmId::ConsumerFailedRecords, queue, says));
    }
    if consumer.read == ReadMode::FanOut {
        let dimensions = vec![
            dimension("StreamName", scene.pipeline.stream_name(&consumer.from)),
            dimension("ConsumerName", scene.pipeline.physical_name(name)),
        ];
        let behind = metric("AWS/Kinesis", "SubscribeToShardEvent.MillisBehindLatest", dimensions);
        let says = format!("Enhanced fan-out of consumer {name} is behind the stream");
        found.push(
            Recommended::new(&stage, AlarmId::ConsumerFanOutLag, behind, says)
                .when(Comparison::Above, lag)
                .or_unknown(),
        );
    }
    found
}

/// Records come in and nothing is taken: what no age can tell, because an age is only published when something is read.
///
/// Both counts are filled with zero, since neither is published while nothing happens (stream-behaviour.md MET-7). The
/// newest period is often incomplete and so wrongly filled; it takes three in a row to ring. Polled events count besides
/// invocations because a filter may rightly drop everything.
fn not_reading(scene: &Scene<'_>, consumer: &Consumer, stage: &StageRef) -> Recommended {
    let counted = |id: &str, namespace: &str, metric_name: &str, dimension: super::Dimension| {
        json!({
            "Id": id,
            "ReturnData": false,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric_name, "Dimensions": [dimension]},
                "Period": 300,
                "Stat": "Sum",
            },
        })
    };
    let mapping = reference(&consumer::mapping_id(&consumer.name));
    let stream = dimension("StreamName", scene.pipeline.stream_name(&consumer.from));
    let function = dimension("FunctionName", scene.pipeline.physical_name(&consumer.name));
    let metrics = json!([
        {
            "Id": "unread",
            "Label": "records come in and none is taken",
            "Expression": "IF(FILL(incoming, 0) > 0 AND FILL(polled, 0) + FILL(invoked, 0) == 0, 1, 0)",
            "ReturnData": true,
        },
        counted("incoming", "AWS/Kinesis", "IncomingRecords", stream),
        counted("polled", "AWS/Lambda", "PolledEventCount", dimension("EventSourceMappingUUID", mapping)),
        counted("invoked", "AWS/Lambda", "Invocations", function),
    ]);
    let says = format!(
        "Consumer {} does not read at all although stream {} takes records: is its mapping enabled?",
        consumer.name,
        consumer.from.stream()
    );
    let signal = Signal::Math { metrics, id: "unread" };
    Recommended::new(stage, AlarmId::ConsumerNotReading, signal, says).of(Statistic::Sum, 300, 3)
}

/// A worker's messages wait in its queue, which has an alarm on their age; here is what the function itself does.
pub(super) fn of_worker(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Worker, name);
    let Some(worker) = scene.pipeline.workers().get(name) else { return Vec::new() };
    let ids =
        Ids { errors: AlarmId::WorkerErrors, throttles: AlarmId::WorkerThrottles, duration: AlarmId::WorkerDuration };
    let (waits, most_at_once) = match &worker.from {
        WorkSource::Queue { most_at_once, .. } => ("its messages are tried again, and then given up", *most_at_once),
        WorkSource::Topic { .. } => ("its messages are retried twice at most, and then given up", None),
    };
    let mut found = of_function(scene, &stage, &ids, &worker.function, waits);
    let ceilings = [
        (most_at_once, "what its queue may use at once"),
        (worker.function.concurrency.reserved, "what is reserved for it"),
    ];
    let lowest = ceilings.into_iter().filter_map(|(ceiling, whose)| ceiling.map(|ceiling| (ceiling, whose))).min();
    found.extend(lowest.map(|(ceiling, whose)| concurrency(scene, &stage, AlarmId::WorkerConcurrency, ceiling, whose)));
    if let WorkSource::Topic { .. } = worker.from {
        let says = format!("Worker {name} gave up on messages; they wait in its queue to be looked at");
        let queue = scene.pipeline.failure_queue_name(name);
        found.push(dead_letters(&stage, AlarmId::WorkerFailedMessages, queue, says));
    }
    found
}
