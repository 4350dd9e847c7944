//! After a deployment that CloudFormation calls complete: whether what was deployed is really what runs.
//!
//! SageMaker can put an endpoint back after the stack was told that it is done; a mapping can be enabled and read nothing because
//! of a missing right; a delivery stream can fail on its key. Only what the deployment touched is looked at, a while, because
//! what is right may take a moment to show.

use std::collections::BTreeMap;

use super::ending::at_origin;
use super::failure::{Failure, FailureKind};
use super::prepare::Prepared;
use crate::cloud::{Cloud, CloudError};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Target;
use crate::observed::{
    AlarmState, LiveDelivery, LiveEndpoint, LiveMapping, LiveStream, Observed, ObservedResource, SeenAlarm,
    StackDescription,
};
use crate::plan::{Action, Plan};
use crate::template::{Resource, references_in};
use crate::units::{Duration, LogicalId};
use crate::workspace::Clock;

/// How often to look, and the pause between looks: a minute in all.
const LOOKS: u32 = 13;
const PAUSE: Duration = Duration::from_secs(5);

/// Looks at everything that a deployment touched, of what was there `before` or was not, and that can be other than its stack
/// says; returns how many things that are.
///
/// # Errors
/// [`Code::NotVerified`], with what is not as deployed, or what kept it from being looked at.
pub(super) async fn verify(
    cloud: &Cloud,
    prepared: &Prepared,
    plan: &Plan,
    before: &Observed,
    clock: &dyn Clock,
) -> Result<usize, Failure> {
    let alarms: Vec<String> = plan.rollback.iter().flat_map(|guard| &guard.armed).map(|one| one.name.clone()).collect();
    // What is changed in place keeps its id: the stack need not be read again.
    let in_place = plan.resources.iter().all(|resource| resource.action == Action::Update);
    let known = before.stack().filter(|_| in_place).map(|stack| &stack.resources);
    looked_at(cloud, prepared, plan, known, touched(prepared, plan), &alarms, clock).await
}

/// The same of everything that a stack has, whatever the last deployment touched: nobody looked, or not to the end.
///
/// # Errors
/// As [`verify`].
pub(super) async fn verify_all(
    cloud: &Cloud,
    prepared: &Prepared,
    plan: &Plan,
    stack: &StackDescription,
    clock: &dyn Clock,
) -> Result<usize, Failure> {
    let all = prepared.rendered.template.resources.iter();
    let all = all.filter(|(_, resource)| LOOKED_AT.contains(&resource.type_name.as_str()));
    let pending = all.map(|(id, _)| id.clone()).collect();
    looked_at(cloud, prepared, plan, Some(&stack.resources), pending, &[], clock).await
}

/// Looks a while at what is pending, and once at alarms. Servers that stand in for AWS say of most of it what nobody deployed,
/// and are not asked.
async fn looked_at(
    cloud: &Cloud,
    prepared: &Prepared,
    plan: &Plan,
    known: Option<&BTreeMap<LogicalId, ObservedResource>>,
    mut pending: Vec<LogicalId>,
    alarms: &[String],
    clock: &dyn Clock,
) -> Result<usize, Failure> {
    let environment = prepared.sized.pipeline().environment();
    let count = pending.len() + alarms.len();
    if count == 0 || matches!(environment.target(), Target::Endpoint { .. }) {
        return Ok(0);
    }
    let mut found = Diagnostics::new();
    for look in 0..LOOKS {
        if look > 0 {
            clock.sleep(PAUSE).await;
        }
        // What is deployed is deployed, whoever does not answer now.
        let seen = once(cloud, prepared, plan, known, &mut pending).await;
        found = seen.unwrap_or_else(|refusal| unseen(prepared, &refusal).into());
        if !found.has_errors() {
            break;
        }
    }
    found.extend(ringing(cloud, prepared, alarms, clock).await);
    if found.has_errors() { Err(Failure { kind: FailureKind::NeedsAttention, diagnostics: found }) } else { Ok(count) }
}

/// Looks once at what is pending; what is right is pending no more.
async fn once(
    cloud: &Cloud,
    prepared: &Prepared,
    plan: &Plan,
    known: Option<&BTreeMap<LogicalId, ObservedResource>>,
    pending: &mut Vec<LogicalId>,
) -> Result<Diagnostics, CloudError> {
    let mut found = Diagnostics::new();
    if pending.is_empty() {
        return Ok(found);
    }
    let read = match known {
        Some(_) => None,
        None => Some(cloud.resources(&prepared.rendered.stack_name).await?),
    };
    let Some(there) = known.or(read.as_ref()) else { return Ok(found) };
    for id in pending.clone() {
        let paused = plan.paused.iter().any(|paused| paused.logical_id == id);
        match problem(cloud, prepared, there, &id, paused).await? {
            Some(problem) => found.extend([told(prepared, &id, &problem)]),
            None => pending.retain(|other| *other != id),
        }
    }
    Ok(found)
}

