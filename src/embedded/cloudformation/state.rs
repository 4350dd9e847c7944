//! Everything the engine remembers, serialisable and versioned.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::change::Changes;
use super::document::{Document, Policy};
use super::effect::{Effect, Properties};
use super::evaluate::Parameter;
use super::mode::Mode;
use super::operation::Operation;
use super::status::{ChangeSetStatus, DriftStatus, ExecutionStatus, OperationType, ResourceStatus, Status};
use crate::units::{AccountId, Region, Timestamp};

/// Version of the stored form.
pub(super) const FORMAT: u32 = 1;

/// The whole memory of one account's CloudFormation in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub format: u32,
    pub partition: String,
    pub account: AccountId,
    pub region: Region,
    /// Counts everything that needs an id.
    pub counter: u64,
    /// By stack id; deleted ones too.
    pub stacks: BTreeMap<String, Stack>,
    pub timers: Vec<Timer>,
    /// Effects handed out and not yet answered, by effect id.
    pub pending: BTreeMap<u64, Pending>,
    pub detections: BTreeMap<String, Detection>,
}

/// A moment at which something goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Timer {
    pub at: Timestamp,
    pub order: u64,
    pub wake: Wake,
}

/// What goes on when a timer is due. `run` must match what it was set for, else the timer is stale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wake {
    /// An operation begins or ends a phase.
    Turn { stack: String, run: u64 },
    /// A resource goes on.
    Node { stack: String, node: String, run: u64, step: Step },
    /// A change set's making goes on.
    ChangeSet { id: String },
    /// A drift detection is done.
    Detection { id: String },
    /// Alarms are looked at.
    Watch { stack: String, run: u64 },
    /// The creation took longer than it may.
    Timeout { stack: String, run: u64 },
}

/// Where in its course a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// The service is called.
    Provision,
    /// The consistency check begins (SQ-02).
    Check,
    /// It is done.
    Finish,
    /// It fails, having been made.
    Fail,
}

/// An effect handed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub effect: Effect,
    pub purpose: Purpose,
}

/// Who waits for an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    /// A resource of a running operation.
    Node { stack: String, node: String, run: u64 },
    /// A change set that looks whether a name is taken, or reads what it shall import.
    Existence { change_set: String, logical_id: String },
    /// A drift detection.
    Drift { detection: String, logical_id: String },
    /// A drift-aware change set that reads what is there.
    Actual { change_set: String, logical_id: String },
    /// An operation that watches an alarm.
    Alarm { stack: String, run: u64 },
}

/// What a stack is made of, as asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub text: String,
    pub document: Document,
    pub parameters: BTreeMap<String, Parameter>,
    pub tags: BTreeMap<String, String>,
    pub capabilities: Vec<String>,
    pub notifications: Vec<String>,
    pub role: Option<String>,
    pub rollback: RollbackConfiguration,
}

/// Rollback triggers (RB-01).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RollbackConfiguration {
    pub triggers: Option<Vec<Trigger>>,
    pub minutes: Option<u32>,
}

/// One rollback trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Trigger {
    pub arn: String,
    pub type_name: String,
}

/// What happens when a creation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum OnFailure {
    #[default]
    Rollback,
    Delete,
    DoNothing,
}

/// A stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stack {
    pub name: String,
    pub id: String,
    pub created: Timestamp,
    pub updated: Option<Timestamp>,
    pub deleted: Option<Timestamp>,
    pub status: Status,
    pub reason: Option<String>,
    /// As last deployed successfully, or, while there is none, as the creation wants it.
    pub deployed: Option<Deployment>,
    /// What a failed update without rollback left half-way (UPDATE_FAILED).
    pub halfway: Option<Deployment>,
    pub outputs: Vec<StackOutput>,
    pub resources: BTreeMap<String, StackResource>,
    /// Old physical resources that a clean-up still has to delete.
    pub leftovers: Vec<Leftover>,
    pub events: Vec<Event>,
    pub operation_events: Vec<OperationEvent>,
    pub change_sets: Vec<ChangeSet>,
    pub change_set_id: Option<String>,
    pub protected: bool,
    pub disable_rollback: bool,
    pub on_failure: OnFailure,
    pub retain_except_on_create: bool,
    pub timeout_minutes: Option<u32>,
    pub policy: Option<String>,
    pub operation: Option<Operation>,
    pub tokens: BTreeMap<String, TokenUse>,
    pub last_operations: Vec<(OperationType, String)>,
    pub drift: Option<(DriftStatus, Timestamp)>,
    /// Whether the last operation was an express one (RB-11).
    #[serde(default)]
    pub express: bool,
}

/// A client token that was used, and what for (ER-06).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TokenUse {
    pub fingerprint: String,
    pub change_set: Option<String>,
}

/// An output as evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StackOutput {
    pub key: String,
    pub value: String,
    pub description: Option<String>,
    pub export: Option<String>,
}

