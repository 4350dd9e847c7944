//! `sluice drift`: what is otherwise than it was deployed, from CloudFormation and from the services themselves.

use std::collections::BTreeMap;

use super::connect::{cadence, same_account};
use super::deploy::Tools;
use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;
use super::status::{Standing, standing};
use crate::cloud::{Cloud, CloudError};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::{Environment, Target};
use crate::observed::{Detection, FailureKind, Observed, SeenDrift, StackDescription};
use crate::pipeline::{Origins, Pipeline, names};
use crate::plan::{Drift, Live, Paused, Sighting};
use crate::rollout::{Pause, Pauses};
use crate::template::references_in;
use crate::units::{Duration, EnvironmentName, LogicalId, PipelineName, Region, Timestamp};
use crate::workspace::Clock;

/// Detection takes up to several minutes of a large stack (CloudFormation API reference, DetectStackDrift).
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Whose drift is to be told.
#[derive(Clone, Debug)]
pub struct DriftOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Drifting {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// Whether the environment has several regions, so that commands name theirs.
    pub several_regions: bool,
    /// The stack's name.
    pub stack: String,
    /// Whether it stands in the embedded cloud.
    pub embedded: bool,
    /// When it was looked at, by the server's clock.
    pub at: Timestamp,
    /// The drift.
    pub drift: Drift,
    /// What could not be looked at.
    pub warnings: Diagnostics,
}

/// Looks for drift.
///
/// # Errors
/// The stack is not there or in a state that forbids it, or it may not be looked at.
pub async fn drift(shelf: &mut Shelf<'_>, order: &DriftOrder, tools: Tools<'_>) -> Result<Drifting, Failure> {
    let Standing { pipeline: name, stack, environment, region, origins } =
        standing(shelf, &order.pipeline, &order.environment, order.region.as_ref())?;
    let prepared = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref()).ok();
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let observed = cloud.describe_stack(&stack).await?;
    let Observed::Present(found) = observed else {
        return Err(Failure::error(
            Diagnostic::error(Code::NothingToDrift, format!("{stack} is not deployed, so nothing can have drifted"))
                .help(format!("sluice deploy {name} --env {}", environment.name())),
        ));
    };
    let pipeline = prepared.as_ref().map(|prepared| prepared.sized.pipeline());
    let place = At { cloud: &cloud, environment: &environment, region: &region, name: &name };
    let (drift, warnings) = look(place, &found, pipeline, &origins, tools.clock).await?;
    Ok(Drifting {
        pipeline: name.clone(),
        environment: environment.name().clone(),
        several_regions: environment.regions().len() > 1,
        embedded: *environment.target() == Target::Embedded,
        at: cloud.time(),
        region,
        stack,
        drift,
        warnings,
    })
}

/// A pipeline where it is deployed.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) environment: &'a Environment,
    pub(super) region: &'a Region,
    pub(super) name: &'a PipelineName,
}

/// Detects drift in a stack, and asks the services for what CloudFormation does not look at.
pub(super) async fn look(
    place: At<'_>,
    stack: &StackDescription,
    pipeline: Option<&Pipeline>,
    origins: &Origins,
    clock: &dyn Clock,
) -> Result<(Drift, Diagnostics), Failure> {
    let mut warnings = Diagnostics::new();
    let seen = detect(place, stack, clock, &mut warnings).await?;
    let live = live(place.cloud, stack, &mut warnings).await?;
    let paused = paused(place, &mut warnings).await;
    let sighting = Sighting { stack, seen: &seen, live: &live, paused: &paused, pipeline, origins };
    Ok((Drift::of(sighting), warnings))
}

