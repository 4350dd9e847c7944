//! A CloudFormation small enough to be read at one glance: two resources, one operation at a time, which goes
//! one event further whenever somebody waits. Its states and event sequences are those of the behaviour table.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::observed::{
    ChangeSet, ChangeSetState, ExecutionState, Failure, FailureKind, Replacement, ResourceAction, ResourceChange,
    ResourceStatus, StackEvent, StackHead, StackStatus,
};
use crate::rollout::{Command, Observation, Reach};
use crate::units::{LogicalId, Timestamp};

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) operation: bool,
    pub(super) rollback: bool,
    pub(super) deletion: bool,
    pub(super) change_set: bool,
}

#[derive(Clone, Debug)]
enum Move {
    Stack(&'static str, Option<&'static str>),
    Resource(&'static str, &'static str, Option<&'static str>),
    Deployed(String),
}

#[derive(Clone, Debug)]
struct Stack {
    head: StackHead,
    events: Vec<StackEvent>,
    template: Option<String>,
    moves: VecDeque<Move>,
    change_sets: BTreeMap<String, (ChangeSet, String)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    stacks: Vec<Stack>,
    clock: i64,
    serial: u64,
    tokens: BTreeSet<String>,
    pub(super) faults: Faults,
    pub(super) losses: Vec<ResourceChange>,
    pub(super) executions: usize,
    /// Looks for which an order that was accepted does not show yet.
    pub(super) stale: usize,
}

const PAGE: usize = 3;

impl World {
    /// A world with one stack in `status`, deployed from `template`.
    pub(super) fn with(status: &str, template: &str) -> Self {
        let mut world = Self::default();
        world.make_stack(super::STACK);
        let stack = world.stacks.last_mut().unwrap();
        stack.head.status = StackStatus::parse(status);
        stack.template = Some(template.to_owned());
        stack.head.updated = Some(Timestamp::from_millis(1));
        world.emit(Move::Stack("CREATE_IN_PROGRESS", Some("User Initiated")));
        world.emit(Move::Resource("Topic", "CREATE_COMPLETE", None));
        world.stacks.last_mut().unwrap().head.status = StackStatus::parse(status);
        let leaked: &'static str = StackStatus::KNOWN.iter().find(|known| **known == status).unwrap();
        world.emit(Move::Stack(leaked, None));
        world
    }

    /// Lets somebody else's operation begin.
    pub(super) fn somebody_updates(&mut self, template: &str) {
        let moves = self.update_moves(template.to_owned());
        let now = self.now();
        let stack = self.stacks.last_mut().unwrap();
        stack.moves = moves;
        stack.head.updated = Some(now);
        stack.head.change_set_id = None;
        self.step();
    }

    pub(super) fn protect(&mut self) {
        self.stacks.last_mut().unwrap().head.termination_protection = true;
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000 + self.clock)
    }

    pub(super) fn head(&self, stack: &str) -> Option<StackHead> {
        self.find(stack).and_then(|at| self.stacks.get(at)).map(|stack| stack.head.clone())
    }

    pub(super) fn template(&self) -> Option<String> {
        let at = self.find(super::STACK)?;
        self.stacks[at].template.clone()
    }

    pub(super) fn change_sets(&self) -> usize {
        self.find(super::STACK).map_or(0, |at| self.stacks[at].change_sets.len())
    }

    /// Ids of the events since the newest operation began, oldest first.
    pub(super) fn events_of_newest_operation(&self) -> Vec<String> {
        let stack = self.stacks.last().unwrap();
        let start = stack.events.iter().rposition(StackEvent::starts_operation).unwrap();
        stack.events[start..].iter().map(|event| event.event_id.clone()).collect()
    }

