//! The machine: what was observed → what comes next.

use std::collections::BTreeMap;

use super::advice::{self, Advice};
use super::begin::Begin;
use super::cadence::{Cadence, back_off, patience};
use super::follow::{Follow, Look, Progress, kind_of};
use super::model::{Basis, Command, Goal, Next, Observation, Outcome, Step};
use crate::event::{EventKind, OperationKind, OperationResult};
use crate::observed::{Failure, FailureKind, StackHead, StackStatus};
use crate::units::{Duration, LogicalId, Timestamp};

/// Fresh looks that a run may need before something is wrong with the cloud itself.
const MOST_LOOKS: u32 = 200;

/// What the machine waits for.
#[derive(Debug)]
pub(super) enum State {
    /// For its first observation.
    Fresh,
    /// For the stack.
    Looking,
    /// For its change set.
    Inspecting { creates: bool },
    /// For the change set to be accepted.
    Making { creates: bool },
    /// For a change set to be gone; then to make another, to delete the shell around it, or to end.
    Clearing { then: AfterClearing },
    /// For termination protection to be switched; then to begin.
    Protecting { then: Begin },
    /// For the newest event before the operation.
    Marking { begin: Begin },
    /// For the order to be accepted.
    Starting { begin: Begin, mark: Option<String> },
    /// For the stack while following.
    Watching,
    /// For events while following.
    Reading,
    /// For the last sweep over the events.
    Sweeping,
    /// For nothing.
    Ended,
}

/// What comes after a change set is cleared away.
#[derive(Debug)]
pub(super) enum AfterClearing {
    /// Make it again.
    Make { creates: bool },
    /// Delete the stack that the change set had made, then end.
    RemoveShell { stack_id: String, outcome: Box<Outcome> },
    /// Tell that there was nothing to do, and end.
    NothingToDo,
    /// End.
    End(Box<Outcome>),
}

/// What comes after the operation that is being followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterFollowing {
    /// The run is over.
    End,
    /// Look again and go on with the goal.
    LookAgain,
    /// A failed create is out of the way: the stack is new now. Only if the deletion succeeded.
    StackIsNew,
}

/// One deployment, removal or wait.
#[derive(Debug)]
pub struct Machine {
    pub(super) goal: Goal,
    cadence: Cadence,
    pub(super) state: State,
    pub(super) pending: Option<Command>,
    tries: u32,
    looks: u32,
    asked: Option<Timestamp>,
    waited: Duration,
    pub(super) basis: Option<Basis>,
    pub(super) head: Option<StackHead>,
    pub(super) made: bool,
    pub(super) unseen: u32,
    pub(super) made_shell: bool,
    pub(super) follow: Option<Box<Follow>>,
    pub(super) after: AfterFollowing,
    pub(super) events: Vec<EventKind>,
}

impl Machine {
    /// A machine for one goal.
    #[must_use]
    pub fn new(goal: Goal, cadence: Cadence) -> Self {
        let basis = match &goal {
            Goal::Deploy(deployment) => Some(deployment.basis.clone()),
            Goal::Destroy(_) | Goal::Recover(_) | Goal::Settle { .. } => None,
        };
        Self {
            goal,
            cadence,
            state: State::Fresh,
            pending: None,
            tries: 0,
            looks: 0,
            asked: None,
            waited: Duration::ZERO,
            basis,
            head: None,
            made: false,
            unseen: 0,
            made_shell: false,
            follow: None,
            after: AfterFollowing::End,
            events: Vec::new(),
        }
    }