/// The alarms that ring. One that does is not waited for; only an answer is.
async fn ringing(cloud: &Cloud, prepared: &Prepared, alarms: &[String], clock: &dyn Clock) -> Diagnostics {
    let mut found = Diagnostics::new();
    if alarms.is_empty() {
        return found;
    }
    for _ in 0..LOOKS {
        match cloud.composite_alarms(alarms).await {
            Ok(seen) => return seen.iter().filter(|alarm| alarm.state == AlarmState::Alarm).map(rings).collect(),
            Err(refusal) => found = unseen(prepared, &refusal).into(),
        }
        clock.sleep(PAUSE).await;
    }
    found
}

/// Whether it runs as deployed is not known.
fn unseen(prepared: &Prepared, refusal: &CloudError) -> Diagnostic {
    let title = "deployed, but whether it runs as deployed could not be looked at".to_owned();
    let pipeline = prepared.sized.pipeline();
    Diagnostic::error(Code::NotVerified, title).note(refusal.to_string()).help(format!(
        "sluice status {} --env {}",
        pipeline.name(),
        pipeline.environment().name()
    ))
}

/// The resources to look at: those that a service can have otherwise than the stack says.
fn touched(prepared: &Prepared, plan: &Plan) -> Vec<LogicalId> {
    let here = |action: Action| match action {
        Action::Create
        | Action::Update
        | Action::Replace
        | Action::ReplaceDeletingFirst
        | Action::Import
        | Action::Undecided => true,
        Action::Delete | Action::Cannot => false,
    };
    let changed = plan.resources.iter().filter(|resource| here(resource.action)).map(|resource| &resource.logical_id);
    let seen = |id: &&LogicalId| {
        let resource = prepared.rendered.template.resources.get(*id);
        resource.is_some_and(|resource| LOOKED_AT.contains(&resource.type_name.as_str()))
    };
    changed.filter(seen).cloned().collect()
}

/// What reads a stream or a queue for a function.
pub(super) const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

const LOOKED_AT: [&str; 4] =
    ["AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream", MAPPING, "AWS::SageMaker::Endpoint"];

/// What is not as deployed of one resource.
async fn problem(
    cloud: &Cloud,
    prepared: &Prepared,
    there: &BTreeMap<LogicalId, ObservedResource>,
    id: &LogicalId,
    paused: bool,
) -> Result<Option<String>, CloudError> {
    let wanted = prepared.rendered.template.resources.get(id);
    let physical = there.get(id).and_then(|found| found.physical_id.as_deref());
    let (Some(wanted), Some(physical)) = (wanted, physical) else { return Ok(None) };
    Ok(match wanted.type_name.as_str() {
        "AWS::Kinesis::Stream" => stream(wanted, cloud.live_stream(physical).await?.as_ref()),
        "AWS::KinesisFirehose::DeliveryStream" => delivery(cloud.live_delivery(physical).await?.as_ref()),
        MAPPING => mapping(wanted, cloud.live_mapping(physical).await?.as_ref(), paused),
        "AWS::SageMaker::Endpoint" => {
            let config = references_in(wanted.properties.get("EndpointConfigName").unwrap_or(&serde_json::Value::Null));
            let config = config.first().and_then(|reference| there.get(reference.target.as_str()));
            let config = config.and_then(|config| config.physical_id.as_deref());
            endpoint(config, cloud.live_endpoint(tail(physical)).await?.as_ref())
        }
        _ => None,
    })
}

/// The last part of an ARN, or a name as it is.
fn tail(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

const GONE: &str = "is not there";

fn stream(wanted: &Resource, live: Option<&LiveStream>) -> Option<String> {
    let Some(live) = live else { return Some(GONE.to_owned()) };
    if live.status != "ACTIVE" {
        return Some(format!("is {}", live.status));
    }
    let shards = wanted.properties.get("ShardCount").and_then(serde_json::Value::as_u64).filter(|_| !live.on_demand)?;
    (u64::from(live.open_shards) != shards).then(|| format!("has {} open shards instead of {shards}", live.open_shards))
}

fn delivery(live: Option<&LiveDelivery>) -> Option<String> {
    let Some(live) = live else { return Some(GONE.to_owned()) };
    let why = live.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    (live.status != "ACTIVE" || live.failure.is_some()).then(|| format!("is {}{why}", live.status))
}

/// Whoever paused a reader before finds it paused.
fn mapping(wanted: &Resource, live: Option<&LiveMapping>, paused: bool) -> Option<String> {
    let Some(live) = live else { return Some(GONE.to_owned()) };
    let paused = paused || wanted.properties.get("Enabled") == Some(&serde_json::Value::Bool(false));
    let state = if paused { "Disabled" } else { "Enabled" };
    if live.state != state {
        let why = live.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        return Some(format!("is {} instead of {state}{why}", live.state));
    }
    // "PROBLEM: …" is what Lambda says where it cannot read, or cannot call.
    let result = live.last_result.as_deref().filter(|result| result.starts_with("PROBLEM"));
    result.map(|result| format!("does not read: {result}"))
}

fn endpoint(config: Option<&str>, live: Option<&LiveEndpoint>) -> Option<String> {
    let Some(live) = live else { return Some(GONE.to_owned()) };
    let why = live.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    if live.status != "InService" {
        return Some(format!("is {}{why}", live.status));
    }
    let wanted = tail(config?);
    (live.config != wanted)
        .then(|| format!("serves {} instead of {wanted}{why}: SageMaker put it back by itself", live.config))
}

fn told(prepared: &Prepared, id: &LogicalId, problem: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::NotVerified, format!("deployed, but {id} {problem}"));
    let pipeline = prepared.sized.pipeline();
    at_origin(diagnostic, id, &prepared.rendered.origins).help(format!(
        "sluice status {} --env {}",
        pipeline.name(),
        pipeline.environment().name()
    ))
}

