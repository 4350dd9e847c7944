//! The engine: time, effects and the stored form.

use std::collections::BTreeMap;

use super::effect::{Effect, EffectAction, HandlerError, Provisioned, StackRef};
use super::ids;
use super::state::{FORMAT, Pending, Purpose, Stack, State, Timer, Wake};
use super::status::Status;
use super::wire::{QueryRequest, QueryResponse};
use crate::units::{AccountId, Duration, Region, Timestamp};

/// CloudFormation of one account in one region.
///
/// Requests and time go in, answers and effects come out. Before a request is handled, the engine should
/// have been polled up to its moment: `while !(effects = engine.poll(now)).is_empty()`, each effect answered
/// with [`Engine::complete`].
#[derive(Clone, Debug, PartialEq)]
pub struct Engine {
    pub(super) state: State,
}

/// Why a stored engine cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not what this engine writes.
    #[error("the stored CloudFormation state is not readable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A newer version wrote it.
    #[error("the stored CloudFormation state has format {0}; this version reads up to {FORMAT}")]
    Newer(u32),
}

impl Engine {
    /// An engine without stacks.
    #[must_use]
    pub fn new(account: AccountId, region: Region, partition: &str) -> Self {
        Self {
            state: State {
                format: FORMAT,
                partition: partition.to_owned(),
                account,
                region,
                counter: 0,
                stacks: BTreeMap::new(),
                timers: Vec::new(),
                pending: BTreeMap::new(),
                detections: BTreeMap::new(),
            },
        }
    }

    /// Reads what [`Engine::save`] wrote.
    ///
    /// # Errors
    /// When it is malformed or of a newer format.
    pub fn load(stored: &serde_json::Value) -> Result<Self, LoadError> {
        let format = stored.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let format = u32::try_from(format).unwrap_or(u32::MAX);
        if format > FORMAT {
            return Err(LoadError::Newer(format));
        }
        Ok(Self { state: serde_json::from_value(stored.clone())? })
    }

    /// Everything the engine remembers; [`Engine::load`] reads it back.
    ///
    /// # Errors
    /// Never in practice: every part is serialisable.
    pub fn save(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(&self.state)
    }

