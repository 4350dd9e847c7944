//! Streams: how many shards the declared peak needs, what a stream needs of what it has, and whether on-demand would be
//! cheaper.

use super::batch::Batches;
use super::limit::{
    self, FAN_OUT_READERS, MOST_SHARDS, ON_DEMAND_GROWTH, ON_DEMAND_START, READ_BYTES, READ_RECORDS, SHARD_READ_BYTES,
    SHARD_READS, SHARD_WRITE_BYTES, SHARD_WRITE_RECORDS, page,
};
use super::load::{Levels, Load, bytes, counted, number};
use super::rates::{self, Shape};
use super::report::{Level, Need, Resource, Supply};
use super::{Decision, SizedStream};
use crate::pipeline::{Pipeline, ReadMode, Stream, StreamCapacity, Traffic};
use crate::units::StageName;

/// Planned peak plus a quarter: traffic estimates are low, and a shard's ceiling is hard.
pub(super) const HEADROOM: f64 = 1.25;
/// The part of a shard that one key may take before more shards stop being the answer.
pub(super) const HOT: f64 = 0.5;
/// The part of a shard, taken by one key at the peak, up to which more shards still make room beside it.
const FULL: f64 = 0.75;

/// Who reads a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readers {
    pub(super) shared: u32,
    pub(super) fan_out: u32,
}

impl Readers {
    /// The readers in the stream's own pipeline.
    pub(super) fn of(pipeline: &Pipeline, stream: &StageName) -> Self {
        let mut readers = Self::default();
        for consumer in pipeline.consumers().values().filter(|consumer| consumer.from.own() == Some(stream)) {
            readers.add(consumer.read);
        }
        // Firehose polls like any other shared reader (stream-behaviour.md FH-12).
        readers.shared += u32::from(pipeline.archives().contains_key(stream));
        readers
    }

    pub(super) fn add(&mut self, read: ReadMode) {
        match read {
            ReadMode::Shared => self.shared += 1,
            ReadMode::FanOut => self.fan_out += 1,
        }
    }
}

/// Everything that loads the shards of a stream.
#[derive(Clone, Debug)]
pub(super) struct Pressure {
    pub(super) readers: Readers,
    /// How its consumers work, as far as that was measured.
    pub(super) batches: Vec<Batches>,
    /// The hottest key's share of all records; 0 where nobody said.
    pub(super) hottest: f64,
}

impl Pressure {
    pub(super) fn of(pipeline: &Pipeline, stream: &StageName, traffic: &Traffic) -> Self {
        let record = traffic.record.as_bytes() as f64;
        let consumers = pipeline.consumers().values().filter(|consumer| consumer.from.own() == Some(stream));
        let batches = consumers.filter_map(|consumer| {
            let work = consumer.function.work.as_ref()?;
            Some(Batches::of(&consumer.batch, consumer.read, work, record))
        });
        Self {
            readers: Readers::of(pipeline, stream),
            batches: batches.collect(),
            hottest: hottest(traffic).unwrap_or(0.0),
        }
    }

