//! What goes into a machine and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::advice::Advice;
use super::identity::{Seed, short};
use super::recovery::Way;
use crate::event::{EventKind, OperationResult};
use crate::observed::{ChangeSet, Failure, NextAction, Observed, StackEvent, StackHead, StackStatus};
use crate::units::{Duration, LogicalId, Timestamp};

/// The state of the world that a plan was made against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// No stack, or one that only change sets have touched.
    New,
    /// A stack at a certain point of its life.
    Existing {
        /// Its ARN.
        stack_id: String,
        /// When it was updated last.
        updated: Option<Timestamp>,
    },
}

impl Basis {
    /// The basis of a plan that was compared with `observed`.
    #[must_use]
    pub fn of(observed: &Observed) -> Self {
        observed.stack().map_or(Self::New, |stack| Self::of_head(&stack.head()))
    }

    pub(super) fn of_head(head: &StackHead) -> Self {
        if matches!(head.status.next_action(), NextAction::Review | NextAction::Create) {
            Self::New
        } else {
            Self::Existing { stack_id: head.id.clone(), updated: head.updated }
        }
    }
}

/// What may be done with what a failed first create left behind. CloudFormation allows nothing but to
/// delete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedCreate {
    /// Nothing.
    Keep,
    /// A stack in ROLLBACK_COMPLETE may go: no resource is left in it.
    RemoveShell,
    /// Also stacks in CREATE_FAILED and ROLLBACK_FAILED, with the resources that are still there.
    RemoveAll,
}

/// What is to be rolled out: an approved plan, reduced to what the roll-out needs.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Stack name.
    pub stack: String,
    /// The template, canonical.
    pub template: String,
    /// All tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// Where the template goes if a request cannot hold it.
    pub artifact_bucket: String,
    /// The role CloudFormation acts as.
    pub role: Option<String>,
    /// What the plan was made against; a world that moved on since is not touched.
    pub basis: Basis,
    /// Resources whose removal or replacement was approved. A change set that would take another one is not
    /// executed.
    pub approved_losses: BTreeSet<LogicalId>,
    /// Whether its change set is that of a saved plan. Such a one has a name of its own: no other plan of the same content
    /// shares it, and so none removes it.
    pub reviewed: bool,
    /// What may be done with a failed first create.
    pub failed_create: FailedCreate,
    /// Whether resources that exist under their names are taken into the stack.
    pub import_existing: bool,
    /// Whether the stack is protected against deletion, from before its first resource.
    pub protect: bool,
    /// ARNs of the alarms that roll an update back, at most five. Only alarms that are there: CloudFormation fails
    /// an operation whose trigger is missing (RB-03), so that none can be armed on a first create.
    pub rollback_alarms: Vec<String>,
    /// How long they are watched after the last resource is done, before what was replaced is removed (RB-01).
    pub watch: Option<Duration>,
    /// `file:line:column` of the stage that each resource comes from.
    pub origins: BTreeMap<LogicalId, String>,
    /// How many resources will be touched.
    pub resources: usize,
    /// How long it is expected to take.
    pub expected: Duration,
}

impl Deployment {
    /// The name of its change set: the same for the same plan, so that a repeated run finds it.
    #[must_use]
    pub fn change_set_name(&self) -> String {
        let mut seed =
            Seed::new().with(&self.stack).with(&self.template).with(self.role.as_deref().unwrap_or_default());
        for (key, value) in &self.tags {
            seed = seed.with(key).with(value);
        }
        seed = seed.with(if self.import_existing { "import" } else { "plain" });
        if self.reviewed {
            seed = seed.with("reviewed");
        }
        seed = self.rollback_alarms.iter().fold(seed, |seed, alarm| seed.with(alarm));
        seed = self.watch.iter().fold(seed, |seed, watch| seed.with(&watch.to_string()));
        seed = match &self.basis {
            Basis::New => seed.with("new"),
            Basis::Existing { stack_id, updated } => {
                seed.with(stack_id).with(&updated.map(|moment| moment.to_string()).unwrap_or_default())
            }
        };
        short(&seed)
    }

