//! Objects that are read piece by piece, whatever their size.

use aws_sdk_s3::primitives::ByteStream;

use super::{Cloud, CloudError, failure};
use crate::observed::FailureKind;

const SERVICE: &str = "S3";

/// An object that is being read.
#[derive(Debug)]
pub struct Download {
    body: ByteStream,
    /// What came with the last piece and belongs to the next.
    over: Vec<u8>,
}

impl Cloud {
    /// Begins to read an object; `None` where it is not there or may not be seen.
    ///
    /// # Errors
    /// Any refusal but "not found" and "access denied": without permission to list the bucket, S3 answers "denied" for what is
    /// not there.
    pub async fn download(&self, bucket: &str, key: &str) -> Result<Option<Download>, CloudError> {
        let answer = self.s3.get_object().bucket(bucket).key(key).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "GetObject", error)) {
            Ok(answer) => Ok(Some(Download { body: answer.body, over: Vec::new() })),
            Err(refusal) if matches!(refusal.kind, FailureKind::NotFound | FailureKind::AccessDenied) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

impl Download {
    /// The next bytes, `most` or, at the end, fewer; none after it.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self, most: usize) -> Result<Vec<u8>, CloudError> {
        while self.over.len() < most {
            match self.body.next().await {
                None => break,
                Some(Ok(piece)) => self.over.extend_from_slice(&piece),
                Some(Err(error)) => return Err(failure::answer(SERVICE, "GetObject", error.to_string())),
            }
        }
        let rest = self.over.split_off(most.min(self.over.len()));
        Ok(std::mem::replace(&mut self.over, rest))
    }
}
