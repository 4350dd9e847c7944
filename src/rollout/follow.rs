//! Following one operation: which events belong to it, when it is over, what made it fail.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{LeftBehind, Reach};
use crate::event::{OperationKind, OperationResult, RootCause};
use crate::observed::{KnownCause, ResourceStatus, StackEvent, StackHead, StackStatus};
use crate::units::{LogicalId, Timestamp};

/// Looks that an event may lag behind the status it announces, and a status behind the order that causes it
/// (DE-11).
const LAG: u32 = 5;
/// Looks in a row that brought no event, after which the stack itself is asked.
const SILENCE: u32 = 4;
/// Looks at an unmoved stack after which an accepted order counts as lost.
const PATIENCE: u32 = 60;

/// Where the events of the operation begin.
#[derive(Clone, Debug)]
enum Floor {
    /// With the one after this.
    After(String),
    /// With this one.
    From(String),
    /// With the beginning of the newest operation; not found yet.
    NewestOperation,
    /// With the first of the stack: it had none when the operation was started.
    First,
}

/// How a look at the operation turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Running,
    /// It is over.
    Over,
}

/// What to ask next while the operation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The events: they tell most of it.
    Events,
    /// The stack: it has not begun to move, or its events are silent.
    Stack,
    /// The stack, at once: its events have just told that it rests.
    Rest,
}

/// One operation being followed.
#[derive(Clone, Debug)]
pub(super) struct Follow {
    pub(super) stack_id: String,
    pub(super) kind: OperationKind,
    pub(super) began: Timestamp,
    /// The stack as it was seen last, which is before the operation until it was looked at.
    head: Option<StackHead>,
    looked: bool,
    pub(super) imported: Vec<LogicalId>,
    floor: Floor,
    started: bool,
    moved: bool,
    seen: BTreeSet<String>,
    newest: Option<String>,
    last_of_stack: Option<StackStatus>,
    superseded: bool,
    rested: bool,
    resources: BTreeMap<String, ResourceStatus>,
    cause: Option<(Timestamp, RootCause)>,
    stack_cause: Option<RootCause>,
    left: BTreeMap<(String, String), LeftBehind>,
    quiet: u32,
    unmoved: u32,
}

impl Follow {
    /// Follows an operation started just now; `mark` is the newest event from before.
    pub(super) fn started(stack_id: String, kind: OperationKind, mark: Option<String>, at: Timestamp) -> Self {
        Self::new(stack_id, kind, mark.map_or(Floor::First, Floor::After), None, at)
    }

    /// Follows an operation that somebody started earlier, of a stack that was just looked at.
    pub(super) fn found(head: StackHead, kind: OperationKind, at: Timestamp) -> Self {
        Self::new(head.id.clone(), kind, Floor::NewestOperation, Some(head), at)
    }

    fn new(stack_id: String, kind: OperationKind, floor: Floor, head: Option<StackHead>, began: Timestamp) -> Self {
        let started = head.is_some();
        Self {
            stack_id,
            kind,
            began,
            looked: started,
            head,
            imported: Vec::new(),
            floor,
            started,
            moved: false,
            seen: BTreeSet::new(),
            newest: None,
            last_of_stack: None,
            superseded: false,
            rested: false,
            resources: BTreeMap::new(),
            cause: None,
            stack_cause: None,
            left: BTreeMap::new(),
            quiet: 0,
            unmoved: 0,
        }
    }

    /// Takes a look at the stack; `None` if it is gone.
    pub(super) fn look(&mut self, head: Option<StackHead>) {
        (self.head, self.looked) = (head, true);
    }

    /// The stack as it was seen last.
    pub(super) fn head(&self) -> Option<&StackHead> {
        self.head.as_ref()
    }

    /// How far back the next read must reach to miss nothing.
    pub(super) fn reach(&self) -> Reach {
        self.newest.clone().map_or_else(|| self.full_reach(), Reach::Event)
    }

    /// How far back a read must reach to hold the whole operation.
    pub(super) fn full_reach(&self) -> Reach {
        match &self.floor {
            Floor::After(id) | Floor::From(id) => Reach::Event(id.clone()),
            Floor::NewestOperation | Floor::First => Reach::OperationStart,
        }
    }

