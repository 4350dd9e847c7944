//! `AWS::Logs::LogGroup` and `AWS::Logs::LogStream`.

use serde_json::{Value, json};

use super::props::{boolean, int, required, text};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, retag, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Logs, &format!("Logs_20140328.{action}"), body).await
}

pub(crate) async fn group(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "LogGroupName").unwrap_or_else(|| invented_name(effect, 512));
            let mut body = json!({"logGroupName": name, "tags": tags(effect, properties)});
            for (given, name) in [("KmsKeyId", "kmsKeyId"), ("LogGroupClass", "logGroupClass")] {
                if let (Some(value), Some(map)) = (text(properties, given), body.as_object_mut()) {
                    map.insert(name.to_owned(), json!(value));
                }
            }
            call(back, "CreateLogGroup", body).await.map_err(|refusal| exists(effect, &name, refusal))?;
            keep(back, &name, properties).await.map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            group_made(back, &name)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            keep(back, physical_id, after).await?;
            match (text(before, "KmsKeyId"), text(after, "KmsKeyId")) {
                (old, Some(key)) if old.as_ref() != Some(&key) => {
                    call(back, "AssociateKmsKey", json!({"logGroupName": physical_id, "kmsKeyId": key})).await?;
                }
                (Some(_), None) => {
                    call(back, "DisassociateKmsKey", json!({"logGroupName": physical_id})).await?;
                }
                (Some(_) | None, Some(_)) | (None, None) => {}
            }
            let Retag { put, removed } = retag(effect);
            let arn = back.arn("logs", &format!("log-group:{physical_id}"));
            if !removed.is_empty() {
                call(back, "UntagResource", json!({"resourceArn": arn, "tagKeys": removed})).await?;
            }
            call(back, "TagResource", json!({"resourceArn": arn, "tags": put})).await?;
            group_made(back, physical_id)
        }
        EffectAction::Delete { physical_id, .. } => {
            if known(back, physical_id, "deletionProtectionEnabled") == Some(true) {
                return Err(HandlerError::new(
                    HandlerErrorCode::InvalidRequest,
                    "The log group has deletion protection enabled and cannot be deleted.",
                ));
            }
            back.forget(&format!("logs/{physical_id}"));
            call(back, "DeleteLogGroup", json!({"logGroupName": physical_id})).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let found = call(back, "DescribeLogGroups", json!({"logGroupNamePrefix": physical_id})).await?;
            let group = found
                .get("logGroups")
                .and_then(Value::as_array)
                .and_then(|list| list.iter().find(|group| group.get("logGroupName") == Some(&json!(physical_id))))
                .ok_or_else(|| not_found(effect, physical_id))?;
            let mut read = group_made(back, physical_id)?;
            read.properties.insert("LogGroupName".to_owned(), json!(physical_id));
            if let Some(days) = group.get("retentionInDays") {
                read.properties.insert("RetentionInDays".to_owned(), days.clone());
            }
            Ok(read)
        }
    }
}

fn known(back: &Back, name: &str, field: &str) -> Option<bool> {
    back.world.details.get(&format!("logs/{name}"))?.get(field)?.as_bool()
}

async fn keep(back: &mut Back, name: &str, properties: &Properties) -> Result<(), Refusal> {
    let class = text(properties, "LogGroupClass").unwrap_or_else(|| "STANDARD".to_owned());
    let protected = boolean(properties, "DeletionProtectionEnabled").unwrap_or(false);
    let subject = format!("logs/{name}");
    back.forget(&subject);
    back.remember(&subject, json!({"logGroupClass": class, "deletionProtectionEnabled": protected}));
    if let Some(key) = text(properties, "KmsKeyId") {
        back.remember(&subject, json!({"kmsKeyId": key}));
    }
    match int(properties, "RetentionInDays") {
        Some(days) => call(back, "PutRetentionPolicy", json!({"logGroupName": name, "retentionInDays": days})).await?,
        None => call(back, "DeleteRetentionPolicy", json!({"logGroupName": name})).await?,
    };
    Ok(())
}

fn group_made(back: &Back, name: &str) -> Made {
    made(name, [("Arn", format!("{}:*", back.arn("logs", &format!("log-group:{name}"))))])
}

fn exists(effect: &Effect, name: &str, refusal: Refusal) -> HandlerError {
    if refusal.handler_code() == HandlerErrorCode::AlreadyExists {
        already_exists(effect, name)
    } else {
        refusal.into()
    }
}

pub(crate) async fn stream(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let group = required(properties, "LogGroupName")?;
            let name = text(properties, "LogStreamName").unwrap_or_else(|| invented_name(effect, 512));
            let body = json!({"logGroupName": group, "logStreamName": name});
            call(back, "CreateLogStream", body).await.map_err(|refusal| exists(effect, &name, refusal))?;
            made(name, [])
        }
        EffectAction::Update { physical_id, .. } => made(physical_id, []),
        EffectAction::Delete { physical_id, properties } => {
            let group = required(properties, "LogGroupName")?;
            call(back, "DeleteLogStream", json!({"logGroupName": group, "logStreamName": physical_id})).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [])
        }
    }
}
