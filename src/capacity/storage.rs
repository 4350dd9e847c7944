//! Tables and archives: units a second, the busiest item, bytes delivered.

use super::function::{Feed, Running};
use super::limit::{PARTITION_WRITES, TABLE_START_READS, TABLE_START_WRITES, TABLE_UNITS, WRITE_UNIT, page};
use super::load::{Levels, Load, bytes, number};
use super::report::{Level, Need, Resource, Supply};
use super::stream::hottest;
use crate::pipeline::{Pipeline, StageKind, StageRef, Table, TableCapacity, Traffic};

/// What every table needs. No file says how many items a record makes, nor how large they are: one for each record, and no
/// larger than it, is taken for granted, and each need says so.
pub(super) fn tables(pipeline: &Pipeline, running: &[Running<'_>]) -> Vec<(StageRef, Vec<Need>)> {
    let of = |table: &Table| {
        let writers = running.iter().filter(|run| run.function.writes.contains(&table.name));
        let readers = running.iter().filter(|run| run.function.features.contains(&table.name));
        let needs =
            writes(table, &writers.collect::<Vec<_>>()).into_iter().chain(reads(table, &readers.collect::<Vec<_>>()));
        (StageRef::new(StageKind::Table, &table.name), needs.collect::<Vec<_>>())
    };
    pipeline.tables().values().map(of).filter(|(_, needs)| !needs.is_empty()).collect()
}

/// Units that the items of one record take.
fn units(run: &Running<'_>, unit: f64) -> f64 {
    (run.flow.record.unwrap_or(unit) / unit).ceil().max(1.0)
}

fn words(runs: &[&Running<'_>]) -> String {
    let each = |run: &&Running<'_>| format!("{} records/s of {}", number(run.records(Level::Peak)), run.stage);
    runs.iter().map(each).collect::<Vec<_>>().join(" and ")
}

fn total(runs: &[&Running<'_>], each: impl Fn(&Running<'_>) -> f64) -> Levels {
    let one = |run: &&Running<'_>| Levels::of(|level| run.records(level) * each(run));
    runs.iter().map(one).fold(Levels::default(), Levels::plus)
}

fn writes(table: &Table, runs: &[&Running<'_>]) -> Vec<Need> {
    if runs.is_empty() {
        return Vec::new();
    }
    let need = total(runs, |run| units(run, WRITE_UNIT));
    let assumes = || Some("one item is written for each record, no larger than it".to_owned());
    let (have, source, has) = supply(table, TABLE_START_WRITES, |_, write| write);
    let how = format!("{} in units of 1 KB = {} write units/s at the peak; {has}", words(runs), number(need.peak));
    let mut needs = vec![Need::new(Resource::WriteUnits, need, have, source).how(how).assuming(assumes())];
    // Where the item's key is the stream's, the busiest key of the one is the busiest item of the other.
    let hot = runs.iter().filter_map(|run| {
        let Feed::Stream { traffic, .. } = run.feed else { return None };
        let key = traffic.key.as_ref().filter(|key| key.field == table.key)?;
        Some((run, hottest(traffic)?, key))
    });
    if let Some((run, share, key)) = hot.max_by(|(_, one, _), (_, other, _)| one.total_cmp(other)) {
        let need = Levels::of(|level| run.records(level) * units(run, WRITE_UNIT) * share);
        needs.push(
            Need::new(Resource::PartitionHeat, need, Supply::Fixed(PARTITION_WRITES), page::PARTITION)
                .how(format!(
                    "the busiest {} has {} % of {} records/s; all writes of one key go to one partition, which takes \
                     1,000 units/s",
                    key.field,
                    number(share * 100.0),
                    number(run.records(Level::Peak))
                ))
                .assuming(assumes()),
        );
    }
    needs
}

fn reads(table: &Table, runs: &[&Running<'_>]) -> Option<Need> {
    if runs.is_empty() {
        return None;
    }
    let need = total(runs, |_| 0.5);
    let (have, source, has) = supply(table, TABLE_START_READS, |read, _| read);
    let how = format!(
        "{} × half a unit for an eventually consistent read of up to 4 KB = {} read units/s at the peak; {has}",
        words(runs),
        number(need.peak)
    );
    let assumes = "one item of up to 4 KB is read for each record".to_owned();
    Some(Need::new(Resource::ReadUnits, need, have, source).how(how).assuming(Some(assumes)))
}

/// What a table has of reads or writes, the page that says so, and the same in words.
fn supply(table: &Table, start: f64, pick: impl Fn(u32, u32) -> u32) -> (Supply, &'static str, String) {
    match &table.capacity {
        TableCapacity::OnDemand => (
            Supply::Elastic { now: start, most: TABLE_UNITS },
            page::TABLE_ON_DEMAND,
            format!(
                "a new on-demand table takes {}/s and grows to the account's {}",
                number(start),
                number(TABLE_UNITS)
            ),
        ),
        TableCapacity::Provisioned { read, write } => {
            let units = pick(*read, *write);
            (Supply::Fixed(f64::from(units)), page::TABLE_UNITS, format!("{units} are provisioned"))
        }
        TableCapacity::Autoscaled { read, write, .. } => {
            let (min, max) = (pick(read.min, write.min), pick(read.max, write.max));
            let have = Supply::Elastic { now: f64::from(min), most: f64::from(max) };
            (have, page::TABLE_UNITS, format!("autoscaled from {min} to {max}"))
        }
    }
}

/// What every archive delivers.
pub(super) fn archives(pipeline: &Pipeline) -> Vec<(StageRef, Vec<Need>)> {
    let of = |traffic: &Traffic, stage: StageRef| {
        let need = Levels::of(|level| Load::at(traffic, level).bytes);
        let how = format!(
            "{}/s at the peak; Firehose reads a stream as fast as its shards give, which is reckoned there",
            bytes(need.peak)
        );
        (stage, vec![Need::new(Resource::Delivery, need, Supply::Unbounded, page::FIREHOSE).how(how)])
    };
    let known = pipeline
        .archives()
        .keys()
        .filter_map(|stream| Some(of(pipeline.traffic().get(stream)?, StageRef::new(StageKind::Archive, stream))));
    known.collect()
}
