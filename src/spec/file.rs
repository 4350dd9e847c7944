//! The pipeline file, declared. What is written here is the language: see `declare.rs` for what follows from it.
//!
//! Bounds in types are AWS's (aws-facts.md section 2 and the resource schemas).

use std::collections::BTreeMap;

use super::declare::{choice, record};
use super::leaf::{
    Days, FormatVersion, Hours, Instance, Json, Mib, Positive, Raw, Seconds, Share, StreamSource, TagText, Text,
    VariableName, Whole,
};
use crate::units::{ByteSize, Count, Duration, LogicalId, PipelineName, Rate, StageName, Timestamp};

/// Tuning of all alarms: by stage, then by alarm.
pub type AllTuning = BTreeMap<StageName, BTreeMap<Text<64>, AlarmChoice>>;

record! {
    /// A streaming machine-learning pipeline.
    "a pipeline file" PipelineFile {
        /// The version of this file's format; left out, it is 1.
        sluice: Option<FormatVersion>,
        /// The pipeline's name: lower-case letters, digits and hyphens. It begins the name of everything that is made.
        pipeline: PipelineName,
        /// The team that owns it; becomes a tag on every resource.
        owner: TagText,
        /// What it does, in a sentence.
        description: Option<Text<800>>,
        /// The load, by stream. Capacity, cost and simulation read it.
        traffic: BTreeMap<StageName, TrafficSpec>,
        /// The end-to-end latency that is aimed for.
        latency: Option<LatencySpec>,
        /// Kinesis data streams.
        streams: BTreeMap<StageName, StreamSpec>,
        /// DynamoDB tables.
        tables: BTreeMap<StageName, TableSpec>,
        /// SageMaker endpoints.
        endpoints: BTreeMap<StageName, EndpointSpec>,
        /// Lambda consumers of streams.
        consumers: BTreeMap<StageName, ConsumerSpec>,
        /// Archives into S3, by the stream that is archived.
        archive: BTreeMap<StageName, ArchiveSpec>,
        /// Alarms that differ from what is recommended, by stage. Every recommended alarm exists by default.
        alarms: AllTuning,
        /// What this file cannot say, said in CloudFormation.
        cloudformation: Option<CloudFormationSpec>,
    }

    /// The load on a stream.
    "a traffic declaration" TrafficSpec {
        /// Ordinary load: `1200/s`, `30k/min`, `500G/day` (records) or `2 MiB/s` (bytes).
        steady: Positive<Rate>,
        /// Highest expected load. Left out, three times the ordinary load.
        peak: Option<Positive<Rate>>,
        /// How long the peak lasts. Left out, 20 minutes.
        burst: Option<Positive<Duration>>,
        /// Mean size of a record. Left out, 1 KiB.
        record: Option<Positive<ByteSize>>,
        /// How the partition key spreads.
        key: Option<KeySpec>,
    }

    /// How the partition key spreads over records.
    "a key" KeySpec {
        /// The record's field that is the partition key.
        field: Text<256>,
        /// How many different keys there are.
        distinct: Positive<Count>,
        /// The busiest key's share of all records. Left out, every key is as busy as any other.
        hottest: Option<Share>,
    }

    /// End-to-end latency, 99th percentile.
    "a latency target" LatencySpec {
        /// The bound.
        target: Positive<Duration>,
        /// The class that the bound belongs to. Left out, it follows from the bound.
        class: Option<LatencyClassChoice>,
    }

    /// A Kinesis data stream.
    "a stream" StreamSpec {
        /// How capacity is chosen. Left out, `auto`.
        capacity: Option<CapacityChoice>,
        /// How long records are kept, 24h to 365d. Left out, 24h in development, 7d elsewhere.
        retention: Option<Hours<24, 8760>>,
        /// Which shard-level metrics are published. Left out, `none`.
        shard_metrics: Option<ShardMetricsChoice>,
    }

    /// Fixed capacity of a stream.
    "provisioned capacity" ProvisionedSpec {
        /// Open shards; each takes 1 MiB/s or 1,000 records/s.
        shards: Whole<1, 100_000>,
    }

