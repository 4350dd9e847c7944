//! `sluice destroy`: look, say what goes and what stays, ask, remove.

use std::collections::BTreeMap;

use super::connect::{cadence, same_account};
use super::deploy::{Company, Leaving, Tools, ask};
use super::drive::drive_under;
use super::ending::judge;
use super::failure::Failure;
use super::lease::{self, Held, Place, Wish};
use super::ledger::Book;
use super::load::Shelf;
use super::pauses::Record;
use super::plan::spec_places;
use super::prepare::prepare;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::environment::{Environment, Tier};
use crate::event::OperationResult;
use crate::observed::{Holding, Observed};
use crate::pipeline::{Origins, names};
use crate::plan::{self, Plan};
use crate::release::{Entry, Fact};
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

    let cloud = tools.connector.connect(&environment, &region).await?;
    let caller = same_account(&cloud, &environment).await?;
    let place =
        Place { project: shelf.project(), cloud: &cloud, environment: &environment, region: &region, pipeline: &name };
    let observed = cloud.describe_stack(&stack).await?;
    let Observed::Present(found) = &observed else {
        lease::clear_after_death(place).await?;
        return Ok(Destroyed { stack, result: OperationResult::NothingToDo, left_behind: Vec::new() });
    };
    if found.termination_protection && !order.unprotect {
        judge(&stack, &Outcome::Protected, &origins)?;
    }
    let plan: Plan = plan::destroy(&stack, &observed, &origins);
    let emptied = to_be_emptied(&cloud, &environment, &plan).await?;
    company.leaving(&Leaving {
        pipeline: &name,
        environment: &environment,
        region: &region,
        plan: &plan,
        emptied: &emptied,
    });
    ask(order.yes, company, &format!("Remove {stack} from {} / {region}?", environment.account()))?;
    let removal = Removal {
        stack: stack.clone(),
        stack_id: Some(found.id.clone()),
        unprotect: order.unprotect,
        role: None,
        origins: spec_places(&origins),
        resources: plan.resources.len(),
        expected: plan.expected.typical,
    };
    let wish = Wish { place, owner: &caller.arn, command: "destroy", work: None };
    let mut held = lease::take(&wish, company).await?;
    let outcome = remove(&removal, &emptied, &environment, tools, company, &mut held).await;
    if let Ok(Outcome::Finished { result: OperationResult::Succeeded, .. }) = &outcome {
        Record::forget(place).await;
        // What is gone is gone, whoever cannot write it down.
        let gone = |newest: Option<&Entry>| Fact::Removal { release: newest.and_then(|newest| newest.running.clone()) };
        if let Err(failure) = Book::of(place).add(&caller.arn, gone).await {
            let told = failure.diagnostics.into_iter().map(|why| Diagnostic { severity: Severity::Warning, ..why });
            company.warned(&told.collect(), &BTreeMap::new());
        }
    }
    held.release(company).await?;
    let outcome = outcome?;
    let result = judge(&stack, &outcome, &origins)?;
    let left_behind = match outcome {
        Outcome::Finished { left_behind, .. } => left_behind,
        _ => Vec::new(),
    };
    Ok(Destroyed { stack, result, left_behind })
}

/// Empties the buckets and removes the stack.
async fn remove(
    removal: &Removal,
    emptied: &BTreeMap<String, Holding>,
    environment: &Environment,
    tools: Tools<'_>,
    company: &mut dyn Company,
    held: &mut Held<'_>,
) -> Result<Outcome, Failure> {
    let cloud = held.cloud().clone();
    for bucket in emptied.keys() {
        cloud.empty_bucket(bucket).await?;
    }
    let mut tries = 0;
    loop {
        let goal = Goal::Destroy(Box::new(removal.clone()));
        let mut machine = Machine::new(goal, cadence(environment, tools.clock.is_virtual()));
        let tell = &mut |event| company.tell(event);
        let outcome = drive_under(&mut machine, &cloud, tools.clock, tools.interrupt, tell, Some(&mut *held)).await;
        tries += 1;
        // Whoever writes into a bucket goes on until it is deleted itself: what came in meanwhile goes too.
        let filled: Vec<&String> = refilled(&outcome).filter(|bucket| emptied.contains_key(*bucket)).collect();
        if filled.is_empty() || tries == MOST_TRIES {
            return Ok(outcome);
        }
        for bucket in filled {
            cloud.empty_bucket(bucket).await?;
        }
    }
}

/// How often a removal is begun again because a bucket had filled up meanwhile.
const MOST_TRIES: u32 = 3;

/// The pipeline's own buckets that hold something and are deleted with the stack. Only where nothing is to be left
/// (DESIGN 8, development): elsewhere buckets stay.
async fn to_be_emptied(
    cloud: &Cloud,
    environment: &Environment,
    plan: &Plan,
) -> Result<BTreeMap<String, Holding>, Failure> {
    let mut found = BTreeMap::new();
    if environment.tier() != Tier::Development {
        return Ok(found);
    }
    let buckets = plan
        .resources
        .iter()
        .filter(|resource| resource.type_name == BUCKET && resource.removal == Some(plan::Removal::Deleted));
    for bucket in buckets.filter_map(|resource| resource.physical_id.clone()) {
        if let Some(holding) = cloud.bucket_holds(&bucket).await?.filter(|holding| holding.versions > 0) {
            found.insert(bucket, holding);
        }
    }
    Ok(found)
}

const BUCKET: &str = "AWS::S3::Bucket";

/// Buckets whose deletion was refused.
fn refilled(outcome: &Outcome) -> impl Iterator<Item = &String> {
    let left = match outcome {
        Outcome::Finished { left_behind, .. } => left_behind.as_slice(),
        _ => &[],
    };
    left.iter().filter(|left| left.type_name == BUCKET && left.failure.is_some()).map(|left| &left.physical_id)
}
