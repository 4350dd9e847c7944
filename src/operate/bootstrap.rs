//! `sluice bootstrap`: the foundation of an environment's account and region, planned and rolled out like any stack.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::{cadence, same_account};
use super::deploy::{Company, Tools, ask, settle};
use super::drive::drive;
use super::ending::judge;
use super::failure::{Failure, FailureKind};
use super::load::{Shelf, region_of};
use super::plan::{Keep, Look, Wanted};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::event::OperationResult;
use crate::foundation::{Foundation, STACK, Share, Unreadable};
use crate::observed::Observed;
use crate::pipeline::Origins;
use crate::plan::{ApprovedPlan, Baseline, Consent, Desired, Known, Permission, Plan, Policy, approve};
use crate::rollout::{Basis, Deployment, FailedCreate, Goal, Machine, Outcome};
use crate::template::{Template, limits};
use crate::units::{EnvironmentName, PipelineName, Region};

/// Which foundation, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct BootstrapOrder {
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// Do not ask.
    pub yes: bool,
    /// What was agreed to by name.
    pub given: BTreeSet<Permission>,
}

/// A foundation as it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    /// The environment that asks for it.
    pub environment: &'a Environment,
    /// In which of its regions.
    pub region: &'a Region,
    /// What would change.
    pub plan: &'a Plan,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct Bootstrapped {
    /// The environment.
    pub environment: Environment,
    /// In which of its regions.
    pub region: Region,
    /// The plan.
    pub plan: Plan,
    /// How it ended.
    pub result: OperationResult,
    /// What the stack gives out, for the environment's file.
    pub outputs: BTreeMap<String, String>,
}

/// The template of the foundation that an environment asks for, as if it were the only one. Reads files only.
///
/// # Errors
/// What is wrong with the environment's file.
pub fn foundation_template(
    shelf: &mut Shelf<'_>,
    environment: &str,
    region: Option<&Region>,
) -> Result<Template, Failure> {
    let environment = shelf.environment(environment)?.environment().clone();
    let region = region_of(&environment, region)?;
    let foundation = founded(shelf, &environment, &region, &Observed::Absent)?;
    template_of(&foundation, &environment)
}

