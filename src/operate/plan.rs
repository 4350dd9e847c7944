//! `sluice plan`: what a deployment would change, compared with the live stack, with other files or with nothing.

use std::collections::BTreeMap;

use super::connect::{cadence, same_account};
use super::deploy::Tools;
use super::drain::{self, Standing};
use super::drive::request;
use super::earlier::{EarlierFiles, EarlierShelf};
use super::ending::{change_set_refused, objected};
use super::failure::Failure;
use super::handover;
use super::load::Shelf;
use super::measure::{guard, measure};
use super::pauses;
use super::prepare::{Prepared, prepare};
use super::shards::{expiry_changing, open_shards};
use super::upstream;
use crate::capacity::Sized;
use crate::cloud::{Cloud, CloudError};
use crate::diagnostic::{Diagnostic, FilePath, Severity};
use crate::environment::{Environment, Target, Tier};
use crate::observed::{ChangeSet, ChangeSetState, FailureKind, NextAction, Observed};
use crate::pipeline::{Origins, Pipeline, StageKind, StreamFrom};
use crate::plan::{
    ApprovedPlan, Desired, DrainOf, HandOver, HandOverOf, Inputs, Known, Load, NotAsked, Plan, compare, compare_files,
    take_over,
};
use crate::rollout::{Basis, ChangeSetOrder, Deployment, FailedCreate, Pauses};
use crate::template::Template;
use crate::units::{Digest, Duration, LogicalId, Region};
use crate::workspace::Clock;

/// A plan and what it was made from.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What was prepared.
    pub prepared: Prepared,
    /// The plan.
    pub plan: Plan,
    /// The pipeline as the files have it that the plan compares with, where they do.
    pub earlier: Option<Sized>,
    /// What it was made from, where it is to be saved. Its change set is then still there.
    pub saved: Option<Inputs>,
}

/// What becomes of the change set that a plan was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is removed at once.
    Nothing,
    /// It stays, for the plan is saved and it is what will be executed.
    ChangeSet,
}