    /// Looks in a row that brought no event.
    pub(super) fn quiet(&self) -> u32 {
        self.quiet
    }

    /// Takes what was read and returns the events that are new and belong to the operation, oldest first.
    pub(super) fn take(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
        let mut fresh = Vec::new();
        self.rested = false;
        for event in self.above_floor(events) {
            if self.seen.contains(&event.event_id) {
                continue;
            }
            // What begins after the operation has come to rest is somebody else's.
            let rested = self.last_of_stack.as_ref().is_some_and(StackStatus::is_settled);
            self.superseded |= rested && event.starts_operation();
            if self.superseded {
                break;
            }
            self.seen.insert(event.event_id.clone());
            self.newest = Some(event.event_id.clone());
            if event.is_about_stack() && event.status.as_str() == StackStatus::ReviewInProgress.as_str() {
                continue;
            }
            self.note(&event);
            fresh.push(event);
        }
        self.quiet = if fresh.is_empty() { self.quiet.saturating_add(1) } else { 0 };
        fresh
    }

    fn above_floor(&mut self, mut events: Vec<StackEvent>) -> Vec<StackEvent> {
        let first = match &self.floor {
            Floor::First => 0,
            Floor::After(id) => events.iter().position(|e| e.event_id == *id).map_or(0, |at| at + 1),
            Floor::From(id) => events.iter().position(|e| e.event_id == *id).unwrap_or(0),
            Floor::NewestOperation => {
                let start = events.iter().rposition(StackEvent::starts_operation).unwrap_or(0);
                if let Some(event) = events.get(start) {
                    self.began = event.timestamp;
                    self.floor = Floor::From(event.event_id.clone());
                }
                start
            }
        };
        events.split_off(first.min(events.len()))
    }

    fn note(&mut self, event: &StackEvent) {
        let reason = event.reason.clone().unwrap_or_default();
        let cause = || RootCause {
            logical_id: event.logical_id.clone(),
            type_name: event.type_name.clone(),
            reason: reason.clone(),
            spec_place: None,
            known: KnownCause::of(&event.type_name, &reason),
        };
        if event.is_about_stack() {
            let status = StackStatus::parse(event.status.as_str());
            self.started |= !status.is_settled();
            if self.stack_cause.is_none() && !reason.is_empty() && reason != "User Initiated" {
                self.stack_cause = Some(cause());
            }
            self.rested = status.is_settled();
            self.last_of_stack = Some(status);
            return;
        }
        self.resources.insert(event.logical_id.clone(), event.status.clone());
        // Cancelled siblings failed because of the first failure and say nothing (SQ-10, SQ-15).
        let failed = event.status.is_failure() && !reason.contains("cancelled");
        if failed && self.cause.as_ref().is_none_or(|(earliest, _)| event.timestamp < *earliest) {
            self.cause = Some((event.timestamp, cause()));
        }
        let key = (event.logical_id.clone(), event.physical_id.clone());
        let undeleted = event.status == ResourceStatus::DeleteFailed;
        if undeleted || event.status == ResourceStatus::DeleteSkipped {
            let left = LeftBehind {
                logical_id: event.logical_id.clone(),
                type_name: event.type_name.clone(),
                physical_id: event.physical_id.clone(),
                failure: undeleted.then_some(reason),
            };
            self.left.insert(key, left);
        } else if event.status == ResourceStatus::DeleteComplete {
            self.left.remove(&key);
        }
    }

    /// Judges the operation by the last look at the stack and the events so far.
    pub(super) fn progress(&mut self) -> Progress {
        if !self.looked {
            return Progress::Running;
        }
        let Some(head) = &self.head else { return Progress::Over };
        if self.superseded || head.status == StackStatus::DeleteComplete {
            return Progress::Over;
        }
        if !head.status.is_settled() {
            self.started = true;
            self.moved = true;
            self.unmoved = 0;
            return Progress::Running;
        }
        self.unmoved = self.unmoved.saturating_add(1);
        let told = self.started && self.last_of_stack.as_ref() == Some(&head.status);
        // Only a status that was seen to move and then rest can be ahead of its events; one that never moved may
        // be behind them.
        let lagging = self.moved && self.unmoved >= LAG;
        if told || lagging || self.unmoved >= PATIENCE { Progress::Over } else { Progress::Running }
    }

