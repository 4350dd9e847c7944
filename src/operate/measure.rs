//! Counting what a plan puts at risk, in AWS: how much resources hold, and how far behind readers are.
//!
//! Only what the plan is about is asked, and nothing that may not be asked keeps a plan from being made: it says so instead.

use std::collections::BTreeSet;

use super::failure::Failure;
use crate::cloud::{Cloud, CloudError, Reader};
use crate::environment::Tier;
use crate::observed::{FailureKind, Held, HeldUnit, Observed, StackDescription};
use crate::plan::{Desired, Guard, Measure, Measured, Plan, Unmeasured};
use crate::units::{Duration, LogicalId};

/// An answer, none where the service has nothing to say, or why it may not be asked.
type Asked<T> = Result<Option<T>, CloudError>;

/// Adds to a plan what can be counted.
///
/// # Errors
/// When a service cannot be reached or fails; that it may not be asked is told in the plan.
pub(super) async fn measure(
    cloud: &Cloud,
    desired: &Desired,
    observed: &Observed,
    plan: Plan,
) -> Result<Plan, Failure> {
    let Some(stack) = observed.stack() else { return Ok(plan) };
    let mut measured = Measured::default();
    for risk in &plan.data {
        // A key holds nothing that could be counted.
        let Some(physical) = risk.physical_id.as_ref().filter(|_| risk.type_name != "AWS::KMS::Key") else { continue };
        let holds = held(cloud, &risk.type_name, physical).await;
        if let Some(held) = measured.noted(&risk.logical_id, Measure::Holding, holds)? {
            measured.held.insert(risk.logical_id.clone(), held);
        }
    }
    for effect in plan.consumers.iter().filter(|effect| effect.minds_lag()) {
        let behind = behind(cloud, stack, &effect.logical_id).await;
        if let Some(behind) = measured.noted(&effect.logical_id, Measure::Lag, behind)? {
            measured.behind.insert(effect.logical_id.clone(), behind);
        }
    }
    Ok(plan.measured(desired, measured))
}

/// The alarms that roll a deployment of this plan back, as they are now; none where nothing would.
///
/// # Errors
/// When CloudWatch cannot be reached or fails; alarms that may not be looked at are not armed.
pub(super) async fn guard(
    cloud: &Cloud,
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    names: &[String],
    tier: Tier,
    still: &BTreeSet<LogicalId>,
) -> Result<Option<Guard>, Failure> {
    let before = observed.stack().and_then(|stack| stack.template.as_ref());
    let Some(guard) = before.and_then(|before| Guard::of(plan, before, &desired.template, names, tier, still)) else {
        return Ok(None);
    };
    let names: Vec<String> = guard.armed.iter().map(|alarm| alarm.name.clone()).collect();
    let seen = if names.is_empty() { Ok(Vec::new()) } else { cloud.composite_alarms(&names).await };
    match seen {
        Ok(seen) => Ok(Some(guard.seen(&seen))),
        Err(refusal) if refusal.kind == FailureKind::AccessDenied => Ok(Some(guard.seen(&[]))),
        Err(refusal) => Err(refusal.into()),
    }
}

impl Measured {
    /// Takes an answer apart: why there is none is noted.
    fn noted<T>(&mut self, id: &LogicalId, what: Measure, asked: Asked<T>) -> Result<Option<T>, Failure> {
        let mut unknown = |why: String| self.unknown.push(Unmeasured { logical_id: id.clone(), what, why });
        match asked {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => unknown(match what {
                Measure::Holding => "its service does not say".to_owned(),
                Measure::Lag => "it published no reading in the last quarter of an hour".to_owned(),
            }),
            Err(refusal) if refusal.kind == FailureKind::AccessDenied => unknown(refusal.to_string()),
            Err(refusal) => return Err(refusal.into()),
        }
        Ok(None)
    }
}

async fn held(cloud: &Cloud, type_name: &str, physical: &str) -> Asked<Held> {
    match type_name {
        "AWS::DynamoDB::Table" => cloud.table_holds(physical).await,
        "AWS::SQS::Queue" => cloud.queue_holds(physical).await,
        "AWS::S3::Bucket" => {
            let holding = cloud.bucket_holds(physical).await?;
            let of = |bytes: crate::units::ByteSize| Some(bytes.as_bytes());
            Ok(holding.map(|holding| Held {
                count: holding.versions,
                unit: HeldUnit::Objects,
                bytes: of(holding.bytes),
                more: holding.more,
            }))
        }
        "AWS::Kinesis::Stream" => match cloud.live_stream(physical).await? {
            Some(stream) => cloud.stream_took(physical, stream.retention).await,
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

async fn behind(cloud: &Cloud, stack: &StackDescription, id: &LogicalId) -> Asked<Duration> {
    let Some(found) = stack.resources.get(id) else { return Ok(None) };
    let Some(physical) = &found.physical_id else { return Ok(None) };
    let behind = if found.type_name == "AWS::Lambda::EventSourceMapping" {
        let mapping = cloud.live_mapping(physical).await?;
        let function = mapping.and_then(|mapping| mapping.function_arn);
        // arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS
        match function.as_deref().and_then(|arn| arn.split(':').nth(6)) {
            Some(name) => cloud.behind(Reader::Function(name)).await?,
            None => None,
        }
    } else {
        cloud.behind(Reader::Delivery(physical)).await?
    };
    Ok(behind.map(|behind| behind.0))
}
