//! `sluice recover`, `sluice watch`, `sluice cancel`: what state the stack is in, which way leads out of it, and going it.

use std::collections::BTreeMap;

use super::connect::{cadence, same_account};
use super::deploy::{Company, Tools, ask};
use super::drain::{self, Drained};
use super::drive::drive_under;
use super::ending::judge;
use super::failure::Failure;
use super::lease::{self, Held, Place, Wish};
use super::load::Shelf;
use super::pauses::Record;
use super::plan::spec_places;
use super::status::{Standing, standing};
use crate::cloud::Cloud;
use crate::environment::Environment;
use crate::event::OperationResult;
use crate::observed::{Observed, ObservedResource, StackDescription};
use crate::pipeline::Origins;
use crate::rollout::{Goal, Machine, Outcome, Recovery, Way, is_in_the_way};
use crate::units::{LogicalId, PipelineName, Region};
use crate::workspace::Project;

/// Whose stack it is, and which way out is meant.
#[derive(Clone, Debug)]
pub struct RecoverOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// Go on without what stands in the way: skip it in a rollback, leave it behind in a deletion.
    pub without: bool,
}

/// A stack, looked at, and the way out of its state.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// What is there; none where there is no stack.
    pub stack: Option<StackDescription>,
    /// The stack's name.
    pub name: String,
    /// The environment.
    pub environment: Environment,
    /// The region.
    pub region: Region,
    /// The way out; none where nothing is stuck, or where only a person can judge.
    pub way: Option<Way>,
    /// What stands in the way, with why.
    pub obstacles: Vec<(LogicalId, ObservedResource)>,
    /// Where its resources come from; empty where the pipeline file does not pass its check.
    pub origins: Origins,
    pub(super) cloud: Cloud,
    pub(super) pipeline: PipelineName,
    pub(super) caller: String,
}

impl Stuck {
    fn place<'a>(&'a self, project: &'a Project) -> Place<'a> {
        Place {
            project,
            cloud: &self.cloud,
            environment: &self.environment,
            region: &self.region,
            pipeline: &self.pipeline,
        }
    }
}

/// Looks at a stack and finds the way out of its state.
///
/// # Errors
/// When the environment's file is wrong, or AWS refuses.
pub async fn stuck(shelf: &mut Shelf<'_>, order: &RecoverOrder, tools: Tools<'_>) -> Result<Stuck, Failure> {
    let Standing { pipeline, stack: name, environment, region, origins } =
        standing(shelf, &order.pipeline, &order.environment, order.region.as_ref())?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    let caller = same_account(&cloud, &environment).await?.arn;
    let stack = match cloud.describe_stack(&name).await? {
        Observed::Present(stack) => Some(*stack),
        Observed::Absent => None,
    };
    let obstacles: Vec<(LogicalId, ObservedResource)> = stack.iter().flat_map(obstacles).collect();
    let left = || obstacles.iter().map(|(id, _)| id.clone()).collect();
    let way = stack.as_ref().and_then(|stack| Way::out_of(&stack.status)).map(|way| match way {
        Way::ContinueRollback { .. } if order.without => Way::ContinueRollback { skip: left() },
        Way::Delete { .. } if order.without => Way::Delete { retain: left() },
        way => way,
    });
    Ok(Stuck { stack, name, environment, region, way, obstacles, origins, cloud, pipeline, caller })
}

fn obstacles(stack: &StackDescription) -> impl Iterator<Item = (LogicalId, ObservedResource)> {
    let all = stack.resources.iter().filter(|(_, resource)| is_in_the_way(&stack.status, resource));
    all.map(|(id, resource)| (id.clone(), resource.clone()))
}

