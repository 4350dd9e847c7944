//! Tables.

use std::collections::BTreeMap;

use super::Encryption;
use crate::units::{Duration, LocalName, Percent, StageName};

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
    /// Global secondary indexes by name, at most 20.
    pub indexes: BTreeMap<LocalName, Index>,
    /// How items are encrypted.
    pub encryption: Encryption,
}

/// When items of a table expire.
#[derive(Clone, Debug, PartialEq)]
pub enum Ttl {
    /// Items carry the epoch second at which they expire.
    Expires {
        /// The attribute that holds it.
        attribute: String,
        /// How long after writing, told to the handler as an environment variable; `None` where the handler decides.
        after: Option<Duration>,
    },
    /// Items never expire, for a stated reason.
    Never {
        /// Why.
        reason: String,
    },
}

/// Capacity mode of a table.
#[derive(Clone, Debug, PartialEq)]
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
    /// Units that follow the load; indexes follow by the same bounds.
    Autoscaled {
        /// Bounds of read capacity units.
        read: UnitRange,
        /// Bounds of write capacity units.
        write: UnitRange,
        /// How full the capacity is kept, 20 % to 90 %.
        target: Percent,
    },
}

/// Bounds of capacity units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitRange {
    /// At least 1.
    pub min: u32,
    /// At least `min`.
    pub max: u32,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Partition key attribute; a string.
    pub key: String,
    /// Sort key attribute, if any; a string.
    pub sort: Option<String>,
    /// Which attributes it holds.
    pub project: Projection,
}

/// Which attributes an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// All of them.
    All,
    /// The keys of table and index only.
    KeysOnly,
}