    /// Takes an observation made at `at` and says what comes next. The first one is [`Observation::Begin`];
    /// every other answers the command of the step before.
    #[must_use]
    pub fn on(&mut self, at: Timestamp, observation: Observation) -> Step {
        self.waited = self.asked.take().map_or(Duration::ZERO, |asked| at.since(asked));
        let next = match observation {
            Observation::Interrupted => self.leave(at),
            Observation::Waited => self.resume(),
            Observation::Refused(failure) if failure.kind.is_transient() => self.bear(at, failure),
            other => {
                self.tries = 0;
                self.pending = None;
                self.advance(at, other)
            }
        };
        match &next {
            Next::Do(Command::Wait(_)) => {}
            Next::Do(command) => (self.pending, self.asked) = (Some(command.clone()), Some(at)),
            Next::End(_) => self.state = State::Ended,
        }
        Step { events: std::mem::take(&mut self.events), next }
    }

    fn advance(&mut self, at: Timestamp, observation: Observation) -> Next {
        let state = std::mem::replace(&mut self.state, State::Looking);
        match (state, observation) {
            (State::Fresh, Observation::Begin) => self.look(),
            (State::Looking, Observation::Stack(head)) => self.decide(at, head.map(|head| *head)),
            (State::Inspecting { creates }, Observation::ChangeSet(set)) => self.inspect(creates, set.map(|set| *set)),
            (State::Making { creates }, Observation::Done) => self.inspect_again(creates),
            (State::Making { creates }, Observation::Refused(failure)) => self.not_made(creates, failure),
            // That a change set cannot be cleared away must not hide why it was to be cleared.
            (State::Clearing { then }, Observation::Done | Observation::Refused(_)) => self.cleared(then),
            (State::Protecting { then }, Observation::Done) => self.mark(then),
            (State::Marking { begin }, Observation::Events(events)) => self.start(begin, events),
            (State::Starting { begin, mark }, Observation::Done) => self.started(at, begin, mark),
            (State::Starting { begin, .. }, Observation::Refused(failure)) => self.not_started(&begin, failure),
            (State::Watching, Observation::Stack(head)) => self.watched(head.map(|head| *head)),
            (State::Reading, Observation::Events(events)) => {
                self.tell(events);
                self.judge(at)
            }
            (State::Sweeping, Observation::Events(events)) => {
                self.tell(events);
                self.conclude(at)
            }
            // The events of a stack that is gone may be gone with it.
            (State::Reading | State::Sweeping, Observation::Refused(failure))
                if failure.kind == FailureKind::NotFound =>
            {
                self.follow.iter_mut().for_each(|follow| follow.look(None));
                self.conclude(at)
            }
            (_, Observation::Refused(failure)) => self.give_up(at, failure),
            // An answer to a question that was not asked: the driver is at fault, and a fresh look mends it.
            (_, _) => self.look(),
        }
    }

    /// Looks at the stack afresh.
    pub(super) fn look(&mut self) -> Next {
        self.looks = self.looks.saturating_add(1);
        if self.looks > MOST_LOOKS {
            let message = "the stack does not come to rest: every look at it shows another state".to_owned();
            let (service, action) = ("CloudFormation".to_owned(), "DescribeStacks".to_owned());
            let failure = Failure { kind: FailureKind::Other, service, action, message, request_id: None };
            return end(Outcome::Failed(failure));
        }
        self.state = State::Looking;
        Next::Do(Command::DescribeStack { stack: self.stack().to_owned() })
    }

    /// Looks afresh after a pause, because what was read may be behind.
    pub(super) fn look_later(&mut self) -> Next {
        match self.look() {
            Next::Do(command) => self.later(command, 0),
            ended @ Next::End(_) => ended,
        }
    }

    /// Does `command` after a pause, which is longer where many ask at the same time and answers are waited for.
    pub(super) fn later(&mut self, command: Command, quiet: u32) -> Next {
        self.pending = Some(command);
        Next::Do(Command::Wait(self.cadence.pause(quiet, self.waited)))
    }

    fn resume(&mut self) -> Next {
        match self.pending.take() {
            Some(command) => Next::Do(command),
            None => self.look(),
        }
    }

