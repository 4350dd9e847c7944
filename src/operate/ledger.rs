//! The ledger of a pipeline in its artifact bucket: read, added to, and put right after a run that died.
//!
//! An entry is an object that is written once, on the condition that nobody wrote it before: two who add at the same moment get
//! two numbers. Names count downwards, because S3 lists them in the order of their letters and the newest is what everybody
//! wants: one call finds it.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::failure::Failure;
use super::lease::{Held, Place};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::observed::{FailureKind, StackHead, StackStatus};
use crate::pipeline::names;
use crate::release::{Draft, Ended, Entry, Fact, LEDGER_FORMAT, Ledger};
use crate::units::{PipelineName, Region};

/// Entries that are read at the same time.
const AT_ONCE: usize = 8;
/// How often it is tried to add an entry while others add theirs.
const MOST_TRIES: u32 = 10;

/// The ledger of a pipeline in an environment and region.
#[derive(Clone, Copy)]
pub(super) struct Book<'a> {
    cloud: &'a Cloud,
    environment: &'a Environment,
    region: &'a Region,
    pipeline: &'a PipelineName,
}

impl<'a> Book<'a> {
    /// The ledger of a pipeline where it is deployed.
    pub(super) fn of(place: Place<'a>) -> Self {
        let Place { project: _, cloud, environment, region, pipeline } = place;
        Self { cloud, environment, region, pipeline }
    }

    /// The ledger of a pipeline in an environment and region.
    pub(super) fn at(
        cloud: &'a Cloud,
        environment: &'a Environment,
        region: &'a Region,
        pipeline: &'a PipelineName,
    ) -> Self {
        Self { cloud, environment, region, pipeline }
    }

    fn prefix(&self) -> String {
        names::ledger_prefix(self.environment.name(), self.pipeline)
    }

    fn bucket(&self) -> String {
        names::artifact_bucket(self.environment.account(), self.region)
    }

    /// All of it.
    ///
    /// # Errors
    /// It may not be read, or holds what this Sluice cannot read.
    pub(super) async fn read(&self) -> Result<Ledger, Failure> {
        let listed = match self.cloud.list_artifacts(&self.bucket(), &self.prefix()).await {
            Ok(listed) => listed,
            Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(Ledger::default()),
            Err(refusal) => return Err(refusal.into()),
        };
        let reading = stream::iter(listed).map(|(key, _)| async move { self.entry(&key).await });
        let entries: Vec<Option<Entry>> = reading.buffered(AT_ONCE).try_collect().await?;
        Ok(Ledger::of(entries.into_iter().flatten().collect()))
    }

    /// The newest entry.
    ///
    /// # Errors
    /// It may not be read, or this Sluice cannot read it.
    pub(super) async fn newest(&self) -> Result<Option<Entry>, Failure> {
        match self.cloud.first_key(&self.bucket(), &self.prefix()).await? {
            Some(key) => self.entry(&key).await,
            None => Ok(None),
        }
    }

    async fn entry(&self, key: &str) -> Result<Option<Entry>, Failure> {
        let bucket = self.bucket();
        let Some(found) = self.cloud.read_guarded(&bucket, key).await? else { return Ok(None) };
        Entry::read(&found.bytes).map(Some).map_err(|why| {
            let title = format!("an entry of the ledger of {} cannot be read: {why}", self.pipeline);
            Failure::error(
                Diagnostic::error(Code::LedgerUnusable, title)
                    .note(format!("it is s3://{bucket}/{key}"))
                    .help("use the Sluice that wrote it, or a newer one"),
            )
        })
    }

    /// Adds an entry, unless the newest one tells the same deployment already; gives the newest one.
    ///
    /// # Errors
    /// It may not be written, or others write all the time.
    pub(super) async fn add(&self, by: &str, fact: impl Fn(Option<&Entry>) -> Fact) -> Result<Entry, Failure> {
        for _ in 0..MOST_TRIES {
            let newest = self.newest().await?;
            let fact = fact(newest.as_ref());
            if let Some(newest) = newest.as_ref().filter(|newest| tells_already(newest, &fact)) {
                return Ok(newest.clone());
            }
            let number = newest.as_ref().map_or(1, |newest| newest.number.saturating_add(1));
            let entry = Entry {
                format_version: LEDGER_FORMAT,
                number,
                at: self.cloud.time(),
                by: by.to_owned(),
                pipeline: self.pipeline.clone(),
                environment: self.environment.name().clone(),
                account: self.environment.account().clone(),
                region: self.region.clone(),
                running: fact.running(newest.and_then(|newest| newest.running)),
                fact,
            };
            let key = names::ledger_key(self.environment.name(), self.pipeline, number);
            if self.cloud.write_guarded(&self.bucket(), &key, entry.to_bytes(), None).await?.is_some() {
                return Ok(entry);
            }
        }
        let title = format!("others add to the ledger of {} all the time", self.pipeline);
        Err(Failure::error(Diagnostic::error(Code::LedgerUnusable, title).help("run the command again")))
    }

    /// Adds how a deployment ended.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub(super) async fn ended(&self, draft: &Draft, outcome: Ended, reconciled: bool) -> Result<Entry, Failure> {
        let ended = self.cloud.time();
        self.add(&draft.by, |newest| {
            let previous = newest.and_then(|newest| newest.running.clone());
            draft.clone().ended(outcome, ended, previous, reconciled)
        })
        .await
    }

    /// Records what became of a deployment whose run died, if it had begun: `succeeded` says how it counts where it is live.
    ///
    /// # Errors
    /// As [`Self::add`], or the stack may not be looked at.
    pub(super) async fn reconcile(
        &self,
        held: &mut Held<'_>,
        head: Option<&StackHead>,
        succeeded: Ended,
    ) -> Result<Option<Entry>, Failure> {
        let Some(draft) = held.left_under_way().and_then(|work| serde_json::from_value::<Draft>(work).ok()) else {
            return Ok(None);
        };
        let Some(outcome) = head.and_then(|head| became(head, &draft, succeeded)) else { return Ok(None) };
        self.ended(&draft, outcome, true).await.map(Some)
    }
}

fn tells_already(newest: &Entry, fact: &Fact) -> bool {
    match (&newest.fact, fact) {
        (Fact::Deployment { id, .. }, Fact::Deployment { id: other, .. })
        | (Fact::Judged { id, .. }, Fact::Judged { id: other, .. }) => id == other,
        (Fact::Removal { .. }, Fact::Removal { .. }) => true,
        _ => false,
    }
}

/// How a deployment ended by what its stack says; none where its change set was never executed, or still is.
fn became(head: &StackHead, draft: &Draft, succeeded: Ended) -> Option<Ended> {
    if head.change_set_name().is_none() || head.change_set_name() != draft.change_set.as_deref() {
        return None;
    }
    match head.status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => Some(succeeded),
        StackStatus::UpdateRollbackComplete | StackStatus::RollbackComplete | StackStatus::ImportRollbackComplete => {
            Some(Ended::RolledBack)
        }
        _ if head.status.is_settled() => Some(Ended::Stuck),
        _ => None,
    }
}
