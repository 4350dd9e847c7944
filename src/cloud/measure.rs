//! How much running resources hold and how far readers are behind: what a plan tells beside what it would do.

use aws_sdk_cloudwatch::types::{AlarmType, Dimension, Metric, MetricDataQuery, MetricStat, StateValue};
use aws_sdk_dynamodb::types::TimeToLiveStatus;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_types::DateTime;

use super::{Cloud, CloudError, failure};
use crate::observed::{AlarmState, Behind, ExpiryStatus, FailureKind, Held, HeldUnit, SeenAlarm};
use crate::units::{Duration, Timestamp};

const DYNAMODB: &str = "DynamoDB";
/// The longest time over which a reader's lag is looked for: one that is idle publishes nothing.
const LATELY: Duration = Duration::from_secs(15 * 60);
const MINUTE: Duration = Duration::from_secs(60);

/// What publishes how far it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader<'a> {
    /// A Lambda function, by name: the oldest record of its batches (AWS Lambda developer guide, "Types of metrics for Lambda
    /// functions").
    Function(&'a str),
    /// A Firehose stream, by name (Amazon Data Firehose developer guide, "Monitor with CloudWatch metrics").
    Delivery(&'a str),
}

impl<'a> Reader<'a> {
    /// Namespace, name and dimension of the metric.
    fn lag(self) -> (&'static str, &'static str, (&'static str, &'a str)) {
        match self {
            Self::Function(name) => ("AWS/Lambda", "IteratorAge", ("FunctionName", name)),
            Self::Delivery(name) => ("AWS/Firehose", "KinesisMillisBehindLatest", ("DeliveryStreamName", name)),
        }
    }
}

/// A metric, what is reckoned of it, and over which time.
struct Series<'a> {
    namespace: &'a str,
    metric: &'a str,
    dimension: (&'a str, &'a str),
    statistic: &'a str,
    period: Duration,
}

impl Cloud {
    /// How many items a table holds; `None` where there is no such table.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn table_holds(&self, table: &str) -> Result<Option<Held>, CloudError> {
        let answer = self.dynamodb.describe_table().table_name(table).send().await;
        let answer = match answer.map_err(|error| failure::of(DYNAMODB, "DescribeTable", error)) {
            Ok(answer) => answer,
            Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        Ok(answer.table().map(|table| Held {
            count: number(table.item_count()).unwrap_or_default(),
            unit: HeldUnit::Items,
            bytes: number(table.table_size_bytes()),
            more: false,
        }))
    }

    /// Whether the expiry of a table's items can be changed; `None` where there is no such table.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn expiry(&self, table: &str) -> Result<Option<ExpiryStatus>, CloudError> {
        let answer = self.dynamodb.describe_time_to_live().table_name(table).send().await;
        let answer = match answer.map_err(|error| failure::of(DYNAMODB, "DescribeTimeToLive", error)) {
            Ok(answer) => answer,
            Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let status = answer.time_to_live_description().and_then(|description| description.time_to_live_status());
        Ok(Some(match status {
            Some(TimeToLiveStatus::Enabling | TimeToLiveStatus::Disabling) => ExpiryStatus::Changing,
            Some(_) | None => ExpiryStatus::Settled,
        }))
    }

    /// How many messages a queue holds; `None` where there is no such queue.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn queue_holds(&self, url: &str) -> Result<Option<Held>, CloudError> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
        let answer = match request.send().await.map_err(|error| failure::of("SQS", "GetQueueAttributes", error)) {
            Ok(answer) => answer,
            Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let attributes = answer.attributes();
        let all = counts.iter().filter_map(|count| attributes?.get(count)?.parse::<u64>().ok());
        Ok(Some(Held { count: all.sum(), unit: HeldUnit::Messages, bytes: None, more: false }))
    }

    /// How many records a stream took in within a time that ends now; `None` where its metrics say nothing.
    ///
    /// # Errors
    /// The metrics may not be read.
    pub async fn stream_took(&self, stream: &str, within: Duration) -> Result<Option<Held>, CloudError> {
        let series = |metric| Series {
            namespace: "AWS/Kinesis",
            metric,
            dimension: ("StreamName", stream),
            statistic: "Sum",
            // Hours are kept for 455 days, longer than any retention (CloudWatch user guide, "Metrics retention").
            period: Duration::from_secs(3_600),
        };
        let found = self.statistics(&[series("IncomingRecords"), series("IncomingBytes")], within).await?;
        let sum =
            |at: usize| found.get(at).filter(|values| !values.is_empty()).map(|values| whole(values.iter().sum()));
        Ok(sum(0).map(|count| Held { count, unit: HeldUnit::Records, bytes: sum(1), more: false }))
    }

