//! The latency budget: the way of a record as a sum of parts, and the setting that would shorten it most.
//!
//! Medians are reckoned at the steady load, 99th percentiles at the peak. Their sum is no less than the 99th percentile of
//! the whole way.

use std::collections::BTreeMap;

use super::endpoint::BUSY;
use super::flow::Site;
use super::function::{Feed, Running};
use super::limit::{FAN_OUT_DELAY, POLL};
use super::load::{counted, number, time};
use super::queueing::Queue;
use super::report::{Advice, Answer, LatencyBudget, LatencyPart, LatencyStep, Level, Lever, Unknown};
use super::serving::{Asks, asks, busiest_share, service};
use super::stream::{hottest, skew};
use crate::pipeline::{Consumer, Endpoint, ReadMode, ServiceTime, Serving, StageKind, StageRef, Traffic, WorkSource};
use crate::units::{Duration, StageName};

/// The 99th percentile of a standard normal.
const Z99: f64 = 2.326_348;

/// The budget, and the lever as a setting.
pub(super) struct Way {
    pub(super) budget: LatencyBudget,
    pub(super) advice: Option<Advice>,
}

/// The way that is measured against the target: the longest of those that lead to a model, or the longest of all.
pub(super) fn way(site: Site<'_>, running: &[Running<'_>], unknown: &mut Vec<Unknown>) -> Option<Way> {
    let pipeline = site.pipeline();
    let target = pipeline.latency().map(|latency| latency.target);
    if target.is_none() {
        unknown.push(Unknown {
            question: "how long a record may take".to_owned(),
            answer: Answer::Declare("latency.target".to_owned()),
        });
    }
    let scores = |stage: &StageRef| running.iter().any(|run| run.stage == *stage);
    if let Some((stage, _)) =
        pipeline.functions().find(|(stage, function)| function.scores_with.is_some() && !scores(stage))
    {
        unknown.push(Unknown {
            question: "how long a record takes from its producer to its result".to_owned(),
            answer: Answer::Declare(format!("{}.work, and the traffic that reaches it", stage.path())),
        });
        return None;
    }
    let mut search = Search { site, running, known: BTreeMap::new() };
    let entries: Vec<&Running<'_>> = running.iter().filter(|run| search.enters(run)).collect();
    let ways: Vec<Found> = entries.into_iter().map(|run| search.from(run)).collect();
    let found = ways.into_iter().max_by(|one, other| one.order().cmp(&other.order()))?;
    let total =
        |of: fn(&LatencyPart) -> Duration| found.parts.iter().fold(Duration::ZERO, |sum, part| plus(sum, of(part)));
    let strongest = found.levers.iter().max_by_key(|(_, lever)| lever.gain).cloned();
    let (total_p50, total_p99) = (total(|part| part.p50), total(|part| part.p99));
    let (advice, lever) = strongest.map_or((None, None), |(advice, lever)| (Some(advice), Some(lever)));
    // A setting is only advised where the target is missed for certain.
    let missed = found.assumes.is_none() && target.is_some_and(|target| total_p99 > target);
    Some(Way {
        budget: LatencyBudget { total_p50, total_p99, parts: found.parts, target, lever, assumes: found.assumes },
        advice: advice.filter(|_| missed),
    })
}

fn plus(one: Duration, other: Duration) -> Duration {
    Duration::from_micros(one.as_micros().saturating_add(other.as_micros()))
}

/// Seconds as a duration, to the microsecond.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_micros((seconds.max(0.0) * 1e6).round() as u64)
}

#[derive(Clone, Default)]
struct Found {
    scores: bool,
    assumes: Option<String>,
    parts: Vec<LatencyPart>,
    levers: Vec<(Advice, Lever)>,
}

impl Found {
    fn order(&self) -> (bool, u64) {
        (self.scores, self.parts.iter().fold(0, |sum, part| part.p99.as_micros().saturating_add(sum)))
    }

    fn part(&mut self, name: LatencyStep, stage: &StageRef, (p50, p99): (f64, f64), how: String) {
        if p99 > 0.0 {
            self.parts.push(LatencyPart {
                name,
                stage: stage.clone(),
                p50: seconds(p50),
                p99: seconds(p99.max(p50)),
                how,
            });
        }
    }

