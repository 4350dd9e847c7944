//! Recovery: how long consumers take to work off what gathered while they stood still.

use super::function::{Feed, Running};
use super::latency::seconds;
use super::limit::SHARD_READ_BYTES;
use super::load::{number, time};
use super::report::{Level, Recovery};
use super::stream::{Readers, hottest, skew};
use crate::pipeline::ReadMode;
use crate::units::Duration;

/// Longest catch-up that is still a number rather than "never": a year.
const LONGEST: f64 = 365.0 * 86_400.0;

/// How a consumer comes back; nothing for workers, whose queues hold what waits without an order to keep.
pub(super) fn recovery(run: &Running<'_>, readers: Readers, pool: f64, outage: Duration) -> Option<Recovery> {
    let Feed::Stream { consumer, traffic, .. } = run.feed else { return None };
    let arrives = run.records(Level::Steady);
    let shards = run.shards(Level::Steady);
    let skew = hottest(traffic).map_or(1.0, |share| skew(share, shards));
    let ceiling = run.function.concurrency.reserved.map_or(pool, f64::from);
    let lanes = (run.lanes(Level::Steady) / skew).min(ceiling);
    let record = traffic.record.as_bytes().max(1) as f64;
    let shared = match consumer.read {
        ReadMode::Shared => f64::from(readers.shared.max(1)),
        ReadMode::FanOut => 1.0,
    };
    let worked = run.batches.throughput(lanes);
    let read = shards / skew * SHARD_READ_BYTES / shared / record;
    let speed = worked.min(read);
    let backlog = arrives * outage.as_secs_f64();
    let catch_up = if backlog <= 0.0 {
        Some(0.0)
    } else {
        Some(backlog / (speed - arrives)).filter(|time| speed > arrives && *time <= LONGEST)
    };
    let bound = if read < worked { "what the shards give" } else { "its batches at once" };
    let how = format!(
        "{} records/s × {outage} = {} wait; {} records/s are worked off, bound by {bound}, {}",
        number(arrives),
        number(backlog),
        number(speed),
        match catch_up {
            Some(catch_up) => format!("and {} arrive meanwhile: {}", number(arrives), time(catch_up)),
            None => format!("no more than the {} that arrive: it never catches up", number(arrives)),
        }
    );
    let catch_up = catch_up.map(seconds);
    Some(Recovery { consumer: run.stage.clone(), outage, backlog_records: backlog, catch_up, how })
}
