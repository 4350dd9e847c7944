//! How much a resource holds and how far a reader is behind, as their services count it.

use serde::{Deserialize, Serialize};

use crate::units::Duration;

/// How much a resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Held {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: HeldUnit,
    /// How large they are together, in bytes, where the service says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Whether there are more than were counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// What a resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldUnit {
    /// Items of a table. DynamoDB counts them about every six hours (DynamoDB API reference, `TableDescription`).
    Items,
    /// Messages of a queue, those in flight and those that are delayed included. The number is approximate (Amazon SQS API
    /// reference, `GetQueueAttributes`).
    Messages,
    /// Objects of a bucket, their older versions and delete markers.
    Objects,
    /// Records that a stream took in within its retention, as its metrics sum them up.
    Records,
}

/// What DynamoDB says of the expiry of a table's items (DynamoDB API reference, `TimeToLiveDescription`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryStatus {
    /// It is on or off, and can be changed.
    Settled,
    /// It was changed less than an hour ago, and cannot be changed again yet.
    Changing,
}

/// How far behind the tip of its stream a reader was lately, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind(pub Duration);

/// An alarm as CloudWatch has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAlarm {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its state.
    pub state: AlarmState,
}

/// The state of an alarm (CloudWatch API reference, `CompositeAlarm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// Within its bounds.
    Ok,
    /// Beyond them.
    Alarm,
    /// Nothing to judge by.
    InsufficientData,
}