fn rings(alarm: &SeenAlarm) -> Diagnostic {
    Diagnostic::error(Code::NotVerified, format!("deployed, but {} is in ALARM", alarm.name)).help(format!(
        "aws cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names {} says why",
        alarm.name
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Template;

    fn resource(type_name: &str, properties: serde_json::Value) -> Resource {
        let all = json!({"Resources": {"One": {"Type": type_name, "Properties": properties}}});
        let template = Template::from_value(all).expect("a template");
        template.resources.values().next().cloned().expect("a resource")
    }

    fn live_stream(status: &str, open_shards: u32, on_demand: bool) -> LiveStream {
        LiveStream {
            name: "s".to_owned(),
            arn: String::new(),
            status: status.to_owned(),
            on_demand,
            open_shards,
            retention: Duration::from_secs(86_400),
            key: None,
            shard_metrics: std::collections::BTreeSet::new(),
            fan_out_consumers: 0,
        }
    }

    fn live_mapping(state: &str, last_result: &str) -> LiveMapping {
        LiveMapping {
            uuid: "u".to_owned(),
            state: state.to_owned(),
            reason: None,
            function_arn: None,
            source_arn: None,
            batch_size: None,
            parallel: None,
            last_result: Some(last_result.to_owned()),
            modified: None,
        }
    }

    #[test]
    fn a_stream_has_the_shards_that_were_planned_unless_it_scales_by_itself() {
        let wanted = resource("AWS::Kinesis::Stream", json!({"ShardCount": 4}));
        assert_eq!(stream(&wanted, Some(&live_stream("ACTIVE", 4, false))), None);
        let fewer = stream(&wanted, Some(&live_stream("ACTIVE", 2, false)));
        assert_eq!(fewer.as_deref(), Some("has 2 open shards instead of 4"));
        assert_eq!(stream(&wanted, Some(&live_stream("UPDATING", 4, false))).as_deref(), Some("is UPDATING"));
        assert_eq!(stream(&wanted, Some(&live_stream("ACTIVE", 9, true))), None);
        assert_eq!(stream(&wanted, None).as_deref(), Some("is not there"));
    }

    #[test]
    fn a_mapping_reads_unless_it_is_paused() {
        let (reading, paused) = (json!({}), json!({"Enabled": false}));
        let [reading, paused] = [reading, paused].map(|one| resource("AWS::Lambda::EventSourceMapping", one));
        assert_eq!(mapping(&reading, Some(&live_mapping("Enabled", "OK")), false), None);
        assert_eq!(mapping(&paused, Some(&live_mapping("Disabled", "OK")), false), None);
        assert_eq!(mapping(&reading, Some(&live_mapping("Disabled", "OK")), true), None);
        let restarted = mapping(&reading, Some(&live_mapping("Enabled", "OK")), true);
        assert_eq!(restarted.as_deref(), Some("is Enabled instead of Disabled"));
        let stopped = mapping(&reading, Some(&live_mapping("Disabled", "OK")), false);
        assert_eq!(stopped.as_deref(), Some("is Disabled instead of Enabled"));
        let denied = mapping(&reading, Some(&live_mapping("Enabled", "PROBLEM: Function call failed")), false);
        assert_eq!(denied.as_deref(), Some("does not read: PROBLEM: Function call failed"));
    }

    #[test]
    fn an_endpoint_serves_what_was_deployed() {
        let live = |status: &str, config: &str| LiveEndpoint {
            name: "e".to_owned(),
            status: status.to_owned(),
            config: config.to_owned(),
            failure: None,
            instances: 1,
            desired_instances: 1,
        };
        let arn = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/new";
        assert_eq!(endpoint(Some(arn), Some(&live("InService", "new"))), None);
        assert_eq!(endpoint(Some("new"), Some(&live("InService", "new"))), None);
        let back = endpoint(Some(arn), Some(&live("InService", "old")));
        assert!(back.is_some_and(|text| text.starts_with("serves old instead of new")));
        assert_eq!(endpoint(Some(arn), Some(&live("Failed", "new"))).as_deref(), Some("is Failed"));
    }
}
