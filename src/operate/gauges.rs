//! Which metrics of CloudWatch tell what gates ask of a pipeline, and reading them over a window.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudError};
use crate::environment::{Measured, MetricGate, MetricOf};
use crate::observed::{FailureKind, Gauge, MetricName, MetricQuery};
use crate::pipeline::{FailureDestination, Pipeline, WorkSource};
use crate::release::{Of, Reading};
use crate::render::production_variants;
use crate::units::{Duration, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);
/// Up to here a point for each minute is read, up to the next one for each five minutes, then one an hour: CloudWatch keeps
/// minutes for 15 days and five minutes for 63 (CloudWatch user guide, "Metrics retention").
const MINUTELY: Duration = Duration::from_secs(24 * 3_600);
const COARSE: Duration = Duration::from_secs(10 * 86_400);

/// The time that is measured.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Window {
    /// How long a point gathers.
    fn period(self) -> Duration {
        match self.until.since(self.from) {
            length if length <= MINUTELY => MINUTE,
            length if length <= COARSE => Duration::from_secs(300),
            _ => Duration::from_secs(3_600),
        }
    }

    /// The first whole minute: one that began before it holds points from before it.
    fn begins(self) -> Timestamp {
        let minute = self.from.as_millis().saturating_add(59_999).div_euclid(60_000);
        Timestamp::from_millis(minute.saturating_mul(60_000))
    }
}

/// A metric of a thing, by the name that people know the thing by.
pub(super) type Source = (String, MetricName);

fn metric(namespace: &str, name: &str, dimensions: &[(&str, String)], statistic: &str) -> MetricName {
    MetricName {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        statistic: statistic.to_owned(),
    }
}

/// What comes in: records of the streams that consumers read, messages of the queues that workers take from.
pub(super) fn traffic(pipeline: &Pipeline) -> Vec<Source> {
    let streams = pipeline.consumers().values().map(|consumer| {
        let name = pipeline.stream_name(&consumer.from);
        (name.clone(), metric("AWS/Kinesis", "IncomingRecords", &[("StreamName", name)], "Sum"))
    });
    let work = pipeline.workers().values().map(|worker| match &worker.from {
        WorkSource::Queue { queue, .. } => {
            let name = pipeline.physical_name(queue);
            (name.clone(), metric("AWS/SQS", "NumberOfMessagesSent", &[("QueueName", name)], "Sum"))
        }
        WorkSource::Topic { topic, .. } => {
            let name = pipeline.physical_name(topic);
            (name.clone(), metric("AWS/SNS", "NumberOfMessagesPublished", &[("TopicName", name)], "Sum"))
        }
    });
    // Several readers of one stream have one traffic.
    let once: BTreeMap<String, MetricName> = streams.chain(work).collect();
    once.into_iter().collect()
}

fn functions(pipeline: &Pipeline, name: &str, statistic: &str) -> Vec<Source> {
    let of = |stage: &crate::units::StageName| {
        let dimensions = [("FunctionName", pipeline.physical_name(stage))];
        (stage.to_string(), metric("AWS/Lambda", name, &dimensions, statistic))
    };
    pipeline.functions().map(|(stage, _)| of(&stage.name)).collect()
}

/// How far behind readers are, in milliseconds: p99 of each minute.
pub(super) fn iterator_age(pipeline: &Pipeline) -> Vec<Source> {
    let of = |stage: &crate::units::StageName| {
        let dimensions = [("FunctionName", pipeline.physical_name(stage))];
        (stage.to_string(), metric("AWS/Lambda", "IteratorAge", &dimensions, "p99"))
    };
    pipeline.consumers().keys().map(of).collect()
}

