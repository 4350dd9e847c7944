//! The shards that are really open.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::prepare::Prepared;
use crate::cloud::Cloud;
use crate::observed::{FailureKind, Observed};
use crate::template::Resource;
use crate::units::LogicalId;

/// How many shards are open in the streams whose count is to change. Somebody may have resharded them, and one that
/// scaled by itself has as many as its load took. Where it may not be asked, the templates have to do.
pub(super) async fn open_shards(
    cloud: &Cloud,
    prepared: &Prepared,
    observed: &Observed,
) -> Result<BTreeMap<LogicalId, u64>, Failure> {
    let mut open = BTreeMap::new();
    let Some(stack) = observed.stack() else { return Ok(open) };
    for (id, resource) in &prepared.rendered.template.resources {
        let before = stack.template.as_ref().and_then(|template| template.resources.get(id));
        let counts = |resource: &Resource| resource.properties.get("ShardCount").cloned();
        let physical = stack.resources.get(id).and_then(|found| found.physical_id.as_ref());
        let (Some(before), Some(physical)) = (before, physical) else { continue };
        if resource.type_name != "AWS::Kinesis::Stream" || counts(before) == counts(resource) {
            continue;
        }
        match cloud.live_stream(physical).await {
            Ok(Some(stream)) => drop(open.insert(id.clone(), u64::from(stream.open_shards))),
            Ok(None) => {}
            Err(refusal) if refusal.kind == FailureKind::AccessDenied => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(open)
}
