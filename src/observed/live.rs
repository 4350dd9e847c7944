//! Live settings: what a running resource says of itself, beside what its stack says.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::units::{ByteSize, Duration, Timestamp};

/// A Kinesis stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveStream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `UPDATING`, …
    pub status: String,
    /// Whether capacity is on demand.
    pub on_demand: bool,
    /// Shards that take writes.
    pub open_shards: u32,
    /// How long records stay.
    pub retention: Duration,
    /// The key records are encrypted with.
    pub key: Option<String>,
    /// Shard-level metrics that are on.
    pub shard_metrics: BTreeSet<String>,
    /// Registered fan-out consumers.
    pub fan_out_consumers: u32,
}

/// A Lambda function, by name or alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveFunction {
    /// Its name.
    pub name: String,
    /// The version that the name or alias stands for.
    pub version: String,
    /// `Active`, `Pending`, `Failed`, …
    pub state: Option<String>,
    /// `Successful`, `InProgress`, `Failed`.
    pub last_update: Option<String>,
    /// Why the state is what it is.
    pub reason: Option<String>,
    /// Runtime identifier.
    pub runtime: Option<String>,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Time-out.
    pub timeout: Duration,
    /// SHA-256 of the code, base64.
    pub code_sha256: Option<String>,
}

/// An event source mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveMapping {
    /// Its id.
    pub uuid: String,
    /// `Enabled`, `Disabled`, `Creating`, …
    pub state: String,
    /// Why.
    pub reason: Option<String>,
    /// The function or alias it calls.
    pub function_arn: Option<String>,
    /// What it reads.
    pub source_arn: Option<String>,
    /// Records at most per call.
    pub batch_size: Option<u32>,
    /// Concurrent batches per shard.
    pub parallel: Option<u32>,
    /// What the last read gave, for instance `No records processed` or `OK`.
    pub last_result: Option<String>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
}

impl LiveMapping {
    /// Whether it reads nothing, or is about to.
    #[must_use]
    pub fn is_off(&self) -> bool {
        matches!(self.state.as_str(), "Disabled" | "Disabling")
    }
}

/// A SageMaker endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveEndpoint {
    /// Its name.
    pub name: String,
    /// `InService`, `Updating`, `RollingBack`, …
    pub status: String,
    /// The configuration that serves. SageMaker can roll back without telling CloudFormation's caller, so this
    /// is compared with what was deployed.
    pub config: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// Instances now, over all variants.
    pub instances: u32,
    /// Instances wanted, over all variants.
    pub desired_instances: u32,
}

/// A Firehose stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveDelivery {
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `CREATING_FAILED`, …
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveAlarm {
    /// Its name.
    pub name: String,
    /// Whether it tells anybody when its state changes.
    pub actions_enabled: bool,
}

/// What a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Objects, their older versions and delete markers, as far as counted.
    pub versions: u64,
    /// Their size.
    pub bytes: ByteSize,
    /// Whether there is more than was counted.
    pub more: bool,
}