    /// What to ask next. Every look is one call: most of them read events, a silent stack is asked itself now and then, and
    /// only one that has told of its rest, or not begun to move, is asked every time.
    pub(super) fn next_look(&self) -> Look {
        let moving = !self.looked || self.head.as_ref().is_some_and(|head| !head.status.is_settled());
        let rests = self.last_of_stack.as_ref().is_some_and(StackStatus::is_settled);
        match (moving, rests) {
            (true, true) if self.rested => Look::Rest,
            (true, false) if self.quiet % SILENCE != SILENCE - 1 => Look::Events,
            _ => Look::Stack,
        }
    }

    /// Whether nothing more can be told: it succeeded, and of all that was seen to begin the end was seen too.
    pub(super) fn is_told(&self) -> bool {
        let rests = self.last_of_stack.as_ref().is_some_and(|last| last.is_settled() && !last.is_failure());
        rests && self.status() == self.last_of_stack && !self.resources.values().any(ResourceStatus::is_in_progress)
    }

    /// The status the operation ended with; `None` if the stack is gone.
    pub(super) fn status(&self) -> Option<StackStatus> {
        if self.superseded {
            return self.last_of_stack.clone();
        }
        self.head.as_ref().map(|head| head.status.clone()).filter(|status| *status != StackStatus::DeleteComplete)
    }

    /// How it ended.
    pub(super) fn result(&self, place: impl Fn(&str) -> Option<String>) -> OperationResult {
        let status = self.status();
        let root_cause = self.cause.as_ref().map(|(_, cause)| cause).or(self.stack_cause.as_ref()).map(|cause| {
            let mut cause = cause.clone();
            cause.spec_place = place(&cause.logical_id);
            cause
        });
        if !self.started && self.head.is_some() && status.is_some() {
            return OperationResult::Stuck { root_cause };
        }
        match (self.kind, status) {
            (OperationKind::Delete, None | Some(StackStatus::DeleteComplete)) => OperationResult::Succeeded,
            (OperationKind::Delete, Some(StackStatus::DeleteFailed)) => OperationResult::Stuck { root_cause },
            // What is put back is what was wanted.
            (
                OperationKind::Rollback,
                None
                | Some(
                    StackStatus::RollbackComplete
                    | StackStatus::UpdateRollbackComplete
                    | StackStatus::ImportRollbackComplete
                    // Whoever cancelled came too late.
                    | StackStatus::UpdateComplete,
                ),
            ) => OperationResult::Succeeded,
            (OperationKind::Rollback, Some(_)) => OperationResult::Stuck { root_cause },
            // The deletion was called off and the stack put back as it was (ER-14).
            (OperationKind::Delete, Some(_)) => OperationResult::RolledBack { root_cause },
            (
                OperationKind::Create | OperationKind::Update | OperationKind::Import,
                Some(StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete),
            ) => OperationResult::Succeeded,
            (
                OperationKind::Create | OperationKind::Update | OperationKind::Import,
                None
                | Some(
                    StackStatus::RollbackComplete
                    | StackStatus::UpdateRollbackComplete
                    | StackStatus::ImportRollbackComplete
                    | StackStatus::DeleteComplete,
                ),
            ) => OperationResult::RolledBack { root_cause },
            (OperationKind::Create | OperationKind::Update | OperationKind::Import, Some(_)) => {
                OperationResult::Stuck { root_cause }
            }
        }
    }

    /// The last status of every resource that had an event.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &ResourceStatus)> {
        self.resources.iter().map(|(id, status)| (id.as_str(), status))
    }

    /// What was left behind.
    pub(super) fn left_behind(&self) -> Vec<LeftBehind> {
        self.left.values().cloned().collect()
    }
}

/// What kind of operation a stack in this status is in.
pub(super) fn kind_of(status: &StackStatus) -> OperationKind {
    let text = status.as_str();
    if text.starts_with("CREATE") || text.starts_with("ROLLBACK") || text.starts_with("REVIEW") {
        OperationKind::Create
    } else if text.starts_with("DELETE") {
        OperationKind::Delete
    } else if text.starts_with("IMPORT") {
        OperationKind::Import
    } else {
        OperationKind::Update
    }
}