    /// A DynamoDB table.
    "a table" TableSpec {
        /// The attribute that is the partition key; a string.
        key: Text<255>,
        /// The attribute that is the sort key; a string.
        sort: Option<Text<255>>,
        /// When items expire. A table has `ttl`, or `no_ttl` with a reason.
        ttl: Option<TtlSpec>,
        /// Why items never expire.
        no_ttl: Option<NoTtlSpec>,
        /// How capacity is chosen. Left out, `on-demand`.
        capacity: Option<TableCapacityChoice>,
        /// Point-in-time recovery. Left out, off in development, on elsewhere.
        point_in_time_recovery: Option<bool>,
    }

    /// When items of a table expire.
    "a time to live" TtlSpec {
        /// The attribute that holds the epoch second at which the item expires.
        attribute: Text<255>,
        /// How long after writing; the handler is told.
        after: Seconds<1, 3_153_600_000>,
    }

    /// Why items of a table never expire.
    "`no_ttl`" NoTtlSpec {
        /// The reason; unbounded state grows until somebody pays for it.
        reason: Text<500>,
    }

    /// Fixed capacity of a table.
    "provisioned table capacity" TableUnitsSpec {
        /// Read capacity units.
        read: Whole<1, 40_000>,
        /// Write capacity units.
        write: Whole<1, 40_000>,
    }

    /// A SageMaker endpoint.
    "an endpoint" EndpointSpec {
        /// What it serves.
        model: ModelChoice,
        /// How it serves.
        serving: ServingChoice,
        /// Measured service time of one invocation; capacity uses it.
        latency: Option<ServiceTimeSpec>,
    }

    /// Many models behind one container, loaded on demand.
    "a multi-model" MultiModelSpec {
        /// The container.
        image: ImageChoice,
        /// Model files by name, relative to this file.
        models: BTreeMap<Text<63>, Text<512>>,
        /// The model that is asked for first.
        default: Text<63>,
        /// The model that is asked for when the first fails.
        fallback: Option<Text<63>>,
    }

    /// One model.
    "a single model" SingleModelSpec {
        /// The container.
        image: ImageChoice,
        /// The model file, relative to this file.
        artifact: Text<512>,
    }

    /// One of SageMaker's own containers.
    "a built-in image" ImageBuiltinSpec {
        /// Framework, for instance `xgboost`.
        name: Text<64>,
        /// Version, for instance "1.7-1".
        version: Text<64>,
    }

    /// Instances that are always there.
    "real-time serving" RealTimeSpec {
        /// For instance `ml.c5.xlarge`.
        instance: Instance,
        /// How many. Left out, 1 in development, 2 to 4 elsewhere.
        instances: Option<InstancesSpec>,
        /// How a new configuration takes over. Left out, a canary of one instance for 5 minutes, or all at once where there is one instance only.
        rollout: Option<RolloutChoice>,
    }

    /// How many instances there are.
    "a number of instances" InstancesSpec {
        /// At least so many.
        min: Whole<1, 1000>,
        /// At most so many. Left out, `min`.
        max: Option<Whole<1, 1000>>,
    }

    /// A few instances first, then the rest.
    "a canary" CanarySpec {
        /// Instances that take traffic first; fewer than `min`, at most half of them.
        instances: Whole<1, 500>,
        /// How long they are watched. Left out, 5m.
        wait: Option<Seconds<0, 3600>>,
    }

    /// Measured service time.
    "a service time" ServiceTimeSpec {
        /// Median.
        p50: Positive<Duration>,
        /// 99th percentile.
        p99: Positive<Duration>,
    }

