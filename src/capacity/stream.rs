//! Streams: how many shards the declared peak needs, and whether on-demand would be cheaper.

use super::{Decision, SizedStream};
use crate::pipeline::{Pipeline, ReadMode, Stream, StreamCapacity, Traffic};
use crate::units::Rate;

/// A shard takes 1 MB/s (aws-facts.md 2.1; the decimal megabyte is the careful reading) …
pub(super) const SHARD_WRITE_BYTES: f64 = 1e6;
/// … or 1,000 records/s, whichever comes first,
pub(super) const SHARD_WRITE_RECORDS: f64 = 1_000.0;
/// and gives 2 MB/s to all shared readers together.
const SHARD_READ_BYTES: f64 = 2e6;
/// Planned peak plus a quarter: traffic estimates are low, and a shard's ceiling is hard.
const HEADROOM: f64 = 1.25;
/// The part of a shard that one key may take before more shards stop being the answer.
pub(super) const HOT: f64 = 0.5;
/// Most shards a stream can have (resource schema).
const MOST_SHARDS: f64 = 100_000.0;

/// One load on a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) records: f64,
    pub(super) bytes: f64,
}

impl Load {
    pub(super) fn of(traffic: &Traffic, rate: Rate) -> Self {
        let record = (traffic.record.as_bytes().max(1)) as f64;
        match rate {
            Rate::Records(records) => Self { records, bytes: records * record },
            Rate::Bytes(bytes) => Self { records: bytes / record, bytes },
        }
    }
}

/// Who reads the stream.
#[derive(Clone, Copy, Debug, Default)]
struct Readers {
    shared: u32,
    fan_out: u32,
}

impl Readers {
    fn of(pipeline: &Pipeline, stream: &Stream) -> Self {
        let mut readers = Self::default();
        for consumer in pipeline.consumers().values().filter(|consumer| consumer.from.own() == Some(&stream.name)) {
            match consumer.read {
                ReadMode::Shared => readers.shared += 1,
                ReadMode::FanOut => readers.fan_out += 1,
            }
        }
        // Firehose polls like any other shared reader (stream-behaviour.md FH-12).
        readers.shared += u32::from(pipeline.archives().contains_key(&stream.name));
        readers
    }
}

pub(super) fn decide(pipeline: &Pipeline, stream: &Stream) -> (SizedStream, Option<Decision>) {
    match stream.capacity {
        StreamCapacity::OnDemand => (SizedStream::OnDemand, None),
        StreamCapacity::Provisioned { shards } => (SizedStream::Provisioned { shards }, None),
        StreamCapacity::Auto => {
            let readers = Readers::of(pipeline, stream);
            let (capacity, reason) = match pipeline.traffic().get(&stream.name) {
                None => (SizedStream::OnDemand, "no traffic is declared for it, so Kinesis scales it".to_owned()),
                Some(traffic) => from_traffic(stream, traffic, readers),
            };
            let chosen = match capacity {
                SizedStream::OnDemand => "on-demand".to_owned(),
                SizedStream::Provisioned { shards } => format!("provisioned with {shards} shard(s)"),
            };
            let spec_path = format!("streams.{}.capacity", stream.name);
            (capacity, Some(Decision { spec_path, chosen, reason }))
        }
    }
}

fn from_traffic(stream: &Stream, traffic: &Traffic, readers: Readers) -> (SizedStream, String) {
    let peak = Load::of(traffic, traffic.peak);
    let steady = Load::of(traffic, traffic.steady);
    let hottest = traffic.key.as_ref().map_or(0.0, |key| key.hottest.as_fraction().clamp(0.0, 1.0));
    let need = shards_for(peak, hottest, readers);
    let provisioned = provisioned_per_hour(need.shards, stream, traffic, steady, readers);
    let on_demand = on_demand_per_hour(stream, traffic, steady, readers);

    let mut reason = format!(
        "the peak of {:.0} records/s and {:.1} MB/s with 25 % headroom needs {} shard(s), bound by {}; at the steady \
         load that is about ${provisioned:.2} an hour against ${on_demand:.2} on-demand (us-east-1 list prices)",
        peak.records,
        peak.bytes / 1e6,
        need.shards,
        need.bound,
    );
    if need.hot_key {
        reason.push_str("; the hottest key alone takes more than half a shard, which more shards do not mend");
    }
    if on_demand <= provisioned {
        (SizedStream::OnDemand, reason)
    } else {
        (SizedStream::Provisioned { shards: need.shards }, reason)
    }
}

struct Need {
    shards: u32,
    bound: &'static str,
    hot_key: bool,
}

