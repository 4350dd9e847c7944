//! R6003: one partition key is too much for its shard.

use super::pages;
use crate::capacity::{KeyVerdict, Level, Resource, hottest_key};
use crate::diagnostic::Code;
use crate::readiness::case::{Case, amount};
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::HotKey,
    rationale: "all records of a key go to one shard, so more shards do not help against a hot key",
    text: "Partition Key Strategy Makes or Breaks Your Pipeline",
    page: Some(pages::KINESIS_KEYS),
    serves: &[Letter::Scalability, Letter::Ceiling, Letter::StreamList],
    tiers: Tiers::BREAKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = case
        .pipeline()
        .traffic()
        .iter()
        .filter_map(|(stream, traffic)| {
            let key = hottest_key(traffic)?;
            if key.verdict == KeyVerdict::Fits {
                return Some(None);
            }
            let title = format!(
                "the busiest `{}` takes {:.0} % of its shard of `{stream}` at the peak",
                key.field, key.percent_of_shard
            );
            let sum = format!(
                "{} of all records are {} records/s and {} bytes/s; a shard takes 1,000 records/s or 1 MB/s",
                traffic.key.as_ref().map(|key| key.hottest.to_string()).unwrap_or_default(),
                amount(key.records_per_second),
                amount(key.bytes_per_second)
            );
            let help = "add something to the partition key that spreads its records (a bucket, a hash of the record), and \
                        put them together again where their order matters";
            let finding = Finding::at(format!("traffic.{stream}.key.hottest"), title).note(sum).help(help);
            Some(Some(finding.mild_if(key.verdict == KeyVerdict::Tight)))
        })
        .collect();
    // A key's records are worked on one batch after the other, however many shards and batches at once there are.
    let of_consumers = case.needs(&[Resource::HottestKey]);
    verdicts.extend(of_consumers.map(|(stage, need)| case.short(stage, "batch", need, Level::Peak)));
    verdicts
}