/// Plans as if nothing were deployed. Reads files only.
///
/// # Errors
/// What is wrong with the files.
pub fn plan_afresh(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Planned, Failure> {
    let prepared = prepare(shelf, pipeline, environment, region)?;
    let plan = compare(&desired(&prepared), &Observed::Absent, &Known::default());
    Ok(Planned { prepared, plan, earlier: None, saved: None })
}

/// Plans against another state of the files. Reads files only.
///
/// # Errors
/// What is wrong with the files, those that are compared with included.
pub fn plan_against(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
    earlier: &EarlierFiles,
) -> Result<Planned, Failure> {
    let mut then = EarlierShelf::beside(shelf, earlier)?;
    plan_beside(shelf, &mut then, pipeline, environment, region)
}

/// The same with both shelves at hand.
pub(super) fn plan_beside(
    shelf: &mut Shelf<'_>,
    then: &mut EarlierShelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Planned, Failure> {
    let mut prepared = prepare(shelf, pipeline, environment, region)?;
    let (stack, earlier) = then.stack(shelf, &prepared)?;
    let foreign = then.foreign(&prepared);
    prepared.warnings.extend(foreign);
    let plan = compare_files(&desired(&prepared), &stack);
    Ok(Planned { prepared, plan, earlier, saved: None })
}

/// Plans against the live stack, through a change set that is removed again at once unless it is to be kept.
///
/// # Errors
/// What is wrong with the files, or what AWS refuses.
pub async fn plan_live(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
    keep: Keep,
    tools: Tools<'_>,
) -> Result<Planned, Failure> {
    let prepared = prepare(shelf, pipeline, environment, region)?;
    plan_ready(prepared, keep, tools, shelf.texts()).await
}

/// The same with everything prepared.
pub(super) async fn plan_ready(
    mut prepared: Prepared,
    keep: Keep,
    tools: Tools<'_>,
    texts: &BTreeMap<FilePath, String>,
) -> Result<Planned, Failure> {
    let resolved = prepared.sized.pipeline();
    let cloud = tools.connector.connect(resolved.environment(), resolved.region()).await?;
    same_account(&cloud, resolved.environment()).await?;
    // By the time of the deployment they may be there.
    let upstream = upstream::missing(&cloud, resolved).await?.into_iter();
    let upstream = upstream.map(|missing| Diagnostic { severity: Severity::Warning, ..missing });
    let mut look = Look::at(&cloud, &prepared, keep, None).await?;
    look.ask(&cloud, tools).await?;
    let saved = match keep {
        Keep::Nothing => {
            look.leave(&cloud, tools.clock).await?;
            None
        }
        Keep::ChangeSet => {
            look.confirmed()?;
            Some(Inputs::of(&prepared, texts, look.change_set()))
        }
    };
    prepared.warnings.extend(upstream.collect::<Vec<_>>());
    Ok(Planned { plan: look.plan, prepared, earlier: None, saved })
}

/// The live stack, compared.
pub(super) struct Look {
    /// What is there.
    pub(super) observed: Observed,
    /// What would change.
    pub(super) plan: Plan,
    /// What should be there.
    wanted: Wanted,
    /// What else is known.
    known: Known,
    /// The change set that was made for it.
    change_set: Option<ChangeSet>,
    /// What is to become of it.
    keep: Keep,
    /// Why none may be made.
    unmade: Option<Failure>,
    /// Whether the stack is only there because of that change set.
    shell: bool,
    /// Which readers are to be paused, and which are.
    pub(super) readers: Readers,
}

/// What is asked of the readers of a deployment, and what is noted of them.
#[derive(Default)]
pub(super) struct Readers {
    /// Which are to be paused for it.
    pub(super) drain: Option<DrainOf>,
    /// Which are paused, where somebody looked that up.
    pub(super) noted: Option<Pauses>,
    /// Which are handed over.
    pub(super) hand_overs: Vec<HandOver>,
}

impl Look {
    /// Looks at a pipeline's stack, unless it was just `found`, and compares.
    pub(super) async fn at(
        cloud: &Cloud,
        prepared: &Prepared,
        keep: Keep,
        found: Option<Observed>,
    ) -> Result<Self, Failure> {
        let environment = prepared.sized.pipeline().environment();
        // A server that stands in for AWS begins empty, and nobody bootstraps it.
        if matches!(environment.target(), Target::Endpoint { .. }) && !cloud.bucket_exists(&prepared.bucket).await? {
            cloud.make_bucket(&prepared.bucket).await?;
        }
        let observed = match found {
            Some(found) => found,
            None => cloud.describe_stack(&prepared.rendered.stack_name).await?,
        };
        let known = Known {
            open_shards: open_shards(cloud, prepared, &observed).await?,
            expiry_changing: expiry_changing(cloud, prepared, &observed).await?,
            ..Known::default()
        };
        let mut wanted = Wanted::of(prepared);
        if let Some(deployed) = observed.stack().and_then(|stack| stack.template.as_ref()) {
            take_over(&mut wanted.desired.template, deployed);
        }
        Ok(Self::of(wanted, observed, known, keep))
    }

    /// Compares what should be there with what is.
    pub(super) fn of(wanted: Wanted, observed: Observed, known: Known, keep: Keep) -> Self {
        let plan = wanted.compared(&observed, &known);
        Self {
            observed,
            plan,
            wanted,
            known,
            change_set: None,
            keep,
            unmade: None,
            shell: false,
            readers: Readers::default(),
        }
    }

    /// Asks CloudFormation too, where something would change.
    pub(super) async fn ask(&mut self, cloud: &Cloud, tools: Tools<'_>) -> Result<(), Failure> {
        if self.plan.is_empty() {
            return Ok(());
        }
        if !self.takes_change_sets() {
            self.plan.not_asked = self.in_the_way().map(|status| NotAsked::StackState { status });
            return Ok(());
        }
        let (environment, desired) = (&self.wanted.environment, &self.wanted.desired);
        let alarms = &self.wanted.rollback_alarms;
        let (guard, standing) = if self.stands_in() {
            (None, Standing::default())
        } else {
            let standing = self.standing(cloud).await?;
            let (tier, still) = (environment.tier(), &standing.still);
            (guard(cloud, desired, &self.observed, &self.plan, alarms, tier, still).await?, standing)
        };
        self.plan.rollback.clone_from(&guard);
        let deployment = self.deployment(Basis::of(&self.observed), FailedCreate::Keep);
        let origins = &desired.origins;
        let change_set = preview(cloud, &deployment, &self.observed, tools.clock, environment, origins).await;
        self.shell = self.observed.stack().is_none();
        match change_set {
            Ok(set) => {
                if set.state == ChangeSetState::Ready {
                    self.known.change_set = Some(set.clone());
                    self.plan = self.wanted.compared(&self.observed, &self.known);
                    self.plan.rollback = guard;
                }
                standing.tell(&mut self.plan, desired);
                let (time, hand_overs) = (self.plan.expected.typical, self.readers.hand_overs.iter());
                self.plan.hand_overs = hand_overs.map(|one| one.clone().reckoned(desired, time)).collect();
                self.change_set = Some(set);
                self.measured(cloud, tools.clock).await
            }
            Err(Unmade::Denied(denied)) => {
                self.plan.not_asked = Some(NotAsked::Denied { message: denied.message.clone() });
                self.unmade = Some(denied.into());
                self.measured(cloud, tools.clock).await
            }
            Err(Unmade::NoBucket) => {
                self.plan.not_asked = Some(NotAsked::NoFoundation { environment: environment.name().clone() });
                self.unmade = Some(super::foundation::missing(environment, cloud.region(), &self.wanted.bucket));
                self.measured(cloud, tools.clock).await
            }
            Err(Unmade::Failed(failure, set)) => {
                self.change_set = set.map(|set| *set);
                self.leave(cloud, tools.clock).await?;
                self.change_set = None;
                // What cannot be done as it is, CloudFormation may not even want to foresee: the plan says why, and what
                // works instead.
                if self.plan.impossible().next().is_some() { Ok(()) } else { Err(failure) }
            }
        }
    }

    /// Lets successors begin where readers stop that would lose their position.
    ///
    /// # Errors
    /// How far one is behind is not known.
    pub(super) async fn hand_over(&mut self, cloud: &Cloud, which: &HandOverOf) -> Result<(), Failure> {
        let Some(stack) = self.observed.stack() else { return Ok(()) };
        let readers = self.plan.to_hand_over(&self.wanted.desired, which);
        let found = handover::measured(cloud, stack, readers).await?;
        for one in &found {
            one.write(&mut self.wanted.desired.template);
        }
        self.plan = self.wanted.compared(&self.observed, &self.known);
        self.readers.hand_overs = found;
        Ok(())
    }

    /// How the readers stand that the plan touches. That they may not be looked at keeps no plan from being made.
    async fn standing(&self, cloud: &Cloud) -> Result<Standing, Failure> {
        let (desired, Readers { drain, noted, .. }) = (&self.wanted.desired, &self.readers);
        let Some(pipeline) = &self.wanted.pipeline else { return Ok(Standing::default()) };
        let none = Pauses::default();
        let (drain, known) = (drain.as_ref(), noted.as_ref().unwrap_or(&none));
        let mut found = drain::standing(cloud, desired, &self.observed, &self.plan, drain, known, pipeline).await;
        if noted.is_none() && found.as_ref().is_ok_and(|found| !found.paused.is_empty()) {
            let known = pauses::peek(cloud, pipeline).await;
            found = drain::standing(cloud, desired, &self.observed, &self.plan, drain, &known, pipeline).await;
        }
        match found {
            Ok(standing) => Ok(standing),
            Err(refusal) if refusal.kind == FailureKind::AccessDenied && drain.is_none() => Ok(Standing::default()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Whether another server stands in for AWS: none of them knows what CloudWatch says in its newest protocol.
    fn stands_in(&self) -> bool {
        matches!(self.wanted.environment.target(), Target::Endpoint { .. })
    }

    /// Counts what can be counted of what is at risk. What fails leaves nothing behind.
    async fn measured(&mut self, cloud: &Cloud, clock: &dyn Clock) -> Result<(), Failure> {
        if self.stands_in() {
            return Ok(());
        }
        match measure(cloud, &self.wanted.desired, &self.observed, self.plan.clone()).await {
            Ok(plan) => {
                self.plan = plan;
                Ok(())
            }
            Err(failure) => {
                self.leave(cloud, clock).await?;
                Err(failure)
            }
        }
    }

    /// Nothing, if CloudFormation was asked where it can be.
    ///
    /// # Errors
    /// That it may not be asked: whoever deploys or saves a plan needs more than the schemas' word.
    pub(super) fn confirmed(&mut self) -> Result<(), Failure> {
        self.unmade.take().map_or(Ok(()), Err)
    }

    /// The state that nothing can be changed in; none for one that the roll-out cures by itself.
    fn in_the_way(&self) -> Option<String> {
        let status = &self.observed.stack()?.status;
        match status.next_action() {
            NextAction::Wait
            | NextAction::WaitForDeletion
            | NextAction::RollBack
            | NextAction::ContinueRollback
            | NextAction::Blocked => Some(status.to_string()),
            NextAction::Create
            | NextAction::Review
            | NextAction::Update
            | NextAction::Delete
            | NextAction::DeleteAgain => None,
        }
    }

    /// Whether the stack is in a state in which a change set can be made. In any other the roll-out says what to do.
    fn takes_change_sets(&self) -> bool {
        match self.observed.stack().map(|stack| stack.status.next_action()) {
            None | Some(NextAction::Create | NextAction::Review | NextAction::Update) => true,
            Some(
                NextAction::Wait
                | NextAction::WaitForDeletion
                | NextAction::Delete
                | NextAction::RollBack
                | NextAction::ContinueRollback
                | NextAction::DeleteAgain
                | NextAction::Blocked,
            ) => false,
        }
    }

    /// The change set that was made, or found from a saved plan.
    pub(super) fn change_set(&self) -> Option<&ChangeSet> {
        self.change_set.as_ref()
    }

    /// Leaves nothing behind: removes the change set, and the stack if it is only there because of it.
    pub(super) async fn leave(&self, cloud: &Cloud, clock: &dyn Clock) -> Result<(), Failure> {
        let Some(set) = &self.change_set else { return Ok(()) };
        cloud.delete_change_set(&set.stack_id, &set.id).await?;
        if self.shell {
            remove_shell(cloud, &set.stack_id, &set.name, clock).await?;
        }
        Ok(())
    }

    /// What would be rolled out.
    pub(super) fn deployment(&self, basis: Basis, failed_create: FailedCreate) -> Deployment {
        let Wanted { desired, bucket, protect, import_existing, .. } = &self.wanted;
        let guard = self.plan.rollback.as_ref().filter(|guard| !guard.armed.is_empty());
        let armed = guard.into_iter().flat_map(|guard| &guard.armed);
        Deployment {
            stack: desired.stack.clone(),
            template: desired.template.to_canonical_json(),
            tags: desired.tags.clone(),
            artifact_bucket: bucket.clone(),
            role: None,
            basis,
            approved_losses: std::collections::BTreeSet::new(),
            reviewed: self.keep == Keep::ChangeSet,
            failed_create,
            import_existing: *import_existing,
            protect: *protect,
            rollback_alarms: armed.map(|alarm| alarm.arn.clone()).collect(),
            watch: guard.map(|guard| guard.watch),
            origins: spec_places(&desired.origins),
            resources: self.plan.resources.len(),
            expected: self.plan.expected.typical,
        }
    }

    /// The approved plan, reduced to what the roll-out needs.
    pub(super) fn approved(&self, approved: &ApprovedPlan) -> Deployment {
        let plan = approved.plan();
        Deployment {
            approved_losses: approved.removals(),
            resources: plan.resources.len(),
            expected: plan.expected.typical,
            ..self.deployment(Basis::of(&self.observed), FailedCreate::RemoveShell)
        }
    }
}

/// A stack as it should be, whatever it is made from.
pub(super) struct Wanted {
    /// The stack.
    pub(super) desired: Desired,
    /// Where.
    pub(super) environment: Environment,
    /// Where its template goes if a request cannot hold it.
    pub(super) bucket: String,
    /// Names of the alarms that may roll a change of it back.
    pub(super) rollback_alarms: Vec<String>,
    /// Whether it is protected against deletion.
    pub(super) protect: bool,
    /// Whether resources that exist under their names are taken in.
    pub(super) import_existing: bool,
    /// The pipeline whose stack it is; none for a foundation.
    pub(super) pipeline: Option<Pipeline>,
    /// Digest of the template as the files give it: what was handed over is not theirs.
    pub(super) rendered: Digest,
}

impl Wanted {
    /// Compares it with what is there.
    fn compared(&self, observed: &Observed, known: &Known) -> Plan {
        Plan { template: self.rendered.clone(), ..compare(&self.desired, observed, known) }
    }

    fn of(prepared: &Prepared) -> Self {
        let environment = prepared.sized.pipeline().environment().clone();
        Self {
            desired: desired(prepared),
            bucket: prepared.bucket.clone(),
            rollback_alarms: prepared.rendered.rollback_alarms.clone(),
            protect: prepared.rendered.termination_protection,
            // What a destroyed stack of these tiers left behind under its names is taken in again (DESIGN 8).
            import_existing: environment.tier() != Tier::Development,
            environment,
            pipeline: Some(prepared.sized.pipeline().clone()),
            rendered: prepared.rendered.template.digest(),
        }
    }
}

/// What is wanted, as the comparison takes it.
pub(super) fn desired(prepared: &Prepared) -> Desired {
    let rendered = prepared.rendered.clone();
    Desired {
        loads: loads(prepared.sized.pipeline(), &rendered.template, &rendered.origins),
        stack: rendered.stack_name,
        template: rendered.template,
        tags: rendered.tags,
        origins: rendered.origins,
    }
}

/// The declared load of every stream, and of other pipelines' streams by the mappings that read them.
fn loads(pipeline: &Pipeline, template: &Template, origins: &Origins) -> BTreeMap<LogicalId, Load> {
    let found = template.resources.iter().filter_map(|(id, resource)| {
        let stage = origins.get(id)?.stage.as_ref()?;
        let traffic = match (resource.type_name.as_str(), stage.kind) {
            ("AWS::Kinesis::Stream", StageKind::Stream) => pipeline.traffic().get(&stage.name)?,
            ("AWS::Lambda::EventSourceMapping", StageKind::Consumer) => {
                match &pipeline.consumers().get(&stage.name)?.from {
                    StreamFrom::Other(other) => other.facts.as_ref()?.traffic.as_ref()?,
                    StreamFrom::Own(_) => return None,
                }
            }
            _ => return None,
        };
        Some((id.clone(), Load { records: traffic.steady, record: traffic.record }))
    });
    found.collect()
}

/// `file:line:column` of every resource.
pub(super) fn spec_places(origins: &Origins) -> BTreeMap<LogicalId, String> {
    origins.iter().filter_map(|(id, origin)| Some((id.clone(), origin.place.as_ref()?.to_string()))).collect()
}

/// Why there is no change set.
enum Unmade {
    /// The caller may not have one made.
    Denied(CloudError),
    /// The template is too large for a request, and the bucket that it would go through is not there.
    NoBucket,
    /// It failed, or something else did.
    Failed(Failure, Option<Box<ChangeSet>>),
}

impl From<CloudError> for Unmade {
    fn from(error: CloudError) -> Self {
        match error.kind {
            FailureKind::AccessDenied => Self::Denied(error),
            // No other call about a change set is one to S3.
            FailureKind::NotFound if error.service == "S3" => Self::NoBucket,
            _ => Self::Failed(error.into(), None),
        }
    }
}

/// Has CloudFormation make a change set and waits until it is made.
async fn preview(
    cloud: &Cloud,
    deployment: &Deployment,
    observed: &Observed,
    clock: &dyn Clock,
    environment: &Environment,
    origins: &Origins,
) -> Result<ChangeSet, Unmade> {
    let creates = matches!(Basis::of(observed), Basis::New);
    let order = deployment.change_set_order(creates);
    let (stack, name) = (order.stack.clone(), order.name.clone());
    // One of the same name that did not come to anything would be found again and again.
    let stale = cloud.describe_change_set(&stack, &name).await?;
    if stale.as_ref().is_some_and(|set| set.state == ChangeSetState::Failed) {
        cloud.delete_change_set(&stack, &name).await?;
    }
    let saved_earlier = deployment.reviewed && stale.is_some_and(|set| set.state == ChangeSetState::Ready);
    let pause = cadence(environment, clock.is_virtual()).first;
    match make(cloud, order, clock, pause, origins).await {
        Err(Unmade::Failed(mut failure, None)) if !saved_earlier => {
            // Nobody knows how far it came.
            if let Err(left) = unmake(cloud, &stack, &name, observed, clock).await {
                failure.diagnostics.extend(Failure::from(left).diagnostics);
            }
            Err(Unmade::Failed(failure, None))
        }
        made => made,
    }
}

/// Removes a change set of which nobody knows whether it was made, and the shell around it.
async fn unmake(
    cloud: &Cloud,
    stack: &str,
    name: &str,
    observed: &Observed,
    clock: &dyn Clock,
) -> Result<(), CloudError> {
    cloud.delete_change_set(stack, name).await?;
    if observed.stack().is_some() {
        return Ok(());
    }
    match cloud.stack_head(stack).await? {
        Some(head) if head.status.next_action() == NextAction::Review => {
            remove_shell(cloud, &head.id, name, clock).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Removes the stack that a change set had made.
async fn remove_shell(cloud: &Cloud, stack_id: &str, change_set: &str, clock: &dyn Clock) -> Result<(), CloudError> {
    cloud.delete_stack(stack_id, &format!("{change_set}-shell"), None, &[]).await?;
    // An empty stack is gone in a moment; whoever looks next should not find it on its way out.
    for _ in 0..LOOKS_AT_SHELL {
        match cloud.stack_head(stack_id).await? {
            Some(head) if head.status.next_action() != NextAction::Create => clock.sleep(SHELL_PAUSE).await,
            Some(_) | None => break,
        }
    }
    Ok(())
}

async fn make(
    cloud: &Cloud,
    order: ChangeSetOrder,
    clock: &dyn Clock,
    pause: Duration,
    origins: &Origins,
) -> Result<ChangeSet, Unmade> {
    let (stack, name) = (order.stack.clone(), order.name.clone());
    cloud.create_change_set(&request(order)).await?;
    let mut waited = Duration::ZERO;
    loop {
        let set = cloud.describe_change_set(&stack, &name).await?;
        match set {
            Some(set) if set.state == ChangeSetState::Ready || set.is_empty_change() => return Ok(set),
            Some(set) if set.state == ChangeSetState::Failed => {
                return Err(Unmade::Failed(why_failed(cloud, &set, origins).await, Some(Box::new(set))));
            }
            Some(_) | None => {
                clock.sleep(pause).await;
                waited = Duration::from_micros(waited.as_micros() + pause.as_micros());
                if waited > LONGEST_PREVIEW {
                    let late = format!("it was still being made after {LONGEST_PREVIEW}");
                    return Err(Unmade::Failed(change_set_refused(&late), None));
                }
            }
        }
    }
}

/// Why a change set failed: what early validation says of it, else its own reason.
async fn why_failed(cloud: &Cloud, set: &ChangeSet, origins: &Origins) -> Failure {
    let refused = || change_set_refused(set.reason.as_deref().unwrap_or("no reason given"));
    match cloud.objections(&set.id).await {
        Ok(objections) if objections.is_empty() => refused(),
        Ok(objections) => objected(&objections, origins),
        // That its events cannot be read must not hide what is known.
        Err(unread) => {
            let mut failure = refused();
            failure.diagnostics = failure.diagnostics.into_iter().map(|one| one.note(unread.to_string())).collect();
            failure
        }
    }
}

/// How often to look whether an empty stack is gone, and the pause between looks: ten seconds in all.
const LOOKS_AT_SHELL: u32 = 50;
const SHELL_PAUSE: Duration = Duration::from_millis(200);

/// A change set of one flat stack takes seconds (CS-03).
const LONGEST_PREVIEW: Duration = Duration::from_secs(600);
