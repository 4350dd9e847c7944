//! Names that the stack would give, and that somebody has already.

use super::{Site, holds};
use crate::cloud::CloudError;
use crate::diagnostic::Code;
use crate::environment::Tier;
use crate::observed::{FailureKind, Observed};
use crate::operate::prepare::Prepared;
use crate::plan::{NamedResource, named_resources};
use crate::rollout::{Check, CheckArea};

/// What stands under a name.
enum Taken {
    /// Nothing.
    Free,
    /// Something of this account.
    Ours,
    /// A bucket of somebody else's.
    Elsewhere,
    /// Nobody was asked: the type has no look-up here.
    NotAsked,
}

/// Looks whether names are free that the stack does not have yet.
pub(super) async fn check(site: Site<'_>, prepared: &Prepared, observed: Option<&Observed>) -> Vec<Check> {
    let area = CheckArea::Names;
    let named = named_resources(&prepared.rendered.template);
    let new: Vec<NamedResource> = named.into_iter().filter(|one| !holds(observed, &one.logical_id)).collect();
    if new.is_empty() {
        return vec![Check::ok(area, "every name of the stack is its own already")];
    }
    let mut checks = Vec::new();
    let (mut free, mut silent) = (0_usize, 0_usize);
    // Development takes nothing in; elsewhere what is kept and has a name is adopted (ADR 0021).
    let adopts = site.environment.tier() != Tier::Development;
    let alarms = alarms(site, &new).await;
    for one in &new {
        let taken = match one.type_name.as_str() {
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => match &alarms {
                Some(names) => Ok(if names.contains(&one.name) { Taken::Ours } else { Taken::Free }),
                None => Ok(Taken::NotAsked),
            },
            _ => ask(site, one).await,
        };
        let told = format!("{} {}", one.type_name, one.name);
        match taken {
            Ok(Taken::Free) => free += 1,
            Ok(Taken::NotAsked) => silent += 1,
            Ok(Taken::Ours) if adopts && one.adoptable => {
                checks.push(
                    Check::warning(area, format!("{told} is there, outside of the stack"))
                        .detail(format!("the deployment takes it in as {}", one.logical_id))
                        .help("look at the plan: it says `<-` before what is taken in"),
                );
            }
            Ok(Taken::Ours) => checks.push(
                Check::failed(area, Code::NameTaken, format!("{told} is there, outside of the stack"))
                    .detail(format!("{} cannot be made under that name", one.logical_id))
                    .help("remove it if nobody needs it, or give the stage or the pipeline another name"),
            ),
            Ok(Taken::Elsewhere) => checks.push(
                Check::failed(area, Code::NameTaken, format!("{told} is somebody else's"))
                    .detail("bucket names are the whole world's; or the caller may not look at its own bucket")
                    .help("give the stage or the pipeline another name"),
            ),
            Err(refusal) if refusal.kind == FailureKind::AccessDenied => silent += 1,
            Err(refusal) => checks.push(super::unanswered(area, &format!("whether {} is free", one.name), &refusal)),
        }
    }
    if free > 0 || checks.is_empty() {
        let more = if silent > 0 { format!("; {silent} more could not be looked up") } else { String::new() };
        checks.push(Check::ok(area, format!("{free} names that are to be given are free{more}")));
    }
    checks
}

/// The names of alarms that are taken; none where nobody may look.
async fn alarms(site: Site<'_>, new: &[NamedResource]) -> Option<Vec<String>> {
    let of = |one: &&NamedResource| one.type_name.starts_with("AWS::CloudWatch::") && one.type_name.ends_with("Alarm");
    let names: Vec<String> = new.iter().filter(of).map(|one| one.name.clone()).collect();
    let found = site.cloud.live_alarms(&names).await.ok()?;
    Some(found.into_iter().map(|alarm| alarm.name).collect())
}

/// Asks the service of a type.
async fn ask(site: Site<'_>, one: &NamedResource) -> Result<Taken, CloudError> {
    let (cloud, name) = (site.cloud, one.name.as_str());
    let there = match one.type_name.as_str() {
        "AWS::Kinesis::Stream" => cloud.live_stream(name).await?.is_some(),
        "AWS::DynamoDB::Table" => cloud.table_holds(name).await?.is_some(),
        "AWS::Lambda::Function" => cloud.live_function(name, None).await?.is_some(),
        "AWS::KinesisFirehose::DeliveryStream" => cloud.live_delivery(name).await?.is_some(),
        "AWS::SageMaker::Endpoint" => cloud.live_endpoint(name).await?.is_some(),
        "AWS::SQS::Queue" => cloud.queue_exists(name).await?,
        "AWS::S3::Bucket" => match cloud.bucket_exists(name).await {
            Ok(there) => there,
            Err(refusal) if refusal.kind == FailureKind::AccessDenied => return Ok(Taken::Elsewhere),
            Err(refusal) => return Err(refusal),
        },
        _ => return Ok(Taken::NotAsked),
    };
    Ok(if there { Taken::Ours } else { Taken::Free })
}
