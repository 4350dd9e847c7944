//! What to watch, and from when on it is trouble: statistic, period, M of N and missing data as AWS recommends
//! them (aws-facts.md section 5.1 unless said). Where AWS gives no threshold, it is derived here and the reason
//! stands beside it.

use serde_json::{Value, json};

use super::Dimension;
use crate::capacity::SizedStream;
use crate::pipeline::{
    AlarmId, Consumer, FailureDestination, LatencyClass, Model, ReadMode, StageKind, StageRef, StreamFrom, Traffic,
};
use crate::render::consumer;
use crate::render::scene::{Scene, reference};
use crate::units::{Duration, Rate, StageName};

pub(super) const ABOVE: &str = "GreaterThanThreshold";
pub(super) const AT_LEAST: &str = "GreaterThanOrEqualToThreshold";
pub(super) const BELOW: &str = "LessThanThreshold";
/// No data is no trouble.
const QUIET: &str = "notBreaching";
/// No data is no answer: the alarm goes to INSUFFICIENT_DATA, which alarms nobody.
const UNKNOWN: &str = "missing";

/// A recommended alarm before it is tuned.
pub(super) struct Recommended {
    pub(super) stage: StageRef,
    pub(super) alarm: AlarmId,
    /// What is wrong when it rings, and what to look at.
    pub(super) says: String,
    pub(super) signal: Signal,
    pub(super) statistic: &'static str,
    pub(super) period_seconds: u32,
    pub(super) comparison: &'static str,
    /// In the unit of the alarm's metric.
    pub(super) threshold: f64,
    /// Both M and N.
    pub(super) periods: u32,
    pub(super) missing: &'static str,
    pub(super) arms_rollback: bool,
}

/// What an alarm looks at.
pub(super) enum Signal {
    Metric { namespace: &'static str, name: &'static str, dimensions: Vec<Dimension> },
    Math(Value),
}

impl Recommended {
    fn new(stage: &StageRef, alarm: AlarmId, signal: Signal, says: impl Into<String>) -> Self {
        Self {
            stage: stage.clone(),
            alarm,
            says: says.into(),
            signal,
            statistic: "Average",
            period_seconds: 60,
            comparison: ABOVE,
            threshold: 0.0,
            periods: 5,
            missing: QUIET,
            arms_rollback: false,
        }
    }

    fn of(self, statistic: &'static str, period_seconds: u32, periods: u32) -> Self {
        Self { statistic, period_seconds, periods, ..self }
    }

    fn when(self, comparison: &'static str, threshold: f64) -> Self {
        Self { comparison, threshold, ..self }
    }

    fn without_data(self, missing: &'static str) -> Self {
        Self { missing, ..self }
    }

    fn rolls_back(self) -> Self {
        Self { arms_rollback: true, ..self }
    }
}

fn dimension(name: &'static str, value: impl Into<Value>) -> Dimension {
    Dimension { name, value: value.into() }
}

fn metric(namespace: &'static str, name: &'static str, dimensions: Vec<Dimension>) -> Signal {
    Signal::Metric { namespace, name, dimensions }
}

/// Every recommended alarm of the pipeline, by kind and stage.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Recommended> {
    let pipeline = scene.pipeline;
    let mut found = Vec::new();
    for name in pipeline.streams().keys() {
        found.extend(stream(scene, name));
    }
    for name in pipeline.tables().keys() {
        found.extend(table(scene, name));
    }
    for name in pipeline.endpoints().keys() {
        found.extend(endpoint(scene, name));
    }
    for consumer in pipeline.consumers().values() {
        found.extend(consumer_alarms(scene, consumer));
    }
    for name in pipeline.archives().keys() {
        found.extend(archive(scene, name));
    }
    found
}

