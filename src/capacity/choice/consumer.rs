//! How consumers may read, ask a model and batch.

use super::{BatchCurve, BatchPoint, Inference, InferenceChoice, ReadChoice};
use crate::capacity::assess::readers;
use crate::capacity::batch::Batches;
use crate::capacity::flow::Site;
use crate::capacity::function::{Feed, Running};
use crate::capacity::latency::seconds;
use crate::capacity::limit::SHARD_READS;
use crate::capacity::load::{number, time};
use crate::capacity::report::Level;
use crate::capacity::serving::{Asks, asks};
use crate::pipeline::{Pipeline, ReadMode, Serving, StageKind, StageRef};
use crate::units::Duration;

pub(super) fn reads(site: Site<'_>) -> Vec<ReadChoice> {
    let pipeline = site.pipeline();
    let target = pipeline.latency().map(|latency| latency.target);
    let own = pipeline.consumers().values().filter_map(|consumer| Some((consumer, consumer.from.own()?)));
    own.map(|(consumer, stream)| {
        let shared = readers(site, stream).shared;
        let fan_out = consumer.read == ReadMode::FanOut;
        let others = shared - u32::from(!fan_out && shared > 0);
        let late = consumer.batch.tumbling.is_some() || consumer.batch.window > Duration::from_secs(1);
        let (better, why) = match target {
            Some(target) if target <= Duration::from_secs(1) && !late => {
                (true, format!("{target} are too short for a poll a second: fan-out brings a record within 70 ms"))
            }
            _ if others >= 2 && !late => (
                true,
                format!(
                    "{others} other shared readers take part of 2 MB/s and {} calls/s of each shard",
                    number(SHARD_READS)
                ),
            ),
            _ if late => (false, "it waits for its window anyway, so a poll a second is soon enough".to_owned()),
            Some(target) => (false, format!("a poll a second is soon enough for {target}, and costs nothing")),
            None => (false, "no latency is asked for, and shared reads cost nothing".to_owned()),
        };
        ReadChoice { stage: StageRef::new(StageKind::Consumer, &consumer.name), fan_out, better_fan_out: better, why }
    })
    .collect()
}

/// Longest that a real-time endpoint may think (aws-facts.md 2.3).
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// A peak of so many times the steady load is worth a queue where time allows.
const SPIKE: f64 = 5.0;
/// A target of so many times the slowest call leaves time to wait in a queue.
const PATIENT: f64 = 20.0;

pub(super) fn inference(pipeline: &Pipeline, run: &Running<'_>) -> Option<InferenceChoice> {
    let endpoint = pipeline.endpoints().get(run.function.scores_with.as_ref()?)?;
    let latency = endpoint.latency.as_ref()?;
    let now = match (&endpoint.serving, run.feed) {
        (Serving::Async { .. }, _) => Inference::Asynchronous,
        (Serving::RealTime { .. } | Serving::Serverless { .. }, Feed::Queue { .. }) => Inference::Queued,
        (Serving::RealTime { .. } | Serving::Serverless { .. }, Feed::Stream { .. } | Feed::Topic) => {
            Inference::Synchronous
        }
    };
    let in_row = if asks(run, endpoint, latency) == Asks::EachRecord { run.batches.size } else { 1.0 };
    let slowest = latency.p99.as_secs_f64() * in_row;
    let target = pipeline.latency().map_or(0.0, |latency| latency.target.as_secs_f64());
    let spike = run.records(Level::Peak) / run.records(Level::Steady).max(f64::MIN_POSITIVE);
    let (better, why) = if latency.p99 >= LONGEST_CALL {
        (
            Inference::Asynchronous,
            format!("a call takes up to {}, and a real-time one is cut at {LONGEST_CALL}", latency.p99),
        )
    } else if slowest > run.function.timeout.as_secs_f64() {
        let why = format!(
            "a batch's calls take up to {} after each other, longer than the function may ({})",
            time(slowest),
            run.function.timeout
        );
        (Inference::Queued, why)
    } else if spike >= SPIKE && target >= PATIENT * slowest.max(1.0) {
        let why = format!(
            "the peak is {} times the steady load, and {} leave time to work it off later",
            number(spike),
            time(target)
        );
        (if now == Inference::Synchronous { Inference::Queued } else { now }, why)
    } else {
        let why = format!(
            "a call takes {} to {}, short beside {} of a target and {} of a timeout",
            latency.p50,
            latency.p99,
            if target > 0.0 { time(target) } else { "none".to_owned() },
            run.function.timeout
        );
        (if now == Inference::Asynchronous && target > 0.0 && target < 2.0 { Inference::Synchronous } else { now }, why)
    };
    let endpoint = StageRef::new(StageKind::Endpoint, &endpoint.name);
    Some(InferenceChoice { stage: run.stage.clone(), endpoint, now, better, why })
}

/// Batch sizes that people choose from.
const SIZES: [u32; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

pub(super) fn curve(run: &Running<'_>) -> Option<BatchCurve> {
    let Feed::Stream { consumer, .. } = run.feed else { return None };
    let lane = run.records(Level::Steady) / run.lanes(Level::Steady).max(1.0);
    let point = |size: u32| {
        let records = f64::from(size);
        let batches = Batches { size: records, ..run.batches };
        BatchPoint {
            size,
            gathers: seconds(((records - 1.0) / lane.max(f64::MIN_POSITIVE)).min(1e9)),
            takes: seconds(batches.takes(records)),
            invocations_per_million: 1e6 / records,
            keeps_up: batches.at_once(run.records(Level::Peak)) <= run.lanes(Level::Peak),
        }
    };
    let mut sizes = SIZES.to_vec();
    sizes.push(consumer.batch.size);
    sizes.sort_unstable();
    sizes.dedup();
    let points: Vec<BatchPoint> = sizes.into_iter().map(point).collect();
    let least = points.iter().find(|point| point.keeps_up).map(|point| point.size);
    Some(BatchCurve { stage: run.stage.clone(), now: consumer.batch.size, least, points })
}
