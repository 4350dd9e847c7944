//! What a pipeline means in one environment: every default filled in, every name resolved.
//!
//! Only [`super::resolve`] builds a [`Pipeline`]; whoever holds one may rely on it: references lead
//! somewhere, numbers are within AWS's bounds, names fit. Sizing that was left open
//! (`capacity: auto`) is still open here; `capacity::size` decides it.

use std::collections::BTreeMap;

use super::places::Places;
use super::stage::{AlarmId, StageKind, StageRef};
use crate::environment::Environment;
use crate::units::{AccountId, ByteSize, Count, Duration, Percent, PipelineName, Rate, Region, StageName, Timestamp};

/// A resolved pipeline in one environment and one region.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(super) name: PipelineName,
    pub(super) owner: String,
    pub(super) description: String,
    pub(super) environment: Environment,
    pub(super) region: Region,
    pub(super) traffic: BTreeMap<StageName, Traffic>,
    pub(super) latency: Option<LatencyTarget>,
    pub(super) streams: BTreeMap<StageName, Stream>,
    pub(super) tables: BTreeMap<StageName, Table>,
    pub(super) endpoints: BTreeMap<StageName, Endpoint>,
    pub(super) consumers: BTreeMap<StageName, Consumer>,
    pub(super) archives: BTreeMap<StageName, Archive>,
    pub(super) alarms: BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>>,
    pub(super) escape: EscapeHatch,
    pub(super) places: Places,
}

impl Pipeline {
    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &PipelineName {
        &self.name
    }
    /// The team that owns it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
    /// What it does, in a sentence; may be empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
    /// The environment it is resolved for.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
    /// The region it is resolved for.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
    /// The account it is resolved for.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        self.environment.account()
    }
    /// Declared load, by stream.
    #[must_use]
    pub fn traffic(&self) -> &BTreeMap<StageName, Traffic> {
        &self.traffic
    }
    /// The end-to-end latency that is aimed for.
    #[must_use]
    pub fn latency(&self) -> Option<&LatencyTarget> {
        self.latency.as_ref()
    }
    /// Kinesis streams.
    #[must_use]
    pub fn streams(&self) -> &BTreeMap<StageName, Stream> {
        &self.streams
    }
    /// DynamoDB tables.
    #[must_use]
    pub fn tables(&self) -> &BTreeMap<StageName, Table> {
        &self.tables
    }
    /// SageMaker endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &BTreeMap<StageName, Endpoint> {
        &self.endpoints
    }
    /// Lambda consumers.
    #[must_use]
    pub fn consumers(&self) -> &BTreeMap<StageName, Consumer> {
        &self.consumers
    }
    /// Firehose archives, by the stream they archive.
    #[must_use]
    pub fn archives(&self) -> &BTreeMap<StageName, Archive> {
        &self.archives
    }
    /// Alarm tuning, by stage and then by alarm. Most alarms are not tuned and have no entry.
    #[must_use]
    pub fn alarms(&self) -> &BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>> {
        &self.alarms
    }
    /// Every stage, by kind and then by name.
    pub fn stages(&self) -> impl Iterator<Item = StageRef> {
        let of = |kind: StageKind, names: Vec<&StageName>| -> Vec<StageRef> {
            names.into_iter().map(|name| StageRef::new(kind, name)).collect()
        };
        [
            of(StageKind::Stream, self.streams.keys().collect()),
            of(StageKind::Table, self.tables.keys().collect()),
            of(StageKind::Endpoint, self.endpoints.keys().collect()),
            of(StageKind::Consumer, self.consumers.keys().collect()),
            of(StageKind::Archive, self.archives.keys().collect()),
        ]
        .into_iter()
        .flatten()
    }
    /// How the file tunes one alarm, if it does.
    #[must_use]
    pub fn alarm_tuning(&self, stage: &StageRef, alarm: AlarmId) -> Option<&AlarmTuning> {
        self.alarms.get(stage)?.get(&alarm)
    }
    /// The `cloudformation:` section.
    #[must_use]
    pub fn escape(&self) -> &EscapeHatch {
        &self.escape
    }
    /// Which file and line set which value.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }
}

/// The load on one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Ordinary load.
    pub steady: Rate,
    /// Highest expected load; at least `steady`.
    pub peak: Rate,
    /// How long the peak lasts.
    pub burst: Duration,
    /// Mean size of a record, data and key, on the wire.
    pub record: ByteSize,
    /// How the partition key spreads.
    pub key: Option<KeySpread>,
}

