//! What is shown of each kind of stage.

use super::page::{Page, Source};
use crate::pipeline::{
    Consumer, Endpoint, FailureDestination, Metric, Model, Pipeline, Serving, StageKind, StageRef, Table, WorkSource,
    Worker,
};
use crate::render::endpoint::production_variants;
use crate::units::StageName;

/// Adds the section of a stage; none for stages that publish nothing (keys, and buckets, whose daily size is no
/// news).
pub(super) fn add(page: &mut Page<'_>, pipeline: &Pipeline, stage: &StageRef) {
    let name = &stage.name;
    match stage.kind {
        StageKind::Key | StageKind::Bucket => {}
        StageKind::Stream => stream(page, pipeline, name),
        StageKind::Table => section(pipeline.tables().get(name), |table| of_table(page, pipeline, table)),
        StageKind::Queue => queue(page, pipeline, name),
        StageKind::Topic => topic(page, pipeline, name),
        StageKind::Endpoint => section(pipeline.endpoints().get(name), |it| endpoint(page, pipeline, it)),
        StageKind::Consumer => section(pipeline.consumers().get(name), |it| consumer(page, pipeline, it)),
        StageKind::Worker => section(pipeline.workers().get(name), |it| worker(page, pipeline, it)),
        StageKind::Archive => archive(page, pipeline, name),
        StageKind::Metric => section(pipeline.metrics().get(name), |it| metric(page, it)),
    }
}

fn section<T>(stage: Option<T>, add: impl FnOnce(T)) {
    if let Some(stage) = stage {
        add(stage);
    }
}

fn stream(page: &mut Page<'_>, pipeline: &Pipeline, name: &StageName) {
    let stream = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/Kinesis", dimensions: &[("StreamName", &stream)] };
    page.heading(&format!("stream {name}"));
    page.of_one("records in and out", on, &[("IncomingRecords", "Sum"), ("GetRecords.Records", "Sum")]);
    page.of_one("bytes in and out", on, &[("IncomingBytes", "Sum"), ("GetRecords.Bytes", "Sum")]);
    let throttled = [
        ("WriteProvisionedThroughputExceeded", "Sum"),
        ("ReadProvisionedThroughputExceeded", "Sum"),
        ("PutRecords.FailedRecords", "Sum"),
    ];
    page.of_one("throttled", on, &throttled);
    page.of_one("age of what is read", on, &[("GetRecords.IteratorAgeMilliseconds", "Maximum")]);
}

/// What every function shows.
fn function(page: &mut Page<'_>, pipeline: &Pipeline, name: &StageName) {
    let function = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/Lambda", dimensions: &[("FunctionName", &function)] };
    page.of_one("invocations", on, &[("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum")]);
    page.of_one("duration", on, &[("Duration", "p50"), ("Duration", "p90"), ("Duration", "p99")]);
    page.of_one("concurrency", on, &[("ConcurrentExecutions", "Maximum")]);
}

fn given_up(page: &mut Page<'_>, title: &str, queue: &str) {
    let on = Source { namespace: "AWS/SQS", dimensions: &[("QueueName", queue)] };
    page.of_one(title, on, &[("ApproximateNumberOfMessagesVisible", "Maximum")]);
}

fn consumer(page: &mut Page<'_>, pipeline: &Pipeline, consumer: &Consumer) {
    let name = &consumer.name;
    let physical = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/Lambda", dimensions: &[("FunctionName", &physical)] };
    page.heading(&format!("consumer {name}"));
    page.of_one("iterator age", on, &[("IteratorAge", "Maximum"), ("IteratorAge", "p99")]);
    function(page, pipeline, name);
    if consumer.failure.to == FailureDestination::OwnQueue {
        given_up(page, "discarded records", &pipeline.failure_queue_name(name));
    }
}

fn worker(page: &mut Page<'_>, pipeline: &Pipeline, worker: &Worker) {
    let name = &worker.name;
    page.heading(&format!("worker {name}"));
    function(page, pipeline, name);
    if let WorkSource::Topic { .. } = worker.from {
        given_up(page, "given-up messages", &pipeline.failure_queue_name(name));
    }
}