    /// What a load asks for, in shards, were it spread evenly; and of what.
    fn demands(&self, load: Load) -> impl Iterator<Item = (f64, &'static str)> + '_ {
        let shared = f64::from(self.readers.shared);
        let fixed = [
            (load.bytes / SHARD_WRITE_BYTES, "bytes written"),
            (load.records / SHARD_WRITE_RECORDS, "records written"),
            (load.bytes * shared / SHARD_READ_BYTES, "bytes read by shared readers"),
        ];
        let lanes = move |batches: &Batches| (batches.at_once(load.records) / batches.parallel, "batches at once");
        fixed.into_iter().chain(self.batches.iter().map(lanes))
    }
}

/// The hottest key's share of all records, if the file says how keys spread.
pub(super) fn hottest(traffic: &Traffic) -> Option<f64> {
    traffic.key.as_ref().map(|key| key.hottest.as_fraction().clamp(0.0, 1.0))
}

/// How full a load makes shards of its writers, in shards.
pub(super) fn write_shards(load: Load) -> f64 {
    (load.bytes / SHARD_WRITE_BYTES).max(load.records / SHARD_WRITE_RECORDS)
}

/// The open shards of a stream under a load; an on-demand stream has as many as its writers need, and never fewer
/// than it begins with.
pub(super) fn shards_under(capacity: SizedStream, load: Load) -> f64 {
    match capacity {
        SizedStream::Provisioned { shards } => f64::from(shards),
        SizedStream::OnDemand => write_shards(load).max(ON_DEMAND_START),
    }
}

/// How many times its even share the busiest of so many shards gets.
pub(super) fn skew(hottest: f64, shards: f64) -> f64 {
    hottest * shards + (1.0 - hottest)
}

pub(super) fn decide(pipeline: &Pipeline, stream: &Stream) -> (SizedStream, Option<Decision>) {
    match stream.capacity {
        StreamCapacity::OnDemand => (SizedStream::OnDemand, None),
        StreamCapacity::Provisioned { shards } => (SizedStream::Provisioned { shards }, None),
        StreamCapacity::Auto => {
            let (capacity, reason) = match pipeline.traffic().get(&stream.name) {
                None => (SizedStream::OnDemand, "no traffic is declared for it, so Kinesis scales it".to_owned()),
                Some(traffic) => from_traffic(pipeline, stream, traffic),
            };
            let chosen = match capacity {
                SizedStream::OnDemand => "on-demand".to_owned(),
                SizedStream::Provisioned { shards } => {
                    format!("provisioned with {}", counted(f64::from(shards), "shard"))
                }
            };
            let spec_path = format!("streams.{}.capacity", stream.name);
            (capacity, Some(Decision { spec_path, chosen, reason }))
        }
    }
}

fn from_traffic(pipeline: &Pipeline, stream: &Stream, traffic: &Traffic) -> (SizedStream, String) {
    let peak = Load::at(traffic, Level::Peak);
    let pressure = Pressure::of(pipeline, &stream.name, traffic);
    let need = shards_for(peak, &pressure);
    let shape = Shape::of(stream, traffic, pressure.readers);
    let steady = Load::at(traffic, Level::Steady);
    let provisioned = shape.provisioned_per_hour(&rates::US_EAST_1, need.shards, steady);
    let on_demand = shape.on_demand_per_hour(&rates::US_EAST_1, steady);

    let mut reason = format!(
        "the peak of {:.0} records/s and {:.1} MB/s with 25 % headroom needs {}, bound by {}; at the steady \
         load that is about ${provisioned:.2} an hour against ${on_demand:.2} on-demand (us-east-1 list prices)",
        peak.records,
        peak.bytes / 1e6,
        counted(f64::from(need.shards), "shard"),
        need.bound,
    );
    if need.hot_key {
        reason.push_str("; the hottest key alone takes more than half a shard, which more shards do not mend");
    }
    let obstacle = on_demand_obstacle(pipeline.region().as_str(), peak, &pressure);
    match obstacle {
        None if on_demand <= provisioned => (SizedStream::OnDemand, reason),
        Some(obstacle) if on_demand <= provisioned => {
            reason.push_str(&format!("; on-demand would not do: {obstacle}"));
            (SizedStream::Provisioned { shards: need.shards }, reason)
        }
        None | Some(_) => (SizedStream::Provisioned { shards: need.shards }, reason),
    }
}

/// What an on-demand stream cannot give a load: it grows with its writers, and with nothing else.
fn on_demand_obstacle(region: &str, peak: Load, pressure: &Pressure) -> Option<String> {
    let most = limit::on_demand_write(region);
    if write_shards(peak) * SHARD_WRITE_BYTES > most {
        return Some(format!("in {region} such a stream takes {} at most", bytes(most)));
    }
    let shards = shards_under(SizedStream::OnDemand, peak);
    let slow = pressure.batches.iter().find(|batches| batches.at_once(peak.records) / shards > batches.parallel)?;
    Some(format!(
        "it opens shards for what is written, and each would have {} batches at once to work on, of which {} are \
         allowed",
        number(slow.at_once(peak.records) / shards),
        number(slow.parallel)
    ))
}

/// Shards, and what decided their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shards {
    pub(super) shards: u32,
    pub(super) bound: &'static str,
    /// One key alone takes more than half of a shard.
    pub(super) hot_key: bool,
}

/// The smallest number of shards at which the busiest one stays within its limits: it takes the hottest key and
/// an even share of everything else.
pub(super) fn shards_for(peak: Load, pressure: &Pressure) -> Shards {
    let hottest = pressure.hottest;
    let mut need = Shards { shards: 1, bound: "the smallest stream there is", hot_key: false };
    for (even, bound) in pressure.demands(peak) {
        let demand = even * HEADROOM;
        let hot = hottest * demand;
        let shards = if hot <= HOT { (demand - hot) / (1.0 - hot) } else { (demand / HOT).max(beside(even, hottest)) };
        let shards = shards.ceil().clamp(1.0, MOST_SHARDS) as u32;
        need.hot_key |= hot > HOT;
        if shards > need.shards {
            need.shards = shards;
            need.bound = bound;
        }
    }
    need
}