    fn lever(&mut self, stage: &StageRef, field: &str, (from, to): (String, String), gain: f64, why: &str) {
        let spec_path = format!("{}.{field}", stage.path());
        let lever = Lever { stage: stage.clone(), what: format!("{spec_path}: {to}"), gain: seconds(gain) };
        let why = format!("{why}, which takes {} off the 99th percentile", time(gain));
        if gain > 0.0 {
            self.levers.push((Advice { spec_path, from, to, why }, lever));
        }
    }
}

struct Search<'a> {
    site: Site<'a>,
    running: &'a [Running<'a>],
    known: BTreeMap<StageRef, Found>,
}

impl<'a> Search<'a> {
    /// Whether records enter the pipeline at a function: it reads a stream that none of the pipeline's own fills.
    fn enters(&self, run: &Running<'_>) -> bool {
        let Feed::Stream { consumer, .. } = run.feed else { return false };
        consumer.from.own().is_none_or(|stream| {
            let late = |other: &Consumer| other.late_to.as_ref() == Some(stream);
            let sends = self.site.pipeline().functions().any(|(_, function)| function.sends.streams.contains(stream));
            !sends && !self.site.pipeline().consumers().values().any(late)
        })
    }

    /// The longest way from a function on.
    fn from(&mut self, run: &Running<'a>) -> Found {
        if let Some(known) = self.known.get(&run.stage) {
            return known.clone();
        }
        self.known.insert(run.stage.clone(), Found::default());
        let mut found = self.within(run);
        let running = self.running;
        let next: Vec<&Running<'_>> = running.iter().filter(|next| self.leads(run, next)).collect();
        let next: Vec<Found> = next.into_iter().map(|next| self.from(next)).collect();
        if let Some(longest) = next.into_iter().max_by(|one, other| one.order().cmp(&other.order())) {
            found.scores |= longest.scores;
            found.assumes = found.assumes.or(longest.assumes);
            found.parts.extend(longest.parts);
            found.levers.extend(longest.levers);
        }
        self.known.insert(run.stage.clone(), found.clone());
        found
    }

    /// Whether what one function sends is what another one works on.
    fn leads(&self, run: &Running<'_>, next: &Running<'_>) -> bool {
        let pipeline = self.site.pipeline();
        let sends = &run.function.sends;
        let tells = |topic: &StageName| {
            sends.topics.contains(topic)
                || run.function.endpoints().filter_map(|name| pipeline.endpoints().get(name)).any(|endpoint| {
                    matches!(&endpoint.serving, Serving::Async { success: Some(success), .. } if success == topic)
                })
        };
        match next.feed {
            Feed::Stream { consumer, .. } => consumer.from.own().is_some_and(|stream| sends.streams.contains(stream)),
            Feed::Queue { .. } | Feed::Topic => match pipeline
                .workers()
                .get(&next.stage.name)
                .map(|worker| &worker.from)
            {
                Some(WorkSource::Topic { topic, .. }) => tells(topic),
                Some(WorkSource::Queue { queue, .. }) => {
                    sends.queues.contains(queue)
                        || pipeline.topics().values().any(|topic| topic.queues.contains(queue) && tells(&topic.name))
                }
                None => false,
            },
        }
    }

    /// The parts of one function.
    fn within(&self, run: &Running<'_>) -> Found {
        let mut found = Found::default();
        let asked = run.function.scores_with.as_ref().and_then(|name| self.site.pipeline().endpoints().get(name));
        found.scores = asked.is_some();
        found.assumes.clone_from(&run.flow.assumes);
        match run.feed {
            Feed::Stream { consumer, traffic, .. } => {
                ingest(&mut found, run, consumer);
                gather(&mut found, run);
                lanes(&mut found, run, traffic);
            }
            Feed::Queue { .. } => gather(&mut found, run),
            Feed::Topic => {}
        }
        match asked.and_then(|endpoint| Some((endpoint, endpoint.latency.as_ref()?))) {
            Some((endpoint, latency)) => model(&mut found, run, endpoint, latency),
            None => {
                let (p50, p99) = (run.batches.takes(run.fill(Level::Steady)), run.batches.takes(run.fill(Level::Peak)));
                found.part(LatencyStep::Compute, &run.stage, (p50, p99), compute(run, ""));
            }
        }
        shorter_batches(&mut found, run);
        found
    }
}