/// What was given up: what Lambda sends to a consumer's queue or topic, and what lies in the dead-letter queues of queues, to
/// which SQS moves messages without counting them as sent (Amazon SQS developer guide, "Available CloudWatch metrics").
pub(super) fn failed_records(pipeline: &Pipeline) -> Vec<Source> {
    let sent =
        |queue: String| (queue.clone(), metric("AWS/SQS", "NumberOfMessagesSent", &[("QueueName", queue)], "Sum"));
    let consumers = pipeline.consumers().iter().flat_map(|(name, consumer)| {
        let dimensions = [("FunctionName", pipeline.physical_name(name))];
        let lost = metric("AWS/Lambda", "DestinationDeliveryFailures", &dimensions, "Sum");
        let given_up = match &consumer.failure.to {
            FailureDestination::OwnQueue => Some(sent(pipeline.failure_queue_name(name))),
            FailureDestination::Queue(queue) => Some(sent(queue.clone())),
            FailureDestination::Topic(topic) => {
                let dimensions = [("TopicName", topic.clone())];
                Some((topic.clone(), metric("AWS/SNS", "NumberOfMessagesPublished", &dimensions, "Sum")))
            }
            // Request metrics of a bucket are off unless somebody pays for them.
            FailureDestination::Bucket(_) => None,
        };
        [Some((name.to_string(), lost)), given_up].into_iter().flatten()
    });
    let workers = pipeline.workers().iter().map(|(name, worker)| match &worker.from {
        WorkSource::Queue { queue, .. } => {
            let dead = pipeline.dead_letter_queue_name(queue);
            let dimensions = [("QueueName", dead.clone())];
            (dead, metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", &dimensions, "Maximum"))
        }
        WorkSource::Topic { .. } => sent(pipeline.failure_queue_name(name)),
    });
    consumers.chain(workers).collect()
}

/// Failed invocations.
pub(super) fn errors(pipeline: &Pipeline) -> Vec<Source> {
    functions(pipeline, "Errors", "Sum")
}

/// Throttled invocations, writes and reads.
pub(super) fn throttles(pipeline: &Pipeline) -> Vec<Source> {
    let streams = pipeline.streams().keys().flat_map(|stream| {
        ["WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded"].map(|name| {
            let dimensions = [("StreamName", pipeline.physical_name(stream))];
            (stream.to_string(), metric("AWS/Kinesis", name, &dimensions, "Sum"))
        })
    });
    functions(pipeline, "Throttles", "Sum").into_iter().chain(streams).collect()
}

fn endpoints(pipeline: &Pipeline, name: &str, statistic: &str) -> Vec<Source> {
    let of = pipeline.endpoints().iter().flat_map(|(endpoint, spec)| {
        production_variants(&spec.model).into_iter().map(move |variant| {
            let physical = pipeline.physical_name(endpoint);
            let dimensions = [("EndpointName", physical), ("VariantName", variant.to_owned())];
            (format!("{endpoint}/{variant}"), metric("AWS/SageMaker", name, &dimensions, statistic))
        })
    });
    of.collect()
}

/// Requests that an endpoint failed.
pub(super) fn endpoint_errors(pipeline: &Pipeline) -> Vec<Source> {
    endpoints(pipeline, "Invocation5XXErrors", "Sum")
}

/// How long models take to answer, in microseconds: p99 of each minute.
pub(super) fn endpoint_latency(pipeline: &Pipeline) -> Vec<Source> {
    endpoints(pipeline, "ModelLatency", "p99")
}

/// How old the oldest record was that was archived, in seconds.
pub(super) fn freshness(pipeline: &Pipeline) -> Vec<Source> {
    let of = |stream: &crate::units::StageName| {
        let dimensions = [("DeliveryStreamName", pipeline.physical_name(stream))];
        (stream.to_string(), metric("AWS/Firehose", "DeliveryToS3.DataFreshness", &dimensions, "Maximum"))
    };
    pipeline.archives().keys().map(of).collect()
}

/// Reads metrics over a window. With `exact`, of one that is silent it is asked whether there is such a metric at all.
pub(super) async fn read(cloud: &Cloud, window: Window, sources: Vec<Source>, exact: bool) -> Vec<Of> {
    let period = window.period();
    let gauges: Vec<Gauge> =
        sources.iter().map(|(_, name)| Gauge { query: MetricQuery::Metric(name.clone()), period }).collect();
    if gauges.is_empty() {
        return Vec::new();
    }
    let found = cloud.gauge(&gauges, window.begins(), window.until).await;
    let mut readings = Vec::with_capacity(sources.len());
    for (at, (name, of)) in sources.into_iter().enumerate() {
        let reading = match &found {
            Ok(values) => match values.get(at).filter(|values| !values.is_empty()) {
                Some(values) => Reading::Points(values.clone()),
                None if exact => silent(cloud, &[of]).await,
                None => Reading::Silent,
            },
            Err(refusal) => Reading::Refused(said(refusal)),
        };
        readings.push((name, reading));
    }
    readings
}

/// Reads what a gate of the environment file's own asks for.
pub(super) async fn read_own(cloud: &Cloud, window: Window, gate: &MetricGate, pipeline: &Pipeline) -> Reading {
    let named = |metric: &MetricOf| own(metric, pipeline);
    let (query, metrics) = match &gate.of {
        Measured::Metric(metric) => (MetricQuery::Metric(named(metric)), vec![named(metric)]),
        Measured::Expression { text, inputs } => {
            let inputs: BTreeMap<String, MetricName> =
                inputs.iter().map(|(id, metric)| (id.clone(), named(metric))).collect();
            let metrics = inputs.values().cloned().collect();
            (MetricQuery::Expression { text: filled(text, pipeline), inputs }, metrics)
        }
    };
    let gauges = [Gauge { query, period: gate.period }];
    match cloud.gauge(&gauges, window.begins(), window.until).await {
        Ok(values) => match values.into_iter().next().filter(|values| !values.is_empty()) {
            Some(values) => Reading::Points(values),
            None => silent(cloud, &metrics).await,
        },
        Err(refusal) => Reading::Refused(said(&refusal)),
    }
}

fn own(metric: &MetricOf, pipeline: &Pipeline) -> MetricName {
    MetricName {
        namespace: filled(&metric.namespace, pipeline),
        name: metric.name.clone(),
        dimensions: metric.dimensions.iter().map(|(name, value)| (name.clone(), filled(value, pipeline))).collect(),
        statistic: metric.statistic.to_string(),
    }
}

/// The text with names in their places.
fn filled(text: &str, pipeline: &Pipeline) -> String {
    let named = text.replace("{pipeline}", pipeline.name().as_str());
    named.replace("{environment}", pipeline.environment().name().as_str())
}

/// Whether the metrics of a silent series are there at all.
async fn silent(cloud: &Cloud, metrics: &[MetricName]) -> Reading {
    for metric in metrics {
        match cloud.metric_is_known(metric).await {
            Ok(true) => {}
            Ok(false) => {
                let dimensions: Vec<String> =
                    metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let of = if dimensions.is_empty() { String::new() } else { format!(" of {}", dimensions.join(", ")) };
                return Reading::Unknown(format!("{} {}{of}", metric.namespace, metric.name));
            }
            // That it is silent is known, and who may not list metrics learns no more.
            Err(_) => return Reading::Silent,
        }
    }
    Reading::Silent
}

/// Why something could not be read, in a few words.
pub(super) fn said(refusal: &CloudError) -> String {
    match refusal.kind {
        FailureKind::AccessDenied => format!("AWS denied {}", refusal.action),
        _ => refusal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Tier;

    /// Thing, metric, statistic.
    fn named(sources: Vec<Source>) -> Vec<String> {
        let of = |(thing, metric): Source| {
            let dimensions: Vec<&str> = metric.dimensions.values().map(String::as_str).collect();
            format!("{thing}: {} {} of {}", metric.statistic, metric.name, dimensions.join("/"))
        };
        sources.into_iter().map(of).collect()
    }

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    #[test]
    fn every_stage_is_measured_by_the_metric_that_tells_of_it() {
        let pipeline = Pipeline::fixture(Tier::Staging);
        let of = "fraud-detection-staging";
        assert_eq!(named(traffic(&pipeline)), [format!("{of}-transactions: Sum IncomingRecords of {of}-transactions")]);
        assert_eq!(named(iterator_age(&pipeline)), [format!("score: p99 IteratorAge of {of}-score")]);
        assert_eq!(named(errors(&pipeline)), [format!("score: Sum Errors of {of}-score")]);
        let failed = named(failed_records(&pipeline));
        assert_eq!(failed.first(), Some(&format!("score: Sum DestinationDeliveryFailures of {of}-score")));
        assert!(
            failed.iter().any(|one| one.contains("Sum NumberOfMessagesSent of fraud-detection-staging-score-")),
            "{failed:?}"
        );
        assert_eq!(
            named(throttles(&pipeline)),
            [
                format!("score: Sum Throttles of {of}-score"),
                format!("late-transactions: Sum WriteProvisionedThroughputExceeded of {of}-late-transactions"),
                format!("late-transactions: Sum ReadProvisionedThroughputExceeded of {of}-late-transactions"),
                format!("transactions: Sum WriteProvisionedThroughputExceeded of {of}-transactions"),
                format!("transactions: Sum ReadProvisionedThroughputExceeded of {of}-transactions"),
            ]
        );
        assert_eq!(
            named(endpoint_latency(&pipeline)),
            [format!("scoring/AllTraffic: p99 ModelLatency of {of}-scoring/AllTraffic")]
        );
        assert_eq!(
            named(freshness(&pipeline)),
            [format!("transactions: Maximum DeliveryToS3.DataFreshness of {of}-transactions")]
        );
    }

    #[test]
    fn a_window_begins_with_a_whole_minute_and_is_coarser_the_longer_it_is() {
        let window = |from, until| Window { from: moment(from), until: moment(until) };
        let short = window("2026-01-02T03:04:05Z", "2026-01-02T03:34:05Z");
        assert_eq!((short.begins(), short.period()), (moment("2026-01-02T03:05:00Z"), MINUTE));
        let whole = window("2026-01-02T03:04:00Z", "2026-01-03T03:04:00Z");
        assert_eq!((whole.begins(), whole.period()), (moment("2026-01-02T03:04:00Z"), MINUTE));
        assert_eq!(window("2026-01-01", "2026-01-08").period(), Duration::from_secs(300));
        assert_eq!(window("2026-01-01", "2026-03-01").period(), Duration::from_secs(3_600));
    }

    #[test]
    fn names_stand_where_an_environment_file_leaves_their_place() {
        let pipeline = Pipeline::fixture(Tier::Staging);
        assert_eq!(filled("{pipeline}-{environment}-score", &pipeline), "fraud-detection-staging-score");
        assert_eq!(filled("{other} {pipeline", &pipeline), "{other} {pipeline");
    }
}
