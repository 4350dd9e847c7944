//! `sluice deploy`: prepare, look, compare, ask, upload, roll out.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap::Founding;
use super::connect::{Connector, cadence, same_account};
use super::drain::{self, Drained};
use super::drive::{Interrupt, drive, drive_under};
use super::ending::judge;
use super::failure::{Failure, FailureKind};
use super::foundation;
use super::lease::{self, Place, Wish};
use super::load::Shelf;
use super::outlook::outlook;
use super::pauses::Record;
use super::plan::{Keep, Look, Readers, spec_places};
use super::prepare::{Prepared, prepare};
use super::saved::{Reviewed, as_shown};
use super::upload::upload;
use super::upstream;
use super::verify::verify;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::environment::Environment;
use crate::event::{Event, EventKind, OperationResult};
use crate::observed::{Holding, Observed};
use crate::pipeline::Origins;
use crate::plan::{Consent, DrainOf, HandOverOf, Inputs, Permission, Plan, approve};
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
    let prepared = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref())?;
    deploy_ready(shelf, Ready { prepared, shown: None }, order, tools, company).await
}

/// Everything that a deployment needs besides AWS.
pub(super) struct Ready {
    /// What was prepared.
    pub(super) prepared: Prepared,
    /// The plan that was shown before the question, where it was asked once for several.
    pub(super) shown: Option<Plan>,
}