/// A resource as last applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Live {
    pub properties: Properties,
    pub attributes: BTreeMap<String, Value>,
    /// Tags of the stack as handed down.
    pub tags: BTreeMap<String, String>,
    pub metadata: Option<Value>,
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StackResource {
    pub type_name: String,
    pub physical_id: Option<String>,
    pub status: ResourceStatus,
    pub reason: Option<String>,
    pub updated: Timestamp,
    pub live: Live,
    /// What it needed when it was made: the order of deletion.
    pub needs: BTreeSet<String>,
    pub deletion: Policy,
    /// How it was before the operation that touched it; kept until that operation is settled.
    pub touched: Option<Touched>,
    pub drift: Option<ResourceDrift>,
    /// Taken in, not made: no rollback deletes it.
    #[serde(default)]
    pub imported: bool,
}

/// How a resource was before an operation touched it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Touched {
    /// There was none.
    New,
    /// It was there.
    Was { physical_id: String, live: Box<Live>, deletion: Policy },
}

/// A physical resource that no logical id holds any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Leftover {
    pub logical_id: String,
    pub type_name: String,
    pub physical_id: String,
    pub live: Live,
    pub needs: BTreeSet<String>,
    /// Left behind instead of deleted.
    pub keep: bool,
}

/// What drift detection found for one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ResourceDrift {
    pub status: DriftStatus,
    pub at: Timestamp,
    pub expected: Value,
    pub actual: Value,
    pub differences: Vec<Difference>,
}

/// One drifted property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    pub path: String,
    pub expected: String,
    pub actual: String,
    pub kind: String,
}

/// A running or finished drift detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Detection {
    pub stack: String,
    pub started: Timestamp,
    pub waiting: BTreeSet<String>,
    pub done: bool,
    pub drifted: usize,
    pub status: DriftStatus,
}

/// A stack event (section 3.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Event {
    pub id: String,
    pub at: Timestamp,
    pub logical_id: String,
    pub physical_id: String,
    pub type_name: String,
    pub status: String,
    pub reason: Option<String>,
    pub properties: Option<String>,
    pub token: Option<String>,
    pub operation: String,
    pub operation_type: OperationType,
    pub detailed: Option<String>,
}

/// Beginning or end of an operation, or a validation finding (DE-05).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OperationEvent {
    pub id: String,
    pub at: Timestamp,
    pub operation: String,
    pub operation_type: OperationType,
    /// `IN_PROGRESS`, `SUCCEEDED`, `FAILED`; `None` for a validation finding.
    pub status: Option<String>,
    pub started: Timestamp,
    pub change_set: Option<String>,
    pub finding: Option<Finding>,
    /// How many stack events there were when it happened: where it stands among them.
    pub position: usize,
}

/// What early validation found (CV-02).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Finding {
    pub name: String,
    pub reason: String,
    pub path: String,
    pub logical_id: String,
    pub type_name: String,
}

/// What a drift-aware change set read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Reverting {
    /// Resources that are still being read.
    pub waiting: BTreeSet<String>,
    /// Properties by logical id; none of a resource that is gone.
    pub actual: BTreeMap<String, Option<Properties>>,
}

/// A change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ChangeSet {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub kind: ChangeSetType,
    pub created: Timestamp,
    pub status: ChangeSetStatus,
    pub execution: ExecutionStatus,
    pub reason: Option<String>,
    pub target: Deployment,
    pub changes: Changes,
    /// Resources whose existence is still being looked up, and what for.
    pub asking: BTreeMap<String, String>,
    /// Resources to take in, by logical id: their identifier.
    pub imports: BTreeMap<String, String>,
    /// Take in what exists already under its name.
    pub import_existing: bool,
    pub findings: Vec<Finding>,
    /// What is really there, where it is drift-aware (DR-09).
    #[serde(default)]
    pub reverting: Option<Reverting>,
    /// Those that exist but may not be imported (CI-03).
    pub unretained: Vec<(String, String)>,
    pub on_failure: Option<OnFailure>,
    pub validate: bool,
    pub operation: String,
    pub execute_token: Option<String>,
    #[serde(default)]
    pub mode: Mode,
}

/// What a change set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ChangeSetType {
    Create,
    Update,
    Import,
}

impl Stack {
    /// The resources that are in the stack: not those that left it.
    pub(super) fn present(&self) -> impl Iterator<Item = (&String, &StackResource)> {
        self.resources.iter().filter(|(_, resource)| !resource.status.gone())
    }

    /// The deployment that describes the stack to callers.
    pub(super) fn shown(&self) -> Option<&Deployment> {
        let target =
            self.operation.as_ref().filter(|operation| operation.shows_target()).and_then(|o| o.target.as_ref());
        target.or(self.halfway.as_ref()).or(self.deployed.as_ref())
    }
}
