//! `sluice deploy`: what it is asked for, what it works with, whom it asks. Its steps are in `deployment`.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap::Founding;
use super::connect::{Connector, cadence};
use super::deployment::{Ready, deploy_ready};
use super::drive::{Interrupt, drive};
use super::ending::judge;
use super::failure::Failure;
use super::lease::{self, Place};
use super::load::Shelf;
use super::plan::spec_places;
use super::prepare::Prepared;
use super::promote::Promotion;
use super::saved::Reviewed;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::environment::Environment;
use crate::event::{Event, OperationResult};
use crate::observed::{Holding, Observed};
use crate::pipeline::Origins;
use crate::plan::{DrainOf, HandOverOf, Permission, Plan};
use crate::rollout::{Goal, LeftBehind, Machine, Outcome};
use crate::units::{LogicalId, PipelineName, Region};
use crate::workspace::Clock;

/// Whoever watches a command and answers for it.
pub trait Company {
    /// Files were read and rendered, and somebody should look at this.
    fn warned(&mut self, warnings: &Diagnostics, texts: &BTreeMap<FilePath, String>);
    /// The plan is made; it is shown now.
    fn planned(&mut self, prepared: &Prepared, plan: &Plan);
    /// A stack is to be removed; what goes, what stays and which buckets are emptied first is shown now.
    fn leaving(&mut self, leaving: &Leaving<'_>);
    /// A foundation is to be made or changed; the plan is shown now.
    fn founding(&mut self, founding: &Founding<'_>);
    /// A release is to be promoted; how the gates stand and what the environments differ in is shown now.
    fn promoting(&mut self, _promotion: &Promotion<'_>) {}
    /// Whether somebody is there to answer.
    fn listens(&self) -> bool;
    /// Asks whether to go on.
    fn agree(&mut self, question: &str) -> Answer;
    /// Something happened.
    fn tell(&mut self, event: Event);
}

/// A stack that is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    /// The pipeline.
    pub pipeline: &'a PipelineName,
    /// Where it is.
    pub environment: &'a Environment,
    /// In which of its regions.
    pub region: &'a Region,
    /// What goes and what stays.
    pub plan: &'a Plan,
    /// The buckets that are emptied first.
    pub emptied: &'a BTreeMap<String, Holding>,
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// There is nobody to ask.
    Nobody,
}

/// What a deployment works with.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Opens clouds.
    pub connector: &'a dyn Connector,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Whether the person wants to leave.
    pub interrupt: &'a Interrupt,
}

/// What is to be deployed, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct DeployOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// Do not ask.
    pub yes: bool,
    /// What was agreed to by name.
    pub given: BTreeSet<Permission>,
    /// The plan that was reviewed: exactly that is deployed, or nothing.
    pub reviewed: Option<Reviewed>,
    /// Which readers are paused meanwhile; none where nothing is said.
    pub drain: Option<DrainOf>,
    /// Which readers are handed over to their successors; none where nothing is said.
    pub hand_over: Option<HandOverOf>,
}

/// How a deployment ended.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// What was prepared.
    pub prepared: Prepared,
    /// The plan.
    pub plan: Plan,
    /// How it ended.
    pub result: OperationResult,
    /// What the stack let go of without deleting it.
    pub left_behind: Vec<LeftBehind>,
    /// Resources that were taken in by name.
    pub imported: Vec<LogicalId>,
}

/// Deploys a pipeline.
///
/// # Errors
/// Everything that kept it from being live as planned.
pub async fn deploy(
    shelf: &mut Shelf<'_>,
    order: &DeployOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Deployed, Failure> {
    let ready = Ready::of_files(shelf, &order.pipeline, &order.environment, order.region.as_ref())?;
    Box::pin(deploy_ready(shelf, ready, order, tools, company)).await
}

/// Follows whatever already runs on the stack to its end, so that the plan is made against a stack at rest; unless somebody
/// else has the lease of `place` and is at work. Gives the stack back where it was at rest from the start: it need not be read
/// again.
pub(super) async fn settle(
    cloud: &Cloud,
    stack: &str,
    origins: &Origins,
    environment: &Environment,
    tools: Tools<'_>,
    company: &mut dyn Company,
    place: Option<Place<'_>>,
) -> Result<Option<Observed>, Failure> {
    match cloud.describe_stack(stack).await {
        Ok(found) if found.stack().is_none_or(|stack| stack.status.is_settled()) => return Ok(Some(found)),
        // What passes is waited for below.
        Err(refusal) if !refusal.kind.is_transient() => return Err(refusal.into()),
        Ok(_) | Err(_) => {}
    }
    if let Some(place) = place {
        lease::free(place).await?;
    }
    let goal = Goal::Settle { stack: stack.to_owned(), origins: spec_places(origins) };
    let mut machine = Machine::new(goal, cadence(environment, tools.clock.is_virtual()));
    let outcome = drive(&mut machine, cloud, tools.clock, tools.interrupt, &mut |event| company.tell(event)).await;
    match outcome {
        Outcome::Failed(failure) => Err(failure.into()),
        Outcome::Finished { result: OperationResult::Detached, .. } | Outcome::Interrupted => {
            judge(stack, &Outcome::Interrupted, origins).map(|_| None)
        }
        // However the earlier operation ended, the plan starts from what it left.
        _ => Ok(None),
    }
}

/// Makes sure, before anything is written, that the question will have an answer.
///
/// # Errors
/// When it was not answered beforehand and nobody is there to ask.
pub(super) fn somebody_answers(yes: bool, company: &dyn Company) -> Result<(), Failure> {
    if yes || company.listens() { Ok(()) } else { Err(nobody("; `sluice plan` shows what it would be")) }
}

/// `beside` says what else there is to do.
pub(super) fn nobody(beside: &str) -> Failure {
    Failure::refused(
        Diagnostic::error(Code::ConsentNeeded, "nobody is there to ask, nothing was changed")
            .help(format!("add `--yes` to go on without a question{beside}")),
    )
}

/// Asks, unless the answer was given beforehand.
pub(super) fn ask(yes: bool, company: &mut dyn Company, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    answered(company.agree(question))
}

/// What an answer comes to.
pub(super) fn answered(answer: Answer) -> Result<(), Failure> {
    match answer {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::error(Diagnostic::error(Code::Declined, "declined, nothing was changed"))),
        Answer::Nobody => Err(nobody("")),
    }
}