/// The same with everything ready.
pub(super) async fn deploy_ready(
    shelf: &Shelf<'_>,
    ready: Ready,
    order: &DeployOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Deployed, Failure> {
    let Ready { prepared, shown } = ready;
    company.warned(&prepared.warnings, shelf.texts());
    let pipeline = prepared.sized.pipeline();
    let environment = pipeline.environment();
    if let Some(reviewed) = &order.reviewed {
        reviewed.same_files(&Inputs::of(&prepared, shelf.texts(), None), &prepared.rendered.template.digest())?;
    }
    somebody_answers(order.yes, company)?;
    if let Some(DrainOf::Named(names)) = &order.drain {
        drain::known(names, pipeline)?;
    }
    if let Some(HandOverOf::Named(names)) = &order.hand_over {
        drain::known(names, pipeline)?;
    }
    let cloud = tools.connector.connect(environment, pipeline.region()).await?;
    let caller = same_account(&cloud, environment).await?;
    let place = Place {
        project: shelf.project(),
        cloud: &cloud,
        environment,
        region: pipeline.region(),
        pipeline: pipeline.name(),
    };
    let (stack, origins) = (&prepared.rendered.stack_name, &prepared.rendered.origins);
    // What is awaited here is kept on the heap: all of it together is more than a thread's stack should hold.
    let found = Box::pin(settle(&cloud, stack, origins, environment, tools, company, Some(place))).await?;

    let record = Record::read(place).await?;
    let (drain, noted) = (order.drain.clone(), Some(record.pauses().clone()));
    let readers = Readers { drain, noted, hand_overs: Vec::new() };
    let target = format!("{} --env {}", pipeline.name(), environment.name());
    let then = format!("it is resumed when this deployment is over, or at once: sluice resume {target}");
    let left = drain::left(record.pauses(), &then);
    if !left.is_empty() {
        company.warned(&left, &BTreeMap::new());
    }
    let upstream = upstream::missing(&cloud, pipeline).await?;
    let keep = if order.reviewed.is_some() { Keep::ChangeSet } else { Keep::Nothing };
    let mut look = Box::pin(Look::at(&cloud, &prepared, keep, found)).await?;
    look.readers = readers;
    if let Some(which) = &order.hand_over {
        Box::pin(look.hand_over(&cloud, which)).await?;
    }
    if !look.plan.is_empty() {
        foundation::needed(&cloud, environment, &prepared.bucket).await?;
    }
    if let Err(failure) = Box::pin(look.ask(&cloud, tools)).await {
        // That somebody else is at work explains whatever CloudFormation says of it.
        lease::free(place).await?;
        return Err(failure);
    }
    look.confirmed()?;
    let plan = look.plan.clone();
    if let Some(reviewed) = &order.reviewed
        && let Err(moved) = reviewed.same_stack(&plan, look.change_set())
    {
        reviewed.forget(&cloud).await;
        look.leave(&cloud, tools.clock).await?;
        return Err(moved);
    }
    if let Some(shown) = &shown
        && let Err(moved) = as_shown(shown, &plan)
    {
        return Err(not_begun(moved, &look, order, &cloud, tools).await);
    }
    let policy = outlook(&prepared.sized).policy(environment.tier());
    match policy.unfitting(&plan, &order.given).into_result(()) {
        Ok(((), warnings)) => company.warned(&warnings, shelf.texts()),
        Err(wrong) => return Err(not_begun(wrong.into(), &look, order, &cloud, tools).await),
    }
    company.planned(&prepared, &plan);
    if !plan.is_empty() && upstream.has_errors() {
        return Err(not_begun(upstream.into(), &look, order, &cloud, tools).await);
    }
    let wish = Wish { place, owner: &caller.arn, command: "deploy" };
    let mut drained = Drained { place, record, stack, by: &caller.arn, tools };
    if plan.is_empty() {
        look.leave(&cloud, tools.clock).await?;
        if left.is_empty() {
            lease::clear_after_death(place).await?;
        } else {
            let held = lease::take(&wish, company).await?;
            let resumed = Box::pin(drained.resume(company)).await;
            held.release(company).await?;
            resumed?;
        }
        let (left_behind, imported) = (Vec::new(), Vec::new());
        return Ok(Deployed { prepared, plan, result: OperationResult::NothingToDo, left_behind, imported });
    }
    // What no answer can cure is said before the question; what is approved is used only after the answer.
    let consent = Consent { yes: true, given: order.given.clone() };
    let approved = match approve(plan.clone(), &look.observed, policy, &consent) {
        Ok(approved) => approved,
        Err(refusal) => {
            let refused = Failure { kind: FailureKind::Refused, diagnostics: refusal.diagnostics() };
            return Err(not_begun(refused, &look, order, &cloud, tools).await);
        }
    };
    if let Some(refused) = drain::refused(&plan, pipeline) {
        return Err(not_begun(refused, &look, order, &cloud, tools).await);
    }
    if let Err(declined) = ask(order.yes, company, "Deploy these changes?") {
        return Err(not_begun(declined, &look, order, &cloud, tools).await);
    }
    let mut held = match Box::pin(lease::take(&wish, company)).await {
        Ok(held) => held,
        Err(refused) => return Err(not_begun(refused, &look, order, &cloud, tools).await),
    };
    let paused_since = cloud.time();
    let ready = match upload(shelf.project(), &order.pipeline, &prepared, tools, company, &mut held).await {
        Ok(()) => Box::pin(drained.pause(&plan, &look.observed, &mut held, company)).await,
        Err(failure) => Err(failure),
    };
    let outcome = match ready {
        Ok(()) => {
            let goal = Goal::Deploy(Box::new(look.approved(&approved)));
            let mut machine = Machine::new(goal, cadence(environment, tools.clock.is_virtual()));
            let tell = &mut |event| company.tell(event);
            Ok(Box::pin(drive_under(&mut machine, &cloud, tools.clock, tools.interrupt, tell, Some(&mut held))).await)
        }
        Err(failure) => Err(not_begun(failure, &look, order, &cloud, tools).await),
    };
    let resumed = match &outcome {
        Ok(outcome) => Box::pin(drained.after(&plan, outcome, company)).await,
        Err(_) => Box::pin(drained.resume(company)).await.map(|()| None),
    };
    held.release(company).await?;
    let outcome = outcome?;
    let judged = judge(&prepared.rendered.stack_name, &outcome, &prepared.rendered.origins);
    let (result, stack) = match (judged, resumed) {
        (Ok(result), Ok(stack)) => (result, stack),
        (Ok(_), Err(failure)) | (Err(failure), Ok(_)) => return Err(failure),
        (Err(mut failure), Err(more)) => {
            failure.diagnostics.extend(more.diagnostics);
            return Err(failure);
        }
    };
    if result == OperationResult::Succeeded {
        let looked_at = Box::pin(verify(&cloud, &prepared, &plan, tools.clock)).await?;
        if looked_at > 0 {
            company.tell(Event { at: tools.clock.now(), kind: EventKind::Verified { looked_at } });
        }
        if let (Some(drain), Some(stack)) = (&plan.drain, &stack) {
            Box::pin(drained.catch_up(drain, stack, paused_since, company)).await?;
        }
    }
    let (left_behind, imported) = match outcome {
        Outcome::Finished { left_behind, imported, .. } => (left_behind, imported),
        _ => (Vec::new(), Vec::new()),
    };
    Ok(Deployed { prepared, plan, result, left_behind, imported })
}

/// Leaves nothing behind of a deployment that is not begun, and says why it is not; a saved plan keeps its change set, so that
/// it can still be deployed.
async fn not_begun(mut why: Failure, look: &Look, order: &DeployOrder, cloud: &Cloud, tools: Tools<'_>) -> Failure {
    if order.reviewed.is_none()
        && let Err(left) = look.leave(cloud, tools.clock).await
    {
        why.diagnostics.extend(left.diagnostics);
    }
    why
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
fn somebody_answers(yes: bool, company: &dyn Company) -> Result<(), Failure> {
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