/// How the partition key spreads over records.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySpread {
    /// The record's field that is the partition key.
    pub field: String,
    /// How many different keys there are.
    pub distinct: Count,
    /// The busiest key's share of all records.
    pub hottest: Percent,
}

/// End-to-end latency, 99th percentile.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyTarget {
    /// The bound.
    pub target: Duration,
    /// The class the bound belongs to.
    pub class: LatencyClass,
}

/// Latency classes of the source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyClass {
    /// Below 100 ms.
    UltraLow,
    /// Below a second.
    Low,
    /// Seconds to a minute.
    Medium,
    /// Minutes.
    High,
}

/// A Kinesis data stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Its name in the pipeline.
    pub name: StageName,
    /// Asked-for capacity; may still be `Auto`.
    pub capacity: StreamCapacity,
    /// 24 h to 8,760 h.
    pub retention: Duration,
    /// Which shard-level metrics are published.
    pub shard_metrics: ShardMetrics,
}

/// How a stream's capacity is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamCapacity {
    /// Kinesis scales by itself.
    OnDemand,
    /// A fixed number of shards, 1 to 100,000.
    Provisioned {
        /// Open shards.
        shards: u32,
    },
    /// Decided from traffic by `capacity`.
    Auto,
}

/// Shard-level metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardMetrics {
    /// None: stream-level metrics only.
    None,
    /// All seven (billed as custom metrics).
    All,
}

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name in the pipeline.
    pub name: StageName,
    /// Partition key attribute; always a string attribute.
    pub key: String,
    /// Sort key attribute, if any.
    pub sort: Option<String>,
    /// When items expire.
    pub ttl: Ttl,
    /// Read and write capacity.
    pub capacity: TableCapacity,
    /// Point-in-time recovery.
    pub point_in_time_recovery: bool,
}

/// When items of a table expire.
#[derive(Clone, Debug, PartialEq)]
pub enum Ttl {
    /// Items carry the epoch second at which they expire.
    Expires {
        /// The attribute that holds it.
        attribute: String,
        /// How long after writing, told to the handler as an environment variable.
        after: Duration,
    },
    /// Items never expire, for a stated reason.
    Never {
        /// Why.
        reason: String,
    },
}

/// Capacity mode of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableCapacity {
    /// Pay per request.
    OnDemand,
    /// Fixed units.
    Provisioned {
        /// Read capacity units, at least 1.
        read: u32,
        /// Write capacity units, at least 1.
        write: u32,
    },
}

/// A SageMaker endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Its name in the pipeline.
    pub name: StageName,
    /// What it serves.
    pub model: Model,
    /// How it serves.
    pub serving: Serving,
    /// Measured service time of one invocation.
    pub latency: Option<ServiceTime>,
}

/// What an endpoint serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Many artifacts behind one container, loaded on demand.
    Multi {
        /// The container.
        image: Image,
        /// Artifact files by model name, relative to the pipeline's folder.
        models: BTreeMap<String, String>,
        /// The model that is asked for first.
        default: String,
        /// The model that is asked for when the first fails.
        fallback: Option<String>,
    },
    /// One artifact.
    Single {
        /// The container.
        image: Image,
        /// The artifact file, relative to the pipeline's folder.
        artifact: String,
    },
}

/// An inference container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// One of SageMaker's own, resolved per region.
    Builtin {
        /// Framework name, for instance `xgboost`.
        name: String,
        /// Tag, for instance `1.7-1`.
        version: String,
    },
    /// A registry address, used as it is.
    Uri(String),
}

/// How an endpoint serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Serving {
    /// Instances that are always there.
    RealTime {
        /// For instance `ml.c5.xlarge`.
        instance: String,
        /// At least 1.
        min: u32,
        /// At least `min`.
        max: u32,
        /// How a new configuration takes over.
        rollout: EndpointRollout,
    },
}

/// How a new endpoint configuration takes over.
#[derive(Clone, Debug, PartialEq)]
pub enum EndpointRollout {
    /// A few instances first, then the rest.
    Canary {
        /// Instances that take traffic first.
        instances: u32,
        /// How long they are watched.
        wait: Duration,
    },
    /// The whole fleet at once.
    AllAtOnce,
}

/// Measured service time.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceTime {
    /// Median.
    pub p50: Duration,
    /// 99th percentile; at least `p50`.
    pub p99: Duration,
}