fn queue(page: &mut Page<'_>, pipeline: &Pipeline, name: &StageName) {
    let queue = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/SQS", dimensions: &[("QueueName", &queue)] };
    page.heading(&format!("queue {name}"));
    page.of_one("messages in and out", on, &[("NumberOfMessagesSent", "Sum"), ("NumberOfMessagesDeleted", "Sum")]);
    let waiting =
        [("ApproximateNumberOfMessagesVisible", "Maximum"), ("ApproximateNumberOfMessagesNotVisible", "Maximum")];
    page.of_one("waiting and in work", on, &waiting);
    page.of_one("age of the oldest (s)", on, &[("ApproximateAgeOfOldestMessage", "Maximum")]);
    given_up(page, "dead letters", &pipeline.dead_letter_queue_name(name));
}

fn topic(page: &mut Page<'_>, pipeline: &Pipeline, name: &StageName) {
    let topic = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/SNS", dimensions: &[("TopicName", &topic)] };
    page.heading(&format!("topic {name}"));
    let delivered = [
        ("NumberOfMessagesPublished", "Sum"),
        ("NumberOfNotificationsDelivered", "Sum"),
        ("NumberOfNotificationsFailed", "Sum"),
    ];
    page.of_one("published and delivered", on, &delivered);
}

/// What is published differs by how an endpoint serves: asynchronous ones count no invocations and have a backlog, and
/// serverless ones have no instances (SageMaker developer guide, "Monitor asynchronous endpoint" and "Monitor a serverless
/// endpoint").
fn endpoint(page: &mut Page<'_>, pipeline: &Pipeline, endpoint: &Endpoint) {
    let physical = pipeline.physical_name(&endpoint.name);
    let variants = production_variants(&endpoint.model);
    let dimensions: Vec<[(&str, &str); 2]> =
        variants.iter().map(|variant| [("EndpointName", physical.as_str()), ("VariantName", *variant)]).collect();
    let (calls, hosts) =
        (each("AWS/SageMaker", &variants, &dimensions), each("/aws/sagemaker/Endpoints", &variants, &dimensions));
    page.heading(&format!("endpoint {}", endpoint.name));
    match &endpoint.serving {
        Serving::RealTime { .. } => {
            page.of_each("invocations", &calls, &[("Invocations", "Sum"), ("InvocationsPerInstance", "Sum")]);
            answers(page, &calls, &[("OverheadLatency", "p99")]);
            instances(page, &hosts);
        }
        Serving::Async { .. } => {
            let whole = Source { namespace: "AWS/SageMaker", dimensions: &[("EndpointName", &physical)] };
            let waiting = [
                ("ApproximateBacklogSize", "Maximum"),
                ("ApproximateBacklogSizePerInstance", "Average"),
                ("HasBacklogWithoutCapacity", "Maximum"),
            ];
            page.of_one("backlog", whole, &waiting);
            page.of_one("age of the oldest request (s)", whole, &[("ApproximateAgeOfOldestRequest", "Maximum")]);
            let ended = [("InvocationsProcessed", "Sum"), ("InvocationFailures", "Sum"), ("ExpiredRequests", "Sum")];
            page.of_each("requests", &calls, &ended);
            answers(page, &calls, &[("TimeInBacklog", "Average")]);
            instances(page, &hosts);
        }
        Serving::Serverless { .. } => {
            page.of_each("invocations", &calls, &[("Invocations", "Sum")]);
            answers(page, &calls, &[("OverheadLatency", "p99"), ("ModelSetupTime", "p99")]);
            page.of_each("concurrency used", &calls, &[("ServerlessConcurrentExecutionsUtilization", "Maximum")]);
            page.of_each("memory (%)", &hosts, &[("MemoryUtilization", "Maximum")]);
        }
    }
    if let Model::Multi { .. } = endpoint.model {
        page.of_each("models found in memory", &calls, &[("ModelCacheHit", "Average")]);
        page.of_each("models loaded", &hosts, &[("LoadedModelCount", "Average")]);
    }
}

