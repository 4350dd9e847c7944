//! What happened, as one closed enum. Commands emit events; views render them.
//!
//! An event is a fact with everything a view needs to tell it; it carries no layout, no colour and no
//! secret. Every variant says when it can occur. JSON lines are these events, one per line.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::observed::{KnownCause, StackEvent, StackStatus};
use crate::units::{Duration, Timestamp};

/// An event with its moment.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// When it happened, by the clock of whoever observed it.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What a stack operation is meant to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A new stack.
    Create,
    /// A changed stack.
    Update,
    /// Resources taken in.
    Import,
    /// A stack removed.
    Delete,
    /// The last good state put back because somebody asked for it.
    Rollback,
}

/// How an operation ended. Exactly one per operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum OperationResult {
    /// As planned.
    Succeeded,
    /// It failed and CloudFormation put the old state back (or, on a first create, removed everything).
    RolledBack {
        /// The first resource that failed, if known.
        root_cause: Option<RootCause>,
    },
    /// It failed and the stack is in a state that needs a person.
    Stuck {
        /// The first resource that failed, if known.
        root_cause: Option<RootCause>,
    },
    /// Nothing had to be done.
    NothingToDo,
    /// The person detached; the operation goes on.
    Detached,
}

/// The first failure of an operation, with the line of the specification that caused the resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootCause {
    /// Logical id of the resource.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// The service's words.
    pub reason: String,
    /// `file:line:column` of the stage in the pipeline file, if known.
    pub spec_place: Option<String>,
    /// What it is known to be, if anybody met it before.
    pub known: Option<&'static KnownCause>,
}

/// What became of a reader. It keeps its position while it is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "now")]
pub enum ReaderNow {
    /// It is being paused: it is no longer polled, and what was polled is worked off.
    Pausing,
    /// It is paused.
    Paused,
    /// It was paused before, by somebody else, and stays so.
    StaysPaused,
    /// It reads again.
    Resumed,
    /// It reads, and is behind.
    Behind {
        /// How far.
        #[serde(rename = "lag_micros")]
        lag: Duration,
        /// Under which lag it has to come.
        #[serde(rename = "limit_micros")]
        limit: Duration,
    },
    /// Its lag is under its limit again.
    CaughtUp {
        /// How far it is behind; none where nothing has been there to read.
        #[serde(rename = "lag_micros")]
        lag: Option<Duration>,
        /// Under which lag it had to come.
        #[serde(rename = "limit_micros")]
        limit: Duration,
    },
    /// It stays paused: the deployment goes on without us.
    LeftPaused,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum EventKind {
    /// A file was uploaded to, or found in, the artifact bucket.
    Artifact {
        /// What it is, for instance `handlers/score`.
        name: String,
        /// Its key.
        key: String,
        /// Its size in bytes.
        bytes: u64,
        /// Whether it was already there.
        already_there: bool,
    },
    /// Artifacts are on their way to the bucket. Told only where some of them are large, at most some twenty times.
    Uploading {
        /// How many are there.
        done: usize,
        /// How many there are.
        files: usize,
        /// How many of the bytes are there, those included that were there before.
        sent_bytes: u64,
        /// How many bytes they have together.
        all_bytes: u64,
    },
    /// An operation that somebody started earlier was found still running and is being followed.
    Reattached {
        /// The stack.
        stack: String,
        /// What it is doing.
        status: StackStatus,
    },
    /// A change set is being made.
    ChangeSetCreating {
        /// The stack.
        stack: String,
        /// Its name.
        name: String,
    },
    /// An operation started. Followed by exactly one `OperationFinished` for the same stack.
    OperationStarted {
        /// The stack.
        stack: String,
        /// What it does.
        operation: OperationKind,
        /// How many resources it will touch.
        resources: usize,
        /// How long it is expected to take.
        #[serde(rename = "expected_micros")]
        expected: Duration,
    },
    /// CloudFormation reported a step.
    Resource {
        /// The event as read.
        event: StackEvent,
        /// `file:line:column` of the stage it belongs to.
        spec_place: Option<String>,
    },
    /// The operation ended.
    OperationFinished {
        /// The stack.
        stack: String,
        /// What it did.
        operation: OperationKind,
        /// How it ended.
        outcome: OperationResult,
        /// The stack's status now; `None` once it is gone.
        status: Option<StackStatus>,
        /// How long it took.
        #[serde(rename = "took_micros")]
        took: Duration,
        /// The stack's outputs.
        outputs: BTreeMap<String, String>,
    },
    /// What was deployed was looked at, after CloudFormation was done, and is what runs.
    Verified {
        /// How many things were looked at; none where nothing can be other than its stack says.
        looked_at: usize,
    },
    /// A reader was paused, or reads again.
    Reader {
        /// The stack.
        stack: String,
        /// Its event source mapping.
        logical_id: String,
        /// What became of it.
        #[serde(flatten)]
        now: ReaderNow,
    },
    /// Something the tool waited for, for instance a throttled read.
    Waiting {
        /// Why.
        reason: String,
        /// For how long.
        #[serde(rename = "pause_micros")]
        pause: Duration,
    },
}
