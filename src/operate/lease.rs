//! The lease of a pipeline: taken before the first write, renewed while it is worked under, given back at every end that
//! the process lives to see.
//!
//! Which takings were one's own is noted in the project's folder before the record is written, in a file that the operating
//! system gives free when the process dies: so a run that was killed is told from one that is at work.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::deploy::Company;
use super::failure::Failure;
use crate::cloud::{Cloud, CloudError, Etag, Guarded};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::environment::{Environment, Target};
use crate::observed::FailureKind;
use crate::pipeline::names;
use crate::rollout::{Claim, HolderId, LEASE_FORMAT, Lease, STAND_IN_TERM, TERM};
use crate::units::{Duration, PipelineName, Region};
use crate::workspace::{Note, Project, chance};

/// How often a lease is tried for that somebody else gives back or takes meanwhile.
const MOST_TRIES: u32 = 5;

/// What is to be leased, by whom and what for.
pub(super) struct Wish<'a> {
    pub(super) place: Place<'a>,
    /// The caller's ARN.
    pub(super) owner: &'a str,
    /// What is typed for it.
    pub(super) command: &'static str,
    /// The deployment that is to be under way.
    pub(super) work: Option<serde_json::Value>,
}

/// A pipeline where it is deployed.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) project: &'a Project,
    pub(super) cloud: &'a Cloud,
    pub(super) environment: &'a Environment,
    pub(super) region: &'a Region,
    pub(super) pipeline: &'a PipelineName,
}

impl Place<'_> {
    pub(super) fn bucket(&self) -> String {
        names::artifact_bucket(self.environment.account(), self.region)
    }

    fn key(&self) -> String {
        format!("{}{}", names::lease_prefix(self.environment.name()), self.pipeline)
    }

    fn term(&self) -> Duration {
        match self.environment.target() {
            Target::Aws => TERM,
            Target::Embedded | Target::Endpoint { .. } => STAND_IN_TERM,
        }
    }

    fn note(&self) -> PathBuf {
        let folder = self.project.root().join(".sluice").join("leases").join(self.environment.name().as_str());
        folder.join(self.region.as_str()).join(self.pipeline.as_str())
    }

    /// The record as it is; none where nobody has a lease.
    pub(super) async fn record(&self) -> Result<Option<Guarded>, Failure> {
        Ok(self.cloud.read_guarded(&self.bucket(), &self.key()).await?)
    }

    /// Removes the record if it is still the one that was read.
    pub(super) async fn remove(&self, etag: &Etag) -> Result<bool, CloudError> {
        self.cloud.remove_guarded(&self.bucket(), &self.key(), etag).await
    }

    async fn write(&self, lease: &Lease, expected: Option<&Etag>) -> Result<Option<Etag>, CloudError> {
        self.cloud.write_guarded(&self.bucket(), &self.key(), lease.to_bytes(), expected).await
    }

    /// Somebody else has it.
    fn refused(&self, theirs: &Lease) -> Failure {
        let title = format!("{} in {} is being changed by {}", theirs.pipeline, theirs.environment, theirs.owner);
        Failure::refused(
            Diagnostic::error(Code::LeaseHeld, title)
                .note(format!("`{}` since {}, leased until {}", theirs.command, theirs.since, theirs.until))
                .help(format!("wait for it; if you know that it is over: {}", self.unlocking())),
        )
    }

    /// What to type to take a lease from whoever has it.
    fn unlocking(&self) -> String {
        let (pipeline, environment) = (self.pipeline, self.environment.name());
        match self.environment.regions() {
            [_] => format!("sluice unlock {pipeline} --env {environment}"),
            _ => format!("sluice unlock {pipeline} --env {environment} --region {}", self.region),
        }
    }
}

/// A lease that is ours.
pub(super) struct Held<'a> {
    place: Place<'a>,
    lease: Lease,
    /// None where there is no bucket, so that nobody can have a lease.
    etag: Option<Etag>,
    note: Option<Note>,
    lost: Option<Failure>,
    /// The lease of a run that died, from which this one was taken.
    before: Option<Lease>,
}

