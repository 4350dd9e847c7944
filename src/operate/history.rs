//! `sluice history`: what the ledger of a pipeline in an environment says. Only reads.

use super::connect::same_account;
use super::deploy::Tools;
use super::failure::Failure;
use super::lease::Place;
use super::ledger::Book;
use super::load::{Shelf, region_of};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Target;
use crate::release::{Draft, Ledger};
use crate::rollout::Lease;
use crate::units::{EnvironmentName, PipelineName, Region, Timestamp};

/// Whose history is to be told.
#[derive(Clone, Debug)]
pub struct HistoryOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environments; all of the project where none is named.
    pub environments: Vec<String>,
    /// Region, where an environment has several.
    pub region: Option<Region>,
}

/// What was found in one environment.
#[derive(Clone, Debug)]
pub struct Chronicle {
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// Whether it is the embedded cloud's.
    pub embedded: bool,
    /// When it was looked at, by the server's clock.
    pub at: Timestamp,
    /// The ledger.
    pub ledger: Ledger,
    /// A deployment that is under way, or whose run died before it was recorded.
    pub under_way: Option<Draft>,
}

/// The history of a pipeline.
#[derive(Clone, Debug)]
pub struct History {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Of each environment that was asked for, in that order.
    pub chronicles: Vec<Chronicle>,
    /// Environments that were not named and cannot be read, and why: never errors.
    pub unread: Diagnostics,
}

/// Reads ledgers.
///
/// # Errors
/// An environment's file is wrong, its account cannot be reached, or its ledger cannot be read.
pub async fn history(shelf: &mut Shelf<'_>, order: &HistoryOrder, tools: Tools<'_>) -> Result<History, Failure> {
    let pipeline = PipelineName::new(&order.pipeline)
        .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{}` {error}", order.pipeline))))?;
    let names = match order.environments.as_slice() {
        [] => shelf.project().environments()?,
        named => named.to_vec(),
    };
    let (mut chronicles, mut unread) = (Vec::new(), Diagnostics::new());
    for name in names {
        match chronicle(shelf, &pipeline, &name, order.region.as_ref(), tools).await {
            Ok(found) => chronicles.push(found),
            Err(failure) if order.environments.is_empty() => {
                let why = failure.diagnostics.into_iter().map(|why| why.title).collect::<Vec<_>>().join("; ");
                let title = format!("the history of {pipeline} in {name} is not read");
                unread.push(Diagnostic::warning(Code::HistoryUnread, title).note(why));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(History { pipeline, chronicles, unread })
}

async fn chronicle(
    shelf: &mut Shelf<'_>,
    pipeline: &PipelineName,
    environment: &str,
    region: Option<&Region>,
    tools: Tools<'_>,
) -> Result<Chronicle, Failure> {
    let environment = shelf.environment(environment)?.environment().clone();
    let region = region_of(&environment, region)?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let place = Place { project: shelf.project(), cloud: &cloud, environment: &environment, region: &region, pipeline };
    let ledger = Book::of(place).read().await?;
    let lease = place.record().await?.and_then(|found| Lease::read(&found.bytes).ok());
    let under_way = lease.and_then(|lease| lease.work).and_then(|work| serde_json::from_value::<Draft>(work).ok());
    // One that was recorded meanwhile is over: only its lease is left.
    let under_way =
        under_way.filter(|draft| !ledger.entries().iter().any(|one| one.fact.deployment() == Some(&draft.id)));
    Ok(Chronicle {
        environment: environment.name().clone(),
        region: region.clone(),
        embedded: *environment.target() == Target::Embedded,
        at: cloud.time(),
        ledger,
        under_way,
    })
}
