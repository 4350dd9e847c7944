//! Stacks, their resources, events and change sets as read from CloudFormation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::status::{ResourceStatus, StackStatus};
use crate::template::{Recreation, Template};
use crate::units::{LogicalId, Timestamp};

/// What stands where a stack should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// No stack of that name (or only a deleted one).
    Absent,
    /// A stack.
    Present(Box<StackDescription>),
}

impl Observed {
    /// The stack, if there is one.
    #[must_use]
    pub fn stack(&self) -> Option<&StackDescription> {
        match self {
            Self::Absent => None,
            Self::Present(stack) => Some(stack),
        }
    }
}

/// A stack as read.
#[derive(Clone, Debug, PartialEq)]
pub struct StackDescription {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: StackStatus,
    /// CloudFormation's reason, if it gave one.
    pub status_reason: Option<String>,
    /// The deployed template; `None` on a stack in REVIEW_IN_PROGRESS.
    pub template: Option<Template>,
    /// Parameters as deployed.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// Outputs.
    pub outputs: BTreeMap<String, String>,
    /// Resources by logical id.
    pub resources: BTreeMap<LogicalId, ObservedResource>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Option<Timestamp>,
    /// Whether deletion is refused.
    pub termination_protection: bool,
    /// The change set that was executed last.
    pub change_set_id: Option<String>,
}

impl StackDescription {
    /// The part of it that changes while an operation runs.
    #[must_use]
    pub fn head(&self) -> StackHead {
        StackHead {
            id: self.id.clone(),
            name: self.name.clone(),
            status: self.status.clone(),
            status_reason: self.status_reason.clone(),
            outputs: self.outputs.clone(),
            created: self.created,
            updated: self.updated,
            termination_protection: self.termination_protection,
            change_set_id: self.change_set_id.clone(),
        }
    }
}

/// What one `DescribeStacks` tells of a stack: enough to follow an operation, cheap to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackHead {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: StackStatus,
    /// CloudFormation's reason, if it gave one.
    pub status_reason: Option<String>,
    /// Outputs.
    pub outputs: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Option<Timestamp>,
    /// Whether deletion is refused.
    pub termination_protection: bool,
    /// The change set that was executed last.
    pub change_set_id: Option<String>,
}

impl StackHead {
    /// The name of the change set that was executed last: the part of its ARN after `changeSet/`.
    #[must_use]
    pub fn change_set_name(&self) -> Option<&str> {
        let (_, rest) = self.change_set_id.as_deref()?.split_once(":changeSet/")?;
        rest.split('/').next()
    }
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedResource {
    /// `AWS::…::…`.
    pub type_name: String,
    /// Physical id; `None` if it was never made.
    pub physical_id: Option<String>,
    /// Its status.
    pub status: ResourceStatus,
    /// CloudFormation's reason.
    pub reason: Option<String>,
}

/// One event of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique in the account.
    pub event_id: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// When.
    pub timestamp: Timestamp,
    /// Logical id; the stack's own name for events of the stack itself.
    pub logical_id: String,
    /// Physical id; empty until known.
    pub physical_id: String,
    /// `AWS::…::…`.
    pub type_name: String,
    /// The new status.
    pub status: ResourceStatus,
    /// Why.
    pub reason: Option<String>,
    /// The token the operation was started with.
    pub token: Option<String>,
    /// The operation the event belongs to.
    pub operation_id: Option<String>,
}

impl StackEvent {
    /// Whether the event is about the stack itself and not about one of its resources.
    #[must_use]
    pub fn is_about_stack(&self) -> bool {
        self.type_name == "AWS::CloudFormation::Stack" && self.physical_id == self.stack_id
    }

