//! Large objects, sent in parts.
//!
//! Every part carries its SHA-256, which S3 checks on arrival, and the whole is joined on the condition that S3 has the
//! parts with these checksums. Of the SHA-256 of a whole that came in parts, S3 knows only the composite form: the digest of
//! the parts' digests, and their number (S3 user guide, "Checking object integrity": SHA-256 is composite only, numbers are
//! consecutive from 1); it is reckoned here too and compared.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::base64;
use sha2::{Digest as _, Sha256};

use super::{Cloud, CloudError, failure};
use crate::observed::FailureKind;
use crate::units::ByteSize;

const SERVICE: &str = "S3";
/// A larger object is sent in parts, and a part's size: what the AWS CLI takes for both (AWS CLI S3 configuration,
/// `multipart_threshold` and `multipart_chunksize`). S3 takes parts of 5 MiB to 5 GiB; the last may be smaller.
const PART: ByteSize = ByteSize::from_mib(8);
/// Most parts of an object (S3 user guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: u64 = 10_000;

/// How large the parts of an object are; none where it is sent as a whole.
#[must_use]
pub fn part_size(whole: ByteSize) -> Option<ByteSize> {
    // Whole mebibytes, so that the last part is never one too many.
    let least = whole.as_bytes().div_ceil(MOST_PARTS).div_ceil(1 << 20);
    (whole > PART).then(|| PART.max(ByteSize::from_mib(least)))
}

/// An object that is being sent in parts. Until they are joined or abandoned, S3 keeps and charges them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadInParts {
    bucket: String,
    key: String,
    id: String,
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPart {
    number: i32,
    etag: String,
    sha256: [u8; 32],
}

impl Cloud {
    /// Begins an object that is sent in parts.
    ///
    /// # Errors
    /// The bucket is not there, or the caller may not write to it.
    pub async fn begin_parts(&self, bucket: &str, key: &str) -> Result<UploadInParts, CloudError> {
        let request = self.s3.create_multipart_upload().bucket(bucket).key(key);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256).checksum_type(ChecksumType::Composite);
        let answer = request.send().await.map_err(|error| failure::of(SERVICE, "CreateMultipartUpload", error))?;
        let id = answer.upload_id().map(str::to_owned);
        let id = id.ok_or_else(|| failure::answer(SERVICE, "CreateMultipartUpload", "no upload id in the answer"))?;
        Ok(UploadInParts { bucket: bucket.to_owned(), key: key.to_owned(), id })
    }

    /// Sends a part; numbers are 1 to 10,000.
    ///
    /// # Errors
    /// It did not arrive as it was sent, or was refused.
    pub async fn send_part(&self, upload: &UploadInParts, number: u16, bytes: Vec<u8>) -> Result<SentPart, CloudError> {
        let (number, sha256) = (i32::from(number), <[u8; 32]>::from(Sha256::digest(&bytes)));
        let request = self.s3.upload_part().bucket(&upload.bucket).key(&upload.key).upload_id(&upload.id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Sha256);
        let request = request.checksum_sha256(base64::encode(sha256)).body(ByteStream::from(bytes));
        let answer = request.send().await.map_err(|error| failure::of(SERVICE, "UploadPart", error))?;
        let etag = answer.e_tag().map(str::to_owned);
        let etag = etag.ok_or_else(|| failure::answer(SERVICE, "UploadPart", "no ETag in the answer"))?;
        Ok(SentPart { number, etag, sha256 })
    }

    /// Makes the object of its parts, of `size` bytes together. That an earlier try has done so already counts as done.
    ///
    /// # Errors
    /// S3 does not have the parts as they were sent.
    pub async fn join_parts(
        &self,
        upload: &UploadInParts,
        mut parts: Vec<SentPart>,
        size: ByteSize,
    ) -> Result<(), CloudError> {
        const ACTION: &str = "CompleteMultipartUpload";
        parts.sort_by_key(|part| part.number);
        let composite = composite(&parts);
        let parts = parts.into_iter().map(|part| {
            let sum = base64::encode(part.sha256);
            CompletedPart::builder().part_number(part.number).e_tag(part.etag).checksum_sha256(sum).build()
        });
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let request = self.s3.complete_multipart_upload().bucket(&upload.bucket).key(&upload.key);
        let request = request.upload_id(&upload.id).checksum_type(ChecksumType::Composite).multipart_upload(whole);
        match request.send().await.map_err(|error| failure::of(SERVICE, ACTION, error)) {
            // Servers that stand in for AWS tell no checksum.
            Ok(answer) => match answer.checksum_sha256() {
                Some(told) if told != composite => {
                    let words = format!("{} arrived with checksum {told}, not {composite}", upload.key);
                    Err(failure::answer(SERVICE, ACTION, words))
                }
                Some(_) | None => Ok(()),
            },
            // The answer to an earlier try was lost.
            Err(refusal) if refusal.kind == FailureKind::NotFound => {
                let there = self.head_artifact(&upload.bucket, &upload.key).await?;
                if there == Some(size) { Ok(()) } else { Err(refusal) }
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Gives an upload up, so that S3 keeps none of its parts. That there is none counts as done.
    ///
    /// # Errors
    /// The caller may not; the foundation's lifecycle removes the parts in some days.
    pub async fn abandon_parts(&self, upload: &UploadInParts) -> Result<(), CloudError> {
        let request = self.s3.abort_multipart_upload().bucket(&upload.bucket).key(&upload.key);
        let answer = request.upload_id(&upload.id).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "AbortMultipartUpload", error)) {
            Err(refusal) if refusal.kind != FailureKind::NotFound => Err(refusal),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The SHA-256 of a whole that came in parts, as S3 tells it.
fn composite(parts: &[SentPart]) -> String {
    let mut whole = Sha256::new();
    parts.iter().for_each(|part| whole.update(part.sha256));
    format!("{}-{}", base64::encode(whole.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_object_has_more_parts_than_s3_takes() {
        assert_eq!(part_size(PART), None);
        assert_eq!(part_size(ByteSize::from_bytes(PART.as_bytes() + 1)), Some(PART));
        for gib in [1, 50, 79, 80, 500, 5_000] {
            let whole = ByteSize::from_mib(gib << 10);
            let part = part_size(whole).unwrap();
            assert!(whole.as_bytes().div_ceil(part.as_bytes()) <= MOST_PARTS, "{whole} in parts of {part}");
            assert!(part >= PART);
        }
    }

    #[test]
    fn the_composite_checksum_is_the_digest_of_digests_and_their_number() {
        let part = |number, text: &str| SentPart {
            number,
            etag: String::new(),
            sha256: Sha256::digest(text.as_bytes()).into(),
        };
        // Reckoned with another library.
        assert_eq!(composite(&[part(1, "a"), part(2, "b")]), "5aAf7hTg7VxIcU8iGA8lrYNltT+XefedxKPX6Tlj+Uo=-2");
    }
}
