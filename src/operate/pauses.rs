//! The record of paused readers, as it is read and written: under the lease of the pipeline, so that nobody else writes it.

use super::failure::Failure;
use super::lease::Place;
use crate::cloud::{Cloud, Etag};
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Pipeline, names};
use crate::rollout::{Pause, Pauses};
use crate::units::LogicalId;

/// The record of a pipeline, and what it takes to write it.
pub(super) struct Record<'a> {
    place: Place<'a>,
    pauses: Pauses,
    etag: Option<Etag>,
}

impl<'a> Record<'a> {
    /// Reads it; an empty one where nobody is paused.
    ///
    /// # Errors
    /// It may not be read, or a newer Sluice wrote it.
    pub(super) async fn read(place: Place<'a>) -> Result<Self, Failure> {
        let Some(found) = place.cloud.read_guarded(&place.bucket(), &key(place)).await? else {
            return Ok(Self { place, pauses: Pauses::default(), etag: None });
        };
        let pauses = Pauses::read(&found.bytes).map_err(|why| {
            let title = format!("the record of paused readers of {} cannot be read: {why}", place.pipeline);
            Failure::error(
                Diagnostic::error(Code::PausesUnusable, title)
                    .note(format!("it is s3://{}/{}", place.bucket(), key(place)))
                    .help("use the Sluice that wrote it; if nobody does any more, remove the object"),
            )
        })?;
        Ok(Self { place, pauses, etag: Some(found.etag) })
    }

    /// Reads it again: what was read before the lease was taken may be behind.
    pub(super) async fn refresh(&mut self) -> Result<(), Failure> {
        *self = Self::read(self.place).await?;
        Ok(())
    }

    /// Forgets the readers of a stack that is gone. That it cannot only costs a warning later.
    pub(super) async fn forget(place: Place<'a>) {
        if let Ok(mut record) = Self::read(place).await {
            let all: Vec<LogicalId> = record.pauses.readers.keys().cloned().collect();
            let _ = record.remove(&all).await;
        }
    }

    /// Who is paused.
    pub(super) fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// Adds readers that are about to be paused.
    pub(super) async fn add(&mut self, readers: impl IntoIterator<Item = (LogicalId, Pause)>) -> Result<(), Failure> {
        let before = self.pauses.clone();
        self.pauses.readers.extend(readers);
        self.save(&before).await
    }

    /// Takes out readers that read again, or are gone.
    pub(super) async fn remove(&mut self, readers: &[LogicalId]) -> Result<(), Failure> {
        let before = self.pauses.clone();
        self.pauses.readers.retain(|id, _| !readers.contains(id));
        self.save(&before).await
    }

    async fn save(&mut self, before: &Pauses) -> Result<(), Failure> {
        if self.pauses == *before {
            return Ok(());
        }
        let (bucket, key) = (self.place.bucket(), key(self.place));
        let done = match (&self.etag, self.pauses.is_empty()) {
            (None, true) => true,
            (Some(etag), true) => {
                let gone = self.place.cloud.remove_guarded(&bucket, &key, etag).await?;
                self.etag = None;
                gone
            }
            (etag, false) => {
                let written =
                    self.place.cloud.write_guarded(&bucket, &key, self.pauses.to_bytes(), etag.as_ref()).await?;
                self.etag.clone_from(&written);
                written.is_some()
            }
        };
        if done { Ok(()) } else { self.again(before).await }
    }

    /// The record was not what it should have been: an answer to our own writing was lost, or somebody wrote without a lease.
    async fn again(&mut self, before: &Pauses) -> Result<(), Failure> {
        let found = Self::read(self.place).await?;
        self.etag = found.etag;
        if found.pauses == self.pauses {
            return Ok(());
        }
        if found.pauses == *before {
            // It is as it was, under another name: once more, and then no more.
            let (bucket, key) = (self.place.bucket(), key(self.place));
            let written = match (&self.etag, self.pauses.is_empty()) {
                (Some(etag), true) => self.place.cloud.remove_guarded(&bucket, &key, etag).await?,
                (etag, _) => {
                    let bytes = self.pauses.to_bytes();
                    self.etag = self.place.cloud.write_guarded(&bucket, &key, bytes, etag.as_ref()).await?;
                    self.etag.is_some()
                }
            };
            if written {
                return Ok(());
            }
        }
        let title = format!("somebody else changed the record of paused readers of {}", self.place.pipeline);
        Err(Failure::refused(Diagnostic::error(Code::PausesUnusable, title).help("run the command again")))
    }
}

/// Who is paused, as far as one may look: for whoever only wants to tell.
pub(super) async fn peek(cloud: &Cloud, pipeline: &Pipeline) -> Pauses {
    let environment = pipeline.environment();
    let bucket = names::artifact_bucket(environment.account(), pipeline.region());
    let key = names::pauses_key(environment.name(), pipeline.name());
    let found = cloud.read_guarded(&bucket, &key).await.ok().flatten();
    found.and_then(|found| Pauses::read(&found.bytes).ok()).unwrap_or_default()
}

fn key(place: Place<'_>) -> String {
    names::pauses_key(place.environment.name(), place.pipeline)
}