/// `GetRecords.IteratorAgeMilliseconds` is not among them: it mixes all readers, jumps to the whole retention on a first
/// read (stream-behaviour.md INC-13), and AWS's `breaching` would ring for an idle stream. The consumer's own age is watched.
fn stream(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Stream, name);
    let on = |metric_name| {
        metric("AWS/Kinesis", metric_name, vec![dimension("StreamName", scene.pipeline.physical_name(name))])
    };
    // One in a hundred calls: producers and readers retry, so a few throttled ones are not trouble.
    const TOLERATED: f64 = 0.01;
    vec![
        Recommended::new(
            &stage,
            AlarmId::StreamWriteThrottled,
            on("WriteProvisionedThroughputExceeded"),
            format!("Writes to stream {name} are throttled: a hot key or too few shards"),
        )
        .when(ABOVE, TOLERATED)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::StreamReadThrottled,
            on("ReadProvisionedThroughputExceeded"),
            format!("Reads from stream {name} are throttled: too many shared readers, one of them should use fan-out"),
        )
        .when(ABOVE, TOLERATED),
        Recommended::new(
            &stage,
            AlarmId::StreamFailedPuts,
            on("PutRecords.FailedRecords"),
            format!("Records put to stream {name} are refused; a producer that does not retry them loses them"),
        )
        .of("Sum", 60, 5)
        .when(ABOVE, tolerated_records(scene.pipeline.traffic().get(name))),
        Recommended::new(
            &stage,
            AlarmId::StreamPutSuccess,
            on("PutRecord.Success"),
            format!("Single puts to stream {name} fail"),
        )
        .when(BELOW, 1.0 - TOLERATED)
        .without_data(UNKNOWN),
        Recommended::new(
            &stage,
            AlarmId::StreamGetSuccess,
            on("GetRecords.Success"),
            format!("Reads from stream {name} fail"),
        )
        .when(BELOW, 1.0 - TOLERATED)
        .without_data(UNKNOWN),
    ]
}

/// One record in a hundred of a minute's steady load; without a declared load, none.
fn tolerated_records(traffic: Option<&Traffic>) -> f64 {
    let per_second = traffic.map_or(0.0, |traffic| match traffic.steady {
        Rate::Records(records) => records,
        Rate::Bytes(bytes) => bytes / traffic.record.as_bytes().max(1) as f64,
    });
    (per_second * 60.0 * 0.01).floor()
}

fn table(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Table, name);
    let on = |metric_name| {
        metric("AWS/DynamoDB", metric_name, vec![dimension("TableName", scene.pipeline.physical_name(name))])
    };
    vec![
        Recommended::new(
            &stage,
            AlarmId::TableReadThrottled,
            on("ReadThrottleEvents"),
            format!("Reads of table {name} are throttled: a hot key, or a load that doubled within half an hour"),
        )
        .of("Sum", 60, 5)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::TableWriteThrottled,
            on("WriteThrottleEvents"),
            format!("Writes to table {name} are throttled: a hot key, or a load that doubled within half an hour"),
        )
        .of("Sum", 60, 5)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::TableSystemErrors,
            on("SystemErrors"),
            format!("DynamoDB fails on table {name}"),
        )
        .of("Sum", 60, 15),
    ]
}

/// AWS has no list for SageMaker (aws-facts.md 5.3). Shares are averages of a metric that is 0 or 1 per call; three
/// minutes in a row, so that they can ring while a canary is watched.
fn endpoint(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Endpoint, name);
    let Some(endpoint) = scene.pipeline.endpoints().get(name) else { return Vec::new() };
    let on = |metric_name| {
        let dimensions =
            vec![dimension("EndpointName", scene.pipeline.physical_name(name)), dimension("VariantName", "AllTraffic")];
        metric("AWS/SageMaker", metric_name, dimensions)
    };
    let share = |alarm, metric_name, says: String, most| {
        Recommended::new(&stage, alarm, on(metric_name), says).of("Average", 60, 3).when(ABOVE, most)
    };
    // Twice what was measured; without a measurement a second, in the metric's microseconds.
    let slow = endpoint.latency.as_ref().map_or(1e6, |measured| measured.p99.as_micros() as f64 * 2.0);
    let mut found = vec![
        share(
            AlarmId::EndpointErrors5xx,
            "Invocation5XXErrors",
            format!("More than 1 % of the calls of endpoint {name} fail on its side"),
            0.01,
        )
        .rolls_back(),
        share(
            AlarmId::EndpointErrors4xx,
            "Invocation4XXErrors",
            format!(
                "More than 5 % of the calls of endpoint {name} are refused: the caller sends what the model does not take"
            ),
            0.05,
        ),
        share(
            AlarmId::EndpointModelErrors,
            "InvocationModelErrors",
            format!("The model container of endpoint {name} does not answer more than 1 % of the calls"),
            0.01,
        )
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::EndpointLatency,
            on("ModelLatency"),
            format!("The model of endpoint {name} is slow (p99)"),
        )
        .of("p99", 60, 3)
        .when(ABOVE, slow)
        .rolls_back(),
    ];
    if let Model::Multi { .. } = endpoint.model {
        let says = format!("Endpoint {name} loads models too often: more are in use than its instances hold in memory");
        found.push(
            Recommended::new(&stage, AlarmId::EndpointCacheHit, on("ModelCacheHit"), says)
                .of("Average", 60, 15)
                .when(BELOW, 0.8),
        );
    }
    found
}

