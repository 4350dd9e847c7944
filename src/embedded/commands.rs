//! What people do to an embedded cloud besides using it: move time, publish metrics, make things fail,
//! change who is calling, put load on, look at the consumers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::EmbeddedError;
use super::cloud::EmbeddedCloud;
use super::consumers::{Load, MappingStatus, Work, queue_key};
use super::faults::{CallFailure, CallFault, FailOn, Failure};
use super::metrics::{AlarmState, MetricName};
use crate::units::{ByteSize, Duration, Timestamp};

/// How an embedded cloud stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// Its time.
    pub now: Timestamp,
    /// Every event source mapping. Positions are arithmetic: no handler runs.
    pub consumers: Vec<MappingStatus>,
    /// Every alarm's state.
    pub alarms: BTreeMap<String, AlarmState>,
    /// How many faults still wait to happen.
    pub faults: usize,
}

/// Load to put on a stream or a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    /// The stream's name, or else the queue's.
    pub stream: String,
    /// Records per second.
    pub rate: f64,
    /// For how long.
    pub lasting: Duration,
    /// Size of one record.
    pub size: ByteSize,
    /// Distinct partition keys.
    pub keys: u64,
    /// What one invocation of each function costs, by function name; where missing, 20 ms and 1 ms a record.
    pub work: BTreeMap<String, Work>,
    /// Queues to which a function sends one message for each record that it reads, both by name.
    pub sends: BTreeMap<String, BTreeSet<String>>,
}

impl EmbeddedCloud {
    /// Moves time on, doing everything that falls due in order; returns the new moment.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn advance(&self, span: Duration) -> Result<Timestamp, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let now = turn.advance(span).await?;
        turn.save().await?;
        Ok(now)
    }

    /// Publishes one data point now and judges the alarms; returns the states of all of them.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn metric(
        &self,
        namespace: &str,
        name: &str,
        dimensions: BTreeMap<String, String>,
        value: f64,
    ) -> Result<BTreeMap<String, AlarmState>, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let back = &mut turn.inner()?.back;
        let metric = MetricName { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
        back.world.metrics.publish(&metric, back.now, value);
        back.judge_alarms();
        let states = back.alarm_states();
        turn.save().await?;
        Ok(states)
    }

    /// Logical id and type of every resource of every stack that is there.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn resources(&self) -> Result<BTreeMap<String, String>, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let resources = turn.inner()?.stacks.resources();
        turn.save().await?;
        Ok(resources)
    }

    /// Makes a resource fail the next `times` times. `target` is a logical id or a resource type.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn fail(&self, target: &str, on: FailOn, message: &str, times: u32) -> Result<(), EmbeddedError> {
        let failure = Failure { target: target.to_owned(), on, message: message.to_owned(), times };
        let mut turn = self.turn().await?;
        turn.settle().await?;
        turn.inner()?.back.world.faults.resources.push(failure);
        turn.save().await
    }

    /// Makes calls of an operation (`*`: of any) go wrong the next `times` times.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn fail_calls(&self, action: &str, fault: CallFault, times: u32) -> Result<(), EmbeddedError> {
        let failure = CallFailure { action: action.to_owned(), fault, times };
        let mut turn = self.turn().await?;
        turn.settle().await?;
        turn.inner()?.back.world.faults.calls.push(failure);
        turn.save().await
    }

    /// Forgets every fault that has not happened yet.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn clear_faults(&self) -> Result<(), EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        turn.inner()?.back.world.faults = super::faults::Faults::default();
        turn.save().await
    }

    /// Changes who is calling; `None` goes back to the deploying role. Returns the ARN that is calling now.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn identity(&self, arn: Option<&str>) -> Result<String, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let back = &mut turn.inner()?.back;
        back.world.identity = arn.map(str::to_owned);
        let caller = back.caller();
        turn.save().await?;
        Ok(caller)
    }

    /// Puts load on a stream or a queue from now on; time has to pass before anything is seen of it.
    ///
    /// # Errors
    /// When there is neither of that name, or the state cannot be used.
    pub async fn records(&self, records: Records) -> Result<(), EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let back = &mut turn.inner()?.back;
        let source = if back.has_stream(&records.stream).await {
            records.stream
        } else if back.queue_attribute(&records.stream, "QueueArn").await.is_some() {
            queue_key(&records.stream)
        } else {
            return Err(EmbeddedError::NotThere(format!("there is no stream or queue {}", records.stream)));
        };
        let now = back.now;
        let load = Load {
            stream: source,
            rate: records.rate,
            size: records.size,
            from: now,
            until: now.plus(records.lasting),
            keys: records.keys,
        };
        back.world.flows.put_on(load, records.work, records.sends, now);
        turn.save().await
    }

    /// How it stands now.
    ///
    /// # Errors
    /// When the state cannot be used.
    pub async fn status(&self) -> Result<Status, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let back = &mut turn.inner()?.back;
        let consumers = back.consumers().await;
        let faults = &back.world.faults;
        let status = Status {
            now: back.now,
            consumers,
            alarms: back.alarm_states(),
            faults: faults.resources.len() + faults.calls.len(),
        };
        turn.save().await?;
        Ok(status)
    }
}