/// A Lambda consumer of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Its name in the pipeline.
    pub name: StageName,
    /// The stream it reads.
    pub from: StageName,
    /// Folder of the handler's code, relative to the pipeline's folder, checked to stay inside it.
    pub code: String,
    /// `module.function`.
    pub handler: String,
    /// Lambda runtime identifier.
    pub runtime: String,
    /// 128 MiB to 10,240 MiB.
    pub memory: ByteSize,
    /// 1 s to 900 s.
    pub timeout: Duration,
    /// How it reads.
    pub read: ReadMode,
    /// Where a new mapping starts.
    pub start: StartPosition,
    /// How records are batched.
    pub batch: Batch,
    /// What happens to records that cannot be processed.
    pub failure: Failure,
    /// Tables it reads features from.
    pub features: Vec<StageName>,
    /// The endpoint it scores with.
    pub scores_with: Option<StageName>,
    /// Tables it writes.
    pub writes: Vec<StageName>,
    /// The stream late records go to.
    pub late_to: Option<StageName>,
    /// Event filter patterns (JSON objects), at most 20.
    pub filters: Vec<serde_json::Value>,
    /// Measured work per invocation.
    pub work: Option<Work>,
    /// Environment variables set by hand, besides those that follow from the edges.
    pub environment: BTreeMap<String, String>,
    /// How long its logs are kept, in days (one of CloudWatch Logs' values).
    pub log_retention_days: u32,
}

/// How a consumer reads its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Polls, sharing each shard's 2 MB/s with every other shared reader.
    Shared,
    /// Enhanced fan-out: 2 MB/s of its own per shard.
    FanOut,
}

/// Where a new event source mapping starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// The oldest record that is still there.
    TrimHorizon,
    /// The tip at the moment polling really starts.
    Latest,
    /// A moment.
    At(Timestamp),
}

/// How records are batched.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// 1 to 10,000 records.
    pub size: u32,
    /// 0 s to 300 s.
    pub window: Duration,
    /// Batches of one shard at a time, 1 to 10.
    pub parallel: u32,
    /// Tumbling window, 1 s to 900 s; excludes `parallel` above 1.
    pub tumbling: Option<Duration>,
}

/// What happens to records that cannot be processed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Retries after the first attempt; `None` retries until the record expires.
    pub retries: Option<u32>,
    /// Oldest record that is still tried, 60 s to 7 d; `None` tries until the record expires.
    pub max_age: Option<Duration>,
    /// Split a failed batch in two.
    pub bisect: bool,
    /// The handler names the records that failed.
    pub report_items: bool,
    /// Where the pointers to discarded records go.
    pub to: FailureDestination,
}

/// Where the pointers to discarded records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureDestination {
    /// A queue that is made for this consumer.
    OwnQueue,
    /// An existing queue in the account, by name.
    Queue(String),
    /// An existing topic in the account, by name.
    Topic(String),
    /// An existing bucket, by name; it receives the records themselves.
    Bucket(String),
}

/// Measured work of one invocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Per invocation, whatever the batch.
    pub fixed: Duration,
    /// Per record; microsecond resolution.
    pub per_record: Duration,
}

/// A Firehose archive of a stream into S3.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// The stream that is archived.
    pub stream: StageName,
    /// How objects are compressed.
    pub compress: Compression,
    /// When a buffer is written: 1 to 128 MiB.
    pub buffer_size: ByteSize,
    /// When a buffer is written at the latest: 60 s to 900 s.
    pub buffer_every: Duration,
    /// How long objects stay in standard storage before they go on.
    pub keep_standard: Duration,
    /// What happens to them then.
    pub then: AfterStandard,
}

/// Compression of archived objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// Gzip.
    Gzip,
    /// Zip.
    Zip,
    /// Snappy framing.
    Snappy,
}

/// What happens to archived objects after standard storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterStandard {
    /// S3 Glacier Flexible Retrieval.
    Glacier,
    /// S3 Glacier Deep Archive.
    DeepArchive,
    /// They are deleted.
    Delete,
}

/// A change to one recommended alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmTuning {
    /// Another threshold, as a number in the unit of the alarm's metric ([`super::AlarmId::unit`]).
    Threshold(f64),
    /// No alarm until a day, for a stated reason.
    Silence {
        /// Why.
        reason: String,
        /// From this moment on the alarm is there again.
        until: Timestamp,
    },
}

/// The `cloudformation:` section: merged over what is rendered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EscapeHatch {
    /// Merge patches by logical id.
    pub patch: BTreeMap<String, serde_json::Value>,
    /// Extra resources by logical id.
    pub resources: BTreeMap<String, serde_json::Value>,
}
