//! One deployment, step by step: look, agree, roll out under the lease, look again.
//!
//! Every step is awaited on the heap: all of them together are more than a thread's stack should hold.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::{cadence, same_account};
use super::deploy::{Company, DeployOrder, Deployed, Tools, ask, settle, somebody_answers};
use super::drain::{self, Drained};
use super::drive::drive_under;
use super::ending::judge;
use super::failure::{Failure, FailureKind};
use super::foundation;
use super::lease::{self, Held, Place, Wish};
use super::ledger::Book;
use super::load::Shelf;
use super::outlook::outlook;
use super::pauses::Record;
use super::plan::{Keep, Look, Readers};
use super::prepare::{Prepared, prepare};
use super::release::{Made, keep, released};
use super::saved::as_shown;
use super::upload::upload;
use super::upstream;
use super::verify::{verify, verify_all};
use crate::artifact;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::event::{Event, EventKind, OperationResult};
use crate::observed::{Observed, StackDescription};
use crate::plan::{Consent, DrainOf, HandOverOf, Inputs, Plan, approve};
use crate::release::{DeploymentId, Draft, Ended, GateResult, Overridden, Release, Via};
use crate::rollout::{Deployment, Goal, Machine, Outcome};
use crate::units::{Digest, Region};

/// A release on its way, and what is recorded of it.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// Which.
    pub(super) release: Release,
    /// By which command it comes.
    pub(super) via: Via,
    /// How the gates turned out that it had to pass.
    pub(super) gates: Vec<GateResult>,
    /// Who agreed, by ARN.
    pub(super) approvals: Vec<String>,
    /// Gates that were overridden.
    pub(super) overrides: Vec<Overridden>,
    /// SHA-256 of the environment file that it meets.
    pub(super) environment_file: Digest,
}

/// Everything that a deployment needs besides AWS.
pub(super) struct Ready {
    /// What was prepared.
    pub(super) prepared: Prepared,
    /// The release that it was prepared from.
    pub(super) carried: Carried,
    /// The plan that was shown before the question, where it was asked once for several.
    pub(super) shown: Option<Plan>,
}

impl Ready {
    /// Makes a pipeline ready from its files: the release that these are, prepared for an environment.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub(super) fn of_files(
        shelf: &mut Shelf<'_>,
        pipeline: &str,
        environment: &str,
        region: Option<&Region>,
    ) -> Result<Self, Failure> {
        let mut prepared = prepare(shelf, pipeline, environment, region)?;
        let Made { release, uploads } = released(shelf, pipeline, environment, region)?;
        // A release is whole wherever it is: also what this environment has otherwise is kept with it.
        let there: BTreeSet<String> = prepared.uploads.iter().map(|upload| upload.key.clone()).collect();
        prepared.uploads.extend(uploads.into_iter().filter(|upload| !there.contains(&upload.key)));
        let carried = Carried {
            release,
            via: Via::Deploy,
            gates: Vec::new(),
            approvals: Vec::new(),
            overrides: Vec::new(),
            environment_file: environment_file(shelf, environment),
        };
        Ok(Self { prepared, carried, shown: None })
    }
}

/// The digest of an environment's file as it was read.
pub(super) fn environment_file(shelf: &Shelf<'_>, environment: &str) -> Digest {
    let text = shelf.texts().get(&shelf.project().environment_file(environment));
    artifact::digest_of(text.map(String::as_bytes).unwrap_or_default())
}

