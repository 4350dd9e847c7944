//! Draining: readers are paused, the deployment is made, and they read on from where they were.
//!
//! What a run pauses it notes first (`rollout::Pauses`), and resumes whatever becomes of the deployment, unless the operation
//! goes on without it. A run that dies leaves its note, and the next one resumes what it finds there: so no step has to
//! know which of the steps before it was done by whom.

use std::collections::{BTreeMap, BTreeSet};

use super::deploy::{Company, Tools};
use super::failure::{Failure, FailureKind};
use super::lease::{Held, Place};
use super::pauses::Record;
use super::readers::{Patience, Reader, Switched, switch};
use crate::cloud::{Cloud, CloudError};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::environment::Target;
use crate::event::{Event, EventKind, OperationResult, ReaderNow};
use crate::observed::{Observed, StackDescription};
use crate::pipeline::Pipeline;
use crate::plan::{Desired, Drain, DrainOf, DrainedReader, PausedReader, Plan, SETTLING, Verdict, arriving, lag_limit};
use crate::rollout::{Outcome, Pause, PausedFor, Pauses};
use crate::units::{Duration, LogicalId, StageName, Timestamp};

/// How long a reader may take, after it reads again, to come under its limit, beside the time that it was paused.
const CATCHING_UP: Duration = Duration::from_secs(30 * 60);
/// After so long without a point a reader has nothing to read: polling has started by then (SIM-1).
const SILENCE: Duration = Duration::from_secs(5 * 60);

/// The consumers that are named are there.
///
/// # Errors
/// One is not.
pub(super) fn known(names: &BTreeSet<StageName>, pipeline: &Pipeline) -> Result<(), Failure> {
    let unknown = names.iter().filter(|name| !pipeline.consumers().contains_key(*name));
    let wrong: Diagnostics = unknown.map(|name| no_such(name.as_str(), pipeline)).collect();
    if wrong.has_errors() { Err(wrong.into()) } else { Ok(()) }
}

/// There is no such consumer.
pub(super) fn no_such(name: &str, pipeline: &Pipeline) -> Diagnostic {
    let title = format!("{} has no consumer `{name}`", pipeline.name());
    let all = || pipeline.consumers().keys().map(StageName::as_str);
    let unknown = Diagnostic::error(Code::UnknownReader, title);
    match closest(name, all()) {
        Some(close) => unknown.help(format!("did you mean `{close}`?")),
        None => unknown.help(format!("it has {}", all().collect::<Vec<_>>().join(", "))),
    }
}

/// What is known of readers before a deployment.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Readers that are paused for it.
    pub(super) drain: Option<Drain>,
    /// Readers that somebody else paused.
    pub(super) paused: Vec<PausedReader>,
    /// The mappings of all that do not read while it is made.
    pub(super) still: BTreeSet<LogicalId>,
}

/// Looks at the readers that a plan touches, and at those that are to be drained.
pub(super) async fn standing(
    cloud: &Cloud,
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    which: Option<&DrainOf>,
    noted: &Pauses,
    pipeline: &Pipeline,
) -> Result<Standing, CloudError> {
    let Some(stack) = observed.stack() else { return Ok(Standing::default()) };
    let Some(before) = &stack.template else { return Ok(Standing::default()) };
    let chosen = which.map(|which| plan.drainable(desired, before, which)).unwrap_or_default();
    let changes = |id: &LogicalId| before.resources.get(id).is_some_and(|one| one.type_name == super::verify::MAPPING);
    let touched = plan.resources.iter().map(|change| &change.logical_id).filter(|id| changes(id));
    let all: BTreeSet<&LogicalId> = touched.chain(chosen.keys()).collect();
    let mut standing = Standing::default();
    let mut readers = Vec::new();
    for id in all {
        let Some(reader) = Reader::of(cloud, stack, id).await? else { continue };
        let ours = noted.of_deployments().any(|(one, _)| one == id);
        // The template may say itself that it is to read from now on.
        let asked = plan.consumers.iter().any(|one| one.logical_id == *id && one.verdict == Verdict::Resumes);
        if reader.is_paused() && !ours && !asked {
            let note = noted.readers.get(id);
            let (by, since) = (note.map(|note| note.by.clone()), note.map(|note| note.since));
            standing.paused.push(PausedReader { logical_id: id.clone(), by, since });
        } else if let Some(consumer) = chosen.get(id) {
            readers.push(drained(cloud, desired, &reader, consumer, pipeline).await?);
        }
    }
    let ours = noted.of_deployments().map(|(id, _)| id);
    let still = standing.paused.iter().map(|one| &one.logical_id).chain(readers.iter().map(|one| &one.logical_id));
    standing.still = still.chain(ours).cloned().collect();
    standing.drain = which.is_some().then_some(Drain { readers, pause: Duration::ZERO });
    Ok(standing)
}

