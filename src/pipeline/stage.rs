//! The kinds of stages, and which alarms each kind has.

use std::fmt;

use crate::units::StageName;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $section:literal;)*) => {
        /// What a stage is.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(rename_all = "lowercase")]
        pub enum StageKind {
            $($(#[$doc])* $name,)*
        }

        impl StageKind {
            /// Every kind.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$name),*];

            /// The kind in one lower-case word, as logical ids and alarm names carry it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The section of the pipeline file that holds stages of this kind.
            #[must_use]
            pub fn section(self) -> &'static str {
                match self { $(Self::$name => $section,)* }
            }
        }
    };
}

kinds! {
    /// A KMS key.
    Key: "key", "keys";
    /// A Kinesis data stream.
    Stream: "stream", "streams";
    /// A DynamoDB table.
    Table: "table", "tables";
    /// An SQS queue with its dead-letter queue.
    Queue: "queue", "queues";
    /// An SNS topic.
    Topic: "topic", "topics";
    /// An S3 bucket.
    Bucket: "bucket", "buckets";
    /// A SageMaker endpoint.
    Endpoint: "endpoint", "endpoints";
    /// A Lambda consumer of a stream.
    Consumer: "consumer", "consumers";
    /// A Lambda worker of a queue or a topic.
    Worker: "worker", "workers";
    /// A Firehose archive; it has the name of the stream that it archives.
    Archive: "archive", "archive";
    /// A metric that a handler emits.
    Metric: "metric", "metrics";
}

impl fmt::Display for StageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One stage: names are unique per kind only, so both are needed.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct StageRef {
    /// Its kind.
    pub kind: StageKind,
    /// Its name.
    pub name: StageName,
}

impl StageRef {
    /// Names a stage.
    #[must_use]
    pub fn new(kind: StageKind, name: &StageName) -> Self {
        Self { kind, name: name.clone() }
    }

    /// Its dotted path in the pipeline file, for instance `consumers.score`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.kind.section(), self.name)
    }
}

impl fmt::Display for StageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// The unit in which CloudWatch keeps a metric, and so in which a threshold is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// A plain number of things.
    Count,
    /// A share between 0 and 1; files write percent.
    Fraction,
    /// Microseconds; files write durations.
    Microseconds,
    /// Milliseconds; files write durations.
    Milliseconds,
    /// Seconds; files write durations.
    Seconds,
}