/// Deploys what is ready.
///
/// # Errors
/// Everything that kept it from being live as planned.
pub(super) async fn deploy_ready(
    shelf: &Shelf<'_>,
    ready: Ready,
    order: &DeployOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Deployed, Failure> {
    let Ready { prepared, carried, shown } = ready;
    company.warned(&prepared.warnings, shelf.texts());
    fitting(shelf, &prepared, order)?;
    somebody_answers(order.yes, company)?;
    let pipeline = prepared.sized.pipeline();
    let environment = pipeline.environment();
    let cloud = tools.connector.connect(environment, pipeline.region()).await?;
    let caller = same_account(&cloud, environment).await?;
    let place = Place {
        project: shelf.project(),
        cloud: &cloud,
        environment,
        region: pipeline.region(),
        pipeline: pipeline.name(),
    };
    let site = Site { place, prepared: &prepared, carried: &carried, order, by: &caller.arn, tools };
    let found = Box::pin(site.settled(company)).await?;
    let mut seen = Box::pin(site.look(found, company)).await?;
    Box::pin(site.held_against(&mut seen.look, shown.as_ref())).await?;
    let done = Box::pin(site.carry_out(shelf, seen, company)).await?;
    let Done { plan, result, outcome } = done;
    let (left_behind, imported) = match outcome {
        Some(Outcome::Finished { left_behind, imported, .. }) => (left_behind, imported),
        _ => (Vec::new(), Vec::new()),
    };
    Ok(Deployed { prepared, plan, result, left_behind, imported })
}

/// What can be said of the order before anybody is asked.
fn fitting(shelf: &Shelf<'_>, prepared: &Prepared, order: &DeployOrder) -> Result<(), Failure> {
    if let Some(reviewed) = &order.reviewed {
        reviewed.same_files(&Inputs::of(prepared, shelf.texts(), None), &prepared.rendered.template.digest())?;
    }
    let pipeline = prepared.sized.pipeline();
    if let Some(DrainOf::Named(names)) = &order.drain {
        drain::known(names, pipeline)?;
    }
    if let Some(HandOverOf::Named(names)) = &order.hand_over {
        drain::known(names, pipeline)?;
    }
    Ok(())
}

/// Where it is deployed, and for whom.
#[derive(Clone, Copy)]
struct Site<'a> {
    place: Place<'a>,
    prepared: &'a Prepared,
    carried: &'a Carried,
    order: &'a DeployOrder,
    by: &'a str,
    tools: Tools<'a>,
}

/// What was found before anybody was asked.
struct Seen<'a> {
    look: Look,
    /// Readers that an earlier run paused.
    left: Diagnostics,
    record: Record<'a>,
    /// Streams of other pipelines that are not there.
    upstream: Diagnostics,
}

/// How it went.
struct Done {
    plan: Plan,
    result: OperationResult,
    outcome: Option<Outcome>,
}