/// Goes the way out, after having asked; under the lease, but for calling off what somebody else may have begun.
///
/// # Errors
/// Nobody agreed, somebody else is at work, or the stack did not come out of its state.
pub async fn recover(
    project: &Project,
    stuck: &Stuck,
    way: Way,
    yes: bool,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<OperationResult, Failure> {
    let Some(stack) = &stuck.stack else { return Ok(OperationResult::NothingToDo) };
    let name = &stuck.name;
    let question = match &way {
        Way::Cancel => format!("Cancel the update of {name}?"),
        Way::ContinueRollback { skip } if skip.is_empty() => format!("Go on with the rollback of {name}?"),
        Way::ContinueRollback { skip } => format!("Go on with the rollback of {name} without {}?", listed(skip)),
        Way::RollBack => format!("Put the last good state of {name} back?"),
        Way::Delete { retain } if retain.is_empty() => format!("Delete what is left of {name}?"),
        Way::Delete { retain } => format!("Delete {name}, and leave {} behind?", listed(retain)),
    };
    ask(yes, company, &question)?;
    let alone = way != Way::Cancel;
    let recovery = Recovery {
        stack: name.clone(),
        stack_id: stack.id.clone(),
        way,
        origins: spec_places(&stuck.origins),
        resources: stack.resources.len(),
    };
    let goal = Goal::Recover(Box::new(recovery));
    if !alone {
        let result = follow(stuck, goal, tools, company, None).await;
        say_left(project, stuck, company).await?;
        return result;
    }
    let place = stuck.place(project);
    let wish = Wish { place, owner: &stuck.caller, command: "recover", work: None };
    let mut held = lease::take(&wish, company).await?;
    let result = follow(stuck, goal, tools, company, Some(&mut held)).await;
    let resumed = match &result {
        Ok(OperationResult::Detached) => Ok(()),
        // Whatever state the stack is in now: no reader waits for a deployment that is over.
        Ok(_) | Err(_) => resume(place, stuck, tools, company).await,
    };
    held.release(company).await?;
    let result = result?;
    resumed?;
    Ok(result)
}

/// Resumes the readers that a deployment left paused.
async fn resume(place: Place<'_>, stuck: &Stuck, tools: Tools<'_>, company: &mut dyn Company) -> Result<(), Failure> {
    let record = Record::read(place).await?;
    Drained { place, record, stack: &stuck.name, by: &stuck.caller, tools }.resume(company).await
}

/// Follows whatever runs on the stack to its end.
///
/// # Errors
/// What it ended with, where that is not well.
pub async fn watch(
    project: &Project,
    stuck: &Stuck,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<OperationResult, Failure> {
    let goal = Goal::Settle { stack: stuck.name.clone(), origins: spec_places(&stuck.origins) };
    let result = follow(stuck, goal, tools, company, None).await;
    say_left(project, stuck, company).await?;
    result
}

/// Says which readers wait for a deployment that this command does not end.
async fn say_left(project: &Project, stuck: &Stuck, company: &mut dyn Company) -> Result<(), Failure> {
    let record = Record::read(stuck.place(project)).await?;
    let target = format!("{} --env {}", stuck.pipeline, stuck.environment.name());
    let then = format!("resume it, once its deployment is over: sluice deploy {target}, or sluice resume {target}");
    let left = drain::left(record.pauses(), &then);
    if !left.is_empty() {
        company.warned(&left, &BTreeMap::new());
    }
    Ok(())
}

/// Drives a machine on a stack to its end.
pub(super) async fn follow(
    stuck: &Stuck,
    goal: Goal,
    tools: Tools<'_>,
    company: &mut dyn Company,
    held: Option<&mut Held<'_>>,
) -> Result<OperationResult, Failure> {
    let mut machine = Machine::new(goal, cadence(&stuck.environment, tools.clock.is_virtual()));
    let tell = &mut |event| company.tell(event);
    let outcome: Outcome = drive_under(&mut machine, &stuck.cloud, tools.clock, tools.interrupt, tell, held).await;
    judge(&stuck.name, &outcome, &stuck.origins)
}

fn listed(ids: &[LogicalId]) -> String {
    ids.iter().map(LogicalId::as_str).collect::<Vec<_>>().join(", ")
}
