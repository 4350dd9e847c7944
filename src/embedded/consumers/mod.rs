//! Load and consumers as fluids: records arrive at a rate, each mapping reads at the rate that its shards,
//! batches and work allow, and its checkpoint is a position in what arrived.
//!
//! No handler runs here and no record has content: position, lag, age, trimming and iterator age are what a
//! deployment can harm, and they follow from rates. Row ids (`SIM-1`, `CKPT-2`) as in `docs/embedded.md`.

mod history;
mod publish;
mod queues;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::history::History;
use self::publish::publish;
use self::queues::Backlog;
use super::back::Back;
use super::mappings::{Mapping, SourceKind};
use super::metrics::MetricName;
use super::services::ServiceName;
use crate::units::{ByteSize, Duration, Timestamp};

const MINUTE: i64 = 60_000;
/// How the name of a queue begins among the sources.
const QUEUES: &str = "queue/";
/// Steps of one settling; a longer time is taken in longer steps.
const MOST_STEPS: i64 = 5_000;

/// Records that are put into a stream, or messages into a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// What it is put into, as [`source_of`] names it.
    pub stream: String,
    /// Records per second.
    pub rate: f64,
    /// Size of one.
    pub size: ByteSize,
    /// From then.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Distinct partition keys: a shard beyond the number of keys stays idle.
    pub keys: u64,
}

/// What one invocation costs, as measured by whoever knows the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Whatever the batch.
    pub fixed: Duration,
    /// For each record.
    pub per_record: Duration,
}

impl Default for Work {
    /// Where nothing was measured: 20 ms and 1 ms.
    fn default() -> Self {
        Self { fixed: Duration::from_millis(20), per_record: Duration::from_millis(1) }
    }
}

/// A mapping's checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// Records of the stream that lie behind it; `None` until polling first started.
    pub read: Option<f64>,
    /// Records that were trimmed before they were read.
    pub lost: f64,
    /// When polling starts, or started.
    pub polls_from: Timestamp,
    /// Whether it was reading when last looked at.
    pub enabled: bool,
    /// Whether anything was ever read.
    pub worked: bool,
}

/// What is known of a stream's size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Open shards.
    pub shards: u32,
    /// How long records stay.
    pub retention: Duration,
}

/// Load, what arrived, and every checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Flows {
    /// Load put on, ended or not.
    pub loads: Vec<Load>,
    /// By mapping UUID.
    pub checkpoints: BTreeMap<String, Checkpoint>,
    /// By function name; the default where nothing is known.
    pub work: BTreeMap<String, Work>,
    /// Queues to which a function sends one message for each record that it reads, by function name.
    pub sends: BTreeMap<String, BTreeSet<String>>,
    /// By queue.
    pub backlogs: BTreeMap<String, Backlog>,
    history: BTreeMap<String, History>,
    at: Option<Timestamp>,
}

/// How a mapping stands. No handler runs: this is arithmetic, and every screen says so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MappingStatus {
    /// The mapping.
    pub uuid: String,
    /// Function ARN with its qualifier.
    pub function: String,
    /// The stream's name, or `queue/` and the queue's.
    pub stream: String,
    /// `Enabled`, `Disabled`, …
    pub state: String,
    /// Whether polling has started (SIM-1: 20 to 110 s after `Enabled`).
    pub polling: bool,
    /// Records that wait.
    pub lag_records: u64,
    /// Age of the oldest one that waits.
    pub lag_age: Duration,
    /// Records that were trimmed unread.
    pub lost_records: u64,
    /// Records per second that it can read.
    pub capacity: f64,
}

/// SIM-1: between 20 s and 110 s, the same for the same mapping in every run.
fn pickup(uuid: &str) -> Duration {
    let spread = uuid.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 91);
    Duration::from_secs(20 + spread)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What a source ARN names: a stream by its name, a queue as `queue/name`.
pub(crate) fn source_of(arn: &str) -> String {
    if SourceKind::of(arn) == SourceKind::Queue {
        return queue_key(arn.rsplit(':').next().unwrap_or(arn));
    }
    let tail = arn.split(":stream/").nth(1).unwrap_or(arn);
    tail.split('/').next().unwrap_or(tail).to_owned()
}

fn queue_name(key: &str) -> &str {
    key.strip_prefix(QUEUES).unwrap_or(key)
}

/// How a queue is named among the sources.
pub(crate) fn queue_key(name: &str) -> String {
    format!("{QUEUES}{name}")
}

fn function_name(arn: &str) -> String {
    let tail = arn.split(":function:").nth(1).unwrap_or(arn);
    tail.split(':').next().unwrap_or(tail).to_owned()
}

