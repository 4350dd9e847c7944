//! Objects that are written and removed only if they are what was read: how several keep out of each other's way without
//! a server of their own (S3 user guide, "Conditional writes" and "Conditional deletes").

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId as _;
use aws_sdk_s3::primitives::ByteStream;

use super::{Cloud, CloudError, failure};
use crate::observed::FailureKind;
use crate::units::Timestamp;

const SERVICE: &str = "S3";

/// What tells one writing of an object from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

/// An object as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Which writing of it this is.
    pub etag: Etag,
}

impl Cloud {
    /// Reads an object; `None` where it or its bucket is not there.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn read_guarded(&self, bucket: &str, key: &str) -> Result<Option<Guarded>, CloudError> {
        let answer = self.s3.get_object().bucket(bucket).key(key).send().await;
        let answer = match answer.map_err(|error| failure::of(SERVICE, "GetObject", error)) {
            Ok(answer) => answer,
            Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let etag = etag("GetObject", answer.e_tag())?;
        let body = answer.body.collect().await;
        let body = body.map_err(|error| failure::answer(SERVICE, "GetObject", error.to_string()))?;
        Ok(Some(Guarded { bytes: body.into_bytes().to_vec(), etag }))
    }

    /// Writes an object if it still is what `expected` says, or is not there where nothing is expected; `None` where that is
    /// not so.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not write to it.
    pub async fn write_guarded(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        expected: Option<&Etag>,
    ) -> Result<Option<Etag>, CloudError> {
        let request = self.s3.put_object().bucket(bucket).key(key).content_type("application/json");
        let request = match expected {
            Some(Etag(etag)) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        match request.body(ByteStream::from(bytes)).send().await {
            Ok(answer) => Ok(Some(etag("PutObject", answer.e_tag())?)),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(failure::of(SERVICE, "PutObject", error)),
        }
    }

    /// Removes an object if it still is what `expected` says; false where it is another one. That it is gone counts as done.
    ///
    /// # Errors
    /// The caller may not remove it.
    pub async fn remove_guarded(&self, bucket: &str, key: &str, expected: &Etag) -> Result<bool, CloudError> {
        match self.s3.delete_object().bucket(bucket).key(key).if_match(&expected.0).send().await {
            // Whatever answers in S3's place, a proxy that wants a sign-in for one, answers no request by its id.
            Ok(answer) if !self.stand_in && answer.request_id().is_none() => {
                Err(failure::answer(SERVICE, "DeleteObject", "no request id in the answer"))
            }
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => match failure::of(SERVICE, "DeleteObject", error) {
                refusal if refusal.kind == FailureKind::NotFound => Ok(true),
                refusal => Err(refusal),
            },
        }
    }

    /// The present moment by the server's clock, as far as its newest answer told it; by our own where it tells none.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.tracer.time()
    }
}

/// It is not, or no more, what was expected. An object that is to be written over and is gone is told by its absence.
fn is_conflict<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey"))
}

fn etag(action: &str, told: Option<&str>) -> Result<Etag, CloudError> {
    let told = told.map(|etag| Etag(etag.to_owned()));
    told.ok_or_else(|| failure::answer(SERVICE, action, "no ETag in the answer"))
}
