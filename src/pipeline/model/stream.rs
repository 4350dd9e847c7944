//! Traffic, latency, streams.

use std::collections::BTreeSet;

use super::Encryption;
use crate::units::{ByteSize, Count, Duration, Percent, PipelineName, Rate, ShardMetric, StageName};

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
    /// Which shard-level metrics are published; they are billed as custom metrics.
    pub shard_metrics: BTreeSet<ShardMetric>,
    /// How records are encrypted.
    pub encryption: Encryption,
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

/// The stream that a consumer reads.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamFrom {
    /// One of this pipeline.
    Own(StageName),
    /// One of another pipeline in the same environment and region.
    Other(OtherStream),
}

impl StreamFrom {
    /// The stream's name in the pipeline that it belongs to.
    #[must_use]
    pub fn stream(&self) -> &StageName {
        match self {
            Self::Own(stream) => stream,
            Self::Other(other) => &other.stream,
        }
    }

    /// The stream, if it is one of this pipeline.
    #[must_use]
    pub fn own(&self) -> Option<&StageName> {
        match self {
            Self::Own(stream) => Some(stream),
            Self::Other(_) => None,
        }
    }
}

/// A stream of another pipeline in the same environment and region. Its name and ARN: [`super::Pipeline::stream_name`].
#[derive(Clone, Debug, PartialEq)]
pub struct OtherStream {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The stream.
    pub stream: StageName,
    /// What the other pipeline's file says of it; `None` where nobody could look.
    pub facts: Option<OtherStreamFacts>,
}

/// What another pipeline's file says of its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherStreamFacts {
    /// Asked-for capacity.
    pub capacity: StreamCapacity,
    /// How long records are kept.
    pub retention: Duration,
    /// The key its records are encrypted with, if it is not AWS's own: an alias (`alias/…`) of a key of the other
    /// pipeline, or an ARN.
    pub key: Option<OtherKey>,
    /// The declared load.
    pub traffic: Option<Traffic>,
}

/// A key that another pipeline's stream is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherKey {
    /// The other pipeline's own key, known by its alias (`alias/payments-prod-data`).
    Alias(String),
    /// A key that exists, by ARN.
    Arn(String),
}
