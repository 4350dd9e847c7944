//! What Kinesis can publish about each shard.

use std::fmt;

/// A shard-level metric (aws-facts.md 2.1), in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShardMetric {
    /// Bytes put.
    IncomingBytes,
    /// Records put.
    IncomingRecords,
    /// How old the last record read was.
    IteratorAgeMilliseconds,
    /// Bytes read.
    OutgoingBytes,
    /// Records read.
    OutgoingRecords,
    /// Throttled reads.
    ReadProvisionedThroughputExceeded,
    /// Throttled writes.
    WriteProvisionedThroughputExceeded,
}

impl ShardMetric {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::IncomingBytes,
        Self::IncomingRecords,
        Self::IteratorAgeMilliseconds,
        Self::OutgoingBytes,
        Self::OutgoingRecords,
        Self::ReadProvisionedThroughputExceeded,
        Self::WriteProvisionedThroughputExceeded,
    ];

    /// The metric by its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == text)
    }

    /// Its name, as Kinesis spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IncomingBytes => "IncomingBytes",
            Self::IncomingRecords => "IncomingRecords",
            Self::IteratorAgeMilliseconds => "IteratorAgeMilliseconds",
            Self::OutgoingBytes => "OutgoingBytes",
            Self::OutgoingRecords => "OutgoingRecords",
            Self::ReadProvisionedThroughputExceeded => "ReadProvisionedThroughputExceeded",
            Self::WriteProvisionedThroughputExceeded => "WriteProvisionedThroughputExceeded",
        }
    }
}

impl fmt::Display for ShardMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