async fn drained(
    cloud: &Cloud,
    desired: &Desired,
    reader: &Reader,
    consumer: &StageName,
    pipeline: &Pipeline,
) -> Result<DrainedReader, CloudError> {
    let stream = match reader.stream() {
        Some(stream) => cloud.live_stream(stream).await?,
        None => None,
    };
    let alarm = reader.function().and_then(|function| lag_limit(&desired.template, function));
    let tolerated = || pipeline.consumers().get(consumer).map(|consumer| pipeline.tolerated_lag(consumer));
    Ok(DrainedReader {
        logical_id: reader.logical_id.clone(),
        consumer: consumer.clone(),
        behind: reader.behind(cloud).await?,
        retention: stream.map(|stream| stream.retention),
        limit: alarm.or_else(tolerated).unwrap_or(Duration::from_secs(60)),
        waiting: None,
    })
}

impl Standing {
    /// Tells a plan, once it is made.
    pub(super) fn tell(self, plan: &mut Plan, desired: &Desired) {
        plan.paused = self.paused;
        plan.drain = self.drain.map(|mut drain| {
            drain.pause = plan.longest_pause();
            for reader in &mut drain.readers {
                reader.waiting = arriving(desired, &reader.logical_id, drain.pause);
            }
            drain
        });
    }
}

/// What keeps a deployment from being begun: records would expire, or a paused reader would read.
pub(super) fn refused(plan: &Plan, pipeline: &Pipeline) -> Option<Failure> {
    let target = format!("{} --env {}", pipeline.name(), pipeline.environment().name());
    let expire = plan.drain.iter().flat_map(|drain| drain.too_long().map(move |reader| (drain, reader)));
    let expire = expire.map(|(drain, reader)| {
        let (behind, kept) = (reader.behind.unwrap_or_default(), reader.retention.unwrap_or_default());
        Diagnostic::error(Code::DrainTooLong, format!("records of {} would expire while it is paused", reader.consumer))
            .note(format!(
                "it is {behind} behind, would be paused for up to {}, and its stream keeps records for {kept}",
                drain.pause
            ))
            .help("let it catch up first, raise the retention of the stream, or deploy without `--drain`")
    });
    let anew = plan
        .paused
        .iter()
        .filter(|paused| plan.resource(&paused.logical_id).is_some_and(|change| change.action.replaces()));
    let anew = anew.map(|paused| {
        let title = format!("{} is paused, and would be made anew and read at once", paused.logical_id);
        Diagnostic::error(Code::PausedReaderReplaced, title)
            .help(format!("resume it first, so that it is known where it stands: sluice resume {target}"))
    });
    let found: Diagnostics = expire.chain(anew).collect();
    found.has_errors().then_some(Failure { kind: FailureKind::Refused, diagnostics: found })
}

/// Says which readers an earlier run left paused. `then` says what becomes of them.
pub(super) fn left(pauses: &Pauses, then: &str) -> Diagnostics {
    let left = pauses.of_deployments().map(|(id, pause)| {
        Diagnostic::warning(Code::ReaderLeftPaused, format!("{id} is still paused for a deployment that was left"))
            .note(format!("paused by {} since {}", pause.by, pause.since))
            .help(then)
    });
    left.collect()
}

/// The readers of one deployment.
pub(super) struct Drained<'a> {
    pub(super) place: Place<'a>,
    pub(super) record: Record<'a>,
    pub(super) stack: &'a str,
    pub(super) by: &'a str,
    pub(super) tools: Tools<'a>,
}

