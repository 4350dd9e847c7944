//! What a bucket holds, and emptying it: CloudFormation deletes no bucket with anything in it
//! (`cloudformation-behaviour.md` SQ-21).

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Cloud, CloudError, failure};
use crate::observed::{FailureKind, Holding};
use crate::units::ByteSize;

const SERVICE: &str = "S3";
/// How many pages of a thousand are counted before "more than" is said.
const PAGES: usize = 10;

impl Cloud {
    /// What a bucket holds, counted up to ten thousand versions; `None` where there is no such bucket.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn bucket_holds(&self, bucket: &str) -> Result<Option<Holding>, CloudError> {
        let mut holding = Holding { versions: 0, bytes: ByteSize::from_bytes(0), more: false };
        let (mut key, mut version) = (None, None);
        for _ in 0..PAGES {
            let page = match self.versions(bucket, key, version).await {
                Ok(page) => page,
                Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
                Err(refusal) => return Err(refusal),
            };
            let bytes: u64 = page.versions().iter().filter_map(|one| u64::try_from(one.size()?).ok()).sum();
            holding.versions += (page.versions().len() + page.delete_markers().len()) as u64;
            holding.bytes = ByteSize::from_bytes(holding.bytes.as_bytes() + bytes);
            holding.more = page.is_truncated().unwrap_or(false);
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
            if !holding.more {
                break;
            }
        }
        Ok(Some(holding))
    }

    /// Removes everything in a bucket, every version and delete marker; returns how many there were.
    ///
    /// # Errors
    /// The bucket is not there, or something in it may not be removed.
    pub async fn empty_bucket(&self, bucket: &str) -> Result<u64, CloudError> {
        let mut removed = 0;
        loop {
            let page = self.versions(bucket, None, None).await?;
            let ids = page.versions().iter().map(|one| (one.key(), one.version_id()));
            let ids = ids.chain(page.delete_markers().iter().map(|one| (one.key(), one.version_id())));
            let ids: Vec<ObjectIdentifier> = ids
                .filter_map(|(key, version)| {
                    let version = version.filter(|version| *version != "null").map(str::to_owned);
                    ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok()
                })
                .collect();
            if ids.is_empty() {
                return Ok(removed);
            }
            removed += ids.len() as u64;
            let order = Delete::builder().set_objects(Some(ids)).quiet(true).build();
            let order = order.map_err(|error| failure::answer(SERVICE, "DeleteObjects", error.to_string()))?;
            let answer = self.s3.delete_objects().bucket(bucket).delete(order).send().await;
            let answer = answer.map_err(|error| failure::of(SERVICE, "DeleteObjects", error))?;
            if let Some(refused) = answer.errors().first() {
                let words = format!(
                    "{} of {bucket}: {}",
                    refused.key().unwrap_or_default(),
                    refused.message().or(refused.code()).unwrap_or("no reason given")
                );
                return Err(failure::answer(SERVICE, "DeleteObjects", words));
            }
        }
    }

    async fn versions(
        &self,
        bucket: &str,
        key: Option<String>,
        version: Option<String>,
    ) -> Result<ListObjectVersionsOutput, CloudError> {
        let request = self.s3.list_object_versions().bucket(bucket);
        let answer = request.set_key_marker(key).set_version_id_marker(version).send().await;
        answer.map_err(|error| failure::of(SERVICE, "ListObjectVersions", error))
    }
}
