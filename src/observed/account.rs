//! What an account allows: rights as simulated, quotas, limits of streams.

use serde::Serialize;

/// What the simulation of a policy says of one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Simulated {
    /// For instance `kinesis:CreateStream`.
    pub action: String,
    /// The resource, an ARN or `*`.
    pub resource: String,
    /// The decision.
    pub decision: Decision,
    /// Keys of conditions that the simulation was not told and that the decision hangs on.
    pub missing: Vec<String>,
}

/// A decision about an action (IAM API reference, EvaluationResult).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

/// One quota of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceQuota {
    /// For instance `L-B99A9384`.
    pub code: String,
    /// For instance `Concurrent executions`.
    pub name: String,
    /// The value that holds for the account, in the quota's own unit.
    pub value: f64,
    /// Whether more can be asked for.
    pub adjustable: bool,
}

/// What an account may have of Kinesis streams in a region, and has (Kinesis API reference, DescribeLimits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StreamLimits {
    /// Open shards of provisioned streams at most.
    pub shards: u32,
    /// Open shards now.
    pub open_shards: u32,
    /// Streams on demand at most.
    pub on_demand: u32,
    /// Streams on demand now.
    pub on_demand_now: u32,
}