    /// The change set to be made. Its name makes it the same one however often it is asked for; a client token
    /// would not, because nobody knows what CloudFormation does with the token of a change set that was deleted.
    #[must_use]
    pub fn change_set_order(&self, creates: bool) -> ChangeSetOrder {
        ChangeSetOrder {
            stack: self.stack.clone(),
            name: self.change_set_name(),
            creates,
            template: self.template.clone(),
            artifact_bucket: self.artifact_bucket.clone(),
            tags: self.tags.clone(),
            role: self.role.clone(),
            import_existing: self.import_existing,
            rollback_alarms: if creates { Vec::new() } else { self.rollback_alarms.clone() },
            watch: self.watch.filter(|_| !creates),
        }
    }
}

/// What is to be removed.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Stack name.
    pub stack: String,
    /// The ARN of the stack whose removal was approved.
    pub stack_id: Option<String>,
    /// Whether termination protection may be switched off.
    pub unprotect: bool,
    /// The role CloudFormation acts as.
    pub role: Option<String>,
    /// `file:line:column` of the stage that each resource comes from.
    pub origins: BTreeMap<LogicalId, String>,
    /// How many resources will be touched.
    pub resources: usize,
    /// How long it is expected to take.
    pub expected: Duration,
}

/// How a stack is to leave the state that it is stuck in.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Stack name.
    pub stack: String,
    /// The ARN of the stack that somebody looked at.
    pub stack_id: String,
    /// Which way.
    pub way: Way,
    /// `file:line:column` of the stage that each resource comes from.
    pub origins: BTreeMap<LogicalId, String>,
    /// How many resources the stack has.
    pub resources: usize,
}

/// What a machine is for.
#[derive(Clone, Debug)]
pub enum Goal {
    /// Bring the stack to the approved state.
    Deploy(Box<Deployment>),
    /// Remove the stack.
    Destroy(Box<Removal>),
    /// Get the stack out of a state that it does not leave by itself.
    Recover(Box<Recovery>),
    /// Follow whatever runs on the stack to its end; start nothing. What a command does before it plans.
    Settle {
        /// Stack name.
        stack: String,
        /// `file:line:column` of the stage that each resource comes from.
        origins: BTreeMap<LogicalId, String>,
    },
}

/// How far back to read events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The newest page.
    NewestPage,
    /// To the page of this event.
    Event(String),
    /// To the page where the newest operation begins.
    OperationStart,
}

/// A change set to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetOrder {
    /// Stack name.
    pub stack: String,
    /// Change-set name.
    pub name: String,
    /// Whether the stack is not there yet.
    pub creates: bool,
    /// The template.
    pub template: String,
    /// Where the template goes if a request cannot hold it.
    pub artifact_bucket: String,
    /// All tags.
    pub tags: BTreeMap<String, String>,
    /// The role CloudFormation acts as.
    pub role: Option<String>,
    /// Whether resources that exist under their names are taken in.
    pub import_existing: bool,
    /// Alarms that roll it back; for an update the whole set, so that an empty one disarms (RB-05).
    pub rollback_alarms: Vec<String>,
    /// How long they are watched after the last resource is done.
    pub watch: Option<Duration>,
}