fn ingest(found: &mut Found, run: &Running<'_>, consumer: &Consumer) {
    match consumer.read {
        ReadMode::FanOut => {
            let how = "Kinesis pushes a record to a fan-out reader within 70 ms, typically".to_owned();
            found.part(LatencyStep::Ingest, &run.stage, (FAN_OUT_DELAY, FAN_OUT_DELAY), how);
        }
        ReadMode::Shared => {
            let how = "Lambda polls a shared shard once a second: half of it on average".to_owned();
            found.part(LatencyStep::Ingest, &run.stage, (POLL / 2.0, POLL), how);
            let choice = ("shared".to_owned(), "fan-out".to_owned());
            found.lever(&run.stage, "read", choice, POLL - FAN_OUT_DELAY, "records are pushed instead of polled for");
        }
    }
}

/// A batch waits until it is full or its window ends; a tumbling window's result comes when it ends.
fn gather(found: &mut Found, run: &Running<'_>) {
    let (window, tumbling) = match run.feed {
        Feed::Stream { consumer, .. } => (consumer.batch.window.as_secs_f64(), consumer.batch.tumbling),
        Feed::Queue { .. } | Feed::Topic => (run.batches.gather, None),
    };
    let lane = run.records(Level::Steady) / run.lanes(Level::Steady).max(1.0);
    let full = if lane > 0.0 { run.batches.size / lane } else { f64::MAX };
    let waits = window.min(full);
    if waits > 0.0 {
        let how = format!(
            "a batch goes when it has {} records, after {} at the steady load, or after {}",
            number(run.batches.size),
            time(full.min(1e9)),
            time(window)
        );
        found.part(LatencyStep::BatchWait, &run.stage, (waits / 2.0, waits), how);
        let choice = (seconds(window).to_string(), "0s".to_owned());
        found.lever(&run.stage, "batch.window", choice, waits, "a batch goes with what is there");
    }
    if let Some(tumbling) = tumbling {
        let length = tumbling.as_secs_f64();
        let how = format!("a window's result comes when its {tumbling} are over");
        found.part(LatencyStep::BatchWait, &run.stage, (length / 2.0, length), how);
        let (half, from) = ((length / 2.0).ceil(), tumbling.to_string());
        let choice = (from, seconds(half).to_string());
        found.lever(&run.stage, "batch.tumbling", choice, length - half, "a shorter window ends sooner");
    }
}

/// A record waits until the batch before it is done, where its lane is at work.
fn lanes(found: &mut Found, run: &Running<'_>, traffic: &Traffic) {
    let shards = run.shards(Level::Peak);
    let skew = hottest(traffic).map_or(1.0, |share| skew(share, shards));
    let keeps_up = run.batches.throughput(run.lanes(Level::Peak) / skew);
    let arrives = run.records(Level::Peak);
    if arrives > keeps_up {
        let late = (1.0 - keeps_up / arrives) * traffic.burst.as_secs_f64();
        let how = format!(
            "{} records/s arrive and {} are worked off: over a peak of {} the consumer falls behind so far",
            number(arrives),
            number(keeps_up),
            traffic.burst
        );
        found.part(LatencyStep::Queue, &run.stage, (0.0, late), how);
        return;
    }
    // A busy lane is somewhere in its batch: what is left of it is any part alike.
    let left = |level: Level, part: f64| {
        let busy = (run.concurrency(level) / run.lanes(level).max(1.0)).min(1.0);
        let takes = run.batches.takes(run.fill(level));
        if busy > 1.0 - part { takes * (busy - (1.0 - part)) / busy } else { 0.0 }
    };
    let how = format!(
        "{} of {} lanes are at work at the peak, for {} each",
        number(run.concurrency(Level::Peak)),
        number(run.lanes(Level::Peak)),
        time(run.batches.takes(run.fill(Level::Peak)))
    );
    found.part(LatencyStep::Queue, &run.stage, (left(Level::Steady, 0.5), left(Level::Peak, 0.99)), how);
}

fn compute(run: &Running<'_>, without: &str) -> String {
    let mut included = Vec::new();
    for (verb, tables) in [("reads from", &run.function.features), ("writes to", &run.function.writes)] {
        if !tables.is_empty() {
            let names: Vec<&str> = tables.iter().map(StageName::as_str).collect();
            included.push(format!("{verb} {}", names.join(", ")));
        }
    }
    let included = if included.is_empty() { String::new() } else { format!(", {} included", included.join(" and ")) };
    let fill = run.fill(Level::Peak);
    format!(
        "{} + {} × {} = {} at the peak as measured{included}{without}",
        time(run.batches.fixed),
        counted(fill, "record"),
        time(run.batches.per_record),
        time(run.batches.takes(fill))
    )
}