/// The smallest number of shards at which the busiest one stays within its limits: it takes the hottest key and
/// an even share of everything else.
fn shards_for(peak: Load, hottest: f64, readers: Readers) -> Need {
    let demands = [
        (peak.bytes / SHARD_WRITE_BYTES, "bytes written"),
        (peak.records / SHARD_WRITE_RECORDS, "records written"),
        (peak.bytes * f64::from(readers.shared) / SHARD_READ_BYTES, "bytes read by shared readers"),
    ];
    let mut need = Need { shards: 1, bound: "the smallest stream there is", hot_key: false };
    for (demand, bound) in demands {
        let demand = demand * HEADROOM;
        let hot = hottest * demand;
        let shards = if hot <= HOT { (demand - hot) / (1.0 - hot) } else { demand / HOT };
        let shards = shards.ceil().clamp(1.0, MOST_SHARDS) as u32;
        need.hot_key |= hot > HOT;
        if shards > need.shards {
            need.shards = shards;
            need.bound = bound;
        }
    }
    need
}

/// Kibibytes and gibibytes as AWS bills them (aws-facts.md 3.1).
const KIB: f64 = 1_024.0;
const GIB: f64 = 1_073_741_824.0;

/// Hourly list price of provisioned mode in us-east-1 at a steady load (aws-facts.md 3.1).
fn provisioned_per_hour(shards: u32, stream: &Stream, traffic: &Traffic, steady: Load, readers: Readers) -> f64 {
    let shards = f64::from(shards);
    let units = (traffic.record.as_bytes() as f64 / (25.0 * KIB)).ceil().max(1.0);
    let gib = steady.bytes * 3_600.0 / GIB;
    let extended = if stream.retention.as_hours() > 24 { 0.020 * shards } else { 0.0 };
    let fan_out = f64::from(readers.fan_out) * (0.015 * shards + 0.013 * gib);
    0.015 * shards + extended + units * steady.records * 3_600.0 / 1e6 * 0.014 + fan_out
}

/// Hourly list price of on-demand mode (Standard) in us-east-1 at a steady load (aws-facts.md 3.1).
fn on_demand_per_hour(stream: &Stream, traffic: &Traffic, steady: Load, readers: Readers) -> f64 {
    let billed_record = (traffic.record.as_bytes() as f64 / KIB).ceil().max(1.0) * KIB;
    let gib_in = steady.records * billed_record * 3_600.0 / GIB;
    let gib_out = steady.bytes * 3_600.0 / GIB;
    let kept_hours = stream.retention.as_hours().saturating_sub(24) as f64;
    let extended = gib_out * kept_hours * 0.10 / 730.0;
    let out = f64::from(readers.shared) * 0.04 * gib_out + f64::from(readers.fan_out) * 0.05 * gib_out;
    0.04 + 0.08 * gib_in + out + extended
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALONE: Readers = Readers { shared: 1, fan_out: 0 };

    fn load(records: f64, bytes: f64) -> Load {
        Load { records, bytes }
    }

    #[test]
    fn records_bind_small_records_and_bytes_bind_large_ones() {
        let small = shards_for(load(8_000.0, 800_000.0), 0.0, ALONE);
        assert_eq!((small.shards, small.bound), (10, "records written"));
        let large = shards_for(load(100.0, 8e6), 0.0, ALONE);
        assert_eq!((large.shards, large.bound), (10, "bytes written"));
    }

    #[test]
    fn three_shared_readers_bind_before_the_writer_does() {
        let need = shards_for(load(100.0, 8e6), 0.0, Readers { shared: 3, fan_out: 2 });
        assert_eq!((need.shards, need.bound), (15, "bytes read by shared readers"));
    }

    #[test]
    fn a_hot_key_needs_more_shards_and_one_above_half_a_shard_is_told() {
        let even = shards_for(load(8_000.0, 1.0), 0.0, ALONE);
        let hot = shards_for(load(8_000.0, 1.0), 0.05, ALONE);
        assert!(hot.shards > even.shards && !hot.hot_key);
        assert!(shards_for(load(8_000.0, 1.0), 0.5, ALONE).hot_key);
    }

    proptest! {
        #[test]
        fn more_load_never_needs_fewer_shards(records in 0.0f64..1e6, more in 0.0f64..1e6, hot in 0.0f64..0.001) {
            let a = shards_for(load(records, records * 500.0), hot, ALONE).shards;
            let b = shards_for(load(records + more, (records + more) * 500.0), hot, ALONE).shards;
            prop_assert!(b >= a);
        }

        #[test]
        fn the_busiest_shard_stays_within_its_limits(records in 1.0f64..1e5, size in 10.0f64..5_000.0, hot in 0.0f64..0.005) {
            let need = shards_for(load(records, records * size), hot, ALONE);
            prop_assume!(!need.hot_key);
            let share = (hot + (1.0 - hot) / f64::from(need.shards)) * HEADROOM;
            prop_assert!(records * share <= SHARD_WRITE_RECORDS * 1.000_001);
            prop_assert!(records * size * share <= SHARD_WRITE_BYTES * 1.000_001);
        }
    }
}