/// A shard that is half taken by one key cannot have the headroom as well; these are the shards with which it still holds
/// the peak.
fn beside(even: f64, hottest: f64) -> f64 {
    let even = even.min(FULL / hottest.max(f64::MIN_POSITIVE));
    let key = hottest * even;
    (even - key) / (1.0 - key)
}

/// What a stream needs of what it has.
pub(super) fn needs(capacity: SizedStream, region: &str, traffic: &Traffic, readers: Readers) -> Vec<Need> {
    let loads = |of: fn(Load) -> f64| Levels::of(|level| of(Load::at(traffic, level)));
    let (written, records) = (loads(|load| load.bytes), loads(|load| load.records));
    let supply = |each: f64| match capacity {
        SizedStream::Provisioned { shards } => Supply::Fixed(f64::from(shards) * each),
        SizedStream::OnDemand => {
            let grown = ON_DEMAND_GROWTH * write_shards(Load::at(traffic, Level::Steady));
            let most = limit::on_demand_write(region) / SHARD_WRITE_BYTES;
            Supply::Elastic { now: grown.max(ON_DEMAND_START).min(most) * each, most: most * each }
        }
    };
    let width = |what: &str| match capacity {
        SizedStream::Provisioned { shards } => format!("{} × {what}", counted(f64::from(shards), "shard")),
        SizedStream::OnDemand => {
            format!("on-demand takes twice the highest load of 30 days at once, and no less than 4 shards × {what}")
        }
    };
    let source = match capacity {
        SizedStream::Provisioned { .. } => page::KINESIS,
        SizedStream::OnDemand => page::KINESIS_MODES,
    };
    let record = bytes(traffic.record.as_bytes() as f64);
    let mut needs = vec![
        Need::new(Resource::WriteBytes, written, supply(SHARD_WRITE_BYTES), source).how(format!(
            "{} records/s × {record} = {}/s at the peak; {}",
            number(records.peak),
            bytes(written.peak),
            width("1 MB/s")
        )),
        Need::new(Resource::WriteRecords, records, supply(SHARD_WRITE_RECORDS), source).how(format!(
            "{} records/s at the peak; {}",
            number(records.peak),
            width("1,000 records/s")
        )),
    ];
    needs.extend(hottest_shard(capacity, traffic));
    needs.extend(reads(traffic, readers, supply(SHARD_READ_BYTES), &width("2 MB/s")));
    needs
}

/// The busiest shard: the hottest key and an even share of everything else.
fn hottest_shard(capacity: SizedStream, traffic: &Traffic) -> Option<Need> {
    let share = hottest(traffic)?;
    let of_shard = Levels::of(|level| {
        let demand = write_shards(Load::at(traffic, level));
        match capacity {
            SizedStream::Provisioned { shards } => demand * skew(share, f64::from(shards)) / f64::from(shards),
            // Kinesis splits a busy shard by itself, down to the one that holds nothing but the key.
            SizedStream::OnDemand => demand * share,
        }
    });
    let percent = number(share * 100.0);
    let how = match capacity {
        SizedStream::Provisioned { shards } => format!(
            "its busiest key has {percent} % of all records and lies in one of {}, which has its even part of \
             the others as well",
            counted(f64::from(shards), "shard")
        ),
        SizedStream::OnDemand => format!(
            "its busiest key has {percent} % of all records; Kinesis splits busy shards, but one key stays in one shard"
        ),
    };
    Some(Need::new(Resource::HottestShard, of_shard, Supply::Fixed(1.0), page::KINESIS).how(how))
}

