//! The foundation as the other commands need it.

use super::failure::Failure;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::foundation::{VERSION, VERSION_TAG};
use crate::observed::FailureKind;
use crate::units::Region;

/// Makes sure, with one call, that there is a foundation that this Sluice can work with. A bucket that somebody made by
/// hand tells no version and is taken as it is.
///
/// # Errors
/// What to type where there is none, or one of an earlier version.
pub(super) async fn needed(cloud: &Cloud, environment: &Environment, bucket: &str) -> Result<(), Failure> {
    let tags = match cloud.bucket_tags(bucket).await {
        Ok(Some(tags)) => tags,
        Ok(None) => return Err(missing(environment, cloud.region(), bucket)),
        // Whoever may not ask is told by the first write whether it may write.
        Err(refusal) if refusal.kind == FailureKind::AccessDenied => return Ok(()),
        Err(refusal) => return Err(refusal.into()),
    };
    let found = tags.get(VERSION_TAG).and_then(|text| text.parse::<u32>().ok());
    match found {
        Some(older) if older < VERSION => Err(Failure::error(
            Diagnostic::error(
                Code::FoundationOlder,
                format!(
                    "the foundation of {} is of version {older}, and this Sluice needs {VERSION}",
                    environment.name()
                ),
            )
            .help(format!("bring it up to date: {}", command(environment, cloud.region()))),
        )),
        // A newer one still has what an older Sluice needs.
        Some(_) | None => Ok(()),
    }
}

/// There is no foundation.
pub(super) fn missing(environment: &Environment, region: &Region, bucket: &str) -> Failure {
    Failure::error(
        Diagnostic::error(
            Code::NoFoundation,
            format!("{} has no foundation in {region}: there is no bucket {bucket}", environment.name()),
        )
        .help(format!("make it: {}", command(environment, region))),
    )
}

/// What to type.
fn command(environment: &Environment, region: &Region) -> String {
    let name = environment.name();
    match environment.regions() {
        [_] => format!("sluice bootstrap --env {name}"),
        _ => format!("sluice bootstrap --env {name} --region {region}"),
    }
}