/// Takes the lease, or says who has it.
///
/// # Errors
/// Somebody else has it, or it cannot be written.
pub(super) async fn take<'a>(wish: &Wish<'a>, company: &mut dyn Company) -> Result<Held<'a>, Failure> {
    let place = wish.place;
    let now = place.cloud.time();
    let holder = HolderId::new(chance(), wish.owner, now);
    // A folder that cannot be written to only loses what it would remember after a death.
    let (mut note, dead) = Note::take(&place.note())
        .ok()
        .flatten()
        .map_or((None, BTreeSet::new()), |(note, left)| (Some(note), noted(&left)));
    if let Some(note) = &mut note {
        let all: Vec<&str> = dead.iter().chain([&holder]).map(HolderId::as_str).collect();
        let _ = note.write(&all.join("\n"));
    }
    let lease = Lease {
        format_version: LEASE_FORMAT,
        pipeline: place.pipeline.clone(),
        environment: place.environment.name().clone(),
        region: place.region.clone(),
        owner: wish.owner.to_owned(),
        holder,
        command: wish.command.to_owned(),
        since: now,
        until: now.plus(place.term()),
        work: wish.work.clone(),
    };
    let mut held = Held { place, lease, etag: None, note, lost: None, before: None };
    match held.obtain(&dead, company).await {
        Ok(()) => Ok(held),
        Err(refused) => {
            held.withdraw().await;
            Err(refused)
        }
    }
}

impl Held<'_> {
    /// Where it is worked.
    pub(super) fn cloud(&self) -> &Cloud {
        self.place.cloud
    }

    /// What was under way in the run that died and left this lease; told once.
    pub(super) fn left_under_way(&mut self) -> Option<serde_json::Value> {
        self.before.take()?.work
    }

    /// Writes the record, over another one where that no longer lasts.
    async fn obtain(&mut self, dead: &BTreeSet<HolderId>, company: &mut dyn Company) -> Result<(), Failure> {
        let place = self.place;
        for _ in 0..MOST_TRIES {
            match place.write(&self.lease, None).await {
                Ok(Some(etag)) => {
                    self.etag = Some(etag);
                    return Ok(());
                }
                Ok(None) => {}
                Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(()),
                Err(refusal) => return Err(refusal.into()),
            }
            let Some(found) = place.record().await? else { continue };
            if self.take_from(found, dead, company).await? {
                return Ok(());
            }
        }
        let title =
            format!("the lease of {} in {} changes hands again and again", place.pipeline, place.environment.name());
        Err(Failure::refused(Diagnostic::error(Code::LeaseHeld, title).help("run the command again")))
    }

    /// Removes a record whose writing was heard although no answer came. Where that fails too, the note remembers it.
    async fn withdraw(&mut self) {
        let Ok(found) = self.place.record().await else { return };
        let ours = found.filter(|found| Lease::read(&found.bytes).is_ok_and(|lease| lease.holder == self.lease.holder));
        if let Some(found) = ours
            && self.place.remove(&found.etag).await.is_err()
        {
            return;
        }
        if let Some(note) = &mut self.note {
            let _ = note.write("");
        }
    }

    /// Takes the lease from one that no longer lasts; false where somebody was quicker.
    async fn take_from(
        &mut self,
        found: Guarded,
        dead: &BTreeSet<HolderId>,
        company: &mut dyn Company,
    ) -> Result<bool, Failure> {
        let theirs = Lease::read(&found.bytes).map_err(|why| {
            let title = format!("the lease of {} cannot be read: {why}", self.lease.pipeline);
            Failure::refused(Diagnostic::error(Code::LeaseHeld, title).help(self.place.unlocking()))
        })?;
        let claim = theirs.claim(&self.lease.holder, dead, self.place.cloud.time());
        let told = match claim {
            Claim::Own => {
                self.etag = Some(found.etag);
                return Ok(true);
            }
            Claim::Held => return Err(self.place.refused(&theirs)),
            Claim::Orphaned => None,
            Claim::Expired => Some(
                Diagnostic::warning(
                    Code::LeaseTakenOver,
                    format!("the lease of {} on {} ran out and is taken over", theirs.owner, theirs.pipeline),
                )
                .note(format!("`{}` since {}, leased until {}", theirs.command, theirs.since, theirs.until)),
            ),
        };
        self.etag = self.place.write(&self.lease, Some(&found.etag)).await?;
        let taken = self.etag.is_some();
        self.before = Some(theirs).filter(|_| taken);
        if let Some(told) = told.filter(|_| taken) {
            company.warned(&told.into(), &std::collections::BTreeMap::new());
        }
        Ok(taken)
    }

    /// Renews the lease where it is time to; false once it is somebody else's. Trouble on the way passes: the next time
    /// comes before the term is over.
    pub(super) async fn keep(&mut self) -> bool {
        let now = self.place.cloud.time();
        let Some(etag) = self.etag.as_ref().filter(|_| self.lease.is_due(now, self.place.term())) else {
            return self.lost.is_none();
        };
        let renewed = self.lease.renewed(now, self.place.term());
        match self.place.write(&renewed, Some(etag)).await {
            Ok(Some(etag)) => {
                (self.etag, self.lease) = (Some(etag), renewed);
                true
            }
            Ok(None) => self.still_ours().await,
            Err(_) => true,
        }
    }

    /// Whether the record is still this lease: the answer to an earlier writing may have been lost.
    async fn still_ours(&mut self) -> bool {
        let found = match self.place.record().await {
            Ok(found) => found,
            Err(_) => return true,
        };
        let read = found.as_ref().and_then(|found| Lease::read(&found.bytes).ok());
        match (found, read) {
            (Some(found), Some(lease)) if lease.holder == self.lease.holder => {
                (self.etag, self.lease) = (Some(found.etag), lease);
                true
            }
            (_, theirs) => {
                self.etag = None;
                self.lost = Some(self.taken_by(theirs.as_ref()));
                false
            }
        }
    }

    fn taken_by(&self, theirs: Option<&Lease>) -> Failure {
        let whose = theirs.map_or_else(|| "was removed".to_owned(), |theirs| format!("is {}'s now", theirs.owner));
        Failure::refused(
            Diagnostic::error(Code::LeaseLost, format!("the lease on {} {whose}", self.lease.pipeline))
                .note("what was started goes on by itself; nothing more was started")
                .help("look at the stack with `sluice status`, then run the command again"),
        )
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// That it was lost meanwhile.
    pub(super) async fn release(mut self, company: &mut dyn Company) -> Result<(), Failure> {
        let mut trouble = None;
        for _ in 0..MOST_TRIES {
            let Some(etag) = self.etag.take() else { break };
            match self.place.remove(&etag).await {
                Ok(true) => {
                    trouble = None;
                    break;
                }
                // Another writing of ours, or another's: the record tells.
                Ok(false) => {
                    self.still_ours().await;
                }
                Err(refusal) => {
                    // Nobody else can take it, so that what passes is waited for.
                    let passes = !matches!(refusal.kind, FailureKind::AccessDenied | FailureKind::Credentials);
                    (trouble, self.etag) = (Some(refusal.into()), Some(etag));
                    if !passes {
                        break;
                    }
                }
            }
        }
        if let Some(failure) = trouble.filter(|_| self.etag.is_some()) {
            company.warned(&self.left(failure), &std::collections::BTreeMap::new());
            return Ok(());
        }
        if let Some(note) = &mut self.note {
            let _ = note.write("");
        }
        self.lost.map_or(Ok(()), Err)
    }
}

