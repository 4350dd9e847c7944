//! An operation under way: its phase, and one node per resource that the phase is about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::durations::Act;
use super::state::{Deployment, Finding, Leftover, Live, OnFailure, StackOutput};
use super::status::{OperationType, Status};
use crate::units::Timestamp;

/// One operation of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub id: String,
    pub kind: OperationType,
    pub token: Option<String>,
    pub started: Timestamp,
    pub phase: Phase,
    /// Changes with every phase: timers of an older run are stale.
    pub run: u64,
    /// Whether the phase's nodes have begun.
    pub launched: bool,
    /// Whether the end of the phase is scheduled.
    pub settling: bool,
    pub target: Option<Deployment>,
    pub nodes: BTreeMap<String, Node>,
    pub options: Options,
    pub change_set: Option<String>,
    pub imports: BTreeMap<String, String>,
    pub outputs: Vec<StackOutput>,
    /// Why it failed, where no resource is to blame.
    pub failure: Option<String>,
    /// The status before, which a refused deletion returns to (ER-14).
    pub before: Status,
    /// Stack policy for this operation only (SP-02).
    pub policy: Option<String>,
    /// What early validation found: it fails for that (DE-08).
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// How an operation shall behave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Options {
    pub disable_rollback: bool,
    pub on_failure: OnFailure,
    pub retain_except_on_create: bool,
    /// Resources that a deletion leaves behind.
    pub retain: BTreeSet<String>,
    /// Leave behind what cannot be deleted.
    pub force: bool,
    /// Resources that a continued rollback leaves as they are.
    pub skip: BTreeSet<String>,
    /// Waits for nothing (RB-11).
    #[serde(default)]
    pub express: bool,
}

/// Where an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Resources are made, changed, replaced or imported.
    Apply,
    /// Alarms are watched before anything old is deleted.
    Monitor,
    /// What the update left over is deleted.
    Clean,
    /// Changed resources go back.
    Revert,
    /// What the failed update made is deleted.
    RevertClean,
    /// Everything is deleted: a deletion, or a creation rolled back.
    Remove,
}

/// One resource in a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    pub logical_id: String,
    pub job: Job,
    /// Nodes that must be done first.
    pub needs: BTreeSet<String>,
    pub state: NodeState,
    /// Timers and effects of an older run are stale.
    pub run: u64,
    pub work: Option<Work>,
    pub attempts: u8,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Job {
    Apply,
    Revert,
    Delete(Box<Leftover>),
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NodeState {
    Waiting,
    Running,
    Done,
    Failed,
    /// Stopped because another one failed, while under way.
    Cancelled,
    /// Never begun.
    Blocked,
}

/// What is being done to a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Work {
    pub kind: WorkKind,
    /// How it shall be.
    pub live: Live,
    pub started: Timestamp,
    /// The handler's text, where the resource was made but fails (step `Fail`).
    pub failing: Option<String>,
}

/// Ways of getting a resource where it shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WorkKind {
    Create,
    Update,
    Replace,
    Import,
    /// Events only: metadata, or giving a logical id back its old physical resource.
    Quiet,
    Delete,
}

impl WorkKind {
    /// The kind of time it takes.
    pub(super) const fn act(self) -> Act {
        match self {
            Self::Create | Self::Replace => Act::Create,
            Self::Update | Self::Import | Self::Quiet => Act::Update,
            Self::Delete => Act::Delete,
        }
    }
}

impl Node {
    /// A node that has not begun.
    pub(super) fn new(logical_id: &str, job: Job, needs: BTreeSet<String>) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            job,
            needs,
            state: NodeState::Waiting,
            run: 0,
            work: None,
            attempts: 0,
        }
    }
}

impl Operation {
    /// Whether the stack is described by what the operation wants: until it fails.
    pub(super) const fn shows_target(&self) -> bool {
        matches!(self.phase, Phase::Apply | Phase::Monitor | Phase::Clean)
    }

    /// Logical ids of the nodes in a state, sorted.
    pub(super) fn in_state(&self, states: &[NodeState]) -> Vec<&Node> {
        self.nodes.values().filter(|node| states.contains(&node.state)).collect()
    }

    /// Whether rolling back is switched off.
    pub(super) const fn keeps_failures(&self) -> bool {
        self.options.disable_rollback || matches!(self.options.on_failure, OnFailure::DoNothing)
    }
}