/// Records per second that a mapping can read: SIM-12, each lane one batch after the other with SIM-4 between.
fn capacity(mapping: &Mapping, shards: u32, keys: u64, work: Work) -> f64 {
    let lanes = f64::from(shards) * mapping.number("ParallelizationFactor").unwrap_or(1).max(1) as f64;
    let busy = lanes.min(keys.max(1) as f64);
    let batch = mapping.number("BatchSize").unwrap_or(100).max(1) as f64;
    let one = 0.03 + work.fixed.as_secs_f64() + work.per_record.as_secs_f64() * batch;
    busy * batch / one
}

impl Flows {
    /// Adds load, and what is known of the handlers: their work, and to which queues they send.
    pub(crate) fn put_on(
        &mut self,
        load: Load,
        work: BTreeMap<String, Work>,
        sends: BTreeMap<String, BTreeSet<String>>,
        now: Timestamp,
    ) {
        if self.loads.is_empty() {
            self.at = Some(now);
        }
        self.loads.push(load);
        self.work.extend(work);
        self.sends.extend(sends);
    }

    fn work_of(&self, mapping: &Mapping) -> Work {
        self.work.get(&function_name(&mapping.function)).copied().unwrap_or_default()
    }

    /// What a function sends on when it has read so much: it arrives in the next step.
    fn send_on(&mut self, function: &str, read: f64) {
        for queue in self.sends.get(function).into_iter().flatten() {
            self.backlogs.entry(queue_key(queue)).or_default().sent += read;
        }
    }

    /// Notes where a mapping stands that is about to be paused: it will go on from there, even if nothing had arrived
    /// by now.
    pub(crate) fn hold(&mut self, mapping: &Mapping, now: Timestamp) {
        self.meet(&BTreeMap::from([(mapping.uuid.clone(), mapping.clone())]));
        let arrived = self.history.get(&source_of(&mapping.source)).map_or(0.0, History::total);
        if let Some(checkpoint) = self.checkpoints.get_mut(&mapping.uuid)
            && checkpoint.polls_from <= now
        {
            checkpoint.read.get_or_insert(arrived);
        }
    }

    /// Moves everything on to `to`; returns the points to publish.
    fn step_to(
        &mut self,
        mappings: &BTreeMap<String, Mapping>,
        shapes: &BTreeMap<String, Shape>,
        to: Timestamp,
    ) -> Vec<(MetricName, Timestamp, f64)> {
        let mut points = Vec::new();
        let from = self.at.unwrap_or(to).as_millis();
        self.checkpoints.retain(|uuid, _| mappings.contains_key(uuid));
        self.meet(mappings);
        let end = to.as_millis();
        let longest = ((end - from) / MOST_STEPS).max(MINUTE);
        let mut at = from;
        while at < end {
            let next = self.next_edge(at, (at + longest).div_euclid(MINUTE) * MINUTE, end);
            self.arrive(shapes, at, next, &mut points);
            self.read(mappings, shapes, at, next, &mut points);
            self.work_off(mappings, shapes, at, next, &mut points);
            at = next;
        }
        self.at = Some(to);
        for (stream, history) in &mut self.history {
            if let Some(shape) = shapes.get(stream) {
                history.forget_before(end - millis(shape.retention));
            }
        }
        points
    }

    /// The next moment at which a rate changes, at the latest the next minute.
    fn next_edge(&self, at: i64, minute: i64, end: i64) -> i64 {
        let minute = if minute > at { minute } else { at + MINUTE };
        let loads = self.loads.iter().flat_map(|load| [load.from.as_millis(), load.until.as_millis()]);
        let starts = self.checkpoints.values().map(|checkpoint| checkpoint.polls_from.as_millis());
        loads.chain(starts).filter(|edge| *edge > at).fold(minute.min(end), i64::min)
    }

    /// Notices mappings that are new, paused or resumed.
    fn meet(&mut self, mappings: &BTreeMap<String, Mapping>) {
        for (uuid, mapping) in mappings {
            let polls_from = mapping.changed.plus(pickup(uuid));
            let checkpoint = self.checkpoints.entry(uuid.clone()).or_insert_with(|| Checkpoint {
                read: None,
                lost: 0.0,
                polls_from: mapping.made.plus(pickup(uuid)),
                enabled: mapping.enabled,
                worked: false,
            });
            if mapping.enabled && !checkpoint.enabled {
                checkpoint.polls_from = polls_from;
            }
            checkpoint.enabled = mapping.enabled;
        }
    }