    pub(super) fn perform(&mut self, command: &Command) -> Observation {
        self.clock += 50;
        match command {
            Command::DescribeStack { stack } => Observation::Stack(self.head(stack).map(Box::new)),
            Command::ReadEvents { stack, reach } => self.read(stack, reach),
            Command::DescribeChangeSet { stack, name } => self.describe_change_set(stack, name),
            Command::CreateChangeSet(order) => {
                self.create_change_set(&order.stack, &order.name, order.creates, &order.template)
            }
            Command::DeleteChangeSet { stack, name } => {
                if let Some(at) = self.find(stack) {
                    self.stacks[at].change_sets.remove(name);
                }
                Observation::Done
            }
            Command::ExecuteChangeSet { stack, change_set, token } => self.execute(stack, change_set, token),
            Command::DeleteStack { stack, token, .. } => self.delete(stack, token),
            // What gets a stack out of a state it is stuck in is tried on the embedded cloud.
            Command::CancelUpdate { .. } | Command::ContinueRollback { .. } | Command::RollBack { .. } => {
                refused(FailureKind::WrongState)
            }
            Command::SetProtection { stack, on } => match self.find(stack) {
                Some(at) => {
                    self.stacks[at].head.termination_protection = *on;
                    Observation::Done
                }
                None => refused(FailureKind::NotFound),
            },
            Command::Wait(pause) => {
                self.clock += i64::try_from(pause.as_millis()).unwrap();
                if self.stale > 0 {
                    self.stale -= 1;
                } else {
                    self.step();
                }
                Observation::Waited
            }
        }
    }

    /// By name only what is not deleted, by ARN everything.
    fn find(&self, stack: &str) -> Option<usize> {
        self.stacks.iter().rposition(|candidate| {
            candidate.head.id == stack
                || (candidate.head.name == stack && candidate.head.status != StackStatus::DeleteComplete)
        })
    }

    fn make_stack(&mut self, name: &str) {
        self.serial += 1;
        let head = StackHead {
            id: format!("arn:stack/{name}/{}", self.serial),
            name: name.to_owned(),
            status: StackStatus::ReviewInProgress,
            status_reason: None,
            outputs: BTreeMap::new(),
            created: self.now(),
            updated: None,
            termination_protection: false,
            change_set_id: None,
        };
        let (events, moves, change_sets) = (Vec::new(), VecDeque::new(), BTreeMap::new());
        self.stacks.push(Stack { head, events, template: None, moves, change_sets });
        self.emit(Move::Stack("REVIEW_IN_PROGRESS", Some("User Initiated")));
    }

    fn read(&self, stack: &str, reach: &Reach) -> Observation {
        let Some(at) = self.find(stack) else { return refused(FailureKind::NotFound) };
        let mut out: Vec<StackEvent> = Vec::new();
        for page in self.stacks[at].events.rchunks(PAGE) {
            out.splice(0..0, page.iter().cloned());
            let reached = match reach {
                Reach::NewestPage => true,
                Reach::Event(id) => page.iter().any(|event| event.event_id == *id),
                Reach::OperationStart => page.iter().any(StackEvent::starts_operation),
            };
            if reached {
                break;
            }
        }
        Observation::Events(out)
    }

    fn describe_change_set(&mut self, stack: &str, name: &str) -> Observation {
        let Some(at) = self.find(stack) else { return Observation::ChangeSet(None) };
        let answer = self.stacks[at].change_sets.get(name).map(|(set, _)| Box::new(set.clone()));
        // Being looked at once is enough for it to be ready the next time.
        if let Some((set, _)) = self.stacks[at].change_sets.get_mut(name)
            && set.state == ChangeSetState::Creating
        {
            let empty = set.reason.as_deref().is_some_and(|reason| reason.contains("didn't contain changes"));
            let fails = self.faults.change_set || empty;
            set.state = if fails { ChangeSetState::Failed } else { ChangeSetState::Ready };
            set.execution = if fails { ExecutionState::Unavailable } else { ExecutionState::Available };
            if self.faults.change_set {
                set.reason = Some("Transform AWS::Include failed".to_owned());
            }
        }
        Observation::ChangeSet(answer)
    }