/// What the driver is to do next. Every command is answered with one observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Answered by [`Observation::Stack`].
    DescribeStack {
        /// Name or ARN.
        stack: String,
    },
    /// Answered by [`Observation::Events`].
    ReadEvents {
        /// ARN.
        stack: String,
        /// How far back.
        reach: Reach,
    },
    /// Answered by [`Observation::ChangeSet`].
    DescribeChangeSet {
        /// Stack name.
        stack: String,
        /// Change-set name.
        name: String,
    },
    /// Answered by [`Observation::Done`].
    CreateChangeSet(Box<ChangeSetOrder>),
    /// Answered by [`Observation::Done`].
    DeleteChangeSet {
        /// Stack name.
        stack: String,
        /// Change-set name.
        name: String,
    },
    /// Answered by [`Observation::Done`].
    ExecuteChangeSet {
        /// Stack name or ARN.
        stack: String,
        /// Change-set ARN: exactly the one that was looked at.
        change_set: String,
        /// Client token.
        token: String,
    },
    /// Answered by [`Observation::Done`].
    DeleteStack {
        /// ARN.
        stack: String,
        /// Client token.
        token: String,
        /// The role CloudFormation acts as.
        role: Option<String>,
        /// Resources that are left behind, outside the stack.
        retain: Vec<LogicalId>,
    },
    /// Answered by [`Observation::Done`].
    CancelUpdate {
        /// ARN.
        stack: String,
        /// Client token.
        token: String,
    },
    /// Answered by [`Observation::Done`].
    ContinueRollback {
        /// ARN.
        stack: String,
        /// Resources that are left as they are.
        skip: Vec<LogicalId>,
        /// Client token.
        token: String,
    },
    /// Answered by [`Observation::Done`].
    RollBack {
        /// ARN.
        stack: String,
        /// Client token.
        token: String,
    },
    /// Answered by [`Observation::Done`].
    SetProtection {
        /// ARN.
        stack: String,
        /// On or off.
        on: bool,
    },
    /// Answered by [`Observation::Waited`].
    Wait(Duration),
}

/// What was observed. Any command may be answered by `Refused` or `Interrupted` instead.
#[derive(Clone, Debug)]
pub enum Observation {
    /// The run begins.
    Begin,
    /// The stack as it is; `None` if there is none.
    Stack(Option<Box<StackHead>>),
    /// Events, oldest first, in whole pages.
    Events(Vec<StackEvent>),
    /// The change set as it is; `None` if there is none.
    ChangeSet(Option<Box<ChangeSet>>),
    /// The order was accepted.
    Done,
    /// The pause is over.
    Waited,
    /// The call was refused.
    Refused(Failure),
    /// The person wants to leave.
    Interrupted,
}

/// A removal or replacement that a change set would do and nobody approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The resource.
    pub logical_id: LogicalId,
    /// Its type.
    pub type_name: String,
    /// Whether it is replaced; else it is removed.
    pub replaced: bool,
}

/// A resource that the stack let go of without its being deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    /// Logical id it had.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// Its physical id.
    pub physical_id: String,
    /// Why, if deleting it failed; `None` if it is retained by policy.
    pub failure: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An operation came to its end, was found to be unnecessary, or was left running.
    Finished {
        /// How.
        result: OperationResult,
        /// The stack's status; `None` if it is gone.
        status: Option<StackStatus>,
        /// What to do next.
        advice: Vec<Advice>,
        /// What was left behind.
        left_behind: Vec<LeftBehind>,
        /// Resources that were taken in by name.
        imported: Vec<LogicalId>,
    },
    /// Nothing was running (only for [`Goal::Settle`]).
    Settled,
    /// The service refused the change set; nothing was touched.
    ChangeSetFailed {
        /// The service's words.
        reason: String,
    },
    /// The change set would take resources whose loss nobody approved; nothing was touched.
    NotApproved {
        /// Which.
        losses: Vec<Loss>,
    },
    /// The stack is not what the plan was made against; nothing was touched.
    WorldMoved,
    /// The stack is in a state in which only a person can help, or only with consent; nothing was touched.
    Blocked {
        /// Its status.
        status: StackStatus,
        /// CloudFormation's reason.
        reason: Option<String>,
        /// What to do.
        advice: Vec<Advice>,
    },
    /// The stack is protected against deletion; nothing was touched.
    Protected,
    /// A call was refused for good.
    Failed(Failure),
    /// The person left before anything was started.
    Interrupted,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Do this and report.
    Do(Command),
    /// It is over.
    End(Box<Outcome>),
}

/// One step: events to tell, in order, and what comes next.
#[derive(Clone, Debug)]
pub struct Step {
    /// What happened.
    pub events: Vec<EventKind>,
    /// What comes next.
    pub next: Next,
}
