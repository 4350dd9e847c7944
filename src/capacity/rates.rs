//! What the modes of a stream cost, where they are compared: list prices of one region, in one place.

use std::borrow::Cow;

use serde::Serialize;

use super::load::Load;
use super::stream::Readers;
use crate::pipeline::{Stream, Traffic};

/// List prices of Kinesis Data Streams in a region, in USD.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamRates {
    /// The region.
    pub region: Cow<'static, str>,
    /// A shard for an hour.
    pub shard_hour: f64,
    /// A million PUT payload units of 25 KiB.
    pub put_million: f64,
    /// A shard for an hour while retention is above 24 h.
    pub extended_shard_hour: f64,
    /// A fan-out reader of a shard for an hour.
    pub fan_out_shard_hour: f64,
    /// A GiB to a fan-out reader.
    pub fan_out_gib: f64,
    /// An on-demand stream for an hour.
    pub on_demand_hour: f64,
    /// A GiB into an on-demand stream.
    pub on_demand_in: f64,
    /// A GiB to a shared reader of an on-demand stream.
    pub on_demand_out: f64,
    /// A GiB to a fan-out reader of an on-demand stream.
    pub on_demand_fan_out: f64,
    /// A GiB-month that an on-demand stream keeps beyond 24 h.
    pub on_demand_kept: f64,
    /// A GiB into a stream of an account with On-demand Advantage.
    pub advantage_in: f64,
    /// A GiB out of one, to any reader.
    pub advantage_out: f64,
    /// A GiB-month that one keeps beyond 24 h.
    pub advantage_kept: f64,
}

/// What a stream left to `auto` is decided by, wherever it runs: one decision in every environment.
/// aws-facts.md 3.1: AWS's price list of 2025-11-03, the same on 2026-08-13.
pub const US_EAST_1: StreamRates = StreamRates {
    region: Cow::Borrowed("us-east-1"),
    shard_hour: 0.015,
    put_million: 0.014,
    extended_shard_hour: 0.020,
    fan_out_shard_hour: 0.015,
    fan_out_gib: 0.013,
    on_demand_hour: 0.04,
    on_demand_in: 0.08,
    on_demand_out: 0.04,
    on_demand_fan_out: 0.05,
    on_demand_kept: 0.10,
    advantage_in: 0.032,
    advantage_out: 0.016,
    advantage_kept: 0.023,
};

/// Kibibytes, mebibytes and gibibytes as AWS bills them (aws-facts.md 3.1).
const KIB: f64 = 1_024.0;
const MIB: f64 = 1_048_576.0;
const GIB: f64 = 1_073_741_824.0;
/// A PUT payload unit.
const PUT_UNIT: f64 = 25.0 * KIB;
const SECONDS: f64 = 3_600.0;
/// Hours of a month, as AWS's calculator has it.
const MONTH: f64 = 730.0;
/// On-demand Advantage is billed for at least so much in, and so much out, of an account and region.
const ADVANTAGE_FLOOR: f64 = 25.0 * MIB;

/// What decides the price of a stream besides its rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    record: f64,
    kept_hours: f64,
    shared: f64,
    fan_out: f64,
}

impl Shape {
    pub(super) fn of(stream: &Stream, traffic: &Traffic, readers: Readers) -> Self {
        Self {
            record: traffic.record.as_bytes() as f64,
            kept_hours: stream.retention.as_hours() as f64,
            shared: f64::from(readers.shared),
            fan_out: f64::from(readers.fan_out),
        }
    }

    /// USD an hour of provisioned mode.
    pub(super) fn provisioned_per_hour(&self, rates: &StreamRates, shards: u32, load: Load) -> f64 {
        let shards = f64::from(shards);
        let units = (self.record / PUT_UNIT).ceil().max(1.0);
        let gib = load.bytes * SECONDS / GIB;
        let extended = if self.kept_hours > 24.0 { rates.extended_shard_hour * shards } else { 0.0 };
        let fan_out = self.fan_out * (rates.fan_out_shard_hour * shards + rates.fan_out_gib * gib);
        rates.shard_hour * shards + extended + units * load.records * SECONDS / 1e6 * rates.put_million + fan_out
    }

    /// USD an hour of on-demand mode (Standard); a record is billed in whole KiB.
    pub(super) fn on_demand_per_hour(&self, rates: &StreamRates, load: Load) -> f64 {
        let (gib_in, gib_out) = self.gib(load);
        let kept = gib_out * (self.kept_hours - 24.0).max(0.0) * rates.on_demand_kept / MONTH;
        let out = self.shared * rates.on_demand_out * gib_out + self.fan_out * rates.on_demand_fan_out * gib_out;
        rates.on_demand_hour + rates.on_demand_in * gib_in + out + kept
    }

    /// USD an hour of On-demand Advantage, were this the only stream of the account and region.
    pub(super) fn advantage_per_hour(&self, rates: &StreamRates, load: Load) -> f64 {
        let floor = ADVANTAGE_FLOOR * SECONDS / GIB;
        let (gib_in, gib_out) = self.gib(load);
        let kept = gib_out * (self.kept_hours - 24.0).max(0.0) * rates.advantage_kept / MONTH;
        let out = ((self.shared + self.fan_out) * gib_out).max(floor);
        rates.advantage_in * gib_in.max(floor) + rates.advantage_out * out + kept
    }

    /// GiB an hour in, as it is billed, and out to one reader.
    fn gib(&self, load: Load) -> (f64, f64) {
        let billed = (self.record / KIB).ceil().max(1.0) * KIB;
        (load.records * billed * SECONDS / GIB, load.bytes * SECONDS / GIB)
    }
}