fn reads(traffic: &Traffic, readers: Readers, supply: Supply, width: &str) -> Vec<Need> {
    let mut needs = Vec::new();
    let (shared, fan_out) = (f64::from(readers.shared), f64::from(readers.fan_out));
    let read = |factor: f64| Levels::of(|level| Load::at(traffic, level).bytes * factor);
    if readers.shared > 0 {
        let amount = read(shared);
        needs.push(Need::new(Resource::SharedReadBytes, amount, supply, page::GET_RECORDS).how(format!(
            "{} × {}/s = {}/s at the peak; {width} for all of them together",
            counted(shared, "shared reader"),
            bytes(read(1.0).peak),
            bytes(amount.peak)
        )));
        // A full shard gives 1,000 records or 1 MB a second: one call fetches ten seconds of it.
        let calls =
            shared * (1.0 / limit::POLL).max(SHARD_WRITE_RECORDS / READ_RECORDS).max(SHARD_WRITE_BYTES / READ_BYTES);
        let budget = Supply::Fixed(SHARD_READS);
        needs.push(Need::new(Resource::SharedReads, Levels::of(|_| calls), budget, page::GET_RECORDS).how(format!(
            "{}, Firehose among them, each shard polled once a second; a shard answers 5 calls/s",
            counted(shared, "shared reader")
        )));
    }
    if readers.fan_out > 0 {
        needs.push(Need::new(Resource::FanOutReadBytes, read(1.0), supply, page::FAN_OUT).how(format!(
            "{}/s at the peak to each of {}; {width} for each",
            bytes(read(1.0).peak),
            counted(fan_out, "fan-out reader")
        )));
        let most = Supply::Fixed(FAN_OUT_READERS);
        needs.push(
            Need::new(Resource::FanOutReaders, Levels::of(|_| fan_out), most, page::FAN_OUT)
                .how(format!("{} of 20", counted(fan_out, "fan-out reader"))),
        );
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pressure(shared: u32, fan_out: u32, hottest: f64) -> Pressure {
        Pressure { readers: Readers { shared, fan_out }, batches: Vec::new(), hottest }
    }

    fn alone(hottest: f64) -> Pressure {
        pressure(1, 0, hottest)
    }

    fn load(records: f64, bytes: f64) -> Load {
        Load { records, bytes }
    }

    #[test]
    fn records_bind_small_records_and_bytes_bind_large_ones() {
        let small = shards_for(load(8_000.0, 800_000.0), &alone(0.0));
        assert_eq!((small.shards, small.bound), (10, "records written"));
        let large = shards_for(load(100.0, 8e6), &alone(0.0));
        assert_eq!((large.shards, large.bound), (10, "bytes written"));
    }

    #[test]
    fn three_shared_readers_bind_before_the_writer_does() {
        let need = shards_for(load(100.0, 8e6), &pressure(3, 2, 0.0));
        assert_eq!((need.shards, need.bound), (15, "bytes read by shared readers"));
    }

    #[test]
    fn a_slow_consumer_binds_before_the_writer_does() {
        let slow = Batches {
            size: 10.0,
            parallel: 2.0,
            gather: 0.0,
            behind: 0.1,
            fixed: 0.1,
            per_record: 0.01,
            tumbling: None,
        };
        // 1,000 records/s × 20 ms = 20 at once; two of a shard, and a quarter more: 12.5
        let need = shards_for(load(1_000.0, 1e5), &Pressure { batches: vec![slow], ..alone(0.0) });
        assert_eq!((need.shards, need.bound), (13, "batches at once"));
    }

    #[test]
    fn a_hot_key_needs_more_shards_and_one_above_half_a_shard_is_told() {
        let even = shards_for(load(8_000.0, 1.0), &alone(0.0));
        let hot = shards_for(load(8_000.0, 1.0), &alone(0.05));
        assert!(hot.shards > even.shards && !hot.hot_key);
        assert!(shards_for(load(8_000.0, 1.0), &alone(0.5)).hot_key);
    }

    proptest! {
        #[test]
        fn more_load_never_needs_fewer_shards(records in 0.0f64..1e6, more in 0.0f64..1e6, hot in 0.0f64..0.2) {
            let a = shards_for(load(records, records * 500.0), &alone(hot)).shards;
            let b = shards_for(load(records + more, (records + more) * 500.0), &alone(hot)).shards;
            prop_assert!(b >= a);
        }

        #[test]
        fn the_busiest_shard_stays_within_its_limits(records in 1.0f64..1e5, size in 10.0f64..5_000.0, hot in 0.0f64..0.005) {
            let need = shards_for(load(records, records * size), &alone(hot));
            prop_assume!(!need.hot_key);
            let share = (hot + (1.0 - hot) / f64::from(need.shards)) * HEADROOM;
            prop_assert!(records * share <= SHARD_WRITE_RECORDS * 1.000_001);
            prop_assert!(records * size * share <= SHARD_WRITE_BYTES * 1.000_001);
        }
    }
}
