//! A release's artifacts from one account's bucket to another's: by digest, and nothing else.
//!
//! Every byte is read from the source and held against the digest in the release while it passes; an object that is not what
//! the release says never becomes one in the target. Large ones pass in parts, so that no more is in memory than these.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::deploy::Company;
use super::failure::Failure;
use crate::artifact::{Digesting, digest_of};
use crate::cloud::{Cloud, CloudError, Download, Uploaded, part_size};
use crate::diagnostic::{Code, Diagnostic};
use crate::event::{Event, EventKind};
use crate::release::Release;
use crate::units::{ByteSize, Digest};

/// How many objects are under way at once, each with a part of its own in memory.
const AT_ONCE: usize = 4;

/// What was carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Copied {
    /// Objects that were sent.
    pub(super) sent: usize,
    /// Objects that were there.
    pub(super) there: usize,
    /// Bytes that were sent.
    pub(super) bytes: u64,
}

/// A bucket as somebody may use it.
#[derive(Clone, Copy)]
struct Side<'a> {
    cloud: &'a Cloud,
    bucket: &'a str,
}

/// Copies every artifact of a release from one bucket into another. What is there with the same size is not sent again.
///
/// # Errors
/// An object is missing in the source, or is not what the release says; or it cannot be read or written.
pub(super) async fn copy_artifacts(
    from: (&Cloud, &str),
    to: (&Cloud, &str),
    release: &Release,
    company: &mut dyn Company,
) -> Result<Copied, Failure> {
    copy_telling(from, to, release, &mut |event| company.tell(event)).await
}

/// The same, telling whoever wants to know.
///
/// # Errors
/// As above.
pub(super) async fn copy_telling(
    from: (&Cloud, &str),
    to: (&Cloud, &str),
    release: &Release,
    tell: &mut dyn FnMut(Event),
) -> Result<Copied, Failure> {
    let (from, to) = (Side { cloud: from.0, bucket: from.1 }, Side { cloud: to.0, bucket: to.1 });
    let mut copied = Copied::default();
    let artifacts = release.content.artifacts.iter();
    let under_way = artifacts.map(|(key, digest)| async move { (key, carry(from, to, key, digest).await) });
    let mut under_way = stream::iter(under_way).buffer_unordered(AT_ONCE);
    while let Some((key, carried)) = under_way.next().await {
        let (size, uploaded) = carried?;
        let bytes = size.as_bytes();
        let already_there = uploaded == Uploaded::AlreadyThere;
        match already_there {
            true => copied.there += 1,
            false => (copied.sent, copied.bytes) = (copied.sent + 1, copied.bytes.saturating_add(bytes)),
        }
        let (name, key) = (name_of(key), key.clone());
        tell(Event { at: to.cloud.time(), kind: EventKind::Artifact { name, key, bytes, already_there } });
    }
    Ok(copied)
}

/// What an artifact is called where nobody knows its file: its key without the digest.
fn name_of(key: &str) -> String {
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        ["functions", stage, _] => (*stage).to_owned(),
        ["models", _, file] => format!("models/{file}"),
        _ => key.to_owned(),
    }
}

async fn carry(from: Side<'_>, to: Side<'_>, key: &str, digest: &Digest) -> Result<(ByteSize, Uploaded), Failure> {
    let Some(size) = size(from, key).await? else { return Err(missing(from, key)) };
    if to.cloud.head_artifact(to.bucket, key).await? == Some(size) {
        return Ok((size, Uploaded::AlreadyThere));
    }
    let Some(source) = from.cloud.download(from.bucket, key).await? else { return Err(missing(from, key)) };
    match part_size(size) {
        None => {
            let bytes = whole(source, size).await?;
            if digest_of(&bytes) != *digest {
                return Err(altered(from, key, digest));
            }
            Ok((size, to.cloud.put_artifact(to.bucket, key, bytes).await?))
        }
        Some(part) => {
            in_parts(from, source, (to, key), digest, (size, part)).await?;
            Ok((size, Uploaded::Sent))
        }
    }
}

/// The size of an object; none where it is not there, or may not be seen.
async fn size(of: Side<'_>, key: &str) -> Result<Option<ByteSize>, Failure> {
    Ok(of.cloud.head_artifact(of.bucket, key).await?)
}

