//! What passes through stages in a month, from the declared loads.

use super::exact::SECONDS;
use super::item::Range;
use crate::capacity::{Sized, SizedStream};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{Consumer, Pipeline, ReadMode, StreamCapacity, StreamFrom, Traffic};
use crate::units::{Rate, StageName};

/// More records, or bytes, in a second are a slip of the pen: a stream takes 10 GB/s (aws-facts.md 2.1).
const MOST_RECORDS: f64 = 1e9;
const MOST_BYTES: f64 = 1e13;
/// A shard takes 1 MB/s or 1,000 records/s (aws-facts.md 2.1).
const SHARD_BYTES: f64 = 1e6;
const SHARD_RECORDS: f64 = 1_000.0;
/// An on-demand stream begins with so many shards' worth and grows to twice its peak (aws-facts.md 2.1).
const ON_DEMAND_START: f64 = 4.0;
const ON_DEMAND_GROWTH: f64 = 2.0;
/// Seconds between two polls of a shard by a shared reader (aws-facts.md 2.2).
const POLL: f64 = 1.0;
/// Seconds until a record is with a fan-out reader (aws-facts.md 2.1).
const PUSH: f64 = 0.070;
/// Bytes of an invocation's event; a record travels in base64, four bytes for three (aws-facts.md 2.2).
const PAYLOAD: u64 = 6_000_000;

/// Records of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// How many.
    pub(super) records: u128,
    /// Bytes of one, at least one.
    pub(super) record: u128,
}

impl Flow {
    fn of(traffic: &Traffic, rate: Rate) -> Self {
        let record = u128::from(traffic.record.as_bytes().max(1));
        // Floats end here: a month is a whole number of records, or of bytes.
        let month = (rate.per_second() * SECONDS as f64).round() as u128;
        let records = match rate {
            Rate::Records(_) => month,
            Rate::Bytes(_) => month.div_ceil(record),
        };
        Self { records, record }
    }

    /// All bytes.
    pub(super) fn bytes(self) -> u128 {
        self.records.saturating_mul(self.record)
    }

    /// How many blocks of a size the records take, each record beginning a new one.
    pub(super) fn blocks(self, size: u128) -> u128 {
        self.records.saturating_mul(self.record.div_ceil(size))
    }
}

/// The flow of declared traffic.
pub(super) fn month(traffic: &Traffic) -> Range<Flow> {
    Range { steady: Flow::of(traffic, traffic.steady), peak: Flow::of(traffic, traffic.peak) }
}

/// The declared load of the stream that a consumer reads.
pub(super) fn read_by<'a>(pipeline: &'a Pipeline, consumer: &'a Consumer) -> Option<&'a Traffic> {
    match &consumer.from {
        StreamFrom::Own(stream) => pipeline.traffic().get(stream),
        StreamFrom::Other(other) => other.facts.as_ref()?.traffic.as_ref(),
    }
}

/// What to declare where the load of a consumer is not known.
pub(super) fn undeclared(consumer: &Consumer) -> String {
    match &consumer.from {
        StreamFrom::Own(stream) => no_traffic(stream),
        StreamFrom::Other(other) => {
            format!("no load is declared for it: declare `traffic.{}` in the pipeline {}", other.stream, other.pipeline)
        }
    }
}

/// What to declare where the load of a stream is not known.
pub(super) fn no_traffic(stream: &StageName) -> String {
    format!("no load is declared for it: declare `traffic.{stream}`")
}

/// How the stream that a consumer reads is provisioned; `None` where another pipeline leaves it open.
pub(super) fn capacity_read(sized: &Sized, consumer: &Consumer) -> Option<SizedStream> {
    match &consumer.from {
        StreamFrom::Own(stream) => sized.stream_capacity(stream),
        StreamFrom::Other(other) => match other.facts.as_ref()?.capacity {
            StreamCapacity::OnDemand => Some(SizedStream::OnDemand),
            StreamCapacity::Provisioned { shards } => Some(SizedStream::Provisioned { shards }),
            StreamCapacity::Auto => None,
        },
    }
}

/// Invocations of a consumer, and how full they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batches {
    /// Invocations of a month that carry records.
    pub(super) count: u128,
    /// Records of one, in millionths.
    pub(super) fill: u128,
}

/// Batches of a consumer: a lane (shard × parallel) gathers records for as long as its window, or as long as they take to
/// reach it, and a batch is never larger than its size or than an event may be.
pub(super) fn batches(sized: &Sized, consumer: &Consumer, traffic: &Traffic) -> Range<Batches> {
    let lanes = f64::from(shards_read(sized, consumer, traffic)) * f64::from(consumer.batch.parallel.max(1));
    let pickup = match consumer.read {
        ReadMode::Shared => POLL,
        ReadMode::FanOut => PUSH,
    };
    let gathers = consumer.batch.window.as_secs_f64().max(pickup);
    let fits = PAYLOAD / (traffic.record.as_bytes().max(1).saturating_mul(4) / 3).max(1);
    let size = u64::from(consumer.batch.size).min(fits).max(1) as f64;
    month(traffic).map(|flow| {
        let per_lane = flow.records as f64 / SECONDS as f64 / lanes;
        let fill = ((per_lane * gathers).clamp(1.0, size) * 1e6).round().max(1.0) as u128;
        Batches { count: flow.records.saturating_mul(1_000_000).div_ceil(fill), fill }
    })
}

/// Shards that a consumer reads, at least one.
pub(super) fn shards_read(sized: &Sized, consumer: &Consumer, traffic: &Traffic) -> u32 {
    match capacity_read(sized, consumer) {
        Some(SizedStream::Provisioned { shards }) => shards.max(1),
        Some(SizedStream::OnDemand) | None => {
            let record = traffic.record.as_bytes().max(1) as f64;
            let (records, bytes) = match traffic.peak {
                Rate::Records(records) => (records, records * record),
                Rate::Bytes(bytes) => (bytes / record, bytes),
            };
            let shards = (records / SHARD_RECORDS).max(bytes / SHARD_BYTES) * ON_DEMAND_GROWTH;
            shards.max(ON_DEMAND_START).ceil() as u32
        }
    }
}

/// Refuses loads that no bill was ever written for.
#[must_use]
pub fn reckonable(pipeline: &Pipeline) -> Diagnostics {
    let too_much = pipeline.traffic().iter().filter(|(_, traffic)| {
        let record = traffic.record.as_bytes().max(1) as f64;
        let (records, bytes) = match traffic.peak {
            Rate::Records(records) => (records, records * record),
            Rate::Bytes(bytes) => (bytes / record, bytes),
        };
        records > MOST_RECORDS || bytes > MOST_BYTES
    });
    too_much
        .map(|(stream, traffic)| {
            let path = format!("traffic.{stream}.peak");
            let title =
                format!("{} of {} into `{stream}` is more than any cost is reckoned for", traffic.peak, traffic.record);
            Diagnostic::error(Code::LoadTooLarge, title)
                .at_maybe(pipeline.places().nearest(&path).map(|at| at.place.clone()), "")
                .note("the most is 1G/s and 10 TB/s, a thousand times what the largest stream takes (10 GB/s)")
                .help("check the unit: `500G/day` are 500 thousand million records a day")
        })
        .collect()
}