    fn decide(&mut self, at: Timestamp, head: Option<StackHead>) -> Next {
        self.head.clone_from(&head);
        match self.goal {
            Goal::Deploy(_) => self.decide_deployment(at, head),
            Goal::Destroy(_) => self.decide_removal(at, head),
            Goal::Recover(_) => self.decide_recovery(at, head),
            Goal::Settle { .. } => match head {
                Some(head) if !head.status.is_settled() => self.reattach(at, head, AfterFollowing::End),
                Some(_) | None => end(Outcome::Settled),
            },
        }
    }

    /// Follows an operation that is running, or that ran to its end while nobody looked.
    pub(super) fn reattach(&mut self, at: Timestamp, head: StackHead, after: AfterFollowing) -> Next {
        let kind = kind_of(&head.status);
        self.events.push(EventKind::Reattached { stack: head.name.clone(), status: head.status.clone() });
        self.begin_following(Follow::found(head, kind, at), after)
    }

    pub(super) fn begin_following(&mut self, follow: Follow, after: AfterFollowing) -> Next {
        let (resources, expected) = self.size();
        self.events.push(EventKind::OperationStarted {
            stack: self.stack().to_owned(),
            operation: follow.kind,
            resources,
            expected,
        });
        let (stack, reach) = (follow.stack_id.clone(), follow.reach());
        self.follow = Some(Box::new(follow));
        self.after = after;
        self.state = State::Reading;
        Next::Do(Command::ReadEvents { stack, reach })
    }

    fn watched(&mut self, head: Option<StackHead>) -> Next {
        let Some(follow) = &mut self.follow else { return self.look() };
        // One that still moves goes on: its events are the next look, after a pause.
        let moves = head.as_ref().is_some_and(|head| !head.status.is_settled());
        follow.look(head);
        self.state = State::Reading;
        let (stack, reach, quiet) = (follow.stack_id.clone(), follow.reach(), follow.quiet());
        let events = Command::ReadEvents { stack, reach };
        if moves { self.later(events, quiet) } else { Next::Do(events) }
    }

    fn tell(&mut self, events: Vec<crate::observed::StackEvent>) {
        let Some(follow) = &mut self.follow else { return };
        let fresh = follow.take(events);
        for event in fresh {
            let spec_place = self.place(&event.logical_id);
            self.events.push(EventKind::Resource { event, spec_place });
        }
    }

    fn judge(&mut self, at: Timestamp) -> Next {
        let Some(follow) = &mut self.follow else { return self.look() };
        let stack = follow.stack_id.clone();
        match follow.progress() {
            Progress::Running => {
                let (quiet, reach, look) = (follow.quiet(), follow.reach(), follow.next_look());
                self.state = if look == Look::Events { State::Reading } else { State::Watching };
                match look {
                    Look::Events => self.later(Command::ReadEvents { stack, reach }, quiet),
                    Look::Stack => self.later(Command::DescribeStack { stack }, quiet),
                    Look::Rest => Next::Do(Command::DescribeStack { stack }),
                }
            }
            Progress::Over if follow.is_told() => self.conclude(at),
            Progress::Over => {
                let reach = follow.full_reach();
                self.state = State::Sweeping;
                Next::Do(Command::ReadEvents { stack, reach })
            }
        }
    }

    fn conclude(&mut self, at: Timestamp) -> Next {
        let Some(follow) = self.follow.take() else { return self.look() };
        let result = follow.result(|id| self.place(id));
        let outcome = self.finish(at, &follow, result.clone());
        match self.after {
            AfterFollowing::End => end(outcome),
            AfterFollowing::LookAgain => self.look(),
            AfterFollowing::StackIsNew if result == OperationResult::Succeeded => {
                self.basis = Some(Basis::New);
                self.look()
            }
            AfterFollowing::StackIsNew => end(outcome),
        }
    }