impl Held<'_> {
    /// That the record stays, and why.
    fn left(&self, why: Failure) -> Diagnostics {
        let title = format!("the lease on {} could not be given back", self.lease.pipeline);
        let mut told: Diagnostics = Diagnostic::warning(Code::LeaseLeft, title)
            .note(format!("it runs out at {}; a deployment from this folder takes it at once", self.lease.until))
            .into();
        let why = why.diagnostics.into_iter();
        told.extend(why.map(|why| Diagnostic { severity: Severity::Warning, ..why }));
        told
    }
}

/// Makes sure that nobody else works under the lease.
///
/// # Errors
/// Who does.
pub(super) async fn free(place: Place<'_>) -> Result<(), Failure> {
    let Some(found) = place.record().await? else { return Ok(()) };
    let Ok(theirs) = Lease::read(&found.bytes) else { return Ok(()) };
    let dead = Note::take(&place.note()).ok().flatten().map(|(_, left)| noted(&left)).unwrap_or_default();
    match theirs.claim(&HolderId::noted(""), &dead, place.cloud.time()) {
        Claim::Held => Err(place.refused(&theirs)),
        Claim::Own | Claim::Orphaned | Claim::Expired => Ok(()),
    }
}

fn noted(left: &str) -> BTreeSet<HolderId> {
    left.lines().map(HolderId::noted).collect()
}

/// Whether a run from this folder died that may have left its lease. Asks nobody.
pub(super) fn is_left(place: Place<'_>) -> bool {
    !Note::left(&place.note()).is_empty()
}

/// Gives back what a run from this folder left that died when it had nothing more to do. Costs nothing where none did.
pub(super) async fn clear_after_death(place: Place<'_>) -> Result<(), Failure> {
    if !is_left(place) {
        return Ok(());
    }
    let Ok(Some((mut note, left))) = Note::take(&place.note()) else { return Ok(()) };
    if let Some(found) = place.record().await?
        && let Ok(lease) = Lease::read(&found.bytes)
        && left.lines().any(|dead| dead == lease.holder.as_str())
    {
        place.remove(&found.etag).await?;
    }
    let _ = note.write("");
    Ok(())
}
