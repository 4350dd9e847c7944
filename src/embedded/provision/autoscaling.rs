//! `AWS::ApplicationAutoScaling::ScalableTarget` and `ScalingPolicy`.

use serde_json::{Map, Value, json};

use super::props::{loosen, required, text};
use super::{Made, gone, made, not_found};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Autoscaling, &format!("AnyScaleFrontendService.{action}"), body).await
}

fn body(properties: &Properties, without: &[&str]) -> Value {
    let mut map: Map<String, Value> = properties.clone();
    for name in without {
        map.remove(*name);
    }
    loosen(&Value::Object(map), &["ResourceId", "PolicyName", "RoleARN"])
}

/// The target's three-part name, as CloudFormation joins it.
fn triple(properties: &Properties) -> Result<(String, String, String), HandlerError> {
    Ok((
        required(properties, "ResourceId")?,
        required(properties, "ScalableDimension")?,
        required(properties, "ServiceNamespace")?,
    ))
}

pub(crate) async fn target(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let (resource, dimension, namespace) = triple(properties)?;
            call(back, "RegisterScalableTarget", body(properties, &["ScheduledActions"])).await?;
            let id = format!("{resource}|{dimension}|{namespace}");
            made(id.clone(), [("Id", id)])
        }
        EffectAction::Delete { properties, .. } => {
            let (resource, dimension, namespace) = triple(properties)?;
            let body = json!({"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace});
            call(back, "DeregisterScalableTarget", body).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let mut parts = physical_id.split('|');
            let (resource, _, namespace) = (parts.next(), parts.next(), parts.next());
            let body = json!({"ServiceNamespace": namespace, "ResourceIds": [resource]});
            let found = call(back, "DescribeScalableTargets", body).await?;
            found.pointer("/ScalableTargets/0").ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Id", physical_id.clone())])
        }
    }
}

pub(crate) async fn policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let mut body = body(properties, &["ScalingTargetId"]);
            let target = policy_target(properties)?;
            if let Some(map) = body.as_object_mut() {
                map.insert("ResourceId".to_owned(), json!(target.0));
                map.insert("ScalableDimension".to_owned(), json!(target.1));
                map.insert("ServiceNamespace".to_owned(), json!(target.2));
            }
            let answer = call(back, "PutScalingPolicy", body).await?;
            let given = answer.get("PolicyARN").and_then(Value::as_str).unwrap_or_default().to_owned();
            // A policy that is put again keeps its ARN; the in-process service makes up a new one.
            let arn = match &effect.action {
                EffectAction::Update { physical_id, .. } => physical_id.clone(),
                EffectAction::Create { .. } | EffectAction::Delete { .. } | EffectAction::Read { .. } => given,
            };
            made(arn.clone(), [("Arn", arn)])
        }
        EffectAction::Delete { properties, .. } => {
            let target = policy_target(properties)?;
            let body = json!({
                "PolicyName": required(properties, "PolicyName")?,
                "ResourceId": target.0,
                "ScalableDimension": target.1,
                "ServiceNamespace": target.2,
            });
            call(back, "DeleteScalingPolicy", body).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Arn", physical_id.clone())])
        }
    }
}

/// A policy names its target in three properties, or by the target's `Ref`.
fn policy_target(properties: &Properties) -> Result<(String, String, String), HandlerError> {
    match text(properties, "ScalingTargetId") {
        Some(id) => {
            let mut parts = id.split('|').map(str::to_owned);
            Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
        }
        None => triple(properties),
    }
}
