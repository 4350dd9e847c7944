//! What decides whether a change is taken and stands in no template: the shards that are really open, and whether an
//! expiry was changed just now.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::prepare::Prepared;
use crate::cloud::{Cloud, CloudError};
use crate::observed::{ExpiryStatus, FailureKind, Observed};
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
    for (id, physical) in differing(prepared, observed, "AWS::Kinesis::Stream", "ShardCount") {
        if let Some(stream) = allowed(cloud.live_stream(&physical).await)? {
            open.insert(id, u64::from(stream.open_shards));
        }
    }
    Ok(open)
}

/// Tables whose expiry is to change, and of which it was changed less than an hour ago.
pub(super) async fn expiry_changing(
    cloud: &Cloud,
    prepared: &Prepared,
    observed: &Observed,
) -> Result<BTreeSet<LogicalId>, Failure> {
    let mut changing = BTreeSet::new();
    for (id, physical) in differing(prepared, observed, "AWS::DynamoDB::Table", "TimeToLiveSpecification") {
        if allowed(cloud.expiry(&physical).await)? == Some(ExpiryStatus::Changing) {
            changing.insert(id);
        }
    }
    Ok(changing)
}

/// Deployed resources of a type of which a property is to change, with their physical ids.
fn differing(prepared: &Prepared, observed: &Observed, type_name: &str, property: &str) -> Vec<(LogicalId, String)> {
    let Some(stack) = observed.stack() else { return Vec::new() };
    let all = prepared.rendered.template.resources.iter().filter(|(_, resource)| resource.type_name == type_name);
    all.filter_map(|(id, resource)| {
        let before = stack.template.as_ref()?.resources.get(id)?;
        let of = |resource: &Resource| resource.properties.get(property).cloned();
        let physical = stack.resources.get(id)?.physical_id.clone()?;
        (of(before) != of(resource)).then(|| (id.clone(), physical))
    })
    .collect()
}

/// An answer; none where it may not be asked for.
fn allowed<T>(asked: Result<Option<T>, CloudError>) -> Result<Option<T>, Failure> {
    match asked {
        Ok(found) => Ok(found),
        Err(refusal) if refusal.kind == FailureKind::AccessDenied => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}
