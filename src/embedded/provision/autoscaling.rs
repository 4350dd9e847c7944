//! `AWS::ApplicationAutoScaling::ScalableTarget` and `ScalingPolicy`.

use serde_json::{Map, Value, json};

use super::props::{int, loosen, required, text};
use super::{Made, Retag, gone, made, not_found, retag};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
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
            check_bounds(properties)?;
            check_scaled(back, &resource, &namespace).await?;
            let Retag { put, removed } = retag(effect);
            let mut body = body(properties, &["Tags"]);
            let creates = matches!(effect.action, EffectAction::Create { .. });
            if let (Some(map), true) = (body.as_object_mut(), creates) {
                map.insert("Tags".to_owned(), json!(put));
            }
            let answer = call(back, "RegisterScalableTarget", body).await?;
            let arn = answer.get("ScalableTargetARN").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !creates && !removed.is_empty() {
                call(back, "UntagResource", json!({"ResourceARN": arn, "TagKeys": removed})).await?;
            }
            if !creates && !put.is_empty() {
                call(back, "TagResource", json!({"ResourceARN": arn, "Tags": put})).await?;
            }
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
            match is_scaled(back, resource.unwrap_or_default(), namespace.unwrap_or_default()).await? {
                true => made(physical_id, [("Id", physical_id.clone())]),
                false => Err(not_found(effect, physical_id)),
            }
        }
    }
}

/// Whether something is registered to be scaled.
pub(super) async fn is_scaled(back: &mut Back, resource: &str, namespace: &str) -> Result<bool, Refusal> {
    let body = json!({"ServiceNamespace": namespace, "ResourceIds": [resource]});
    let found = call(back, "DescribeScalableTargets", body).await?;
    Ok(found.pointer("/ScalableTargets/0").is_some())
}

fn check_bounds(properties: &Properties) -> Result<(), HandlerError> {
    let (least, most) = (int(properties, "MinCapacity"), int(properties, "MaxCapacity"));
    if least > most {
        let message = "Maximum capacity cannot be less than minimum capacity";
        return Err(HandlerError::new(HandlerErrorCode::InvalidRequest, message));
    }
    Ok(())
}

/// What is to be scaled has to be there.
async fn check_scaled(back: &mut Back, resource: &str, namespace: &str) -> Result<(), HandlerError> {
    let parts: Vec<&str> = resource.split('/').collect();
    let there = match (namespace, parts.as_slice()) {
        ("sagemaker", ["endpoint", name, "variant", variant]) => {
            let body = json!({"EndpointName": name});
            back.json(ServiceName::Sagemaker, "SageMaker.DescribeEndpoint", body).await.is_ok()
                && back.endpoint_has_variant(name, variant)
        }
        ("dynamodb", ["table", name, rest @ ..]) => {
            let body = json!({"TableName": name});
            let index = rest.get(1).is_none_or(|index| back.table_has_index(name, index));
            back.json(ServiceName::Dynamodb, "DynamoDB_20120810.DescribeTable", body).await.is_ok() && index
        }
        ("lambda", [one]) => match one.strip_prefix("function:") {
            Some(name) => back.function_behind(name).await.is_ok(),
            None => false,
        },
        _ => true,
    };
    if there {
        return Ok(());
    }
    let message = format!("{namespace} resource not found: {resource}");
    Err(HandlerError::new(HandlerErrorCode::InvalidRequest, message))
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