    fn arrive(
        &mut self,
        shapes: &BTreeMap<String, Shape>,
        from: i64,
        to: i64,
        points: &mut Vec<(MetricName, Timestamp, f64)>,
    ) {
        let seconds = (to - from) as f64 / 1_000.0;
        for (stream, shape) in shapes {
            let active: Vec<&Load> = self
                .loads
                .iter()
                .filter(|load| load.stream == *stream && load.from.as_millis() <= from && to <= load.until.as_millis())
                .collect();
            let offered: f64 = active.iter().map(|load| load.rate).sum();
            let bytes: f64 = active.iter().map(|load| load.rate * load.size.as_bytes() as f64).sum();
            // KDS-1: 1,000 records and 1 MiB a second for each shard that has a key. A queue takes whatever comes.
            let keys = active.iter().map(|load| load.keys).max().unwrap_or(1).max(1);
            let open = f64::from(shape.shards).min(keys as f64);
            let by_size = if bytes > 0.0 { open * 1_048_576.0 / bytes } else { 1.0 };
            let queue = stream.starts_with(QUEUES);
            let share = if offered > 0.0 && !queue { (open * 1_000.0 / offered).min(by_size).min(1.0) } else { 1.0 };
            let sent = self.backlogs.get_mut(stream).map_or(0.0, |backlog| std::mem::take(&mut backlog.sent));
            let history = self.history.entry(stream.clone()).or_default();
            let total = history.total() + offered * share * seconds + sent;
            history.begin(from);
            history.push(to, total);
            if queue {
                let metric = MetricName::of("AWS/SQS", "NumberOfMessagesSent", "QueueName", queue_name(stream));
                points.push((metric, Timestamp::from_millis(to - 1), offered * seconds + sent));
            } else if offered > 0.0 {
                let at = Timestamp::from_millis(to - 1);
                let metric = |name: &str| MetricName::of("AWS/Kinesis", name, "StreamName", stream);
                points.push((metric("IncomingRecords"), at, offered * share * seconds));
                points.push((metric("IncomingBytes"), at, bytes * share * seconds));
                points.push((metric("WriteProvisionedThroughputExceeded"), at, offered * (1.0 - share) * seconds));
            }
        }
    }

    fn read(
        &mut self,
        mappings: &BTreeMap<String, Mapping>,
        shapes: &BTreeMap<String, Shape>,
        from: i64,
        to: i64,
        points: &mut Vec<(MetricName, Timestamp, f64)>,
    ) {
        for (uuid, mapping) in mappings {
            let stream = source_of(&mapping.source);
            if stream.starts_with(QUEUES) {
                continue;
            }
            let work = self.work_of(mapping);
            let (Some(shape), Some(history)) = (shapes.get(&stream), self.history.get(&stream)) else { continue };
            let Some(checkpoint) = self.checkpoints.get_mut(uuid) else { continue };
            let polling = checkpoint.enabled && checkpoint.polls_from.as_millis() <= from;
            let oldest = history.by(to - millis(shape.retention));
            let Some(read) = checkpoint.read.or_else(|| polling.then(|| start(mapping, history, from, oldest))) else {
                continue;
            };
            // V-3: what outlives retention while nobody reads is skipped.
            checkpoint.lost += (oldest - read).max(0.0);
            let read = read.max(oldest);
            let keys =
                self.loads.iter().filter(|load| load.stream == stream).map(|load| load.keys).max().unwrap_or(u64::MAX);
            let able =
                if polling { capacity(mapping, shape.shards, keys, work) * (to - from) as f64 / 1_000.0 } else { 0.0 };
            let moved = able.min((history.total() - read).max(0.0));
            checkpoint.read = Some(read + moved);
            if moved > 0.0 {
                checkpoint.worked = true;
                publish(mapping, history, read + moved, to, moved, points);
                self.send_on(&function_name(&mapping.function), moved);
            }
        }
    }

