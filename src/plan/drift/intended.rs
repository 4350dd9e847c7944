//! Drift that is meant to be.

use std::collections::BTreeMap;

use super::live::Paused;
use super::model::Verdict;
use super::scaled::Bands;
use crate::observed::{SeenDifference, SeenDrift};
use crate::units::LogicalId;

/// Says why a difference that CloudFormation sees is meant to be; none where it is not.
pub(super) fn judge(
    scaled: &Bands,
    paused: &BTreeMap<LogicalId, Paused>,
    seen: &SeenDrift,
    difference: &SeenDifference,
) -> Option<Verdict> {
    let physical = seen.physical_id.as_deref().unwrap_or_default();
    let path = difference.path.as_str();
    match seen.type_name.as_str() {
        "AWS::DynamoDB::Table" if path.contains("ProvisionedThroughput/") => {
            let unit = path.rsplit('/').next().unwrap_or_default();
            scales(scaled, &format!("table/{physical}"), unit, difference)
        }
        "AWS::Lambda::Alias" if path.starts_with("/ProvisionedConcurrencyConfig") => {
            // arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS
            let target = physical.split_once(":function:").map(|(_, target)| format!("function:{target}"));
            scales(scaled, &target?, "ProvisionedConcurrency", difference)
        }
        "AWS::Lambda::EventSourceMapping" if path == "/Enabled" && difference.actual.as_deref() == Some("false") => {
            paused.get(&seen.logical_id).map(|paused| Verdict::intended(paused.to_string()))
        }
        // CloudFormation's own tags come and go with its operations.
        _ if path.starts_with("/Tags") && difference.actual.as_deref().is_some_and(|tag| tag.contains("\"aws:")) => {
            Some(Verdict::intended("AWS puts tags of its own on what it makes"))
        }
        _ => None,
    }
}

fn scales(scaled: &Bands, resource: &str, unit: &str, difference: &SeenDifference) -> Option<Verdict> {
    let band = scaled.find(resource, unit)?;
    let now: u64 = difference.actual.as_deref()?.parse().ok()?;
    Some(if band.holds(now) {
        Verdict::intended(format!("auto scaling keeps it between {} and {}", band.min, band.max))
    } else {
        Verdict::unexpected(format!(
            "it is outside of {} to {}, between which auto scaling moves it: somebody set it by hand",
            band.min, band.max
        ))
    })
}