    /// A Lambda consumer of a stream.
    "a consumer" ConsumerSpec {
        /// The stream it reads: one of this pipeline, or `other-pipeline/stream`.
        from: StreamSource,
        /// Folder of the handler's code, relative to this file.
        code: Text<512>,
        /// The function: `module.function`.
        handler: Text<128>,
        /// Lambda runtime. Left out, `python3.13`.
        runtime: Option<Text<64>>,
        /// Memory, 128 MiB to 10 GiB. Left out, 512 MiB.
        memory: Option<Mib<128, 10_240>>,
        /// Longest invocation, 1s to 15m. Left out, 60s.
        timeout: Option<Seconds<1, 900>>,
        /// How it reads. Left out, `shared`.
        read: Option<ReadChoice>,
        /// Where a new mapping starts. Left out, `trim-horizon`: nothing is skipped.
        start: Option<StartChoice>,
        /// How records are batched.
        batch: Option<BatchSpec>,
        /// What happens to records that cannot be processed.
        failure: Option<FailureSpec>,
        /// Tables it reads features from.
        features: Vec<StageName>,
        /// The endpoint it scores with.
        scores_with: Option<StageName>,
        /// Tables it writes.
        writes: Vec<StageName>,
        /// The stream that late records go to.
        late_to: Option<StageName>,
        /// Event filter patterns; a record that matches none is skipped. At most 20.
        filters: Vec<Json>,
        /// Measured work of one invocation; capacity uses it.
        work: Option<WorkSpec>,
        /// Environment variables besides those that follow from the edges.
        environment: BTreeMap<VariableName, Text<4096>>,
        /// How long its logs are kept. Left out, 7d in development, 30d in staging, 90d in production.
        log_retention: Option<Days<1, 3653>>,
    }

    /// How records are batched.
    "a batch" BatchSpec {
        /// Most records of a batch, 1 to 10,000. Left out, 100.
        size: Option<Whole<1, 10_000>>,
        /// How long a batch is gathered, 0s to 5m. Left out, 0s; batches above 10 records still fill from what is there.
        window: Option<Seconds<0, 300>>,
        /// Batches of one shard at a time, 1 to 10. Left out, 1.
        parallel: Option<Whole<1, 10>>,
        /// Tumbling window, 1s to 15m; excludes `parallel` above 1.
        tumbling: Option<Seconds<1, 900>>,
    }

    /// What happens to records that cannot be processed.
    "a failure policy" FailureSpec {
        /// Retries after the first attempt, 0 to 10,000. Left out, 3.
        retries: Option<Whole<0, 10_000>>,
        /// Oldest record that is still tried, 1m to 7d. Left out, 1h.
        max_age: Option<Seconds<60, 604_800>>,
        /// Split a failed batch in two. Left out, true.
        bisect: Option<bool>,
        /// The handler names the records that failed. Left out, true.
        report_items: Option<bool>,
        /// Where pointers to discarded records go. Left out, `own-queue`.
        to: Option<FailureToChoice>,
    }

    /// Measured work of one invocation.
    "a work measurement" WorkSpec {
        /// Per invocation, whatever the batch.
        fixed: Duration,
        /// Per record.
        per_record: Duration,
    }

    /// A Firehose archive of a stream into S3.
    "an archive" ArchiveSpec {
        /// Format of objects. Left out, `json`: records as they are, one per line.
        format: Option<FormatChoice>,
        /// Compression of objects. Left out, `gzip`.
        compress: Option<CompressChoice>,
        /// When an object is written.
        buffer: Option<BufferSpec>,
        /// How long objects are kept, and where.
        keep: Option<KeepSpec>,
    }

    /// When an object is written: whichever comes first.
    "a buffer" BufferSpec {
        /// 1 MiB to 128 MiB. Left out, 64 MiB.
        size: Option<Mib<1, 128>>,
        /// 1m to 15m. Left out, 5m.
        every: Option<Seconds<60, 900>>,
    }

    /// How long objects are kept, and where.
    "a retention of objects" KeepSpec {
        /// How long in standard storage. Left out, 90d.
        standard: Option<Days<1, 3650>>,
        /// What happens then. Left out, `glacier`; in development, `delete`.
        then: Option<ThenChoice>,
    }

    /// No alarm for a while.
    "a silence" SilenceSpec {
        /// Why.
        reason: Text<500>,
        /// From this day on the alarm is there again.
        until: Timestamp,
    }

    /// What this file cannot say, said in CloudFormation. Long-form intrinsics only.
    "`cloudformation`" CloudFormationSpec {
        /// Merge patches by logical id: `null` takes a property away, or the whole resource.
        patch: BTreeMap<LogicalId, Json>,
        /// Extra resources by logical id.
        resources: BTreeMap<LogicalId, Json>,
    }
}

