//! Lines of archives: delivery and storage (aws-facts.md 3.3 and 3.5).

use super::exact::{GB, HOURS, Quantity, SECONDS};
use super::item::{Ledger, Owner, Range};
use super::load::{self, Flow};
use super::meter::Meter;
use super::stream::held_for;
use crate::capacity::{Sized, SizedStream};
use crate::pipeline::{AfterStandard, Archive, ArchiveFormat, StageKind, StageRef};
use crate::units::Duration;

/// What each record is rounded up to.
const ROUNDED: u128 = 5 << 10;
/// What grows without end is told for this age.
const MONTHS: u64 = 12;

pub(super) fn lines(ledger: &mut Ledger<'_>, sized: &Sized, archive: &Archive) {
    let owner = Owner::Stage(StageRef::new(StageKind::Archive, &archive.stream));
    let Some(traffic) = sized.pipeline().traffic().get(&archive.stream) else {
        for meter in [Meter::FirehoseGb, Meter::PutRequest, Meter::StandardStorage] {
            ledger.add_unknown(&owner, meter, load::no_traffic(&archive.stream));
        }
        return;
    };
    let flow = load::month(traffic);
    // Firehose polls like any other shared reader.
    if sized.stream_capacity(&archive.stream) == Some(SizedStream::OnDemand) {
        let read = flow.map(|flow| Quantity::ratio(flow.bytes(), GB));
        ledger.add(&owner, Meter::OnDemandGbOut, read, "every record once");
    }
    deliver(ledger, &owner, archive, flow);
    match objects(archive, flow) {
        Ok((objects, how)) => {
            if !archive.partition_by.is_empty() {
                ledger.add(&owner, Meter::PartitioningObject, objects.map(Quantity::whole), how.clone());
            }
            ledger.add(&owner, Meter::PutRequest, objects.map(Quantity::whole), how);
            store(ledger, &owner, archive, flow, Some(objects));
        }
        Err(why) => {
            if !archive.partition_by.is_empty() {
                ledger.add_unknown(&owner, Meter::PartitioningObject, why.clone());
            }
            ledger.add_unknown(&owner, Meter::PutRequest, why);
            store(ledger, &owner, archive, flow, None);
        }
    }
}

fn deliver(ledger: &mut Ledger<'_>, owner: &Owner, archive: &Archive, flow: Range<Flow>) {
    let rounded = flow.map(|flow| Quantity::ratio(flow.blocks(ROUNDED).saturating_mul(ROUNDED), GB));
    let each = flow.steady.record.div_ceil(ROUNDED) * 5;
    let how = format!("each record rounded up to {each} KiB");
    ledger.add(owner, Meter::FirehoseGb, rounded, how.clone());
    if let ArchiveFormat::Parquet { .. } = archive.format {
        ledger.add(owner, Meter::ConversionGb, rounded, how);
    }
    if !archive.partition_by.is_empty() {
        let delivered = flow.map(|flow| Quantity::ratio(flow.bytes(), GB));
        ledger.add(owner, Meter::PartitioningGb, delivered, "what is delivered, not compressed");
        let why = "how long Firehose looks into the records is told on the bill only";
        ledger.add_unknown(owner, Meter::PartitioningJqHour, why);
    }
}

/// Objects of a month: a buffer is written when it is full, and at the latest when its time is up.
fn objects(archive: &Archive, flow: Range<Flow>) -> Result<(Range<u128>, String), String> {
    if !archive.partition_by.is_empty() {
        return Err("every prefix has a buffer of its own, and how many there are is in the records".to_owned());
    }
    let every = archive.buffer_every.as_secs();
    if every == 0 {
        return Err("objects are written at once: how many is up to Firehose".to_owned());
    }
    let size = u128::from(archive.buffer_size.as_bytes().max(1));
    let in_time = u128::from(SECONDS / every);
    let count = flow.map(|flow| flow.bytes().div_ceil(size).max(in_time).min(flow.records));
    let how = format!("an object every {}, or every {}", archive.buffer_every, archive.buffer_size);
    Ok((count, how))
}

fn store(ledger: &mut Ledger<'_>, owner: &Owner, archive: &Archive, flow: Range<Flow>, objects: Option<Range<u128>>) {
    let kept = archive.keep_standard.as_hours();
    let how = format!("{} of records, not compressed", archive.keep_standard);
    ledger.add(owner, Meter::StandardStorage, flow.map(|flow| held_for(flow.bytes(), kept)), how);
    let (moved, stored) = match archive.then {
        AfterStandard::Delete => return,
        AfterStandard::Glacier => (Meter::GlacierTransition, Meter::GlacierStorage),
        AfterStandard::DeepArchive => (Meter::DeepArchiveTransition, Meter::DeepArchiveStorage),
    };
    match objects {
        Some(objects) => ledger.add(owner, moved, objects.map(Quantity::whole), "every object once"),
        None => ledger.add_unknown(owner, moved, "how many objects there are is not known"),
    }
    let how = format!(
        "nothing is deleted: after {MONTHS} months there, and more each month, not compressed ({} before)",
        Duration::from_secs(kept * 3_600)
    );
    ledger.add(owner, stored, flow.map(|flow| held_for(flow.bytes(), HOURS * MONTHS)), how);
}