/// Makes the foundation of an environment, or brings it up to date.
///
/// # Errors
/// Everything that kept it from being there as planned.
pub async fn bootstrap(
    shelf: &mut Shelf<'_>,
    order: &BootstrapOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Bootstrapped, Failure> {
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let region = region_of(&environment, order.region.as_ref())?;
    if !company.listens() {
        ask(order.yes, company, "")?;
    }
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let observed = match settle(&cloud, STACK, &Origins::new(), &environment, tools, company, None).await? {
        Some(found) => found,
        None => cloud.describe_stack(STACK).await?,
    };
    let foundation = founded(shelf, &environment, &region, &observed)?;
    let template = template_of(&foundation, &environment)?;
    let wanted = || wanted(&foundation, &environment, template.clone());
    let mut look = Look::of(wanted(), observed, Known::default(), Keep::Nothing);
    // A new foundation has its bucket first and alone where one is there that must be taken in as it is, and where the rest
    // goes through it, because no request takes a template of that size.
    let is_new = look.plan.baseline == Baseline::Absent;
    let is_there = is_new && cloud.bucket_tags(&foundation.bucket_name()).await?.is_some();
    let is_large = template.to_canonical_json().len() > limits::BODY_BYTES;
    let bucket_first = is_new && (is_there || is_large);
    look.ask(&cloud, tools).await?;
    if is_there || !is_large {
        look.confirmed()?;
    }
    let plan = look.plan.clone();
    company.founding(&Founding { environment: &environment, region: &region, plan: &plan });
    let ended = |result, outputs| Bootstrapped {
        environment: environment.clone(),
        region: region.clone(),
        plan: plan.clone(),
        result,
        outputs,
    };
    if plan.is_empty() {
        look.leave(&cloud, tools.clock).await?;
        let outputs = look.observed.stack().map(|stack| stack.outputs.clone()).unwrap_or_default();
        return Ok(ended(OperationResult::NothingToDo, outputs));
    }
    let consent = Consent { yes: true, given: order.given.clone() };
    let mut approved = match approved(&look, &environment, &consent) {
        Ok(approved) => approved,
        Err(refused) => {
            look.leave(&cloud, tools.clock).await?;
            return Err(refused);
        }
    };
    let question = format!("Make these changes to the foundation in {} / {region}?", environment.account());
    if let Err(declined) = ask(order.yes, company, &question) {
        look.leave(&cloud, tools.clock).await?;
        return Err(declined);
    }
    if bucket_first {
        look.leave(&cloud, tools.clock).await?;
        let adoption = Deployment {
            template: foundation.adoption().to_canonical_json(),
            resources: 1,
            ..look.deployment(Basis::New, FailedCreate::RemoveShell)
        };
        match roll_out(adoption, &cloud, &environment, tools, company).await? {
            OperationResult::Detached => return Ok(ended(OperationResult::Detached, BTreeMap::new())),
            _ => {
                look = Look::of(wanted(), cloud.describe_stack(STACK).await?, Known::default(), Keep::Nothing);
                approved = self::approved(&look, &environment, &consent)?;
            }
        }
    }
    let result = roll_out(look.approved(&approved), &cloud, &environment, tools, company).await?;
    let outputs = cloud.stack_head(STACK).await?.map(|head| head.outputs).unwrap_or_default();
    Ok(ended(result, outputs))
}

/// The foundation with this environment's share, beside those that the deployed one has.
fn founded(
    shelf: &Shelf<'_>,
    environment: &Environment,
    region: &Region,
    observed: &Observed,
) -> Result<Foundation, Failure> {
    let pipelines: Vec<PipelineName> =
        shelf.project().pipelines()?.iter().filter_map(|name| PipelineName::new(name).ok()).collect();
    let outputs = observed.stack().map(|stack| &stack.outputs);
    let made = outputs.into_iter().flatten().filter(|(name, _)| name.starts_with("Boundary"));
    let made: BTreeSet<&str> = made.map(|(_, arn)| arn.as_str()).collect();
    let share = Share::of(environment, region, &pipelines, &made);
    let deployed = observed.stack().and_then(|stack| stack.template.as_ref());
    Foundation::new(environment, region, share, deployed).map_err(|why| not_ours(environment.name(), why))
}

fn not_ours(environment: &EnvironmentName, why: Unreadable) -> Failure {
    let told =
        Diagnostic::error(Code::FoundationOlder, format!("the stack {STACK} of {environment} cannot be used: {why}"));
    Failure::refused(match why {
        Unreadable::Newer(_) => told.help("use the Sluice that made it, or a newer one"),
        Unreadable::Foreign => told.help("remove or rename that stack: Sluice keeps its foundation under this name"),
    })
}

fn template_of(foundation: &Foundation, environment: &Environment) -> Result<Template, Failure> {
    foundation.template().map_err(|why| {
        Failure::error(
            Diagnostic::error(Code::OutOfRange, format!("the roles of the foundation cannot be made: {why}"))
                .note(format!("`foundation.roles` of {}", environment.file())),
        )
    })
}

fn wanted(foundation: &Foundation, environment: &Environment, template: Template) -> Wanted {
    let rendered = template.digest();
    let desired = Desired {
        stack: STACK.to_owned(),
        template,
        tags: foundation.tags(),
        origins: Origins::new(),
        loads: BTreeMap::new(),
    };
    let (bucket, environment) = (foundation.bucket_name(), environment.clone());
    Wanted {
        desired,
        environment,
        bucket,
        rollback_alarms: Vec::new(),
        protect: true,
        import_existing: true,
        pipeline: None,
        rendered,
    }
}

fn approved(look: &Look, environment: &Environment, consent: &Consent) -> Result<ApprovedPlan, Failure> {
    let policy = Policy { tier: environment.tier(), budget: None };
    approve(look.plan.clone(), &look.observed, policy, consent)
        .map_err(|refusal| Failure { kind: FailureKind::Refused, diagnostics: refusal.diagnostics() })
}

async fn roll_out(
    deployment: Deployment,
    cloud: &Cloud,
    environment: &Environment,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<OperationResult, Failure> {
    let mut machine = Machine::new(Goal::Deploy(Box::new(deployment)), cadence(environment, tools.clock.is_virtual()));
    let outcome: Outcome =
        drive(&mut machine, cloud, tools.clock, tools.interrupt, &mut |event| company.tell(event)).await;
    judge(STACK, &outcome, &Origins::new())
}
