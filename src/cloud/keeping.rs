//! What a bucket with versions keeps: every version of what lies below a prefix, and taking objects out of sight, which
//! can be taken back as long as their versions are there (S3 user guide, "Deleting object versions": a deletion without a
//! version puts a marker before the object; a deletion of the marker brings the object back).

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{BucketVersioningStatus, Delete, DeletedObject, ObjectIdentifier};

use super::{Cloud, CloudError, failure, read};
use crate::units::{ByteSize, Timestamp};

const SERVICE: &str = "S3";
/// Most objects of one deletion (S3 API reference, `DeleteObjects`).
const MOST_AT_ONCE: usize = 1_000;

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVersion {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: ByteSize,
    /// When it was written, by the server's clock.
    pub written: Timestamp,
    /// Whether it is what the key leads to.
    pub current: bool,
}

/// An object that is out of sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    key: String,
    marker: String,
}

impl Cloud {
    /// Every version below a prefix, in key order; markers are none.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not list its versions.
    pub async fn kept_versions(&self, bucket: &str, prefix: &str) -> Result<Vec<KeptVersion>, CloudError> {
        let mut found = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let request = self.s3.list_object_versions().bucket(bucket).prefix(prefix);
            let answer = request.set_key_marker(key).set_version_id_marker(version).send().await;
            let page = answer.map_err(|error| failure::of(SERVICE, "ListObjectVersions", error))?;
            found.extend(versions(&page));
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
            if !page.is_truncated.unwrap_or(false) || key.is_none() {
                return Ok(found);
            }
        }
    }

    /// Whether a bucket keeps the versions of what is removed.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not ask.
    pub async fn keeps_versions(&self, bucket: &str) -> Result<bool, CloudError> {
        let answer = self.s3.get_bucket_versioning().bucket(bucket).send().await;
        let answer = answer.map_err(|error| failure::of(SERVICE, "GetBucketVersioning", error))?;
        Ok(answer.status() == Some(&BucketVersioningStatus::Enabled))
    }

    /// Takes objects out of sight; returns those that are, and why the first of the others is not.
    pub async fn hide_objects(&self, bucket: &str, keys: &[String]) -> (Vec<Hidden>, Option<CloudError>) {
        let mut hidden = Vec::new();
        for some in keys.chunks(MOST_AT_ONCE) {
            let ids = some.iter().map(|key| ObjectIdentifier::builder().key(key).build());
            match self.delete_all(bucket, ids.filter_map(Result::ok).collect()).await {
                Ok((gone, refused)) => {
                    let marker =
                        |one: DeletedObject| Some(Hidden { key: one.key?, marker: one.delete_marker_version_id? });
                    hidden.extend(gone.into_iter().filter_map(marker));
                    if refused.is_some() {
                        return (hidden, refused);
                    }
                }
                Err(refused) => return (hidden, Some(refused)),
            }
        }
        (hidden, None)
    }

    /// Brings objects back.
    ///
    /// # Errors
    /// The caller may not; the objects are still there as versions.
    pub async fn show_again(&self, bucket: &str, hidden: &[Hidden]) -> Result<(), CloudError> {
        for some in hidden.chunks(MOST_AT_ONCE) {
            let ids = some.iter().map(|one| ObjectIdentifier::builder().key(&one.key).version_id(&one.marker).build());
            let (_, refused) = self.delete_all(bucket, ids.filter_map(Result::ok).collect()).await?;
            refused.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    async fn delete_all(
        &self,
        bucket: &str,
        ids: Vec<ObjectIdentifier>,
    ) -> Result<(Vec<DeletedObject>, Option<CloudError>), CloudError> {
        let order = Delete::builder().set_objects(Some(ids)).build();
        let order = order.map_err(|error| failure::answer(SERVICE, "DeleteObjects", error.to_string()))?;
        let answer = self.s3.delete_objects().bucket(bucket).delete(order).send().await;
        let answer = answer.map_err(|error| failure::of(SERVICE, "DeleteObjects", error))?;
        let refused = answer.errors().first().map(|refused| {
            let why = refused.message().or(refused.code()).unwrap_or("no reason given");
            failure::answer(SERVICE, "DeleteObjects", format!("{}: {why}", refused.key().unwrap_or_default()))
        });
        Ok((answer.deleted.unwrap_or_default(), refused))
    }

    /// Every stack that is there, with its tags.
    ///
    /// # Errors
    /// The caller may not look at all of them.
    pub async fn all_stacks(&self) -> Result<Vec<TaggedStack>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.cloudformation.describe_stacks().set_next_token(token);
            let answer =
                request.send().await.map_err(|error| failure::of("CloudFormation", "DescribeStacks", error))?;
            let tagged = |stack| TaggedStack { head: read::head(stack), tags: read::tags(stack.tags()) };
            found.extend(answer.stacks().iter().map(tagged));
            token = answer.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The text of a deployed template, as it was sent; empty where there is none yet.
    ///
    /// # Errors
    /// The stack is gone, or the caller may not look at it.
    pub async fn template_text(&self, stack: &str) -> Result<String, CloudError> {
        let request = self.cloudformation.get_template().stack_name(stack);
        let request = request.template_stage(aws_sdk_cloudformation::types::TemplateStage::Original);
        let answer = request.send().await.map_err(|error| failure::of("CloudFormation", "GetTemplate", error))?;
        Ok(answer.template_body.unwrap_or_default())
    }
}

/// A stack and its tags.
#[derive(Clone, Debug)]
pub struct TaggedStack {
    /// The stack.
    pub head: crate::observed::StackHead,
    /// Its tags.
    pub tags: std::collections::BTreeMap<String, String>,
}

fn versions(page: &ListObjectVersionsOutput) -> impl Iterator<Item = KeptVersion> {
    page.versions().iter().filter_map(|one| {
        let bytes = one.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        Some(KeptVersion {
            key: one.key()?.to_owned(),
            bytes: ByteSize::from_bytes(bytes),
            written: read::moment(one.last_modified()),
            current: one.is_latest().unwrap_or(false),
        })
    })
}
