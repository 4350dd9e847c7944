//! `sluice cost`: what a pipeline costs in a month, against what, and within which budget.

use std::collections::BTreeMap;
use std::path::Path;

use super::earlier::EarlierFiles;
use super::failure::Failure;
use super::load::{Resolved, Shelf};
use super::named::named_file;
use crate::capacity;
use crate::cloud::Cloud;
use crate::cost::{self, Delta, Estimate, FromPriceList, Prices, Saving, Verdict};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::units::{Money, Region};
use crate::workspace::MAX_FILE_BYTES;

/// What an estimate is compared with.
#[derive(Debug)]
pub enum CostBaseline {
    /// The same pipeline in another environment.
    Environment(String),
    /// The same pipeline in the same environment, as other files have it.
    Files(EarlierFiles),
}

/// Which estimate.
#[derive(Debug)]
pub struct CostOrder<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The region; the environment's first where none is given.
    pub region: Option<&'a Region>,
    /// What it is compared with.
    pub against: Option<CostBaseline>,
    /// The price table.
    pub prices: &'a Prices,
}

/// An estimate and what follows from it.
#[derive(Clone, Debug)]
pub struct Costed {
    /// The estimate.
    pub estimate: Estimate,
    /// What is larger than its load asks for, and what it would save, most first.
    pub savings: Vec<Saving>,
    /// What it was compared with.
    pub compared: Option<Compared>,
    /// The pipeline's budget, and whether the estimate is within it.
    pub budget: Option<(Money, Verdict)>,
    /// Warnings, never errors.
    pub warnings: Diagnostics,
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The estimate before.
    pub before: Estimate,
    /// What it is, in words.
    pub called: String,
    /// What changes.
    pub delta: Delta,
    /// The most that a month may become dearer in the environment, and whether it does.
    pub increase: Option<(Money, Verdict)>,
}

/// Estimates a pipeline.
///
/// # Errors
/// What is wrong with the files, and loads that cannot be meant.
pub fn cost(shelf: &mut Shelf<'_>, order: &CostOrder<'_>) -> Result<Costed, Failure> {
    let Resolved { pipeline, mut warnings } = shelf.resolve(order.pipeline, order.environment, order.region)?;
    let environment = pipeline.environment().clone();
    let (monthly, place) = (pipeline.budget().map(|budget| budget.monthly), pipeline.places().nearest("budget"));
    let place = place.map(|at| at.place.clone());
    let sized = capacity::size(pipeline);
    let (estimate, more) = cost::estimate(&sized, order.prices)?;
    warnings.extend(more);
    let savings = cost::savings(&sized, order.prices, &estimate);
    let total = estimate.total();
    let budget = monthly.map(|monthly| (monthly, cost::within(total.known, total.unknown, monthly)));
    warnings.extend(budget.filter(|(_, verdict)| is_above(*verdict)).map(|(monthly, verdict)| {
        let title = format!("a month costs {}, and the budget is {monthly}", at(verdict, total.known));
        Diagnostic::warning(Code::OverBudget, title)
            .at_maybe(place, "")
            .help("lower what costs most, or raise `budget.monthly`")
    }));
    let compared = match &order.against {
        Some(baseline) => Some(compare(shelf, order, baseline, &estimate, environment.max_monthly_increase())?),
        None => None,
    };
    if let Some(Compared { increase: Some((most, verdict)), delta, called, .. }) = &compared
        && is_above(*verdict)
    {
        let by = at(*verdict, delta.known);
        let title = format!("a month becomes dearer by {by} than {called}, and `{}` allows {most}", environment.name());
        warnings.push(
            Diagnostic::warning(Code::OverBudget, title)
                .at_maybe(shelf.environment(order.environment)?.place("budget").cloned(), "")
                .help("make the change smaller, or raise `budget.max_monthly_increase`"),
        );
    }
    Ok(Costed { estimate, savings, compared, budget, warnings })
}

fn compare(
    shelf: &mut Shelf<'_>,
    order: &CostOrder<'_>,
    baseline: &CostBaseline,
    estimate: &Estimate,
    most: Option<Money>,
) -> Result<Compared, Failure> {
    let (resolved, called) = match baseline {
        CostBaseline::Environment(name) => (shelf.resolve(order.pipeline, name, None)?, format!("in {name}")),
        CostBaseline::Files(files) => files.resolve(shelf, order.pipeline, order.environment, order.region)?,
    };
    let (before, _) = cost::estimate(&capacity::size(resolved.pipeline), order.prices)?;
    let delta = cost::compare(&before, estimate);
    let increase = most.map(|most| (most, cost::within(delta.known, delta.unknown, most)));
    Ok(Compared { before, called, delta, increase })
}

fn is_above(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Above | Verdict::AboveAtPeak)
}

/// The amount that a verdict speaks of, and at which load.
fn at(verdict: Verdict, known: cost::Range<Money>) -> String {
    match verdict {
        Verdict::AboveAtPeak => format!("{} USD at the peak load", known.peak.to_cents()),
        Verdict::Above | Verdict::Within | Verdict::WithinAsFarAsKnown => format!("{} USD", known.steady.to_cents()),
    }
}

/// The price table: the one of a file, or the one of the binary.
///
/// # Errors
/// What is wrong with the file.
pub fn prices(folder: &Path, file: Option<&Path>) -> Result<Prices, (Failure, Option<(FilePath, String)>)> {
    let Some(file) = file else { return Prices::built_in().map_err(|wrong| (wrong.into(), None)) };
    let (name, text) = named_file(folder, file, "price file", MAX_FILE_BYTES).map_err(|failure| (failure, None))?;
    Prices::read(&name, &text).map_err(|wrong| (wrong.into(), Some((name, text))))
}

/// Asks AWS's price list for the rates of a region.
///
/// # Errors
/// When AWS refuses, lists nothing, or lists what cannot be read.
pub async fn refresh_prices(cloud: &Cloud, region: &Region) -> Result<FromPriceList, Failure> {
    let mut listed = BTreeMap::new();
    for code in cost::price_list_codes() {
        listed.insert(code, cloud.price_list(code, region).await?);
    }
    let refuse = |title: String| Diagnostic::error(Code::NoSuchPrices, title);
    let found = cost::from_price_list(region, &listed)
        .map_err(|wrong| refuse(wrong).note("a rate that is read wrongly would be worse than none"))?;
    if found.rates == 0 {
        let none = refuse(format!("AWS lists no prices of the region {region}"));
        return Err(none.help("check the region's code, for instance `eu-west-1`").into());
    }
    Ok(found)
}