choice! {
    /// Latency classes.
    "a latency class" LatencyClassChoice {
        /// Below 100 ms.
        "ultra-low" => UltraLow,
        /// Below a second.
        "low" => Low,
        /// Below a minute.
        "medium" => Medium,
        /// Minutes.
        "high" => High,
    }

    /// How a stream's capacity is chosen.
    "a capacity" CapacityChoice {
        /// Kinesis scales by itself.
        "on-demand" => OnDemand,
        /// A fixed number of shards.
        "provisioned" => Provisioned(ProvisionedSpec),
        /// Decided from traffic; the reason is kept.
        "auto" => Auto,
    }

    /// Shard-level metrics.
    "a choice of shard metrics" ShardMetricsChoice {
        /// None: stream-level metrics only.
        "none" => None,
        /// All seven, billed as custom metrics.
        "all" => All,
    }

    /// How a table's capacity is chosen.
    "a table capacity" TableCapacityChoice {
        /// Pay per request.
        "on-demand" => OnDemand,
        /// Fixed units.
        "provisioned" => Provisioned(TableUnitsSpec),
    }

    /// What an endpoint serves.
    "a model" ModelChoice {
        /// Many models behind one container.
        "multi-model" => Multi(MultiModelSpec),
        /// One model.
        "single" => Single(SingleModelSpec),
    }

    /// An inference container.
    "an image" ImageChoice {
        /// One of SageMaker's own, resolved per region.
        "builtin" => Builtin(ImageBuiltinSpec),
        /// A registry address, used as it is.
        "uri" => Uri(Text<255>),
    }

    /// How an endpoint serves.
    "a way of serving" ServingChoice {
        /// Instances that are always there.
        "real-time" => RealTime(RealTimeSpec),
    }

    /// How a new endpoint configuration takes over.
    "a rollout" RolloutChoice {
        /// A few instances first, then the rest.
        "canary" => Canary(CanarySpec),
        /// The whole fleet at once.
        "all-at-once" => AllAtOnce,
    }

    /// How a consumer reads.
    "a way of reading" ReadChoice {
        /// Polls, sharing each shard's 2 MiB/s with the other shared readers.
        "shared" => Shared,
        /// Enhanced fan-out: 2 MiB/s of its own per shard.
        "fan-out" => FanOut,
    }

    /// Where a new mapping starts.
    "a start" StartChoice {
        /// The oldest record that is still there.
        "trim-horizon" => TrimHorizon,
        /// The tip of the stream.
        "latest" => Latest,
        /// A moment.
        "at" => At(Timestamp),
    }

    /// Where pointers to discarded records go.
    "a destination" FailureToChoice {
        /// A queue that is made for this consumer.
        "own-queue" => OwnQueue,
        /// An existing queue of the account, by name.
        "queue" => Queue(Text<80>),
        /// An existing topic of the account, by name.
        "topic" => Topic(Text<256>),
        /// An existing bucket, by name; it receives the records themselves.
        "bucket" => Bucket(Text<63>),
    }

    /// Format of archived objects.
    "a format" FormatChoice {
        /// Records as they are, one per line.
        "json" => Json,
    }

    /// Compression of archived objects.
    "a compression" CompressChoice {
        /// As they are.
        "none" => None,
        /// Gzip.
        "gzip" => Gzip,
        /// Zip.
        "zip" => Zip,
        /// Snappy framing.
        "snappy" => Snappy,
    }

    /// What happens to archived objects after standard storage.
    "what comes after standard storage" ThenChoice {
        /// S3 Glacier Flexible Retrieval.
        "glacier" => Glacier,
        /// S3 Glacier Deep Archive.
        "deep-archive" => DeepArchive,
        /// They are deleted.
        "delete" => Delete,
    }

    /// A change to one alarm.
    "a change to an alarm" AlarmChoice {
        /// Another threshold: a duration, a count or a share, as the alarm's metric has it.
        "threshold" => Threshold(Raw),
        /// No alarm until a day, for a stated reason.
        "silence" => Silence(SilenceSpec),
    }
}
