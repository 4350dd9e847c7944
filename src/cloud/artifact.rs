//! Files in the artifact bucket: content-addressed, written once.

use std::collections::BTreeMap;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_bucket_tagging::GetBucketTaggingError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, ChecksumAlgorithm, CreateBucketConfiguration, Object};
use aws_smithy_types::base64;
use sha2::{Digest as _, Sha256};

use super::{Cloud, CloudError, failure, read};
use crate::observed::FailureKind;
use crate::units::{ByteSize, Region, Timestamp};

const SERVICE: &str = "S3";

/// What came of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// It was sent.
    Sent,
    /// It was there.
    AlreadyThere,
}

/// The address of an object as CloudFormation takes it (`TemplateURL` must be a supported S3 URL, TV-24).
#[must_use]
pub fn artifact_url(region: &Region, bucket: &str, key: &str) -> String {
    format!("https://{bucket}.{}/{key}", s3_host(region))
}

fn s3_host(region: &Region) -> String {
    let suffix = if region.as_str().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("s3.{region}.{suffix}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Cloud {
    /// Size of an object; `None` if it is not there or may not be seen.
    ///
    /// # Errors
    /// Any refusal but "not found" and "access denied": without permission to list the bucket, S3 answers
    /// "denied" for what is not there.
    pub async fn head_artifact(&self, bucket: &str, key: &str) -> Result<Option<ByteSize>, CloudError> {
        let answer = self.s3.head_object().bucket(bucket).key(key).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "HeadObject", error)) {
            Ok(answer) => {
                let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
                Ok(Some(ByteSize::from_bytes(length.unwrap_or_default())))
            }
            Err(refusal) if matches!(refusal.kind, FailureKind::NotFound | FailureKind::AccessDenied) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Writes an object unless one of the same key and size is there; S3 checks the bytes against their
    /// SHA-256 on arrival.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not write to it.
    pub async fn put_artifact(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Result<Uploaded, CloudError> {
        let size = ByteSize::from_bytes(bytes.len() as u64);
        if self.head_artifact(bucket, key).await? == Some(size) {
            return Ok(Uploaded::AlreadyThere);
        }
        let checksum = base64::encode(Sha256::digest(&bytes));
        let request = self.s3.put_object().bucket(bucket).key(key).body(ByteStream::from(bytes));
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256).checksum_sha256(checksum);
        let answer = request.send().await;
        answer.map(|_| Uploaded::Sent).map_err(|error| failure::of(SERVICE, "PutObject", error))
    }

    /// Keys under a prefix with their sizes, in key order.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not list it.
    pub async fn list_artifacts(&self, bucket: &str, prefix: &str) -> Result<Vec<(String, ByteSize)>, CloudError> {
        let sized = |object: Object| {
            let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            Some((object.key?, ByteSize::from_bytes(size)))
        };
        Ok(self.objects(bucket, prefix).await?.into_iter().filter_map(sized).collect())
    }

    /// Keys under a prefix with the moments at which they were written, in key order.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not list it.
    pub async fn list_written(&self, bucket: &str, prefix: &str) -> Result<Vec<(String, Timestamp)>, CloudError> {
        let written = |object: Object| {
            let moment = read::moment(object.last_modified());
            Some((object.key?, moment))
        };
        Ok(self.objects(bucket, prefix).await?.into_iter().filter_map(written).collect())
    }

    async fn objects(&self, bucket: &str, prefix: &str) -> Result<Vec<Object>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.s3.list_objects_v2().bucket(bucket).prefix(prefix).set_continuation_token(token);
            let answer = request.send().await.map_err(|error| failure::of(SERVICE, "ListObjectsV2", error))?;
            found.extend(answer.contents.unwrap_or_default());
            token = answer.next_continuation_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The first key under a prefix, in key order; none where there is none, or no such bucket.
    ///
    /// # Errors
    /// The caller may not list it.
    pub async fn first_key(&self, bucket: &str, prefix: &str) -> Result<Option<String>, CloudError> {
        let answer = self.s3.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "ListObjectsV2", error)) {
            Ok(answer) => Ok(answer.contents().first().and_then(|object| object.key()).map(str::to_owned)),
            Err(refusal) if refusal.kind == FailureKind::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Whether a bucket is there and may be reached.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn bucket_exists(&self, bucket: &str) -> Result<bool, CloudError> {
        let answer = self.s3.head_bucket().bucket(bucket).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "HeadBucket", error)) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.kind == FailureKind::NotFound => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// The tags of a bucket; `None` where there is no such bucket.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn bucket_tags(&self, bucket: &str) -> Result<Option<BTreeMap<String, String>>, CloudError> {
        let answer = self.s3.get_bucket_tagging().bucket(bucket).send().await;
        let untagged = |error: &SdkError<GetBucketTaggingError, _>| error.code() == Some("NoSuchTagSet");
        match answer {
            Ok(answer) => Ok(Some(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect())),
            Err(error) if untagged(&error) => Ok(Some(BTreeMap::new())),
            Err(error) => match failure::of(SERVICE, "GetBucketTagging", error) {
                refusal if refusal.kind == FailureKind::NotFound => Ok(None),
                refusal => Err(refusal),
            },
        }
    }

    /// Makes a bucket in this region.
    ///
    /// # Errors
    /// The name is taken, or the caller may not make one.
    pub async fn make_bucket(&self, bucket: &str) -> Result<(), CloudError> {
        // The oldest region is the one that must not be named.
        let elsewhere = (self.region.as_str() != "us-east-1").then(|| {
            let constraint = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(constraint).build()
        });
        let answer = self.s3.create_bucket().bucket(bucket).set_create_bucket_configuration(elsewhere).send().await;
        answer.map(|_| ()).map_err(|error| failure::of(SERVICE, "CreateBucket", error))
    }

    /// Puts a template where CloudFormation can read it and returns the address.
    pub(super) async fn put_template(&self, bucket: &str, template: &str) -> Result<String, CloudError> {
        let key = format!("templates/{}.json", hex(&Sha256::digest(template.as_bytes())));
        self.put_artifact(bucket, &key, template.as_bytes().to_vec()).await?;
        // Servers that stand in for AWS find the bucket in the path, not every one in the host.
        Ok(if self.stand_in {
            format!("https://{}/{bucket}/{key}", s3_host(&self.region))
        } else {
            artifact_url(&self.region, bucket, &key)
        })
    }
}
