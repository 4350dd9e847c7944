//! `sluice unlock`: takes a lease from whoever has it, after having said who that is.

use super::connect::same_account;
use super::deploy::{Company, Tools, ask};
use super::failure::Failure;
use super::lease::Place;
use super::load::{Shelf, region_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::rollout::{Lease, UnreadableLease};
use crate::units::{EnvironmentName, PipelineName, Region};

/// Whose lease is to be taken, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct UnlockOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// Do not ask.
    pub yes: bool,
}

/// What was found, which is gone now.
#[derive(Clone, Debug)]
pub struct Unlocked {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// Its lease; none where nobody had one.
    pub lease: Option<Result<Lease, UnreadableLease>>,
    /// Whether its time was over anyway.
    pub expired: bool,
}

/// Removes the lease of a pipeline. Works even where the pipeline's file is gone.
///
/// # Errors
/// Nobody agreed, or it changed hands meanwhile.
pub async fn unlock(
    shelf: &mut Shelf<'_>,
    order: &UnlockOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Unlocked, Failure> {
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let pipeline = PipelineName::new(&order.pipeline)
        .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{}` {error}", order.pipeline))))?;
    let region = region_of(&environment, order.region.as_ref())?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let place = Place {
        project: shelf.project(),
        cloud: &cloud,
        environment: &environment,
        region: &region,
        pipeline: &pipeline,
    };
    let found = place.record().await?;
    let lease = found.as_ref().map(|found| Lease::read(&found.bytes));
    let expired = matches!(&lease, Some(Ok(lease)) if lease.is_expired(cloud.time()));
    if let (Some(found), Some(lease)) = (found, &lease) {
        if !expired {
            ask(order.yes, company, &question(&pipeline, lease))?;
        }
        if !place.remove(&found.etag).await? {
            return Err(Failure::refused(
                Diagnostic::error(
                    Code::LeaseHeld,
                    format!("the lease on {pipeline} was renewed or changed hands meanwhile"),
                )
                .note("whoever has it is at work")
                .help("run the command again to see who that is"),
            ));
        }
    }
    Ok(Unlocked { lease, expired, environment: environment.name().clone(), region: region.clone(), pipeline })
}

fn question(pipeline: &PipelineName, lease: &Result<Lease, UnreadableLease>) -> String {
    match lease {
        Ok(Lease { owner, command, since, until, .. }) => format!(
            "{owner} has had {pipeline} for `{command}` since {since}, leased until {until}.\nTake the lease away? Two who \
             change one pipeline at once undo each other's work."
        ),
        Err(why) => format!("The lease on {pipeline} cannot be read: {why}.\nTake it away?"),
    }
}
