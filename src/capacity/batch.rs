//! Batches: how full they are, how many are worked on at once, how many invocations that makes.

use super::limit::{self, PAYLOAD};
use crate::pipeline::{Batch, ReadMode, Work};

/// Four bytes of an event carry three of a record (base64).
const ENCODED: f64 = 4.0 / 3.0;

/// How a function takes its records, and how long it works on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Batches {
    /// Most records of a batch; at least 1.
    pub(super) size: f64,
    /// Batches of one shard at once.
    pub(super) parallel: f64,
    /// Seconds that a batch is gathered for before it goes as it is.
    pub(super) gather: f64,
    /// Seconds that records gather besides, while a lane begins the batch before; none where another lane takes over.
    pub(super) behind: f64,
    /// Seconds of an invocation, whatever the batch.
    pub(super) fixed: f64,
    /// Seconds for each record.
    pub(super) per_record: f64,
    /// Seconds of a tumbling window.
    pub(super) tumbling: Option<f64>,
}

impl Batches {
    /// The batches of a stream's consumer; a batch is cut before its event grows past what an invocation takes.
    pub(super) fn of(batch: &Batch, read: ReadMode, work: &Work, record_bytes: f64) -> Self {
        let fit = (PAYLOAD / (record_bytes * ENCODED).max(1.0)).floor().max(1.0);
        // A shared reader gets what came since its last poll at once; a fan-out reader gets each record by itself.
        let poll = match read {
            ReadMode::Shared => limit::POLL,
            ReadMode::FanOut => 0.0,
        };
        Self {
            size: f64::from(batch.size).min(fit).max(1.0),
            parallel: f64::from(batch.parallel),
            gather: batch.window.as_secs_f64().max(poll),
            behind: work.fixed.as_secs_f64(),
            fixed: work.fixed.as_secs_f64(),
            per_record: work.per_record.as_secs_f64(),
            tumbling: batch.tumbling.map(crate::units::Duration::as_secs_f64),
        }
    }

    /// The batches of a queue's worker: Lambda begins with five pollers, among which messages spread.
    pub(super) fn of_queue(size: u32, window: f64, work: &Work) -> Self {
        const POLLERS: f64 = 5.0;
        Self {
            size: f64::from(size),
            parallel: POLLERS,
            gather: window,
            behind: 0.0,
            fixed: work.fixed.as_secs_f64(),
            per_record: work.per_record.as_secs_f64(),
            tumbling: None,
        }
    }

    /// Seconds of an invocation with so many records.
    pub(super) fn takes(&self, records: f64) -> f64 {
        self.fixed + records * self.per_record
    }

    /// Batches at once where all are full: with fewer, the function falls behind.
    pub(super) fn at_once(&self, records: f64) -> f64 {
        records * self.takes(self.size) / self.size
    }

    /// Records of a batch where one of `lanes` gets its share of so many records a second: what comes while it is
    /// gathered and while the one before it is begun. Time spent on single records is left out, so that a batch is
    /// rather reckoned too small than too full.
    pub(super) fn fill(&self, records: f64, lanes: f64) -> f64 {
        (records / lanes.max(1.0) * (self.gather + self.behind)).clamp(1.0, self.size)
    }

    /// Invocations a second; of a tumbling window, one more for each shard when it ends.
    pub(super) fn invocations(&self, records: f64, shards: f64) -> f64 {
        records / self.fill(records, shards * self.parallel) + self.closing(shards)
    }

    fn closing(&self, shards: f64) -> f64 {
        self.tumbling.map_or(0.0, |window| shards / window)
    }

    /// Function instances at once (Little's law): no more than there are lanes, unless those are too few.
    pub(super) fn concurrency(&self, records: f64, shards: f64) -> f64 {
        let lanes = shards * self.parallel;
        let fill = self.fill(records, lanes);
        let needed = records / fill * self.takes(fill) + self.closing(shards) * self.fixed;
        needed.min(lanes.max(self.at_once(records)))
    }

    /// Records a second that so many lanes work off with full batches.
    pub(super) fn throughput(&self, lanes: f64) -> f64 {
        let takes = self.takes(self.size);
        if takes > 0.0 { lanes * self.size / takes } else { f64::MAX }
    }
}
