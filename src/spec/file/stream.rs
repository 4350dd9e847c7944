//! Traffic, latency, streams.

use super::super::declare::{choice, record};
use super::super::leaf::{Hours, Positive, Share, Text, Whole};
use super::EncryptionChoice;
use crate::units::{ByteSize, Count, Duration, Rate, ShardMetric};

record! {
    /// The load on a stream.
    "a traffic declaration" TrafficSpec {
        /// Ordinary load: `1200/s`, `30k/min`, `500G/day` (records) or `2 MiB/s` (bytes).
        steady: Positive<Rate>,
        /// Highest expected load. Left out, three times the ordinary load.
        peak: Option<Positive<Rate>>,
        /// How long the peak lasts. Left out, 20 minutes.
        burst: Option<Positive<Duration>>,
        /// Mean size of a record, up to 1 MiB. Left out, 1 KiB.
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
        /// How long records are kept, 24h to 365d (Kinesis's `RetentionPeriodHours`). Left out, 24h in development, 7d elsewhere.
        retention: Option<Hours<24, 8760>>,
        /// Which shard-level metrics are published. Left out, `none`.
        shard_metrics: Option<ShardMetricsChoice>,
        /// How it is encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// Fixed capacity of a stream.
    "provisioned capacity" ProvisionedSpec {
        /// Open shards; each takes 1 MiB/s or 1,000 records/s.
        shards: Whole<1, 100_000>,
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
        /// Some of them.
        "only" => Only(Vec<ShardMetric>),
    }
}