/// The handler's own time, the wait for the model, and the model. Measured work includes the median of its calls.
fn model(found: &mut Found, run: &Running<'_>, endpoint: &Endpoint, latency: &ServiceTime) {
    let stage = StageRef::new(StageKind::Endpoint, &endpoint.name);
    let each = service(latency);
    let asks = asks(run, endpoint, latency);
    let (own, most) = match &endpoint.serving {
        Serving::RealTime { max, .. } | Serving::Serverless { max, .. } => (true, f64::from(*max)),
        Serving::Async { max, parallel, .. } => (false, f64::from(*max) * f64::from(parallel.unwrap_or(1))),
    };
    // Functions that wait for a busy endpoint ask less often, with fuller batches; more instances come as well.
    let share = busiest_share(&endpoint.model);
    let fuller = |level: Level| {
        let least = run.records(level) * share * each.mean / (BUSY * most.max(1.0));
        run.fill(level).max(least).min(run.batches.size)
    };
    let calls = |level: Level| match asks {
        Asks::EachRecord => (run.records(level), if own { run.fill(level) } else { 1.0 }),
        Asks::EachBatch => (run.records(level) / fuller(level), 1.0),
    };
    let takes = |level: Level| run.batches.takes(if asks == Asks::EachBatch { fuller(level) } else { run.fill(level) });
    let median = latency.p50.as_secs_f64();
    let inside = |level: Level| if own { calls(level).1 * median } else { 0.0 };
    let rest = |level: Level| (takes(level) - inside(level)).max(0.0);
    let without = if own { format!(", less {} for the model", time(inside(Level::Peak))) } else { String::new() };
    found.part(LatencyStep::Compute, &run.stage, (rest(Level::Steady), rest(Level::Peak)), compute(run, &without));

    let (rate, in_row) = calls(Level::Peak);
    let queue = Queue { rate: rate * share, service: each, servers: most };
    let in_a_row = if in_row > 1.5 { format!(", {} calls after each other", number(in_row)) } else { String::new() };
    let (wait, how) = match queue.wait_beyond(0.01) {
        Some(wait) => (
            wait,
            format!(
                "{} calls/s at {} busy of {} at most; one call in a hundred waits longer (M/M/c, for service times that vary \
             as measured)",
                number(queue.rate),
                number(queue.offered()),
                number(most)
            ),
        ),
        None => {
            let burst = match run.feed {
                Feed::Stream { traffic, .. } => traffic.burst.as_secs_f64(),
                Feed::Queue { .. } | Feed::Topic => 0.0,
            };
            let late = (1.0 - most / queue.offered()) * burst;
            (
                late,
                format!(
                    "{} would be busy of {} at most: it falls behind for the whole peak",
                    number(queue.offered()),
                    number(most)
                ),
            )
        }
    };
    found.part(LatencyStep::Queue, &stage, (0.0, wait), how);
    let spread = if in_row > 1.5 {
        in_row * each.mean + Z99 * in_row.sqrt() * each.mean * each.variation.sqrt()
    } else {
        latency.p99.as_secs_f64()
    };
    let how = format!("measured: median {}, 99th percentile {}{in_a_row}", latency.p50, latency.p99);
    found.part(LatencyStep::Inference, &stage, (calls(Level::Steady).1 * median, spread), how);
}

/// Half the batch is half the wait for its records, as long as the function still keeps up.
fn shorter_batches(found: &mut Found, run: &Running<'_>) {
    let half = (run.batches.size / 2.0).floor();
    let fill = run.fill(Level::Peak);
    let smaller = super::batch::Batches { size: half, ..run.batches };
    if half >= 1.0 && fill > half && smaller.at_once(run.records(Level::Peak)) <= run.lanes(Level::Peak) {
        let gain = run.batches.takes(fill) - run.batches.takes(half);
        let choice = (number(run.batches.size), format!("{half:.0}"));
        found.lever(&run.stage, "batch.size", choice, gain, "fewer records share an invocation");
    }
}
