//! A pipeline's bill: every line, in the order of its stages.

use std::collections::BTreeSet;

use serde::Serialize;

use super::item::{Item, Ledger, Owner, Total};
use super::load::reckonable;
use super::meter::Meter;
use super::prices::Prices;
use super::{archive, endpoint, function, storage, stream, watching};
use crate::capacity::{Sized, SizedStream};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{Pipeline, TableCapacity};
use crate::units::{EnvironmentName, PipelineName, Region};

/// What a pipeline costs in a month, in one environment and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region whose rates were applied.
    pub region: Region,
    /// Every line, by stage.
    pub items: Vec<Item>,
    /// What was assumed, one sentence each.
    pub assumptions: Vec<String>,
}

impl Estimate {
    /// What all lines come to.
    #[must_use]
    pub fn total(&self) -> Total {
        self.items.iter().collect()
    }

    /// Who causes lines, in the order of the lines, each once.
    #[must_use]
    pub fn owners(&self) -> Vec<&Owner> {
        let mut seen = BTreeSet::new();
        self.items.iter().map(|item| &item.owner).filter(|owner| seen.insert(*owner)).collect()
    }

    /// What one of them causes.
    pub fn of<'a>(&'a self, owner: &'a Owner) -> impl Iterator<Item = &'a Item> {
        self.items.iter().filter(move |item| item.owner == *owner)
    }
}

/// Estimates a month of 730 hours.
///
/// # Errors
/// Where a declared load is beyond everything that can be meant.
pub fn estimate(sized: &Sized, prices: &Prices) -> Result<(Estimate, Diagnostics), Diagnostics> {
    let pipeline = sized.pipeline();
    let ((), mut warnings) = reckonable(pipeline).into_result(())?;
    warnings.extend(no_rates(pipeline.region(), prices));
    let mut ledger = Ledger::new(pipeline.region(), prices);
    for stream in pipeline.streams().values() {
        stream::lines(&mut ledger, sized, stream);
    }
    for consumer in pipeline.consumers().values() {
        stream::read_lines(&mut ledger, sized, consumer);
        function::of_consumer(&mut ledger, sized, consumer);
    }
    for worker in pipeline.workers().values() {
        function::of_worker(&mut ledger, worker);
    }
    for stage in pipeline.archives().values() {
        archive::lines(&mut ledger, sized, stage);
    }
    for table in pipeline.tables().values() {
        storage::of_table(&mut ledger, sized, table);
    }
    for stage in pipeline.endpoints().values() {
        endpoint::lines(&mut ledger, stage);
    }
    pipeline.queues().values().for_each(|queue| storage::of_queue(&mut ledger, queue));
    pipeline.topics().values().for_each(|topic| storage::of_topic(&mut ledger, topic));
    pipeline.buckets().values().for_each(|bucket| storage::of_bucket(&mut ledger, bucket));
    pipeline.keys().values().for_each(|key| storage::of_key(&mut ledger, key));
    watching::lines(&mut ledger, sized);
    let mut items = ledger.into_items();
    // A stable sort: a stage's lines stay in the order in which they were written.
    items.sort_by(|a, b| a.owner.cmp(&b.owner));
    let estimate = Estimate {
        pipeline: pipeline.name().clone(),
        environment: pipeline.environment().name().clone(),
        region: pipeline.region().clone(),
        assumptions: assumptions(sized, &items),
        items,
    };
    Ok((estimate, warnings))
}

/// A table without a single rate of the region answers nothing, and it is better to say so than to list unknowns.
fn no_rates(region: &Region, prices: &Prices) -> Option<Diagnostic> {
    let known = prices.regions();
    if known.contains(region) {
        return None;
    }
    let names: Vec<&str> = known.iter().map(|region| region.as_str()).collect();
    Some(
        Diagnostic::warning(
            Code::NoPrices,
            format!("no price of the region {region} is known, so nothing can be summed up"),
        )
        .note(format!("there are prices of: {}", names.join(", ")))
        .help(format!(
            "ask AWS: `sluice prices refresh --region {region} --out prices.json`, then `--prices prices.json`"
        )),
    )
}

/// What the numbers rest on.
fn assumptions(sized: &Sized, items: &[Item]) -> Vec<String> {
    let pipeline = sized.pipeline();
    let counted = |meter: &Meter| items.iter().any(|item| item.meter == *meter && item.quantity.is_some());
    let mut said = vec![
        "a month is 730 hours; steady is a month at the ordinary load, peak one in which the highest load never ends"
            .to_owned(),
        "list prices: free tiers, discounts, taxes, support and data transfer are left out, and tiers are reckoned line by \
         line"
            .to_owned(),
    ];
    let mut say = |when: bool, what: &str| {
        if when {
            said.push(what.to_owned());
        }
    };
    say(
        counted(&Meter::LambdaRequest),
        "a batch holds what a shard's lane gathers in its window, or until it is polled (1 s) or pushed (70 ms); retries are \
         left out",
    );
    say(on_demand_tables(pipeline), "a function reads and writes one item for each record, no larger than the record");
    say(
        counted(&Meter::FirehoseGb) || counted(&Meter::StandardStorage),
        "Firehose rounds each record up to 5 KiB, whatever its source; compression is left out, for it depends on the data",
    );
    say(
        counted(&Meter::LongTermRetention),
        "retention above seven days is charged by the hour of a shard and by the GB, reading it again by the GB besides",
    );
    say(!pipeline.escape().resources.is_empty(), "what `cloudformation.resources` adds is left out");
    say(on_demand_streams(sized), "on-demand streams are billed as On-demand Standard, not Advantage");
    said
}

fn on_demand_tables(pipeline: &Pipeline) -> bool {
    pipeline.tables().values().any(|table| table.capacity == TableCapacity::OnDemand)
}

fn on_demand_streams(sized: &Sized) -> bool {
    let mut streams = sized.pipeline().streams().keys();
    streams.any(|stream| sized.stream_capacity(stream) == Some(SizedStream::OnDemand))
}
