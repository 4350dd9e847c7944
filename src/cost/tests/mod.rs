//! Estimates against sums made by hand, the laws that hold for all of them, and the table of prices.

mod laws;
mod listing;
mod prices;
mod savings;
mod stacks;
mod worked;

use super::*;
use crate::capacity;
use crate::diagnostic::Diagnostics;
use crate::pipeline::fixture::written;

/// The file of an environment in a region.
fn environment(region: &str) -> String {
    format!("environment: prod\ntier: production\ntarget: aws\naccount: \"123456789012\"\nregions: [{region}]\n")
}

/// A pipeline of what a file says besides its name, estimated with the built-in prices.
fn try_estimate(region: &str, rest: &str) -> Result<(Estimate, Diagnostics), Diagnostics> {
    let pipeline = written(&format!("pipeline: orders\nowner: commerce-ml\n{rest}"), &environment(region), &[]);
    estimate(&capacity::size(pipeline), &Prices::built_in().expect("is sound"))
}

fn estimated(region: &str, rest: &str) -> Estimate {
    try_estimate(region, rest).expect("can be reckoned").0
}

/// What the lines of an owner and a meter come to, as a person would name them: `stream orders kinesis.shard_hour`.
fn total_of(estimate: &Estimate, line: &str) -> Option<Total> {
    let (owner, meter) = line.rsplit_once(' ').expect("an owner and a meter");
    let lines = estimate.items.iter().filter(|item| item.owner.to_string() == owner && item.meter.key() == meter);
    let lines: Vec<&Item> = lines.collect();
    (!lines.is_empty()).then(|| lines.into_iter().collect())
}