impl<'a> Site<'a> {
    fn cloud(&self) -> &'a Cloud {
        self.place.cloud
    }

    /// The stack at rest.
    async fn settled(&self, company: &mut dyn Company) -> Result<Option<Observed>, Failure> {
        let rendered = &self.prepared.rendered;
        let (environment, place) = (self.place.environment, Some(self.place));
        settle(self.cloud(), &rendered.stack_name, &rendered.origins, environment, self.tools, company, place).await
    }

    /// Compares with what is there.
    async fn look(&self, found: Option<Observed>, company: &mut dyn Company) -> Result<Seen<'a>, Failure> {
        let pipeline = self.prepared.sized.pipeline();
        let record = Record::read(self.place).await?;
        let (drain, noted) = (self.order.drain.clone(), Some(record.pauses().clone()));
        let readers = Readers { drain, noted, hand_overs: Vec::new() };
        let target = format!("{} --env {}", pipeline.name(), self.place.environment.name());
        let then = format!("it is resumed when this deployment is over, or at once: sluice resume {target}");
        let left = drain::left(record.pauses(), &then);
        if !left.is_empty() {
            company.warned(&left, &BTreeMap::new());
        }
        let upstream = upstream::missing(self.cloud(), pipeline).await?;
        let keep = if self.order.reviewed.is_some() { Keep::ChangeSet } else { Keep::Nothing };
        let mut look = Look::at(self.cloud(), self.prepared, keep, found).await?;
        look.readers = readers;
        if let Some(which) = &self.order.hand_over {
            Box::pin(look.hand_over(self.cloud(), which)).await?;
        }
        if !look.plan.is_empty() {
            foundation::needed(self.cloud(), self.place.environment, &self.prepared.bucket).await?;
        }
        if let Err(failure) = Box::pin(look.ask(self.cloud(), self.tools)).await {
            // That somebody else is at work explains whatever CloudFormation says of it.
            lease::free(self.place).await?;
            return Err(failure);
        }
        look.confirmed()?;
        Ok(Seen { look, left, record, upstream })
    }

    /// Holds the plan against the one that was reviewed, or shown.
    async fn held_against(&self, look: &mut Look, shown: Option<&Plan>) -> Result<(), Failure> {
        if let Some(reviewed) = &self.order.reviewed
            && let Err(moved) = reviewed.same_stack(&look.plan, look.change_set())
        {
            reviewed.forget(self.cloud()).await;
            look.leave(self.cloud(), self.tools.clock).await?;
            return Err(moved);
        }
        match shown.map_or(Ok(()), |shown| as_shown(shown, &look.plan)) {
            Ok(()) => Ok(()),
            Err(moved) => Err(self.not_begun(moved, look).await),
        }
    }

    async fn carry_out(&self, shelf: &Shelf<'_>, seen: Seen<'a>, company: &mut dyn Company) -> Result<Done, Failure> {
        let policy = outlook(&self.prepared.sized).policy(self.place.environment.tier());
        match policy.unfitting(&seen.look.plan, &self.order.given).into_result(()) {
            Ok(((), warnings)) => company.warned(&warnings, shelf.texts()),
            Err(wrong) => return Err(self.not_begun(wrong.into(), &seen.look).await),
        }
        company.planned(self.prepared, &seen.look.plan);
        if seen.look.plan.is_empty() {
            return Box::pin(self.idle(seen, company)).await;
        }
        if seen.upstream.has_errors() {
            return Err(self.not_begun(seen.upstream.into(), &seen.look).await);
        }
        // What no answer can cure is said before the question; what is approved is used only after the answer.
        let consent = Consent { yes: true, given: self.order.given.clone() };
        let approved = match approve(seen.look.plan.clone(), &seen.look.observed, policy, &consent) {
            Ok(approved) => approved,
            Err(refusal) => {
                let refused = Failure { kind: FailureKind::Refused, diagnostics: refusal.diagnostics() };
                return Err(self.not_begun(refused, &seen.look).await);
            }
        };
        if let Some(refused) = drain::refused(&seen.look.plan, self.prepared.sized.pipeline()) {
            return Err(self.not_begun(refused, &seen.look).await);
        }
        if let Err(declined) = ask(self.order.yes, company, "Deploy these changes?") {
            return Err(self.not_begun(declined, &seen.look).await);
        }
        let deployment = seen.look.approved(&approved);
        let draft = self.draft(&seen.look.plan, Some(deployment.change_set_name()));
        let held = match Box::pin(lease::take(&self.wish(Some(&draft)), company)).await {
            Ok(held) => held,
            Err(refused) => return Err(self.not_begun(refused, &seen.look).await),
        };
        Box::pin(self.roll_out(seen, deployment, &draft, held, company)).await
    }

    fn wish(&self, draft: Option<&Draft>) -> Wish<'a> {
        let work = draft.and_then(|draft| serde_json::to_value(draft).ok());
        Wish { place: self.place, owner: self.by, command: "deploy", work }
    }

    /// The deployment as far as it is known before it begins. One that changes nothing in the stack is told from others by when
    /// it was.
    fn draft(&self, plan: &Plan, change_set: Option<String>) -> Draft {
        let Carried { release, via, gates, approvals, overrides, environment_file } = self.carried.clone();
        let began = self.cloud().time();
        let id =
            change_set.clone().unwrap_or_else(|| format!("unchanged-{}-{}", release.digest.short(), began.as_millis()));
        Draft {
            id: DeploymentId(id),
            by: self.by.to_owned(),
            release: release.digest,
            via,
            began,
            plan: plan.digest(),
            environment_file,
            change_set,
            gates,
            approvals,
            overrides,
        }
    }

    fn drained(&self, record: Record<'a>) -> Drained<'a> {
        Drained { place: self.place, record, stack: &self.prepared.rendered.stack_name, by: self.by, tools: self.tools }
    }

    /// There is nothing to change; what a run that died left behind is put right, and a release that nobody recorded here yet is
    /// recorded.
    async fn idle(&self, seen: Seen<'a>, company: &mut dyn Company) -> Result<Done, Failure> {
        let Seen { look, left, record, .. } = seen;
        look.leave(self.cloud(), self.tools.clock).await?;
        let recorded = self.is_recorded().await?;
        let unfinished = !left.is_empty() || lease::is_left(self.place);
        if unfinished || !recorded {
            match Box::pin(lease::take(&self.wish(None), company)).await {
                Ok(held) => Box::pin(self.put_right(&look, record, held, recorded, company)).await?,
                // Whoever is at work records what they do; to be recorded can wait.
                Err(refused) if unfinished => return Err(refused),
                Err(_) => {}
            }
        }
        Ok(Done { plan: look.plan, result: OperationResult::NothingToDo, outcome: None })
    }

    /// Whether the ledger says that this release runs here and was found well; also where there is no bucket to say so.
    async fn is_recorded(&self) -> Result<bool, Failure> {
        match Book::of(self.place).newest().await? {
            Some(newest) => Ok(newest.tells_of(&self.carried.release.digest)),
            None => Ok(!self.cloud().bucket_exists(&self.prepared.bucket).await?),
        }
    }

    async fn put_right(
        &self,
        look: &Look,
        record: Record<'a>,
        mut held: Held<'a>,
        recorded: bool,
        company: &mut dyn Company,
    ) -> Result<(), Failure> {
        let resumed = Box::pin(self.drained(record).resume(company)).await;
        let told = if recorded { Ok(()) } else { Box::pin(self.catch_up(look, &mut held, company)).await };
        held.release(company).await?;
        resumed?;
        told
    }

    /// Records that this release runs: as the deployment of a run that died, or as one that changed nothing.
    async fn catch_up(&self, look: &Look, held: &mut Held<'a>, company: &mut dyn Company) -> Result<(), Failure> {
        let Some(stack) = look.observed.stack() else { return Ok(()) };
        let (book, clock) = (Book::of(self.place), self.tools.clock);
        let verified = Box::pin(verify_all(self.cloud(), self.prepared, &look.plan, stack, clock)).await;
        let outcome = if verified.is_ok() { Ended::Succeeded } else { Ended::Unverified };
        let reconciled = book.reconcile(held, Some(&stack.head()), outcome).await?;
        if reconciled.is_none_or(|entry| !entry.tells_of(&self.carried.release.digest)) {
            let project = self.place.project;
            Box::pin(upload(project, &self.order.pipeline, self.prepared, self.tools, company, held)).await?;
            keep(self.cloud(), &self.prepared.bucket, &self.carried.release).await?;
            book.ended(&self.draft(&look.plan, None), outcome, false).await?;
        }
        verified.map(|_| ())
    }

    /// Uploads, pauses, executes, resumes, looks again and records it, under the lease.
    async fn roll_out(
        &self,
        seen: Seen<'a>,
        deployment: Deployment,
        draft: &Draft,
        mut held: Held<'a>,
        company: &mut dyn Company,
    ) -> Result<Done, Failure> {
        let Seen { look, record, .. } = seen;
        let (plan, mut drained) = (&look.plan, self.drained(record));
        let paused_since = self.cloud().time();
        let ready = match Box::pin(self.make_ready(&look, &mut held, company)).await {
            Ok(()) => Box::pin(drained.pause(plan, &look.observed, &mut held, company)).await,
            Err(failure) => Err(failure),
        };
        let outcome = match ready {
            Ok(()) => {
                let goal = Goal::Deploy(Box::new(deployment));
                let tools = self.tools;
                let mut machine = Machine::new(goal, cadence(self.place.environment, tools.clock.is_virtual()));
                let (cloud, tell) = (self.cloud(), &mut |event| company.tell(event));
                let driven = drive_under(&mut machine, cloud, tools.clock, tools.interrupt, tell, Some(&mut held));
                Ok(Box::pin(driven).await)
            }
            Err(failure) => Err(self.not_begun(failure, &look).await),
        };
        let how = outcome.as_ref().ok().and_then(ended);
        let ended = Box::pin(self.after(&look, outcome, &mut drained, company)).await;
        if let Some(how) = how {
            let unverified = how == Ended::Succeeded && ended.is_err();
            let how = if unverified { Ended::Unverified } else { how };
            self.record(draft, how, company).await;
        }
        // That the lease was lost meanwhile explains whatever else went wrong.
        held.release(company).await?;
        let (result, outcome, stack) = ended?;
        if let (Some(drain), Some(stack), OperationResult::Succeeded) = (&look.plan.drain, &stack, &result) {
            Box::pin(drained.catch_up(drain, stack, paused_since, company)).await?;
        }
        Ok(Done { plan: look.plan, result, outcome: Some(outcome) })
    }

    /// Records what a run that died left, and puts the release and what it needs into the bucket.
    async fn make_ready(&self, look: &Look, held: &mut Held<'a>, company: &mut dyn Company) -> Result<(), Failure> {
        let head = look.observed.stack().map(StackDescription::head);
        Book::of(self.place).reconcile(held, head.as_ref(), Ended::Unverified).await?;
        upload(self.place.project, &self.order.pipeline, self.prepared, self.tools, company, held).await?;
        keep(self.cloud(), &self.prepared.bucket, &self.carried.release).await
    }

    /// Writes it into the ledger. What is deployed is deployed, whoever cannot write it down: the next run does.
    async fn record(&self, draft: &Draft, how: Ended, company: &mut dyn Company) {
        if let Err(failure) = Box::pin(Book::of(self.place).ended(draft, how, false)).await {
            let mut told: Diagnostics =
                Diagnostic::warning(Code::LedgerBehind, "how it ended could not be written into the ledger")
                    .help("the next `sluice deploy` of this pipeline writes it")
                    .into();
            let why = failure.diagnostics.into_iter();
            told.extend(why.map(|why| Diagnostic { severity: Severity::Warning, ..why }));
            company.warned(&told, &BTreeMap::new());
        }
    }

    /// Resumes what was paused, judges how it ended, and looks whether what was deployed is what runs.
    async fn after(
        &self,
        look: &Look,
        outcome: Result<Outcome, Failure>,
        drained: &mut Drained<'a>,
        company: &mut dyn Company,
    ) -> Result<(OperationResult, Outcome, Option<StackDescription>), Failure> {
        let plan = &look.plan;
        let resumed = match &outcome {
            Ok(outcome) => Box::pin(drained.after(plan, outcome, company)).await,
            Err(_) => Box::pin(drained.resume(company)).await.map(|()| None),
        };
        let outcome = outcome?;
        let rendered = &self.prepared.rendered;
        let judged = judge(&rendered.stack_name, &outcome, &rendered.origins);
        let (result, stack) = match (judged, resumed) {
            (Ok(result), Ok(stack)) => (result, stack),
            (Ok(_), Err(failure)) | (Err(failure), Ok(_)) => return Err(failure),
            (Err(mut failure), Err(more)) => {
                failure.diagnostics.extend(more.diagnostics);
                return Err(failure);
            }
        };
        if result == OperationResult::Succeeded {
            let clock = self.tools.clock;
            let looked_at = Box::pin(verify(self.cloud(), self.prepared, plan, &look.observed, clock)).await?;
            if looked_at > 0 {
                company.tell(Event { at: clock.now(), kind: EventKind::Verified { looked_at } });
            }
        }
        Ok((result, outcome, stack))
    }

    /// Leaves nothing behind of a deployment that is not begun, and says why it is not; a saved plan keeps its change set, so
    /// that it can still be deployed.
    async fn not_begun(&self, mut why: Failure, look: &Look) -> Failure {
        if self.order.reviewed.is_none()
            && let Err(left) = look.leave(self.cloud(), self.tools.clock).await
        {
            why.diagnostics.extend(left.diagnostics);
        }
        why
    }
}

/// How a deployment ended, for the ledger; none where it was not begun, or goes on without us.
fn ended(outcome: &Outcome) -> Option<Ended> {
    match outcome {
        Outcome::Finished { result, .. } => match result {
            OperationResult::Succeeded => Some(Ended::Succeeded),
            OperationResult::RolledBack { .. } => Some(Ended::RolledBack),
            OperationResult::Stuck { .. } => Some(Ended::Stuck),
            OperationResult::NothingToDo | OperationResult::Detached => None,
        },
        Outcome::Settled
        | Outcome::ChangeSetFailed { .. }
        | Outcome::NotApproved { .. }
        | Outcome::WorldMoved
        | Outcome::Blocked { .. }
        | Outcome::Protected
        | Outcome::Failed(_)
        | Outcome::Interrupted => None,
    }
}