    fn create_change_set(&mut self, stack: &str, name: &str, creates: bool, template: &str) -> Observation {
        // What an order has set going is known to whoever takes the next one, even where a look is behind.
        if self.find(stack).is_some_and(|at| !self.stacks[at].moves.is_empty()) {
            return refused(FailureKind::WrongState);
        }
        match (self.find(stack), creates) {
            (None, true) => self.make_stack(stack),
            (None, false) => return refused(FailureKind::NotFound),
            (Some(at), true) if self.stacks[at].head.status != StackStatus::ReviewInProgress => {
                return refused(FailureKind::AlreadyExists);
            }
            (Some(at), false) if !self.may_update(at) => return refused(FailureKind::WrongState),
            (Some(_), _) => {}
        }
        let at = self.find(stack).unwrap();
        self.serial += 1;
        let same = self.stacks[at].template.as_deref() == Some(template);
        let set = ChangeSet {
            id: format!("arn:aws:cloudformation:r:a:changeSet/{name}/{}", self.serial),
            name: name.to_owned(),
            stack_id: self.stacks[at].head.id.clone(),
            state: ChangeSetState::Creating,
            execution: ExecutionState::Unavailable,
            reason: same.then(|| "The submitted information didn't contain changes.".to_owned()),
            changes: self.losses.clone(),
            created: None,
        };
        let sets = &mut self.stacks[at].change_sets;
        if !sets.contains_key(name) {
            sets.insert(name.to_owned(), (set, template.to_owned()));
        }
        Observation::Done
    }

    fn may_update(&self, at: usize) -> bool {
        let status = self.stacks[at].head.status.as_str();
        status.ends_with("_COMPLETE") && !["ROLLBACK_COMPLETE", "DELETE_COMPLETE"].contains(&status)
    }

    fn execute(&mut self, stack: &str, change_set: &str, token: &str) -> Observation {
        let Some(at) = self.find(stack) else { return refused(FailureKind::NotFound) };
        if !self.tokens.insert(token.to_owned()) {
            return Observation::Done;
        }
        let found = self.stacks[at].change_sets.values().find(|(set, _)| set.id == change_set).cloned();
        let Some((set, template)) = found else { return refused(FailureKind::NotFound) };
        assert_eq!(set.execution, ExecutionState::Available, "executed what was not available");
        self.executions += 1;
        let creates = self.stacks[at].head.status == StackStatus::ReviewInProgress;
        let moves = if creates { self.create_moves(template) } else { self.update_moves(template) };
        let now = self.now();
        let stack = &mut self.stacks[at];
        stack.head.updated = Some(now);
        stack.head.change_set_id = Some(set.id);
        stack.change_sets.clear();
        stack.moves = moves;
        Observation::Done
    }

    fn delete(&mut self, stack: &str, token: &str) -> Observation {
        let Some(at) = self.find(stack) else { return Observation::Done };
        if self.stacks[at].head.termination_protection {
            return refused(FailureKind::Protected);
        }
        if !self.tokens.insert(token.to_owned()) || self.stacks[at].head.status == StackStatus::DeleteComplete {
            return Observation::Done;
        }
        if !self.stacks[at].moves.is_empty() {
            return refused(FailureKind::WrongState);
        }
        self.stacks[at].moves = if self.faults.deletion {
            VecDeque::from([
                Move::Stack("DELETE_IN_PROGRESS", Some("User Initiated")),
                Move::Resource("Queue", "DELETE_IN_PROGRESS", None),
                Move::Resource("Queue", "DELETE_FAILED", Some("The bucket you tried to delete is not empty")),
                Move::Stack("DELETE_FAILED", Some("The following resource(s) failed to delete: [Queue]. ")),
            ])
        } else {
            VecDeque::from([
                Move::Stack("DELETE_IN_PROGRESS", Some("User Initiated")),
                Move::Resource("Queue", "DELETE_SKIPPED", None),
                Move::Resource("Topic", "DELETE_IN_PROGRESS", None),
                Move::Resource("Topic", "DELETE_COMPLETE", None),
                Move::Stack("DELETE_COMPLETE", None),
            ])
        };
        Observation::Done
    }

    fn create_moves(&self, template: String) -> VecDeque<Move> {
        let mut moves = VecDeque::from([
            Move::Stack("CREATE_IN_PROGRESS", Some("User Initiated")),
            Move::Resource("Topic", "CREATE_IN_PROGRESS", None),
            Move::Resource("Queue", "CREATE_IN_PROGRESS", None),
        ]);
        if self.faults.operation {
            moves.extend([
                Move::Resource("Queue", "CREATE_FAILED", Some("Invalid value for the parameter")),
                Move::Resource("Topic", "CREATE_FAILED", Some("Resource creation cancelled")),
                Move::Stack(
                    "ROLLBACK_IN_PROGRESS",
                    Some("The following resource(s) failed to create: [Queue, Topic]. Rollback requested by user."),
                ),
                Move::Resource("Topic", "DELETE_COMPLETE", None),
                Move::Stack(if self.faults.rollback { "ROLLBACK_FAILED" } else { "ROLLBACK_COMPLETE" }, None),
            ]);
        } else {
            moves.extend([
                Move::Resource("Topic", "CREATE_COMPLETE", None),
                Move::Resource("Queue", "CREATE_COMPLETE", None),
                Move::Deployed(template),
                Move::Stack("CREATE_COMPLETE", None),
            ]);
        }
        moves
    }