    /// Tells the end of an operation: exactly once for each that was begun.
    fn finish(&mut self, at: Timestamp, follow: &Follow, result: OperationResult) -> Outcome {
        let status = follow.status();
        self.events.push(EventKind::OperationFinished {
            stack: self.stack().to_owned(),
            operation: follow.kind,
            outcome: result.clone(),
            status: status.clone(),
            took: at.since(follow.began),
            outputs: follow.head().map(|head| head.outputs.clone()).unwrap_or_default(),
        });
        let advice = advice::after(&result, status.as_ref(), follow.resources());
        let left_behind = follow.left_behind();
        Outcome::Finished { result, status, advice, left_behind, imported: follow.imported.clone() }
    }

    /// Tells that there was nothing to do.
    pub(super) fn nothing_to_do(&mut self, operation: OperationKind) -> Outcome {
        let head = self.head.take();
        let status = head.as_ref().map(|head| head.status.clone());
        self.events.push(EventKind::OperationFinished {
            stack: self.stack().to_owned(),
            operation,
            outcome: OperationResult::NothingToDo,
            status: status.clone(),
            took: Duration::ZERO,
            outputs: head.map(|head| head.outputs).unwrap_or_default(),
        });
        let (advice, left_behind, imported) = (Vec::new(), Vec::new(), Vec::new());
        Outcome::Finished { result: OperationResult::NothingToDo, status, advice, left_behind, imported }
    }

    fn leave(&mut self, at: Timestamp) -> Next {
        match self.follow.take() {
            Some(follow) => end(self.finish(at, &follow, OperationResult::Detached)),
            None => end(Outcome::Interrupted),
        }
    }

    fn bear(&mut self, at: Timestamp, failure: Failure) -> Next {
        self.tries = self.tries.saturating_add(1);
        if self.tries > patience(failure.kind) || self.pending.is_none() {
            return self.give_up(at, failure);
        }
        let pause = back_off(self.tries);
        self.events.push(EventKind::Waiting { reason: failure.to_string(), pause });
        Next::Do(Command::Wait(pause))
    }

    /// Ends on a refusal. An operation that is running goes on without us, and that is said.
    fn give_up(&mut self, at: Timestamp, failure: Failure) -> Next {
        if let Some(follow) = self.follow.take() {
            let _ = self.finish(at, &follow, OperationResult::Detached);
        }
        end(Outcome::Failed(failure))
    }

    pub(super) fn stack(&self) -> &str {
        match &self.goal {
            Goal::Deploy(deployment) => &deployment.stack,
            Goal::Destroy(removal) => &removal.stack,
            Goal::Recover(recovery) => &recovery.stack,
            Goal::Settle { stack, .. } => stack,
        }
    }

    fn origins(&self) -> &BTreeMap<LogicalId, String> {
        match &self.goal {
            Goal::Deploy(deployment) => &deployment.origins,
            Goal::Destroy(removal) => &removal.origins,
            Goal::Recover(recovery) => &recovery.origins,
            Goal::Settle { origins, .. } => origins,
        }
    }

    fn size(&self) -> (usize, Duration) {
        match &self.goal {
            Goal::Deploy(deployment) => (deployment.resources, deployment.expected),
            Goal::Destroy(removal) => (removal.resources, removal.expected),
            Goal::Recover(recovery) => (recovery.resources, Duration::ZERO),
            Goal::Settle { origins, .. } => (origins.len(), Duration::ZERO),
        }
    }

    fn place(&self, logical_id: &str) -> Option<String> {
        self.origins().get(logical_id).cloned()
    }

    /// Ends because the stack is in a state in which nothing may be done.
    pub(super) fn blocked(status: StackStatus, reason: Option<String>) -> Next {
        let advice: Vec<Advice> = advice::advise(&status, []);
        end(Outcome::Blocked { status, reason, advice })
    }
}

/// The end.
pub(super) fn end(outcome: Outcome) -> Next {
    Next::End(Box::new(outcome))
}
