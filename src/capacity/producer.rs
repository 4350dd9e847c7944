//! Producers: what a put may hold, and what the busiest partition key does to one shard.

use serde::Serialize;

use super::limit::{SHARD_WRITE_BYTES, SHARD_WRITE_RECORDS};
use super::load::Load;
use super::stream::HOT;
use crate::pipeline::Traffic;
use crate::units::ByteSize;

/// What Kinesis takes in one call (aws-facts.md 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PutLimits {
    /// Records of one `PutRecords` request.
    pub records: u32,
    /// Bytes of one `PutRecords` request, partition keys included.
    pub request_bytes: u64,
    /// Bytes of one record, data and partition key, in a stream that does not ask for more.
    pub record_bytes: u64,
    /// Characters of a partition key.
    pub key_chars: u32,
}

/// The limits of every stream that Sluice makes.
pub const PUT_LIMITS: PutLimits =
    PutLimits { records: 500, request_bytes: 10 << 20, record_bytes: 1 << 20, key_chars: 256 };

impl PutLimits {
    /// How many records of a size one request holds.
    #[must_use]
    pub fn batch(&self, record: ByteSize) -> u32 {
        let fit = self.request_bytes / record.as_bytes().max(1);
        u32::try_from(fit).unwrap_or(u32::MAX).clamp(1, self.records)
    }
}

/// The busiest partition key of a stream at its peak.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HotKey {
    /// The record's field that is the partition key.
    pub field: String,
    /// How many different keys there are.
    pub distinct: u64,
    /// Its share of all records, in percent.
    pub percent_of_records: f64,
    /// Records of it in a second.
    pub records_per_second: f64,
    /// Bytes of it in a second.
    pub bytes_per_second: f64,
    /// What it takes of the one shard it goes to, in percent of what a shard takes.
    pub percent_of_shard: f64,
    /// What that means.
    pub verdict: KeyVerdict,
}

/// Whether a shard carries its busiest key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyVerdict {
    /// Easily.
    Fits,
    /// It takes more than half of its shard, which more shards do not mend.
    Tight,
    /// It is more than a shard takes: its records are throttled however many shards there are.
    Exceeds,
}

/// The busiest key of a load; none where the file does not say how keys spread.
#[must_use]
pub fn hottest_key(traffic: &Traffic) -> Option<HotKey> {
    let key = traffic.key.as_ref()?;
    let peak = Load::of(traffic, traffic.peak);
    let share = key.hottest.as_fraction();
    let (records, bytes) = (peak.records * share, peak.bytes * share);
    let of_shard = (records / SHARD_WRITE_RECORDS).max(bytes / SHARD_WRITE_BYTES);
    let verdict = if of_shard > 1.0 {
        KeyVerdict::Exceeds
    } else if of_shard > HOT {
        KeyVerdict::Tight
    } else {
        KeyVerdict::Fits
    };
    Some(HotKey {
        field: key.field.clone(),
        distinct: key.distinct.0,
        percent_of_records: key.hottest.as_percent(),
        records_per_second: records,
        bytes_per_second: bytes,
        percent_of_shard: of_shard * 100.0,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::KeySpread;
    use crate::units::{Count, Duration, Percent, Rate};

    fn traffic(hottest: f64, record: u64) -> Traffic {
        Traffic {
            steady: Rate::Records(100.0),
            peak: Rate::Records(10_000.0),
            burst: Duration::from_secs(60),
            record: ByteSize::from_bytes(record),
            key: Some(KeySpread { field: "id".to_owned(), distinct: Count(1_000), hottest: Percent::new(hottest) }),
        }
    }

    #[test]
    fn records_bind_small_records_and_bytes_bind_large_ones() {
        let small = hottest_key(&traffic(1.0, 100)).expect("a key");
        assert_eq!((small.percent_of_shard, small.verdict), (10.0, KeyVerdict::Fits));
        let large = hottest_key(&traffic(1.0, 6_000)).expect("a key");
        assert_eq!((large.percent_of_shard, large.verdict), (60.0, KeyVerdict::Tight));
        assert_eq!(hottest_key(&traffic(20.0, 100)).expect("a key").verdict, KeyVerdict::Exceeds);
    }

    #[test]
    fn a_request_holds_no_more_than_kinesis_takes_and_at_least_one() {
        let batch = |bytes| PUT_LIMITS.batch(ByteSize::from_bytes(bytes));
        assert_eq!((batch(100), batch(1 << 20), batch(100 << 20)), (500, 10, 1));
    }
}
