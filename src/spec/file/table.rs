//! Tables.

use std::collections::BTreeMap;

use super::super::declare::{choice, record};
use super::super::leaf::{PercentFrom, Seconds, Text, Whole};
use super::EncryptionChoice;
use crate::units::LocalName;

record! {
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
        /// Global secondary indexes, at most 20: other keys to read by.
        indexes: BTreeMap<LocalName, IndexSpec>,
        /// How it is encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// When items of a table expire.
    "a time to live" TtlSpec {
        /// The attribute that holds the epoch second at which the item expires.
        attribute: Text<255>,
        /// How long after writing; the handler is told. Left out, the handler decides.
        after: Option<Seconds<1, 3_153_600_000>>,
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

    /// Capacity of a table that follows its load.
    "autoscaled table capacity" TableScalingSpec {
        /// Read capacity units.
        read: TableRangeSpec,
        /// Write capacity units.
        write: TableRangeSpec,
        /// How full the capacity is kept, 20% to 90% (DynamoDB's auto scaling). Left out, 70%.
        target: Option<PercentFrom<20, 90>>,
    }

    /// Between which bounds units move.
    "a range of units" TableRangeSpec {
        /// At least so many.
        min: Whole<1, 40_000>,
        /// At most so many.
        max: Whole<1, 40_000>,
    }

    /// A global secondary index.
    "an index" IndexSpec {
        /// The attribute that is the index's partition key; a string.
        key: Text<255>,
        /// The attribute that is the index's sort key; a string.
        sort: Option<Text<255>>,
        /// Which attributes the index holds. Left out, `all`.
        project: Option<ProjectChoice>,
    }
}

choice! {
    /// How a table's capacity is chosen.
    "a table capacity" TableCapacityChoice {
        /// Pay per request.
        "on-demand" => OnDemand,
        /// Fixed units.
        "provisioned" => Provisioned(TableUnitsSpec),
        /// Units that follow the load.
        "autoscaled" => Autoscaled(TableScalingSpec),
    }

    /// Which attributes an index holds.
    "a projection" ProjectChoice {
        /// All of them.
        "all" => All,
        /// The keys of table and index only.
        "keys-only" => KeysOnly,
    }
}