/// All of a small object, no more than it said it had and one byte, which tells that it grew.
async fn whole(mut source: Download, size: ByteSize) -> Result<Vec<u8>, CloudError> {
    let most = usize::try_from(size.as_bytes()).unwrap_or(usize::MAX).saturating_add(1);
    source.next(most).await
}

/// A large object, joined in the target only once all of it was seen to be what it should be.
async fn in_parts(
    from: Side<'_>,
    mut source: Download,
    (to, key): (Side<'_>, &str),
    digest: &Digest,
    (size, part): (ByteSize, ByteSize),
) -> Result<(), Failure> {
    let upload = to.cloud.begin_parts(to.bucket, key).await?;
    let most = usize::try_from(part.as_bytes()).unwrap_or(usize::MAX);
    let passing = async {
        let (mut digesting, mut sent, mut number) = (Digesting::default(), Vec::new(), 0_u16);
        loop {
            let bytes = source.next(most).await?;
            if bytes.is_empty() {
                break;
            }
            number = number.saturating_add(1);
            digesting.update(&bytes);
            sent.push(to.cloud.send_part(&upload, number, bytes).await?);
        }
        if digesting.finish() != *digest {
            return Err(altered(from, key, digest));
        }
        Ok(to.cloud.join_parts(&upload, sent, size).await?)
    };
    let passed = passing.await;
    if passed.is_err() {
        // What cannot be given up now goes by the foundation's lifecycle.
        let _ = to.cloud.abandon_parts(&upload).await;
    }
    passed
}

/// Makes sure that a bucket has every artifact of a release, before anything is deployed that needs them.
///
/// # Errors
/// Which ones it has not.
pub(super) async fn have_artifacts(cloud: &Cloud, bucket: &str, release: &Release) -> Result<(), Failure> {
    let side = Side { cloud, bucket };
    let mut looking = stream::iter(release.content.artifacts.keys())
        .map(|key| async move { (key, size(side, key).await) })
        .buffered(AT_ONCE);
    while let Some((key, found)) = looking.next().await {
        if found?.is_none() {
            return Err(missing(side, key));
        }
    }
    Ok(())
}

/// Reads every artifact of a release and holds it against its digest.
///
/// # Errors
/// One is missing, or is not what the release says.
pub(super) async fn verify_artifacts(cloud: &Cloud, bucket: &str, release: &Release) -> Result<(), Failure> {
    let side = Side { cloud, bucket };
    let artifacts = release.content.artifacts.iter();
    let mut reading = stream::iter(artifacts.map(|(key, digest)| verified(side, key, digest))).buffered(AT_ONCE);
    while let Some(verified) = reading.next().await {
        verified?;
    }
    Ok(())
}

async fn verified(side: Side<'_>, key: &str, digest: &Digest) -> Result<(), Failure> {
    let Some(mut source) = side.cloud.download(side.bucket, key).await? else { return Err(missing(side, key)) };
    let mut digesting = Digesting::default();
    loop {
        let bytes = source.next(PIECE).await?;
        if bytes.is_empty() {
            break;
        }
        digesting.update(&bytes);
    }
    if digesting.finish() == *digest { Ok(()) } else { Err(altered(side, key, digest)) }
}

/// How much of an object is in memory while it is only looked at.
const PIECE: usize = 1 << 20;

fn missing(side: Side<'_>, key: &str) -> Failure {
    Failure::error(
        Diagnostic::error(Code::ArtifactMissing, format!("s3://{}/{key} is not there", side.bucket))
            .note("the release names it; without it, it is not the release that was proven")
            .note("S3 says the same of what somebody may not see: the caller needs s3:ListBucket and s3:GetObject")
            .help(
                "where it was removed, bring back its last version; or deploy the release's files where it is missing",
            ),
    )
}

fn altered(side: Side<'_>, key: &str, digest: &Digest) -> Failure {
    let title = format!("s3://{}/{key} does not hold the bytes with the digest {}", side.bucket, digest.short());
    Failure::error(
        Diagnostic::error(Code::ArtifactAltered, title)
            .note("it was altered or cut off since it was put there; nothing of it was used")
            .help("find out who wrote it; the bucket keeps its older versions"),
    )
}