/// A consumer may be this far behind before somebody is told: a class's own time scale, and never more than half of
/// what the stream keeps, from where on records are at risk.
fn tolerated_lag_ms(scene: &Scene<'_>, consumer: &Consumer) -> f64 {
    let by_class = match scene.pipeline.latency().map(|latency| latency.class) {
        Some(LatencyClass::UltraLow | LatencyClass::Low) => 60_000.0,
        Some(LatencyClass::Medium) | None => 300_000.0,
        Some(LatencyClass::High) => 3_600_000.0,
    };
    let kept = retention(scene, &consumer.from).map(|kept| kept.as_millis() as f64 / 2.0);
    kept.map_or(by_class, |half| half.min(by_class))
}

/// How long the stream keeps records, if its file is known.
fn retention(scene: &Scene<'_>, from: &StreamFrom) -> Option<Duration> {
    match from {
        StreamFrom::Own(stream) => scene.pipeline.streams().get(stream).map(|stream| stream.retention),
        StreamFrom::Other(other) => other.facts.as_ref().map(|facts| facts.retention),
    }
}

fn consumer_alarms(scene: &Scene<'_>, consumer: &Consumer) -> Vec<Recommended> {
    let name = &consumer.name;
    let stage = StageRef::new(StageKind::Consumer, name);
    let function = scene.pipeline.physical_name(name);
    let on = |metric_name| metric("AWS/Lambda", metric_name, vec![dimension("FunctionName", function.as_str())]);
    let lag = tolerated_lag_ms(scene, consumer);
    let mut found = vec![
        // The function's own age, not the stream's; and no data is an idle stream or a paused mapping, which must not ring.
        Recommended::new(
            &stage,
            AlarmId::ConsumerIteratorAge,
            on("IteratorAge"),
            format!("Consumer {name} is behind: the last record of a batch waited too long"),
        )
        .of("Maximum", 60, 15)
        .when(ABOVE, lag)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::ConsumerErrors,
            on("Errors"),
            format!("The handler of consumer {name} fails; its shards wait for it"),
        )
        .of("Sum", 60, 3)
        .without_data(UNKNOWN)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::ConsumerThrottles,
            on("Throttles"),
            format!("Lambda throttles consumer {name}: account concurrency is used up, or its own reservation"),
        )
        .of("Sum", 60, 5)
        .when(AT_LEAST, 1.0)
        .without_data(UNKNOWN)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::ConsumerDuration,
            on("Duration"),
            format!("The handler of consumer {name} takes 80 % of its timeout (p90)"),
        )
        .of("p90", 60, 15)
        .when(ABOVE, consumer.function.timeout.as_millis() as f64 * 0.8)
        .without_data(UNKNOWN),
        Recommended::new(
            &stage,
            AlarmId::ConsumerConcurrency,
            on("ConcurrentExecutions"),
            format!("Consumer {name} alone uses 90 % of an account's default concurrency"),
        )
        .of("Maximum", 60, 10)
        .when(ABOVE, 900.0)
        .without_data(UNKNOWN),
        not_reading(scene, consumer, &stage),
    ];
    if consumer.failure.to == FailureDestination::OwnQueue {
        let queue = vec![dimension("QueueName", scene.pipeline.failure_queue_name(name))];
        let says = format!(
            "Consumer {name} gave up on records; the queue points at them, the stream still holds them for its retention"
        );
        let depth = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue);
        found.push(Recommended::new(&stage, AlarmId::ConsumerFailedRecords, depth, says).of("Maximum", 60, 1));
    }
    if consumer.read == ReadMode::FanOut {
        let dimensions = vec![
            dimension("StreamName", scene.pipeline.stream_name(&consumer.from)),
            dimension("ConsumerName", function.as_str()),
        ];
        let behind = metric("AWS/Kinesis", "SubscribeToShardEvent.MillisBehindLatest", dimensions);
        let says = format!("Enhanced fan-out of consumer {name} is behind the stream");
        found.push(
            Recommended::new(&stage, AlarmId::ConsumerFanOutLag, behind, says).when(ABOVE, lag).without_data(UNKNOWN),
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
    let counted = |id: &str, namespace: &str, metric_name: &str, dimension: Dimension| {
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
    let mapping = reference(&consumer::ids(&consumer.name).mapping);
    let metrics = json!([
        {
            "Id": "unread",
            "Label": "records come in and none is taken",
            "Expression": "IF(FILL(incoming, 0) > 0 AND FILL(polled, 0) + FILL(invoked, 0) == 0, 1, 0)",
            "ReturnData": true,
        },
        counted("incoming", "AWS/Kinesis", "IncomingRecords", dimension("StreamName", scene.pipeline.stream_name(&consumer.from))),
        counted("polled", "AWS/Lambda", "PolledEventCount", dimension("EventSourceMappingUUID", mapping)),
        counted("invoked", "AWS/Lambda", "Invocations", dimension("FunctionName", scene.pipeline.physical_name(&consumer.name))),
    ]);
    let says = format!(
        "Consumer {} does not read at all although stream {} takes records: is its mapping enabled?",
        consumer.name,
        consumer.from.stream()
    );
    Recommended::new(stage, AlarmId::ConsumerNotReading, Signal::Math(metrics), says).of("Sum", 300, 3)
}

/// aws-facts.md 5.2 for freshness; the rest from the metrics' meaning (stream-behaviour.md FH-19).
fn archive(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Archive, name);
    let Some(archive) = scene.pipeline.archives().get(name) else { return Vec::new() };
    let on = |metric_name| {
        metric("AWS/Firehose", metric_name, vec![dimension("DeliveryStreamName", scene.pipeline.physical_name(name))])
    };
    // Twice the buffer, and never less than Firehose's longest buffer of 15 minutes.
    let late = (archive.buffer_every.as_secs() * 2).max(900) as f64;
    // Firehose polls each shard once a second; a tenth of five minutes' polls may be throttled.
    let shards = match scene.sized.stream_capacity(name) {
        Some(SizedStream::Provisioned { shards }) => f64::from(shards),
        // What an on-demand stream begins with (stream-behaviour.md KDS-2).
        Some(SizedStream::OnDemand) | None => 4.0,
    };
    vec![
        Recommended::new(
            &stage,
            AlarmId::ArchiveFreshness,
            on("DeliveryToS3.DataFreshness"),
            format!("The archive of stream {name} is behind: its oldest record waits too long"),
        )
        .of("Maximum", 300, 3)
        .when(ABOVE, late),
        Recommended::new(
            &stage,
            AlarmId::ArchiveDeliverySuccess,
            on("DeliveryToS3.Success"),
            format!("The archive of stream {name} cannot write objects: look at its role, bucket and log group"),
        )
        .of("Average", 300, 3)
        .when(BELOW, 0.99)
        .rolls_back(),
        Recommended::new(
            &stage,
            AlarmId::ArchiveThrottled,
            on("ThrottledGetRecords"),
            format!("The archive of stream {name} is throttled when it reads: too many shared readers"),
        )
        .of("Sum", 300, 3)
        .when(ABOVE, shards * 30.0),
    ]
}