    /// Whether an operation on the stack begins with this event: the stack itself goes into progress
    /// because somebody asked for it, and not because CloudFormation rolls back by itself (SQ-01, SQ-05, SQ-09,
    /// SQ-17).
    #[must_use]
    pub fn starts_operation(&self) -> bool {
        self.is_about_stack()
            && match self.status {
                ResourceStatus::CreateInProgress
                | ResourceStatus::UpdateInProgress
                | ResourceStatus::DeleteInProgress
                | ResourceStatus::ImportInProgress => {
                    self.reason.as_deref().is_none_or(|reason| !reason.contains("requested by user"))
                }
                // A cancelled or continued rollback is asked for, a rollback after a failure is not; the reason tells.
                ResourceStatus::UpdateRollbackInProgress | ResourceStatus::RollbackInProgress => {
                    self.reason.as_deref() == Some("User Initiated")
                }
                ResourceStatus::CreateFailed
                | ResourceStatus::CreateComplete
                | ResourceStatus::DeleteFailed
                | ResourceStatus::DeleteComplete
                | ResourceStatus::DeleteSkipped
                | ResourceStatus::UpdateFailed
                | ResourceStatus::UpdateComplete
                | ResourceStatus::ImportFailed
                | ResourceStatus::ImportComplete
                | ResourceStatus::ImportRollbackInProgress
                | ResourceStatus::ImportRollbackFailed
                | ResourceStatus::ImportRollbackComplete
                | ResourceStatus::UpdateRollbackComplete
                | ResourceStatus::UpdateRollbackFailed
                | ResourceStatus::RollbackComplete
                | ResourceStatus::RollbackFailed
                | ResourceStatus::Unrecognised(_) => false,
            }
    }
}

/// Where a change set is in its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSetState {
    /// CREATE_PENDING or CREATE_IN_PROGRESS.
    Creating,
    /// CREATE_COMPLETE.
    Ready,
    /// FAILED.
    Failed,
    /// Being deleted, or deleted.
    Gone,
}

/// Whether a change set may be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionState {
    /// Not (yet).
    Unavailable,
    /// Now.
    Available,
    /// It is being executed.
    InProgress,
    /// It was.
    Complete,
    /// It was, and failed.
    Failed,
    /// The stack moved on.
    Obsolete,
}

/// A change set as read.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSet {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// Where it is in its making.
    pub state: ChangeSetState,
    /// Whether it may be executed.
    pub execution: ExecutionState,
    /// Why it failed.
    pub reason: Option<String>,
    /// The changes, in the service's order.
    pub changes: Vec<ResourceChange>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl ChangeSet {
    /// Whether it failed because nothing would change (CS-07, CS-08).
    #[must_use]
    pub fn is_empty_change(&self) -> bool {
        self.state == ChangeSetState::Failed
            && self.reason.as_deref().is_some_and(|reason| {
                reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
            })
    }
}

/// Something that CloudFormation objects to before it begins: a failed early validation (DE-03).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The resource; none where it is about the template as a whole.
    pub logical_id: Option<LogicalId>,
    /// The validation, for instance `NAME_CONFLICT_VALIDATION`.
    pub validation: String,
    /// The service's own words.
    pub reason: String,
    /// Where in the template, for instance `/Resources/Topic/Properties/TopicName`.
    pub path: Option<String>,
}

/// One resource in a change set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Logical id.
    pub logical_id: LogicalId,
    /// `AWS::…::…`.
    pub type_name: String,
    /// Physical id of the present resource.
    pub physical_id: Option<String>,
    /// What happens.
    pub action: ResourceAction,
    /// Whether it is replaced; only for `Modify`.
    pub replacement: Option<Replacement>,
    /// Which properties cause it.
    pub details: Vec<PropertyChange>,
}

/// What a change set does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceAction {
    /// Create.
    Add,
    /// Update or replace.
    Modify,
    /// Delete or leave behind.
    Remove,
    /// Take into the stack.
    Import,
    /// Not known before execution.
    Dynamic,
}

/// Whether a modified resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// Yes.
    True,
    /// No.
    False,
    /// Depends on values known only after execution.
    Conditional,
}

/// What part of a resource a detail is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DetailTarget {
    /// A property, by its JSON-pointer-like path (`/Properties/MemorySize`), or by its top-level name
    /// where the service gave no path.
    Property(String),
    /// The tags of the stack, handed down.
    Tags,
    /// Metadata, a policy or another attribute beside the properties.
    Attribute(String),
}

/// One detail of a change set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyChange {
    /// What changes.
    pub target: DetailTarget,
    /// Whether that recreates the resource.
    pub recreation: Recreation,
    /// Value before, as the service tells it (all scalars are strings).
    pub before: Option<String>,
    /// Value after; `{{changeSet:KNOWN_AFTER_APPLY}}` where it is not known yet.
    pub after: Option<String>,
    /// The parameter, resource or attribute that causes it.
    pub causing_entity: Option<String>,
    /// Whether the service is sure (`Static`) or not (`Dynamic`).
    pub is_static: bool,
}
