//! `sluice status`: the stack as it is.

use super::connect::{Connector, same_account};
use super::failure::Failure;
use super::load::{Shelf, region_of};
use super::prepare::prepare;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::{Environment, Target};
use crate::observed::Observed;
use crate::pipeline::{Origins, names};
use crate::units::{PipelineName, Region};

/// A stack as it is, and where its resources come from.
#[derive(Clone, Debug)]
pub struct Status {
    /// The stack's name.
    pub stack: String,
    /// What is there.
    pub observed: Observed,
    /// Whether it stands in the embedded cloud.
    pub embedded: bool,
    /// Where its resources come from; empty where the pipeline file does not pass its check.
    pub origins: Origins,
}

/// Reads a pipeline's stack.
///
/// # Errors
/// When the environment's file is wrong, or AWS refuses.
pub async fn status(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
    connector: &dyn Connector,
) -> Result<Status, Failure> {
    let Standing { stack, environment, region, origins, .. } = standing(shelf, pipeline, environment, region)?;
    let cloud = connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let observed = cloud.describe_stack(&stack).await?;
    Ok(Status { stack, observed, embedded: *environment.target() == Target::Embedded, origins })
}

/// Where a pipeline's stack stands, whether or not it is there.
pub(super) struct Standing {
    /// The pipeline.
    pub(super) pipeline: PipelineName,
    /// The stack's name.
    pub(super) stack: String,
    /// The environment.
    pub(super) environment: Environment,
    /// The region.
    pub(super) region: Region,
    /// Where its resources come from; empty where the pipeline file does not pass its check.
    pub(super) origins: Origins,
}

/// Finds where a pipeline's stack stands. Works even where the pipeline file no longer passes its check.
///
/// # Errors
/// When there is no such pipeline, or the environment's file is wrong.
pub(super) fn standing(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Standing, Failure> {
    let origins = prepare(shelf, pipeline, environment, region)
        .map_or_else(|_| Origins::new(), |prepared| prepared.rendered.origins);
    shelf.spec(pipeline)?;
    let environment = shelf.environment(environment)?.environment().clone();
    let name = PipelineName::new(pipeline)
        .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{pipeline}` {error}"))))?;
    let region = region_of(&environment, region)?;
    let stack = names::stack(&name, environment.name());
    Ok(Standing { pipeline: name, stack, environment, region, origins })
}
