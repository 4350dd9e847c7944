//! Lines of streams and of whoever reads them (aws-facts.md 3.1).

use super::exact::{GB, HOURS, Quantity};
use super::item::{Ledger, Owner, Range};
use super::load::{self, Flow};
use super::meter::Meter;
use crate::capacity::{Sized, SizedStream};
use crate::pipeline::{Consumer, ReadMode, StageKind, StageRef, Stream};
use crate::units::{Duration, grouped};

/// A PUT payload unit.
const PAYLOAD_UNIT: u128 = 25 << 10;
/// What a record put into an on-demand stream is rounded up to.
const ROUNDED: u128 = 1 << 10;
/// What is kept without a charge.
const FREE: u64 = 24;
/// From here on keeping is long-term.
const LONG_TERM: u64 = 7 * 24;

pub(super) fn lines(ledger: &mut Ledger<'_>, sized: &Sized, stream: &Stream) {
    let owner = Owner::Stage(StageRef::new(StageKind::Stream, &stream.name));
    let flow = sized.pipeline().traffic().get(&stream.name).map(load::month);
    match sized.stream_capacity(&stream.name) {
        Some(SizedStream::Provisioned { shards }) => provisioned(ledger, &owner, stream, shards, flow),
        Some(SizedStream::OnDemand) | None => on_demand(ledger, &owner, stream, flow),
    }
}

fn provisioned(ledger: &mut Ledger<'_>, owner: &Owner, stream: &Stream, shards: u32, flow: Option<Range<Flow>>) {
    let hours = shard_hours(shards);
    let how = format!("{} x {HOURS} h", shards_in_words(shards));
    ledger.add(owner, Meter::ShardHour, hours, how.clone());
    match flow {
        Some(flow) => {
            let units = flow.map(|flow| Quantity::whole(flow.blocks(PAYLOAD_UNIT)));
            let each = flow.steady.record.div_ceil(PAYLOAD_UNIT);
            let how = format!("{each} of 25 KiB for each record of {} bytes", grouped(flow.steady.record));
            ledger.add(owner, Meter::PutPayloadUnit, units, how);
        }
        None => ledger.add_unknown(owner, Meter::PutPayloadUnit, load::no_traffic(&stream.name)),
    }
    if stream.retention.as_hours() > FREE {
        let how = format!("{how}; the same for any retention above 24 h up to 7 d");
        ledger.add(owner, Meter::ExtendedRetentionShardHour, hours, how);
    }
    kept(ledger, owner, stream, Meter::LongTermRetention, flow, LONG_TERM, None);
}

fn on_demand(ledger: &mut Ledger<'_>, owner: &Owner, stream: &Stream, flow: Option<Range<Flow>>) {
    ledger.add(owner, Meter::OnDemandStreamHour, Range::flat(Quantity::whole(HOURS)), format!("1 stream x {HOURS} h"));
    match flow {
        Some(flow) => {
            let rounded = flow.map(|flow| Quantity::ratio(flow.blocks(ROUNDED).saturating_mul(ROUNDED), GB));
            let each = flow.steady.record.div_ceil(ROUNDED);
            ledger.add(owner, Meter::OnDemandGbIn, rounded, format!("each record rounded up to {each} KiB"));
        }
        None => ledger.add_unknown(owner, Meter::OnDemandGbIn, load::no_traffic(&stream.name)),
    }
    kept(ledger, owner, stream, Meter::OnDemandExtendedRetention, flow, FREE, Some(LONG_TERM));
    kept(ledger, owner, stream, Meter::OnDemandLongTermRetention, flow, LONG_TERM, None);
}

/// What is held between two ages, in hours.
fn kept(
    ledger: &mut Ledger<'_>,
    owner: &Owner,
    stream: &Stream,
    meter: Meter,
    flow: Option<Range<Flow>>,
    from: u64,
    to: Option<u64>,
) {
    let hours = stream.retention.as_hours();
    let held = to.map_or(hours, |to| hours.min(to)).saturating_sub(from);
    if held == 0 {
        return;
    }
    match flow {
        Some(flow) => {
            let how =
                format!("{} beyond the first {}", Duration::from_secs(held * 3_600), Duration::from_secs(from * 3_600));
            ledger.add(owner, meter, flow.map(|flow| held_for(flow.bytes(), held)), how);
        }
        None => ledger.add_unknown(owner, meter, load::no_traffic(&stream.name)),
    }
}

/// GB-months of what arrives in a month, if everything is held for so many hours.
pub(super) fn held_for(bytes_of_month: u128, hours: u64) -> Quantity {
    Quantity::ratio(bytes_of_month.saturating_mul(u128::from(hours)), GB.saturating_mul(u128::from(HOURS)))
}

/// What a consumer pays for reading; the stream may be another pipeline's.
pub(super) fn read_lines(ledger: &mut Ledger<'_>, sized: &Sized, consumer: &Consumer) {
    let owner = Owner::Stage(StageRef::new(StageKind::Consumer, &consumer.name));
    let meter = match (load::capacity_read(sized, consumer), consumer.read) {
        (Some(SizedStream::Provisioned { .. }), ReadMode::Shared) => return,
        (Some(SizedStream::Provisioned { shards }), ReadMode::FanOut) => {
            let how = format!("1 consumer x {} x {HOURS} h", shards_in_words(shards));
            ledger.add(&owner, Meter::FanOutConsumerShardHour, shard_hours(shards), how);
            Meter::FanOutGb
        }
        (Some(SizedStream::OnDemand), ReadMode::Shared) => Meter::OnDemandGbOut,
        (Some(SizedStream::OnDemand), ReadMode::FanOut) => Meter::OnDemandFanOutGb,
        (None, mode) => {
            let why = format!("the capacity of {} is not decided here", consumer.from.stream());
            let meter = if mode == ReadMode::FanOut { Meter::FanOutGb } else { Meter::OnDemandGbOut };
            return ledger.add_unknown(&owner, meter, why);
        }
    };
    match load::read_by(sized.pipeline(), consumer) {
        Some(traffic) => {
            let read = load::month(traffic).map(|flow| Quantity::ratio(flow.bytes(), GB));
            ledger.add(&owner, meter, read, "every record once");
        }
        None => ledger.add_unknown(&owner, meter, load::undeclared(consumer)),
    }
}

fn shard_hours(shards: u32) -> Range<Quantity> {
    Range::flat(Quantity::whole(u64::from(shards) * HOURS))
}

fn shards_in_words(shards: u32) -> String {
    if shards == 1 { "1 shard".to_owned() } else { format!("{} shards", grouped(shards)) }
}