    /// Logical id and type of every resource of every stack that is there.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &str)> {
        let there = self.state.stacks.values().filter(|stack| stack.deleted.is_none());
        there.flat_map(|stack| &stack.resources).map(|(id, resource)| (id.as_str(), resource.type_name.as_str()))
    }

    /// The next moment at which something happens; `None` when nothing is under way.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let asked = self.state.pending.values().map(|pending| pending.effect.at);
        asked.chain(self.state.timers.iter().map(|timer| timer.at)).min()
    }

    /// Goes on up to `now`, or up to the first moment at which an effect is wanted. Effects that were handed
    /// out and not answered are handed out again; an empty answer means that `now` is reached.
    pub fn poll(&mut self, now: Timestamp) -> Vec<Effect> {
        loop {
            if !self.state.pending.is_empty() {
                return self.state.pending.values().map(|pending| pending.effect.clone()).collect();
            }
            let next = self.state.timers.iter().enumerate().min_by_key(|(_, timer)| (timer.at, timer.order));
            match next.map(|(place, timer)| (place, timer.at)) {
                Some((place, at)) if at <= now => {
                    let timer = self.state.timers.swap_remove(place);
                    self.fire(timer);
                }
                Some(_) | None => return Vec::new(),
            }
        }
    }

    /// Takes the result of an effect; of one that nobody waits for, nothing.
    pub fn complete(&mut self, effect_id: u64, result: Result<Provisioned, HandlerError>) {
        let Some(Pending { effect, purpose }) = self.state.pending.remove(&effect_id) else { return };
        match purpose {
            Purpose::Node { stack, node, run } => {
                self.with(&stack, |engine, stack| engine.provisioned(stack, &node, run, &effect, result));
            }
            Purpose::Existence { change_set, logical_id } => {
                self.looked_up(&change_set, &logical_id, result.is_ok());
            }
            Purpose::Actual { change_set, logical_id } => self.actual_read(&change_set, &logical_id, result),
            Purpose::Drift { detection, logical_id } => self.drift_read(&detection, &logical_id, result, effect.at),
            Purpose::Alarm { stack, run } => {
                let state = result.ok().and_then(|found| found.attributes.get("StateValue").cloned());
                let state = state.and_then(|value| value.as_str().map(str::to_owned));
                self.with(&stack, |engine, stack| engine.alarm_seen(stack, run, &effect, state.as_deref()));
            }
        }
    }

    /// Answers one request at `now`.
    pub fn handle(&mut self, request: &QueryRequest, now: Timestamp) -> QueryResponse {
        let count = self.next_count().to_string();
        let request_id = ids::uuid4(&["request", &now.to_string(), &count]);
        match self.dispatch(request, now) {
            Ok(body) => body.respond(&request.action, &request_id),
            Err(refusal) => refusal.respond(&request_id),
        }
    }

    fn fire(&mut self, timer: Timer) {
        let at = timer.at;
        match timer.wake {
            Wake::Turn { stack, run } => {
                self.with(&stack, |engine, stack| engine.turn(stack, run, at));
            }
            Wake::Node { stack, node, run, step } => {
                self.with(&stack, |engine, stack| engine.node_step(stack, &node, run, step, at));
            }
            Wake::ChangeSet { id } => self.change_set_step(&id, at),
            Wake::Detection { id } => self.detection_done(&id, at),
            Wake::Watch { stack, run } => {
                self.with(&stack, |engine, stack| engine.watch(stack, run, at));
            }
            Wake::Timeout { stack, run } => {
                self.with(&stack, |engine, stack| engine.timed_out(stack, run, at));
            }
        }
    }

    /// Runs `work` on a stack, which is out of the map meanwhile.
    pub(super) fn with<T>(&mut self, id: &str, work: impl FnOnce(&mut Self, &mut Stack) -> T) -> Option<T> {
        let mut stack = self.state.stacks.remove(id)?;
        let done = work(self, &mut stack);
        self.state.stacks.insert(id.to_owned(), stack);
        Some(done)
    }

    pub(super) fn next_count(&mut self) -> u64 {
        self.state.counter += 1;
        self.state.counter
    }

    pub(super) fn wake(&mut self, at: Timestamp, wake: Wake) {
        let order = self.next_count();
        self.state.timers.push(Timer { at, order, wake });
    }

    pub(super) fn uuid1(&mut self, at: Timestamp) -> String {
        let count = self.next_count();
        ids::uuid1(at, count, self.state.account.as_str())
    }

    pub(super) fn uuid4(&mut self, about: &str) -> String {
        let count = self.next_count().to_string();
        ids::uuid4(&[about, &count, self.state.account.as_str()])
    }

    /// Hands an effect out at `at`.
    pub(super) fn ask(
        &mut self,
        at: Timestamp,
        stack: &Stack,
        about: About<'_>,
        action: EffectAction,
        purpose: Purpose,
    ) {
        let id = self.next_count();
        let token = ids::uuid4(&["token", &stack.id, about.logical_id, &id.to_string()]);
        let mut tags = about.tags.clone();
        for (key, value) in
            [("stack-name", &stack.name), ("stack-id", &stack.id), ("logical-id", &about.logical_id.to_owned())]
        {
            tags.insert(format!("aws:cloudformation:{key}"), value.clone());
        }
        let effect = Effect {
            id,
            at,
            stack: StackRef {
                name: stack.name.clone(),
                id: stack.id.clone(),
                account: self.state.account.clone(),
                region: self.state.region.clone(),
            },
            logical_id: about.logical_id.to_owned(),
            type_name: about.type_name.to_owned(),
            action,
            tags,
            reverting: matches!(
                stack.status,
                Status::RollbackInProgress | Status::UpdateRollbackInProgress | Status::ImportRollbackInProgress
            ),
            token,
        };
        self.state.pending.insert(id, Pending { effect, purpose });
    }
}

/// The resource an effect is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub logical_id: &'a str,
    pub type_name: &'a str,
    pub tags: &'a BTreeMap<String, String>,
}

/// A second.
pub(super) const SECOND: Duration = Duration::from_secs(1);
