//! Quantities and names as types: what a number means, and which texts are names.
//!
//! Quantities are read in human units (`1.2 KiB`, `30s`, `9000/s`) and refused with an exact error when
//! ambiguous. Arithmetic on them belongs to the rooms that know what it means.

mod decimal;
mod money;
mod name;
mod quantity;
mod rate;
mod shard_metric;
mod statistic;
mod time;

pub use money::grouped;
pub use name::{AccountId, Digest, EnvironmentName, LocalName, LogicalId, NameError, PipelineName, Region, StageName};
pub use quantity::{ByteSize, Count, Money, Percent, QuantityError};
pub use rate::Rate;
pub use shard_metric::ShardMetric;
pub use statistic::Statistic;
pub use time::{Duration, Timestamp};
