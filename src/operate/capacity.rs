//! `sluice capacity` and `sluice decide`: a pipeline among the others of its environment, at its own load or another.

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use crate::capacity::{self, Assessment, Choices, Sized, Surroundings, US_EAST_1};
use crate::cost::{self, Prices};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::units::{Duration, Rate, Region};

/// What to look at.
#[derive(Clone, Debug)]
pub struct CapacityOrder {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The region; the environment's first where none is named.
    pub region: Option<Region>,
    /// The total steady load, where it is not to be the declared one.
    pub traffic: Option<Rate>,
}

/// A pipeline, sized, and its neighbours.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The pipeline.
    pub sized: Sized,
    /// The other pipelines of the environment that could be read.
    pub neighbours: Vec<Sized>,
    /// Names of those that could not.
    pub unread: Vec<String>,
    /// Warnings, never errors.
    pub warnings: Diagnostics,
}

impl Placed {
    fn around(&self) -> Surroundings<'_> {
        Surroundings { neighbours: &self.neighbours }
    }

    /// What it needs and has, and how it comes back after an outage.
    #[must_use]
    pub fn assess(&self, outage: Duration) -> Assessment {
        capacity::assess(&self.sized, &self.around(), outage)
    }

    /// What could be chosen otherwise, at the rates of its region; at those of us-east-1 where one of them is not known.
    #[must_use]
    pub fn choices(&self) -> Choices {
        let of_region = |prices: Prices| cost::stream_rates(&prices, self.sized.pipeline().region());
        let rates = Prices::built_in().ok().and_then(of_region).unwrap_or(US_EAST_1);
        capacity::choices(&self.sized, &self.around(), &rates)
    }
}

/// Sizes a pipeline and every other one of its environment and region.
///
/// # Errors
/// Everything that is wrong with its files; a load that cannot be asked about.
pub fn place(shelf: &mut Shelf<'_>, order: &CapacityOrder) -> Result<Placed, Failure> {
    let CapacityOrder { pipeline: name, environment, region, traffic } = order;
    let Resolved { pipeline, warnings } = shelf.resolve(name, environment, region.as_ref())?;
    let region = pipeline.region().clone();
    let pipeline = match *traffic {
        None => pipeline,
        Some(rate) => capacity::at_load(pipeline, rate).ok_or_else(|| no_traffic(name))?,
    };
    let (mut neighbours, mut unread) = (Vec::new(), Vec::new());
    for other in shelf.project().pipelines()?.into_iter().filter(|other| other != name) {
        match shelf.resolve(&other, environment, Some(&region)) {
            Ok(resolved) => neighbours.push(capacity::size(resolved.pipeline)),
            Err(_) => unread.push(other),
        }
    }
    Ok(Placed { sized: capacity::size(pipeline), neighbours, unread, warnings })
}

fn no_traffic(pipeline: &str) -> Failure {
    Diagnostic::error(Code::BadArgument, format!("{pipeline} declares no traffic to put another load in the place of"))
        .note("a rate alone does not say how large a record is, nor how its keys spread")
        .help("declare `traffic.<stream>` with `steady`, `record` and `key` in the pipeline file")
        .into()
}
