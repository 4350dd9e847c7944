//! `sluice destroy`: look, say what goes and what stays, ask, remove.

use super::connect::{cadence, same_account};
use super::deploy::{Company, Tools, ask, somebody_answers};
use super::drive::drive;
use super::ending::judge;
use super::failure::Failure;
use super::load::Shelf;
use super::plan::spec_places;
use super::prepare::prepare;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Target;
use crate::event::OperationResult;
use crate::observed::Observed;
use crate::pipeline::{Origins, names};
use crate::plan::{self, Plan};
use crate::rollout::{Goal, LeftBehind, Machine, Outcome, Removal};
use crate::units::{PipelineName, Region};

/// What is to be removed, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct DestroyOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// Do not ask.
    pub yes: bool,
    /// Lift termination protection.
    pub unprotect: bool,
}

/// How a removal ended.
#[derive(Clone, Debug)]
pub struct Destroyed {
    /// The stack.
    pub stack: String,
    /// How it ended.
    pub result: OperationResult,
    /// What stays behind.
    pub left_behind: Vec<LeftBehind>,
}

/// Removes a pipeline's stack. Works even where the pipeline file no longer passes its check.
///
/// # Errors
/// Everything that kept it from being gone.
pub async fn destroy(
    shelf: &mut Shelf<'_>,
    order: &DestroyOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Destroyed, Failure> {
    let origins = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref())
        .map_or_else(|_| Origins::new(), |prepared| prepared.rendered.origins);
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let name = PipelineName::new(&order.pipeline)
        .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{}` {error}", order.pipeline))))?;
    let region = super::load::region_of(&environment, order.region.as_ref())?;
    let stack = names::stack(&name, environment.name());

    somebody_answers(order.yes, company)?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let observed = cloud.describe_stack(&stack).await?;
    let Observed::Present(found) = &observed else {
        return Ok(Destroyed { stack, result: OperationResult::NothingToDo, left_behind: Vec::new() });
    };
    if found.termination_protection && !order.unprotect {
        judge(&stack, &Outcome::Protected, &origins)?;
    }
    let plan: Plan = plan::destroy(&stack, &observed, &origins);
    company.leaving(&stack, *environment.target() == Target::Embedded, &plan);
    ask(order.yes, company, &format!("Remove {stack}?"))?;

    let removal = Removal {
        stack: stack.clone(),
        stack_id: Some(found.id.clone()),
        unprotect: order.unprotect,
        role: None,
        origins: spec_places(&origins),
        resources: plan.resources.len(),
        expected: plan.expected.typical,
    };
    let mut machine = Machine::new(Goal::Destroy(Box::new(removal)), cadence(&environment, tools.clock.is_virtual()));
    let outcome = drive(&mut machine, &cloud, tools.clock, tools.interrupt, &mut |event| company.tell(event)).await;
    let result = judge(&stack, &outcome, &origins)?;
    let left_behind = match outcome {
        Outcome::Finished { left_behind, .. } => left_behind,
        _ => Vec::new(),
    };
    Ok(Destroyed { stack, result, left_behind })
}