    fn update_moves(&self, template: String) -> VecDeque<Move> {
        let mut moves = VecDeque::from([
            Move::Stack("UPDATE_IN_PROGRESS", Some("User Initiated")),
            Move::Resource("Queue", "UPDATE_IN_PROGRESS", None),
        ]);
        if self.faults.operation {
            moves.extend([
                Move::Resource("Topic", "UPDATE_FAILED", Some("Resource update cancelled")),
                Move::Resource("Queue", "UPDATE_FAILED", Some("Invalid value for the parameter")),
                Move::Stack("UPDATE_ROLLBACK_IN_PROGRESS", Some("failed to update: [Queue]")),
            ]);
            if self.faults.rollback {
                moves.extend([
                    Move::Resource("Queue", "UPDATE_FAILED", Some("still invalid")),
                    Move::Stack("UPDATE_ROLLBACK_FAILED", None),
                ]);
            } else {
                moves.extend([
                    Move::Resource("Queue", "UPDATE_COMPLETE", None),
                    Move::Stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None),
                    Move::Stack("UPDATE_ROLLBACK_COMPLETE", None),
                ]);
            }
        } else {
            moves.extend([
                Move::Resource("Queue", "UPDATE_COMPLETE", None),
                Move::Deployed(template),
                Move::Stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None),
                Move::Stack("UPDATE_COMPLETE", None),
            ]);
        }
        moves
    }

    /// Lets the running operation go one event further.
    pub(super) fn step(&mut self) {
        let Some(stack) = self.stacks.last_mut() else { return };
        if let Some(next) = stack.moves.pop_front() {
            self.emit(next);
        }
    }

    /// Lets whatever runs come to its end.
    pub(super) fn settle(&mut self) {
        while self.stacks.last().is_some_and(|stack| !stack.moves.is_empty()) {
            self.step();
        }
    }

    fn emit(&mut self, what: Move) {
        self.serial += 1;
        self.clock += 1;
        let timestamp = self.now();
        let event_id = format!("event-{}", self.serial);
        let Some(stack) = self.stacks.last_mut() else { return };
        let stack_id = stack.head.id.clone();
        let (logical_id, physical_id, type_name, status, reason) = match what {
            Move::Stack(status, reason) => {
                stack.head.status = StackStatus::parse(status);
                let name = stack.head.name.clone();
                (name, stack_id.clone(), "AWS::CloudFormation::Stack", status, reason)
            }
            Move::Resource(id, status, reason) => {
                (id.to_owned(), format!("physical-{id}"), "AWS::SQS::Queue", status, reason)
            }
            Move::Deployed(template) => {
                stack.template = Some(template);
                return;
            }
        };
        stack.events.push(StackEvent {
            event_id,
            stack_id,
            timestamp,
            logical_id,
            physical_id,
            type_name: type_name.to_owned(),
            status: ResourceStatus::parse(status),
            reason: reason.map(str::to_owned),
            token: None,
            operation_id: None,
        });
    }
}

fn refused(kind: FailureKind) -> Observation {
    Observation::Refused(Failure {
        kind,
        service: "CloudFormation".to_owned(),
        action: "Any".to_owned(),
        message: format!("{kind:?}"),
        request_id: None,
    })
}

/// A change set's entry that takes a resource away.
pub(super) fn loss(id: &str, replaced: bool) -> ResourceChange {
    ResourceChange {
        logical_id: LogicalId::new(id).unwrap(),
        type_name: "AWS::SQS::Queue".to_owned(),
        physical_id: Some("physical".to_owned()),
        action: if replaced { ResourceAction::Modify } else { ResourceAction::Remove },
        replacement: replaced.then_some(Replacement::True),
        details: Vec::new(),
    }
}