/// A source per variant; the one variant of most endpoints needs no name.
fn each<'a>(
    namespace: &'a str,
    variants: &[&'a str],
    dimensions: &'a [[(&'a str, &'a str); 2]],
) -> Vec<(&'a str, Source<'a>)> {
    let name = |variant: &&'a str| if variants.len() > 1 { *variant } else { "" };
    variants.iter().map(name).zip(dimensions.iter().map(|of| Source { namespace, dimensions: of })).collect()
}

fn answers(page: &mut Page<'_>, calls: &[(&str, Source<'_>)], beside: &[(&str, &str)]) {
    let errors = [("Invocation5XXErrors", "Sum"), ("Invocation4XXErrors", "Sum"), ("InvocationModelErrors", "Sum")];
    page.of_each("errors", calls, &errors);
    let latency: Vec<(&str, &str)> =
        [("ModelLatency", "p50"), ("ModelLatency", "p99")].into_iter().chain(beside.iter().copied()).collect();
    page.of_each("latency (µs)", calls, &latency);
}

fn instances(page: &mut Page<'_>, hosts: &[(&str, Source<'_>)]) {
    let used = [("CPUUtilization", "Average"), ("MemoryUtilization", "Average"), ("DiskUtilization", "Average")];
    page.of_each("instances (%)", hosts, &used);
}

fn of_table(page: &mut Page<'_>, pipeline: &Pipeline, table: &Table) {
    let physical = pipeline.physical_name(&table.name);
    let own = [("TableName", physical.as_str())];
    let on = Source { namespace: "AWS/DynamoDB", dimensions: &own };
    let of_indexes: Vec<(&str, [(&str, &str); 2])> = table
        .indexes
        .keys()
        .map(|index| (index.as_str(), [("TableName", physical.as_str()), ("GlobalSecondaryIndexName", index.as_str())]))
        .collect();
    let indexes = of_indexes.iter().map(|(name, of)| (*name, Source { namespace: "AWS/DynamoDB", dimensions: of }));
    let all: Vec<(&str, Source<'_>)> = [("", on)].into_iter().chain(indexes).collect();
    page.heading(&format!("table {}", table.name));
    page.of_each("capacity used", &all, &[("ConsumedReadCapacityUnits", "Sum"), ("ConsumedWriteCapacityUnits", "Sum")]);
    page.of_each("throttled", &all, &[("ReadThrottleEvents", "Sum"), ("WriteThrottleEvents", "Sum")]);
    for operation in ["GetItem", "PutItem"] {
        let calls = [("TableName", physical.as_str()), ("Operation", operation)];
        let on = Source { namespace: "AWS/DynamoDB", dimensions: &calls };
        page.of_one(&format!("latency of {operation}"), on, &[("SuccessfulRequestLatency", "Average")]);
    }
}

fn archive(page: &mut Page<'_>, pipeline: &Pipeline, name: &StageName) {
    let delivery = pipeline.physical_name(name);
    let on = Source { namespace: "AWS/Firehose", dimensions: &[("DeliveryStreamName", &delivery)] };
    page.heading(&format!("archive of {name}"));
    page.of_one("read", on, &[("DataReadFromKinesisStream.Records", "Sum"), ("ThrottledGetRecords", "Sum")]);
    page.of_one("written", on, &[("DeliveryToS3.Records", "Sum")]);
    page.of_one("freshness (s)", on, &[("DeliveryToS3.DataFreshness", "Maximum")]);
    page.of_one("success", on, &[("DeliveryToS3.Success", "Average")]);
}

fn metric(page: &mut Page<'_>, metric: &Metric) {
    let dimensions: Vec<(&str, &str)> =
        metric.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let on = Source { namespace: &metric.namespace, dimensions: &dimensions };
    page.heading(&format!("metric {} of {}", metric.name, metric.by));
    page.of_one(&metric.metric, on, &[(&metric.metric, &metric.statistic.to_string())]);
}
