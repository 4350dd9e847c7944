//! Queues as fluids: messages arrive, and every worker of a queue takes from the same backlog.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::publish::invoked;
use super::{Flows, MappingStatus, QUEUES, Shape, Work, millis, queue_name, source_of};
use crate::embedded::mappings::Mapping;
use crate::embedded::metrics::MetricName;
use crate::units::{Duration, Timestamp};

/// Batches that Lambda works on at once for one queue where nothing bounds it (Lambda developer guide, "Scaling
/// behavior" of SQS event sources).
const CONCURRENCY: f64 = 1_250.0;

/// What waits in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backlog {
    /// Messages that were taken or lost so far.
    pub taken: f64,
    /// Messages that outlived the queue's retention.
    pub lost: f64,
    /// Messages that were sent and have not arrived yet.
    pub sent: f64,
}

/// Messages per second that a worker can take.
pub(super) fn capacity(mapping: &Mapping, work: Work) -> f64 {
    let bound = mapping.settings.get("ScalingConfig").and_then(|config| config.get("MaximumConcurrency")?.as_f64());
    let batch = mapping.number("BatchSize").unwrap_or(10).max(1) as f64;
    let one = 0.03 + work.fixed.as_secs_f64() + work.per_record.as_secs_f64() * batch;
    bound.unwrap_or(CONCURRENCY) * batch / one
}

impl Flows {
    /// Lets every worker of every queue take what it can.
    pub(super) fn work_off(
        &mut self,
        mappings: &BTreeMap<String, Mapping>,
        shapes: &BTreeMap<String, Shape>,
        from: i64,
        to: i64,
        points: &mut Vec<(MetricName, Timestamp, f64)>,
    ) {
        let seconds = (to - from) as f64 / 1_000.0;
        let at = Timestamp::from_millis(to - 1);
        let queues: Vec<(&String, &Shape)> = shapes.iter().filter(|(key, _)| key.starts_with(QUEUES)).collect();
        for (key, shape) in queues {
            let Some(history) = self.history.get(key) else { continue };
            let (total, oldest) = (history.total(), history.by(to - millis(shape.retention)));
            let mut backlog = self.backlogs.get(key).copied().unwrap_or_default();
            backlog.lost += (oldest - backlog.taken).max(0.0);
            backlog.taken = backlog.taken.max(oldest);
            let workers: Vec<(&Mapping, f64)> = mappings
                .values()
                .filter(|mapping| source_of(&mapping.source) == *key)
                .filter(|mapping| {
                    let checkpoint = self.checkpoints.get(&mapping.uuid);
                    checkpoint.is_some_and(|one| one.enabled && one.polls_from.as_millis() <= from)
                })
                .map(|mapping| (mapping, capacity(mapping, self.work_of(mapping))))
                .collect();
            let able: f64 = workers.iter().map(|(_, capacity)| capacity * seconds).sum();
            let moved = able.min((total - backlog.taken).max(0.0));
            backlog.taken += moved;
            let waiting = total - backlog.taken;
            let age = if waiting < 1.0 { 0 } else { history.when(backlog.taken).map_or(0, |when| to - when) };
            for (name, value) in [
                ("ApproximateNumberOfMessagesVisible", waiting.round()),
                ("ApproximateAgeOfOldestMessage", age as f64 / 1_000.0),
                ("NumberOfMessagesReceived", moved),
                ("NumberOfMessagesDeleted", moved),
            ] {
                points.push((MetricName::of("AWS/SQS", name, "QueueName", queue_name(key)), at, value));
            }
            self.backlogs.insert(key.clone(), backlog);
            for (mapping, capacity) in workers {
                let share = if able > 0.0 { moved * capacity * seconds / able } else { 0.0 };
                if share <= 0.0 {
                    continue;
                }
                invoked(mapping, at, share, &[], points);
                if let Some(checkpoint) = self.checkpoints.get_mut(&mapping.uuid) {
                    checkpoint.worked = true;
                }
                self.send_on(&super::function_name(&mapping.function), share);
            }
        }
    }

    /// How a worker of a queue stands.
    pub(super) fn queue_status(&self, mapping: &Mapping, key: &str, now: Timestamp) -> MappingStatus {
        let checkpoint = self.checkpoints.get(&mapping.uuid);
        let backlog = self.backlogs.get(key).copied().unwrap_or_default();
        let waiting = self.history.get(key).map_or(0.0, |history| (history.total() - backlog.taken).max(0.0));
        let since = self.history.get(key).filter(|_| waiting >= 1.0).and_then(|history| history.when(backlog.taken));
        MappingStatus {
            uuid: mapping.uuid.clone(),
            function: mapping.function.clone(),
            stream: key.to_owned(),
            state: mapping.state(now).to_owned(),
            polling: checkpoint.is_some_and(|one| one.enabled && one.polls_from <= now),
            lag_records: waiting.round() as u64,
            lag_age: since.map_or(Duration::ZERO, |since| now.since(Timestamp::from_millis(since))),
            lost_records: backlog.lost.round() as u64,
            capacity: capacity(mapping, self.work_of(mapping)),
        }
    }
}