    fn status(&self, mapping: &Mapping, shape: Option<&Shape>, now: Timestamp) -> MappingStatus {
        let stream = source_of(&mapping.source);
        if stream.starts_with(QUEUES) {
            return self.queue_status(mapping, &stream, now);
        }
        let checkpoint = self.checkpoints.get(&mapping.uuid);
        let empty = History::default();
        let history = self.history.get(&stream).unwrap_or(&empty);
        // What was never polled waits for a mapping that is to begin at the oldest record.
        let oldest = || {
            let position = mapping.settings.get("StartingPosition").and_then(Value::as_str);
            let retention = shape.map_or(Duration::ZERO, |shape| shape.retention);
            (position == Some("TRIM_HORIZON")).then(|| history.by(now.as_millis() - millis(retention)))
        };
        let read = checkpoint.and_then(|checkpoint| checkpoint.read).or_else(oldest);
        let lag = read.map_or(0.0, |read| (history.total() - read).max(0.0));
        let keys =
            self.loads.iter().filter(|load| load.stream == stream).map(|load| load.keys).max().unwrap_or(u64::MAX);
        let work = self.work_of(mapping);
        MappingStatus {
            uuid: mapping.uuid.clone(),
            function: mapping.function.clone(),
            stream,
            state: mapping.state(now).to_owned(),
            polling: checkpoint.is_some_and(|checkpoint| checkpoint.enabled && checkpoint.polls_from <= now),
            lag_records: lag.round() as u64,
            lag_age: read
                .filter(|_| lag >= 1.0)
                .and_then(|read| history.when(read))
                .map_or(Duration::ZERO, |when| now.since(Timestamp::from_millis(when))),
            lost_records: checkpoint.map_or(0, |checkpoint| checkpoint.lost.round() as u64),
            capacity: capacity(mapping, shape.map_or(1, |shape| shape.shards), keys, work),
        }
    }
}

/// Where a mapping begins when polling really starts (CKPT-2, CKPT-3).
fn start(mapping: &Mapping, history: &History, now: i64, oldest: f64) -> f64 {
    match mapping.settings.get("StartingPosition").and_then(Value::as_str) {
        Some("LATEST") => history.by(now),
        Some("AT_TIMESTAMP") => {
            let at = mapping.settings.get("StartingPositionTimestamp").and_then(Value::as_f64).unwrap_or(0.0);
            history.by((at * 1_000.0) as i64).max(oldest)
        }
        Some(_) | None => oldest,
    }
}

impl Back {
    /// Lets records flow until now and publishes what that shows.
    pub(crate) async fn flow(&mut self) {
        if self.world.flows.loads.is_empty() {
            return;
        }
        let shapes = self.shapes().await;
        let mut flows = std::mem::take(&mut self.world.flows);
        let points = flows.step_to(&self.world.mappings, &shapes, self.now);
        self.world.flows = flows;
        for (metric, at, value) in points {
            self.world.metrics.publish(&metric, at, value);
        }
    }

    /// How every mapping stands.
    pub(crate) async fn consumers(&mut self) -> Vec<MappingStatus> {
        self.flow().await;
        let shapes = self.shapes().await;
        let flows = &self.world.flows;
        self.world
            .mappings
            .values()
            .map(|mapping| flows.status(mapping, shapes.get(&source_of(&mapping.source)), self.now))
            .collect()
    }

    /// `LastProcessingResult` (STATE-4).
    #[must_use]
    pub(crate) fn last_result(&self, uuid: &str) -> &'static str {
        let worked = self.world.flows.checkpoints.get(uuid).is_some_and(|checkpoint| checkpoint.worked);
        if worked { "OK" } else { "No records processed" }
    }

    async fn shapes(&mut self) -> BTreeMap<String, Shape> {
        let mut names: Vec<String> = self.world.flows.loads.iter().map(|load| load.stream.clone()).collect();
        names.extend(self.world.mappings.values().map(|mapping| source_of(&mapping.source)));
        names.extend(self.world.flows.sends.values().flatten().map(|queue| queue_key(queue)));
        names.sort();
        names.dedup();
        let mut shapes = BTreeMap::new();
        for name in names {
            if name.starts_with(QUEUES) {
                let retention = self.queue_attribute(queue_name(&name), "MessageRetentionPeriod").await;
                if let Some(seconds) = retention.and_then(|text| text.parse().ok()) {
                    shapes.insert(name, Shape { shards: 1, retention: Duration::from_secs(seconds) });
                }
                continue;
            }
            let body = json!({"StreamName": name});
            let Ok(summary) = self.json(ServiceName::Kinesis, "Kinesis_20131202.DescribeStreamSummary", body).await
            else {
                continue;
            };
            let field =
                |field: &str| summary.pointer(&format!("/StreamDescriptionSummary/{field}")).and_then(Value::as_u64);
            let shards = u32::try_from(field("OpenShardCount").unwrap_or(1)).unwrap_or(u32::MAX);
            let retention = Duration::from_secs(field("RetentionPeriodHours").unwrap_or(24).saturating_mul(3_600));
            shapes.insert(name, Shape { shards, retention });
        }
        shapes
    }
}

#[cfg(test)]
mod tests;
