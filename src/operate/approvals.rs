//! Approvals in the bucket of the environment that a release goes to: one object for each who approved, so that several who do
//! so at once keep out of each other's way.

use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use super::gates::Side;
use crate::cloud::Etag;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::names;
use crate::release::{Approved, ReleaseDigest, Subject, principal};
use crate::units::Digest;

/// How often an approval is written that somebody else writes or removes meanwhile.
const MOST_TRIES: u32 = 5;

/// An approval and what tells its writing from another.
pub(super) struct Kept {
    pub(super) approved: Approved,
    pub(super) key: String,
    pub(super) etag: Etag,
}

/// The key of somebody's approval: another session of the same role writes over it.
pub(super) fn key_of(subject: &Subject, by: &str) -> String {
    let who = Digest::of_sha256(&Sha256::digest(principal(by).as_bytes()).into());
    let prefix = names::approvals_prefix(&subject.environment);
    format!("{prefix}{}/{}/{}/{who}.json", subject.pipeline, subject.release, subject.plan)
}

/// Every approval of a release, whatever plan it is of. One that cannot be read does not count, and is told.
///
/// # Errors
/// The bucket may not be read.
pub(super) async fn read(
    side: Side<'_>,
    release: &ReleaseDigest,
    warnings: &mut Diagnostics,
) -> Result<Vec<Kept>, Failure> {
    let pipeline = side.prepared.sized.pipeline();
    let prefix = names::approvals_prefix(pipeline.environment().name());
    let prefix = format!("{prefix}{}/{release}/", pipeline.name());
    let bucket = &side.prepared.bucket;
    let listed = match side.cloud.list_artifacts(bucket, &prefix).await {
        Ok(listed) => listed,
        // Without a foundation nobody can have approved anything.
        Err(refusal) if refusal.kind == crate::observed::FailureKind::NotFound => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut found = Vec::new();
    for (key, _) in listed {
        let Some(object) = side.cloud.read_guarded(bucket, &key).await? else { continue };
        match Approved::read(&object.bytes) {
            // Its place is bound to what it says: a copy under another key is none.
            Ok(approved) if key_of(&approved.subject, &approved.by) == key => {
                found.push(Kept { approved, key, etag: object.etag });
            }
            Ok(_) => warnings.push(unusable(bucket, &key, "it is of something else than its name says")),
            Err(why) => warnings.push(unusable(bucket, &key, &why.to_string())),
        }
    }
    Ok(found)
}

fn unusable(bucket: &str, key: &str, why: &str) -> Diagnostic {
    let title = format!("the approval s3://{bucket}/{key} does not count");
    Diagnostic::warning(Code::ApprovalUnusable, title).note(why.to_owned()).help("approve again")
}

/// Keeps an approval, over an earlier one of the same person for the same.
///
/// # Errors
/// It cannot be written.
pub(super) async fn keep(side: Side<'_>, approved: &Approved) -> Result<(), Failure> {
    let (bucket, key) = (&side.prepared.bucket, key_of(&approved.subject, &approved.by));
    for _ in 0..MOST_TRIES {
        let found = side.cloud.read_guarded(bucket, &key).await?;
        let etag = found.map(|found| found.etag);
        if side.cloud.write_guarded(bucket, &key, approved.to_bytes(), etag.as_ref()).await?.is_some() {
            return Ok(());
        }
    }
    let title = format!("the approval s3://{bucket}/{key} is being written by somebody else again and again");
    Err(Failure::refused(Diagnostic::error(Code::ApprovalUnusable, title).help("run the command again")))
}