    /// How far behind a reader was in the last quarter of an hour, at most; `None` where it published nothing.
    ///
    /// # Errors
    /// The metrics may not be read.
    pub async fn behind(&self, reader: Reader<'_>) -> Result<Option<Behind>, CloudError> {
        let (namespace, metric, dimension) = reader.lag();
        let series = Series { namespace, metric, dimension, statistic: "Maximum", period: MINUTE };
        let found = self.statistics(&[series], LATELY).await?;
        let most = found.into_iter().flatten().reduce(f64::max);
        Ok(most.map(|millis| Behind(Duration::from_millis(whole(millis)))))
    }

    /// How far behind a reader was in the newest minute that began at or after a moment; `None` where it published nothing since.
    ///
    /// # Errors
    /// The metrics may not be read.
    pub async fn behind_since(&self, reader: Reader<'_>, since: Timestamp) -> Result<Option<Behind>, CloudError> {
        let (namespace, metric, dimension) = reader.lag();
        let series = Series { namespace, metric, dimension, statistic: "Maximum", period: MINUTE };
        // A minute that began before the moment holds points from before it.
        let from = since.as_millis().saturating_add(59_999).div_euclid(60_000).saturating_mul(60_000);
        let length = self.time().as_millis().saturating_sub(from);
        let Ok(length @ 1..) = u64::try_from(length) else { return Ok(None) };
        let found = self.statistics(&[series], Duration::from_millis(length)).await?;
        // Newest first, as asked for by nobody and so by default (CloudWatch API reference, `GetMetricData`, `ScanBy`).
        let newest = found.first().and_then(|values| values.first()).copied();
        Ok(newest.map(|millis| Behind(Duration::from_millis(whole(millis)))))
    }

    /// The states of composite alarms, by name; those that are not there are left out.
    ///
    /// # Errors
    /// The alarms may not be read.
    pub async fn composite_alarms(&self, names: &[String]) -> Result<Vec<SeenAlarm>, CloudError> {
        let request = self.cloudwatch.describe_alarms().alarm_types(AlarmType::CompositeAlarm);
        let answer = request.set_alarm_names(Some(names.to_vec())).send().await;
        let answer = answer.map_err(|error| failure::of("CloudWatch", "DescribeAlarms", error))?;
        let seen = answer.composite_alarms().iter().map(|alarm| SeenAlarm {
            name: alarm.alarm_name().unwrap_or_default().to_owned(),
            arn: alarm.alarm_arn().unwrap_or_default().to_owned(),
            state: match alarm.state_value() {
                Some(StateValue::Alarm) => AlarmState::Alarm,
                Some(StateValue::Ok) => AlarmState::Ok,
                Some(_) | None => AlarmState::InsufficientData,
            },
        });
        Ok(seen.collect())
    }

    /// The values of several series, period by period, up to now, by the clock of whoever answers.
    async fn statistics(&self, series: &[Series<'_>], within: Duration) -> Result<Vec<Vec<f64>>, CloudError> {
        let now = self.time();
        let length = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
        let from = DateTime::from_millis(now.as_millis().saturating_sub(length));
        // The minute under way counts too.
        let until = DateTime::from_millis(now.as_millis().saturating_add(60_000));
        let mut found = vec![Vec::new(); series.len()];
        let mut token = None;
        loop {
            let mut request = self.cloudwatch.get_metric_data().start_time(from).end_time(until);
            for (at, one) in series.iter().enumerate() {
                request = request.metric_data_queries(query(at, one));
            }
            let answer = request.set_next_token(token).send().await;
            let answer = answer.map_err(|error| failure::of("CloudWatch", "GetMetricData", error))?;
            for result in answer.metric_data_results() {
                let at = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
                if let Some(values) = at.and_then(|at| found.get_mut(at)) {
                    values.extend_from_slice(result.values());
                }
            }
            token = answer.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

fn query(at: usize, series: &Series<'_>) -> MetricDataQuery {
    let (name, value) = series.dimension;
    let metric = Metric::builder()
        .namespace(series.namespace)
        .metric_name(series.metric)
        .dimensions(Dimension::builder().name(name).value(value).build())
        .build();
    let seconds = i32::try_from(series.period.as_secs()).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(seconds).stat(series.statistic).build();
    MetricDataQuery::builder().id(format!("m{at}")).metric_stat(stat).build()
}

/// A sum or a time of a metric as a whole number, not below nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut at the bounds of what counts")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}
