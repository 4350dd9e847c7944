//! Reading the ledger of a pipeline in an environment and region.

use super::failure::Failure;
use super::gates::Side;
use crate::diagnostic::{Code, Diagnostic};
use crate::observed::FailureKind;
use crate::pipeline::names;
use crate::release::{Entry, Ledger};

/// Reads every entry; an empty ledger where there is none.
///
/// # Errors
/// The bucket may not be read, or holds an entry that this Sluice does not understand: nothing may be decided without it.
pub(super) async fn read(side: Side<'_>) -> Result<Ledger, Failure> {
    let (bucket, pipeline) = (&side.prepared.bucket, side.prepared.sized.pipeline());
    let prefix = format!("{}{}/", names::ledger_prefix(pipeline.environment().name()), pipeline.name());
    let listed = match side.cloud.list_artifacts(bucket, &prefix).await {
        Ok(listed) => listed,
        // Without a foundation nothing was deployed.
        Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(Ledger::default()),
        Err(refusal) => return Err(refusal.into()),
    };
    let numbered = |key: &str| {
        key.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".json")).is_some_and(|n| n.parse::<u64>().is_ok())
    };
    let mut entries = Vec::new();
    for (key, _) in listed.into_iter().filter(|(key, _)| numbered(key)) {
        let Some(object) = side.cloud.read_guarded(bucket, &key).await? else { continue };
        entries.push(Entry::read(&object.bytes).map_err(|why| {
            let title = format!("the ledger entry s3://{bucket}/{key} cannot be read: {why}");
            Failure::error(
                Diagnostic::error(Code::LedgerEntryUnusable, title).help(
                    "use the Sluice that wrote it, or a newer one; without the entry nobody knows what is proven",
                ),
            )
        })?);
    }
    Ok(Ledger::of(entries))
}