macro_rules! alarms {
    ($($(#[$doc:meta])* $name:ident: $kind:ident, $text:literal, $unit:ident;)*) => {
        /// A recommended alarm. Every stage of the alarm's kind has it unless the file silences it
        /// (aws-facts.md section 5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum AlarmId {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl AlarmId {
            /// Every alarm, by kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind of stage it watches.
            #[must_use]
            pub fn kind(self) -> StageKind {
                match self { $(Self::$name => StageKind::$kind,)* }
            }

            /// Its name in the pipeline file's `alarms` section.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The unit of its metric.
            #[must_use]
            pub fn unit(self) -> MetricUnit {
                match self { $(Self::$name => MetricUnit::$unit,)* }
            }
        }
    };
}

alarms! {
    /// Writes are throttled: share of `WriteProvisionedThroughputExceeded`.
    StreamWriteThrottled: Stream, "write_throttled", Fraction;
    /// Reads are throttled: share of `ReadProvisionedThroughputExceeded`.
    StreamReadThrottled: Stream, "read_throttled", Fraction;
    /// Records of a batch are refused: `PutRecords.FailedRecords`.
    StreamFailedPuts: Stream, "failed_puts", Count;
    /// Single puts fail: `PutRecord.Success`, alarms below.
    StreamPutSuccess: Stream, "put_success", Fraction;
    /// Reads fail: `GetRecords.Success`, alarms below.
    StreamGetSuccess: Stream, "get_success", Fraction;
    /// Throttled reads of a table: `ReadThrottleEvents`.
    TableReadThrottled: Table, "read_throttled", Count;
    /// Throttled writes of a table: `WriteThrottleEvents`.
    TableWriteThrottled: Table, "write_throttled", Count;
    /// DynamoDB itself fails: `SystemErrors`.
    TableSystemErrors: Table, "system_errors", Count;
    /// Messages wait too long: `ApproximateAgeOfOldestMessage`.
    QueueOldestMessage: Queue, "oldest_message", Seconds;
    /// Messages were given up: `ApproximateNumberOfMessagesVisible` of the dead-letter queue.
    QueueDeadLetters: Queue, "dead_letters", Count;
    /// Messages cannot be delivered: `NumberOfNotificationsFailed`.
    TopicFailedNotifications: Topic, "failed_notifications", Count;
    /// Server errors: `Invocation5XXErrors`, share of invocations.
    EndpointErrors5xx: Endpoint, "errors_5xx", Fraction;
    /// Client errors: `Invocation4XXErrors`, share of invocations.
    EndpointErrors4xx: Endpoint, "errors_4xx", Fraction;
    /// The model fails: `InvocationModelErrors`, share of invocations. Not of asynchronous endpoints, which do not publish it.
    EndpointModelErrors: Endpoint, "model_errors", Fraction;
    /// The model is slow: `ModelLatency`, 99th percentile.
    EndpointLatency: Endpoint, "latency", Microseconds;
    /// A multi-model endpoint loads too often: `ModelCacheHit`, alarms below. Multi-model endpoints only.
    EndpointCacheHit: Endpoint, "cache_hit", Fraction;
    /// Requests wait: `ApproximateBacklogSizePerInstance`. Asynchronous endpoints only.
    EndpointBacklog: Endpoint, "backlog", Count;
    /// Requests wait and there is no instance: `HasBacklogWithoutCapacity`. Asynchronous endpoints only.
    EndpointNoCapacity: Endpoint, "no_capacity", Count;
    /// Requests fail: `InvocationFailures`. Asynchronous endpoints only.
    EndpointFailures: Endpoint, "failures", Count;
    /// Requests wait until they are dropped: `ExpiredRequests`. Asynchronous endpoints only.
    EndpointExpired: Endpoint, "expired", Count;
    /// The consumer is behind: the function's `IteratorAge`.
    ConsumerIteratorAge: Consumer, "iterator_age", Milliseconds;
    /// The handler fails: `Errors`.
    ConsumerErrors: Consumer, "errors", Count;
    /// Lambda throttles the function: `Throttles`.
    ConsumerThrottles: Consumer, "throttles", Count;
    /// The handler nears its timeout: `Duration`, 90th percentile.
    ConsumerDuration: Consumer, "duration", Milliseconds;
    /// Concurrency nears the ceiling: `ConcurrentExecutions`.
    ConsumerConcurrency: Consumer, "concurrency", Count;
    /// Records come in and the function is not invoked at all.
    ConsumerNotReading: Consumer, "not_reading", Count;
    /// Discarded records wait in the consumer's own queue. Consumers with `failure.to: own-queue` only.
    ConsumerFailedRecords: Consumer, "failed_records", Count;
    /// Enhanced fan-out is behind: `SubscribeToShardEvent.MillisBehindLatest`. `read: fan-out` only.
    ConsumerFanOutLag: Consumer, "fan_out_lag", Milliseconds;
    /// The handler fails: `Errors`.
    WorkerErrors: Worker, "errors", Count;
    /// Lambda throttles the function: `Throttles`.
    WorkerThrottles: Worker, "throttles", Count;
    /// The handler nears its timeout: `Duration`, 90th percentile.
    WorkerDuration: Worker, "duration", Milliseconds;
    /// Concurrency nears the ceiling: `ConcurrentExecutions`. Workers with `concurrency.max` or `reserved` only.
    WorkerConcurrency: Worker, "concurrency", Count;
    /// Given-up messages wait in the worker's own queue. Workers of topics only; a queue has `dead_letters`.
    WorkerFailedMessages: Worker, "failed_messages", Count;
    /// Objects arrive late: `DeliveryToS3.DataFreshness`.
    ArchiveFreshness: Archive, "freshness", Seconds;
    /// Objects cannot be written: `DeliveryToS3.Success`, alarms below.
    ArchiveDeliverySuccess: Archive, "delivery_success", Fraction;
    /// Firehose cannot read as fast as it should: `ThrottledGetRecords`.
    ArchiveThrottled: Archive, "throttled", Count;
    /// More prefixes are open at once than Firehose takes: `PartitionCountExceeded`. `partition_by` only.
    ArchivePartitions: Archive, "partitions", Count;
}

impl AlarmId {
    /// Whether it rolls a deployment back that is being watched: it tells of harm to records or answers, not of a trend.
    #[must_use]
    pub fn rolls_back(self) -> bool {
        matches!(
            self,
            Self::StreamWriteThrottled
                | Self::TableReadThrottled
                | Self::TableWriteThrottled
                | Self::EndpointErrors5xx
                | Self::EndpointLatency
                | Self::EndpointModelErrors
                | Self::EndpointFailures
                | Self::ConsumerIteratorAge
                | Self::ConsumerErrors
                | Self::ConsumerThrottles
                | Self::WorkerErrors
                | Self::WorkerThrottles
                | Self::ArchiveDeliverySuccess
        )
    }

    /// The alarms that stages of a kind have.
    pub fn of(kind: StageKind) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |alarm| alarm.kind() == kind)
    }

    /// The alarm of a kind by its name in the file.
    #[must_use]
    pub fn find(kind: StageKind, text: &str) -> Option<Self> {
        Self::of(kind).find(|alarm| alarm.as_str() == text)
    }
}

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_found_by_kind_and_name_and_only_so() {
        for alarm in AlarmId::ALL {
            assert_eq!(AlarmId::find(alarm.kind(), alarm.as_str()), Some(*alarm));
        }
        assert_eq!(AlarmId::find(StageKind::Table, "iterator_age"), None);
    }
}
