//! Lines of tables, queues, topics, buckets and keys (aws-facts.md 3.4 and 3.5).

use super::exact::{HOURS, Quantity};
use super::item::{Ledger, Owner, Range};
use super::load::{self, Flow};
use super::meter::Meter;
use crate::capacity::Sized;
use crate::pipeline::{Bucket, Key, Pipeline, Queue, StageKind, StageRef, Table, TableCapacity, Topic};
use crate::units::{StageName, grouped};

/// What a write of one unit writes.
const WRITE_UNIT: u128 = 1 << 10;
/// What a read of one unit reads.
const READ_UNIT: u128 = 4 << 10;

pub(super) fn of_table(ledger: &mut Ledger<'_>, sized: &Sized, table: &Table) {
    let owner = Owner::Stage(StageRef::new(StageKind::Table, &table.name));
    let places = 1 + table.indexes.len() as u64;
    match &table.capacity {
        TableCapacity::OnDemand => by_request(ledger, &owner, sized.pipeline(), table, places),
        TableCapacity::Provisioned { read, write } => {
            by_hour(ledger, &owner, places, Meter::ReadCapacityUnitHour, *read, *read);
            by_hour(ledger, &owner, places, Meter::WriteCapacityUnitHour, *write, *write);
        }
        TableCapacity::Autoscaled { read, write, .. } => {
            by_hour(ledger, &owner, places, Meter::ReadCapacityUnitHour, read.min, read.max);
            by_hour(ledger, &owner, places, Meter::WriteCapacityUnitHour, write.min, write.max);
        }
    }
    let why = "how much it holds is not declared anywhere: it depends on keys that come again";
    ledger.add_unknown(&owner, Meter::TableStorage, why);
    if table.point_in_time_recovery {
        ledger.add_unknown(&owner, Meter::Recovery, why);
    }
}

fn by_hour(ledger: &mut Ledger<'_>, owner: &Owner, places: u64, meter: Meter, min: u32, max: u32) {
    let hours = Range { steady: min, peak: max }.map(|units| Quantity::whole(u64::from(units) * places * HOURS));
    let units = if min == max { grouped(min) } else { format!("{} to {}", grouped(min), grouped(max)) };
    let each = if places == 1 { String::new() } else { format!(" for the table and each of {} indexes", places - 1) };
    ledger.add(owner, meter, hours, format!("{units} units{each} x {HOURS} h"));
}

/// A function writes or reads one item of at most a record's size for each record.
fn by_request(ledger: &mut Ledger<'_>, owner: &Owner, pipeline: &Pipeline, table: &Table, places: u64) {
    let writes = users(pipeline, |writes, _| writes.contains(&table.name));
    let each = if places == 1 { String::new() } else { format!(", and in each of {} indexes", places - 1) };
    let units = |flow: Flow| Quantity::whole(flow.blocks(WRITE_UNIT).saturating_mul(u128::from(places)));
    requests(ledger, owner, Meter::WriteRequestUnit, &writes, units, &format!("one item a record{each}"));
    let reads = users(pipeline, |_, reads| reads.contains(&table.name));
    // An eventually consistent read is half a unit.
    let units = |flow: Flow| Quantity::ratio(flow.blocks(READ_UNIT), 2);
    requests(ledger, owner, Meter::ReadRequestUnit, &reads, units, "one item a record, eventually consistent");
}

/// A function that uses a table, and the records it gets; `None` where nobody knows how many.
type User = (StageRef, Option<Range<Flow>>);

fn users(pipeline: &Pipeline, uses: impl Fn(&[StageName], &[StageName]) -> bool) -> Vec<User> {
    let consumers = pipeline.consumers().values().map(|consumer| {
        let flow = load::read_by(pipeline, consumer).map(load::month);
        (StageRef::new(StageKind::Consumer, &consumer.name), &consumer.function, flow)
    });
    let workers = pipeline.workers().values().map(|w| (StageRef::new(StageKind::Worker, &w.name), &w.function, None));
    consumers
        .chain(workers)
        .filter(|(_, function, _)| uses(&function.writes, &function.features))
        .map(|(stage, _, flow)| (stage, flow))
        .collect()
}

fn requests(
    ledger: &mut Ledger<'_>,
    owner: &Owner,
    meter: Meter,
    users: &[User],
    units: impl Fn(Flow) -> Quantity,
    how: &str,
) {
    for (stage, flow) in users {
        match flow {
            Some(flow) => ledger.add(owner, meter.clone(), flow.map(&units), format!("{stage}: {how}")),
            None => {
                let why = format!("how many records {stage} gets is not declared anywhere");
                ledger.add_unknown(owner, meter.clone(), why);
            }
        }
    }
}

pub(super) fn of_queue(ledger: &mut Ledger<'_>, queue: &Queue) {
    let owner = Owner::Stage(StageRef::new(StageKind::Queue, &queue.name));
    ledger.add_unknown(&owner, Meter::QueueRequest, "how many messages it gets is not declared anywhere");
}

pub(super) fn of_topic(ledger: &mut Ledger<'_>, topic: &Topic) {
    let owner = Owner::Stage(StageRef::new(StageKind::Topic, &topic.name));
    ledger.add_unknown(&owner, Meter::TopicRequest, "how many messages it gets is not declared anywhere");
}

pub(super) fn of_bucket(ledger: &mut Ledger<'_>, bucket: &Bucket) {
    let owner = Owner::Stage(StageRef::new(StageKind::Bucket, &bucket.name));
    let why = "how many objects it gets, and of which size, is not declared anywhere";
    ledger.add_unknown(&owner, Meter::StandardStorage, why);
    ledger.add_unknown(&owner, Meter::PutRequest, why);
}

pub(super) fn of_key(ledger: &mut Ledger<'_>, key: &Key) {
    let owner = Owner::Stage(StageRef::new(StageKind::Key, &key.name));
    let how = "1 key; its first two rotations add a key-month each, from then on";
    ledger.add(&owner, Meter::KeyMonth, Range::flat(Quantity::whole(1_u32)), how);
    ledger.add_unknown(&owner, Meter::KeyRequest, "how often services use it is not published");
}