/// Has CloudFormation look, and waits until it has.
async fn detect(
    place: At<'_>,
    stack: &StackDescription,
    clock: &dyn Clock,
    warnings: &mut Diagnostics,
) -> Result<Vec<SeenDrift>, Failure> {
    let cloud = place.cloud;
    let id = match cloud.detect_drift(&stack.name).await {
        Ok(id) => id,
        Err(refusal) if refusal.kind == FailureKind::ValidationRefused || refusal.kind == FailureKind::WrongState => {
            return Err(Failure::error(
                Diagnostic::error(
                    Code::DriftNotDetected,
                    format!("{} is {}, and drift is not detected in that state", stack.name, stack.status),
                )
                .note(refusal.to_string())
                .help(format!("sluice recover {} --env {}", place.name, place.environment.name())),
            ));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let cadence = cadence(place.environment, clock.is_virtual());
    let (mut pause, mut waited) = (cadence.first, Duration::ZERO);
    loop {
        match cloud.drift_detection(&id).await? {
            Detection::Done => break,
            Detection::Failed(why) => {
                // What it checked before it failed is told; the rest counts as not checked.
                warnings.push(
                    Diagnostic::warning(Code::DriftIncomplete, "CloudFormation could not check everything").note(why),
                );
                break;
            }
            Detection::Running if waited > LONGEST => {
                let title = format!("CloudFormation was still looking after {LONGEST}");
                return Err(Failure::error(Diagnostic::error(Code::DriftNotDetected, title)));
            }
            Detection::Running => {
                clock.sleep(pause).await;
                waited = Duration::from_micros(waited.as_micros() + pause.as_micros());
                pause = Duration::from_micros((pause.as_micros() * 2).min(cadence.longest.as_micros()));
            }
        }
    }
    Ok(cloud.drifts(&stack.name).await?)
}

/// Asks the services. What may not be asked is told as a warning.
async fn live(
    cloud: &Cloud,
    stack: &StackDescription,
    warnings: &mut Diagnostics,
) -> Result<BTreeMap<LogicalId, Live>, Failure> {
    let mut live = BTreeMap::new();
    let mut denied: BTreeMap<String, CloudError> = BTreeMap::new();
    let mut alarms = BTreeMap::new();
    for (id, resource) in &stack.resources {
        let Some(physical) = &resource.physical_id else { continue };
        if denied.contains_key(&resource.type_name) {
            continue;
        }
        let answer = match resource.type_name.as_str() {
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => {
                alarms.insert(physical.clone(), id.clone());
                continue;
            }
            "AWS::Kinesis::Stream" => cloud.live_stream(physical).await.map(|found| found.map(Live::Stream)),
            "AWS::Lambda::EventSourceMapping" => {
                cloud.live_mapping(physical).await.map(|found| found.map(Live::Mapping))
            }
            "AWS::Lambda::Function" => function(cloud, stack, id, physical).await,
            "AWS::KinesisFirehose::DeliveryStream" => {
                cloud.live_delivery(physical).await.map(|found| found.map(Live::Delivery))
            }
            "AWS::SageMaker::Endpoint" => {
                let name = physical.rsplit('/').next().unwrap_or(physical);
                cloud.live_endpoint(name).await.map(|found| found.map(Live::Endpoint))
            }
            _ => continue,
        };
        match answer {
            Ok(found) => {
                live.insert(id.clone(), found.unwrap_or(Live::Gone));
            }
            Err(refusal) if refusal.kind == FailureKind::AccessDenied => {
                denied.insert(resource.type_name.clone(), refusal);
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let names: Vec<String> = alarms.keys().cloned().collect();
    match cloud.live_alarms(&names).await {
        Ok(found) => {
            let of = |alarm: crate::observed::LiveAlarm| Some((alarms.get(&alarm.name)?.clone(), Live::Alarm(alarm)));
            live.extend(found.into_iter().filter_map(of));
        }
        Err(refusal) if refusal.kind == FailureKind::AccessDenied => {
            denied.insert("AWS::CloudWatch::Alarm".to_owned(), refusal);
        }
        Err(refusal) => return Err(refusal.into()),
    }
    for (type_name, refusal) in denied {
        let title = format!("{type_name} was left to CloudFormation, because its service may not be asked");
        warnings.push(Diagnostic::warning(Code::DriftIncomplete, title).note(refusal.to_string()));
    }
    Ok(live)
}

/// A function as it is, and what its alias in the same stack serves.
async fn function(
    cloud: &Cloud,
    stack: &StackDescription,
    id: &LogicalId,
    name: &str,
) -> Result<Option<Live>, CloudError> {
    let Some(latest) = cloud.live_function(name, None).await? else { return Ok(None) };
    let aliases = stack.template.iter().flat_map(|template| &template.resources);
    let mut aliases = aliases.filter(|(_, one)| one.type_name == "AWS::Lambda::Alias");
    let alias = aliases.find(|(_, one)| {
        let function = one.properties.get("FunctionName");
        function.is_some_and(|value| references_in(value).iter().any(|to| to.target.as_str() == id.as_str()))
    });
    let alias = alias.and_then(|(_, alias)| alias.properties.get("Name")?.as_str());
    let serving = match alias {
        Some(alias) => cloud.live_function(name, Some(alias)).await?,
        None => None,
    };
    Ok(Some(Live::Function { latest, serving }))
}

/// Readers that are noted as paused. That they cannot be read is a warning: drift is told without them.
async fn paused(place: At<'_>, warnings: &mut Diagnostics) -> BTreeMap<LogicalId, Paused> {
    let bucket = names::artifact_bucket(place.environment.account(), place.region);
    let key = names::pauses_key(place.environment.name(), place.name);
    let why = match place.cloud.read_guarded(&bucket, &key).await {
        Ok(None) => return BTreeMap::new(),
        Ok(Some(found)) => match Pauses::read(&found.bytes) {
            Ok(pauses) => {
                let of = |(id, pause): (LogicalId, Pause)| (id, Paused { by: pause.by, since: Some(pause.since) });
                return pauses.readers.into_iter().map(of).collect();
            }
            Err(why) => why.to_string(),
        },
        Err(refusal) => refusal.to_string(),
    };
    let title = format!("the record of paused readers, s3://{bucket}/{key}, cannot be read");
    warnings.push(Diagnostic::warning(Code::DriftIncomplete, title).note(why));
    BTreeMap::new()
}