impl Drained<'_> {
    fn patience(&self) -> Patience<'_> {
        Patience::new(self.place.cloud, self.place.environment, self.tools.clock, self.tools.interrupt)
    }

    fn tell(&self, company: &mut dyn Company, id: &LogicalId, now: ReaderNow) {
        let kind = EventKind::Reader { stack: self.stack.to_owned(), logical_id: id.to_string(), now };
        company.tell(Event { at: self.tools.clock.now(), kind });
    }

    /// Pauses the readers of a plan: notes them, switches them off, and waits until what was polled is worked off.
    ///
    /// # Errors
    /// One does not pause, or the person wants to leave. Some may be paused by then.
    pub(super) async fn pause(
        &mut self,
        plan: &Plan,
        observed: &Observed,
        held: &mut Held<'_>,
        company: &mut dyn Company,
    ) -> Result<(), Failure> {
        let Some(drain) = plan.drain.as_ref().filter(|drain| !drain.readers.is_empty()) else { return Ok(()) };
        let Some(stack) = observed.stack() else { return Ok(()) };
        let physical = |id: &LogicalId| stack.resources.get(id).and_then(|found| found.physical_id.clone());
        let since = self.place.cloud.time();
        let readers: BTreeMap<LogicalId, Pause> = drain
            .readers
            .iter()
            .filter_map(|reader| {
                let (mapping, why) = (physical(&reader.logical_id)?, PausedFor::Deployment);
                Some((reader.logical_id.clone(), Pause { mapping, why, by: self.by.to_owned(), since }))
            })
            .collect();
        self.record.refresh().await?;
        self.record.add(readers.clone()).await?;
        for (id, pause) in &readers {
            self.tell(company, id, ReaderNow::Pausing);
            match switch(self.patience(), &pause.mapping, false).await? {
                Switched::Done => {}
                Switched::Gone => self.record.remove(std::slice::from_ref(id)).await?,
                Switched::Left => return Err(interrupted()),
            }
        }
        self.work_off(held).await?;
        for id in readers.keys() {
            self.tell(company, id, ReaderNow::Paused);
        }
        Ok(())
    }

    /// How long the last batches may take. Where a server stands in for AWS, no handler has any.
    fn settling(&self) -> Duration {
        match self.place.environment.target() {
            Target::Aws => SETTLING,
            Target::Embedded | Target::Endpoint { .. } => Duration::from_secs(5),
        }
    }

    /// Whether nothing can be waiting for a reader: it had nothing to read before it was paused, and nothing came since.
    async fn has_nothing_to_read(
        &self,
        reader: &DrainedReader,
        live: &Reader,
        since: Timestamp,
    ) -> Result<bool, Failure> {
        let (None, Some(stream)) = (reader.behind, live.stream()) else { return Ok(false) };
        let took = self.place.cloud.stream_took(stream, self.place.cloud.time().since(since)).await?;
        Ok(took.is_none_or(|took| took.count == 0))
    }

    /// Waits until the last batches are through.
    async fn work_off(&self, held: &mut Held<'_>) -> Result<(), Failure> {
        let (cloud, patience) = (self.place.cloud, self.patience());
        let began = cloud.time();
        while cloud.time().since(began) < self.settling() {
            if !held.keep().await || !patience.a_while().await {
                return Err(interrupted());
            }
            // The moment is the server's, told by its answers.
            cloud.identity().await?;
        }
        Ok(())
    }

    /// After the deployment: resumes what deployments paused, and sees to it that what others paused is paused still, unless
    /// this one goes on without us. Gives the stack where it matters for readers.
    ///
    /// # Errors
    /// A reader does not come back, or does not stay paused.
    pub(super) async fn after(
        &mut self,
        plan: &Plan,
        outcome: &Outcome,
        company: &mut dyn Company,
    ) -> Result<Option<StackDescription>, Failure> {
        let goes_on = matches!(outcome, Outcome::Finished { result: OperationResult::Detached, .. });
        if !goes_on {
            self.resume(company).await?;
            let stack = self.stack_now(plan).await?;
            if let Some(stack) = &stack {
                self.keep(plan, stack, company).await?;
            }
            return Ok(stack);
        }
        let left: Vec<LogicalId> = self.record.pauses().of_deployments().map(|(id, _)| id.clone()).collect();
        for id in &left {
            self.tell(company, id, ReaderNow::LeftPaused);
        }
        if !left.is_empty() {
            let target = format!("{} --env {}", self.place.pipeline, self.place.environment.name());
            let warning = Diagnostic::warning(
                Code::ReaderLeftPaused,
                format!("{} stays paused until somebody resumes it", listed(&left)),
            );
            let warning = warning
                .help(format!("follow the deployment to its end, and resume then: sluice deploy {target}"))
                .help(format!("resume now: sluice resume {target}"));
            company.warned(&warning.into(), &BTreeMap::new());
        }
        Ok(None)
    }

    /// Resumes every reader that a deployment paused.
    ///
    /// # Errors
    /// One does not come back; the others do.
    pub(super) async fn resume(&mut self, company: &mut dyn Company) -> Result<(), Failure> {
        if self.record.pauses().is_empty() {
            return Ok(());
        }
        self.record.refresh().await?;
        let ours: Vec<(LogicalId, String)> =
            self.record.pauses().of_deployments().map(|(id, pause)| (id.clone(), pause.mapping.clone())).collect();
        let mut failed: Option<Failure> = None;
        let mut back = Vec::new();
        for (id, mapping) in ours {
            match switch(self.patience(), &mapping, true).await {
                Ok(Switched::Done) => {
                    self.tell(company, &id, ReaderNow::Resumed);
                    back.push(id);
                }
                Ok(Switched::Gone) => back.push(id),
                Ok(Switched::Left) => {}
                Err(failure) => failed = Some(failure),
            }
        }
        self.record.remove(&back).await?;
        failed.map_or(Ok(()), Err)
    }

    /// The stack as it is after the deployment, where it matters for readers.
    async fn stack_now(&self, plan: &Plan) -> Result<Option<StackDescription>, Failure> {
        let drains = plan.drain.as_ref().is_some_and(|drain| !drain.readers.is_empty());
        if !drains && plan.paused.is_empty() {
            return Ok(None);
        }
        Ok(match self.place.cloud.describe_stack(self.stack).await? {
            Observed::Present(stack) => Some(*stack),
            Observed::Absent => None,
        })
    }

    /// Sees to it that readers that were paused before are so still.
    async fn keep(&self, plan: &Plan, stack: &StackDescription, company: &mut dyn Company) -> Result<(), Failure> {
        for paused in &plan.paused {
            let Some(reader) = Reader::of(self.place.cloud, stack, &paused.logical_id).await? else { continue };
            if !reader.is_paused() {
                switch(self.patience(), &reader.mapping.uuid, false).await?;
            }
            self.tell(company, &paused.logical_id, ReaderNow::StaysPaused);
        }
        Ok(())
    }

    /// Waits until the readers that were paused are under their limits again.
    ///
    /// # Errors
    /// One does not come under it in time.
    pub(super) async fn catch_up(
        &self,
        drain: &Drain,
        stack: &StackDescription,
        paused_since: Timestamp,
        company: &mut dyn Company,
    ) -> Result<(), Failure> {
        let (cloud, patience) = (self.place.cloud, self.patience());
        let since = cloud.time();
        let most = Duration::from_micros(CATCHING_UP.as_micros().saturating_add(since.since(paused_since).as_micros()));
        let mut pending = Vec::new();
        for reader in &drain.readers {
            let Some(live) = Reader::of(cloud, stack, &reader.logical_id).await? else { continue };
            if self.has_nothing_to_read(reader, &live, paused_since).await? {
                let now = ReaderNow::CaughtUp { lag: None, limit: reader.limit };
                self.tell(company, &reader.logical_id, now);
            } else {
                pending.push((reader, live, None));
            }
        }
        loop {
            let mut behind = Vec::new();
            for (reader, live, last) in pending {
                let lag = live.behind_since(cloud, since).await?;
                let silent = lag.is_none() && cloud.time().since(since) >= SILENCE;
                let limit = reader.limit;
                if silent || lag.is_some_and(|lag| lag <= limit) {
                    self.tell(company, &reader.logical_id, ReaderNow::CaughtUp { lag, limit });
                    continue;
                }
                if let Some(lag) = lag.filter(|lag| last != Some(*lag)) {
                    self.tell(company, &reader.logical_id, ReaderNow::Behind { lag, limit });
                }
                behind.push((reader, live, lag.or(last)));
            }
            pending = behind;
            if pending.is_empty() {
                return Ok(());
            }
            if cloud.time().since(since) > most {
                let late = pending.iter().map(|(reader, _, lag)| self.late(reader, *lag, most));
                return Err(Failure { kind: FailureKind::NeedsAttention, diagnostics: late.collect() });
            }
            if !patience.a_while().await {
                return Ok(());
            }
        }
    }

    fn late(&self, reader: &DrainedReader, lag: Option<Duration>, most: Duration) -> Diagnostic {
        let lag = lag.map_or_else(|| "behind by nobody knows how much".to_owned(), |lag| format!("{lag} behind"));
        let title = format!("deployed, but {} is still {lag} after {most}", reader.consumer);
        Diagnostic::error(Code::ReaderBehind, title)
            .note(format!(
                "under {} wanted; it reads, and loses nothing as long as its stream keeps the records",
                reader.limit
            ))
            .help(format!("sluice capacity {} says what it can read", self.place.pipeline))
    }
}

fn listed(ids: &[LogicalId]) -> String {
    ids.iter().map(LogicalId::as_str).collect::<Vec<_>>().join(", ")
}

fn interrupted() -> Failure {
    Failure {
        kind: FailureKind::Interrupted,
        diagnostics: Diagnostic::error(Code::Declined, "interrupted before the deployment was started").into(),
    }
}
