//! `AWS::KMS::Key` and `AWS::KMS::Alias`.

use serde_json::{Value, json};

use super::props::{boolean, document, int, required, text};
use super::{Made, already_exists, gone, made, not_found, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Kms, &format!("TrentService.{action}"), body).await
}

pub(crate) async fn key(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let tags: Value = tags(effect, properties)
                .iter()
                .filter(|(key, _)| !key.starts_with("aws:"))
                .map(|(key, value)| json!({"TagKey": key, "TagValue": value}))
                .collect();
            let body = json!({
                "Description": text(properties, "Description").unwrap_or_default(),
                "Policy": document(properties.get("KeyPolicy")),
                "Tags": tags,
            });
            let answer = call(back, "CreateKey", body).await?;
            let id = answer.pointer("/KeyMetadata/KeyId").and_then(Value::as_str).unwrap_or_default().to_owned();
            rotate(back, &id, properties).await.map_err(|refusal| HandlerError::from(refusal).after_making(&id))?;
            key_made(back, &id)
        }
        EffectAction::Update { physical_id: id, after, .. } => {
            let policy = json!({"KeyId": id, "PolicyName": "default", "Policy": document(after.get("KeyPolicy"))});
            call(back, "PutKeyPolicy", policy).await?;
            let description = text(after, "Description").unwrap_or_default();
            call(back, "UpdateKeyDescription", json!({"KeyId": id, "Description": description})).await?;
            rotate(back, id, after).await?;
            key_made(back, id)
        }
        EffectAction::Delete { physical_id, properties } => {
            let days = int(properties, "PendingWindowInDays").unwrap_or(30);
            call(back, "ScheduleKeyDeletion", json!({"KeyId": physical_id, "PendingWindowInDays": days})).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let live = call(back, "DescribeKey", json!({"KeyId": physical_id})).await?;
            // A key that waits for its deletion is gone for CloudFormation.
            match live.pointer("/KeyMetadata/KeyState").and_then(Value::as_str) {
                Some("PendingDeletion") => Err(not_found(effect, physical_id)),
                Some(_) | None => key_made(back, physical_id),
            }
        }
    }
}

async fn rotate(back: &mut Back, id: &str, properties: &Properties) -> Result<(), Refusal> {
    let action = if boolean(properties, "EnableKeyRotation").unwrap_or(false) {
        "EnableKeyRotation"
    } else {
        "DisableKeyRotation"
    };
    call(back, action, json!({"KeyId": id})).await.map(|_| ())
}

fn key_made(back: &Back, id: &str) -> Made {
    made(id, [("Arn", back.arn("kms", &format!("key/{id}"))), ("KeyId", id.to_owned())])
}

pub(crate) async fn alias(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = required(properties, "AliasName")?;
            let body = json!({"AliasName": name, "TargetKeyId": required(properties, "TargetKeyId")?});
            call(back, "CreateAlias", body).await.map_err(|refusal| {
                if refusal.code.contains("AlreadyExists") {
                    already_exists(effect, &name)
                } else {
                    HandlerError::from(refusal)
                }
            })?;
            made(name, [])
        }
        EffectAction::Update { physical_id, after, .. } => {
            let body = json!({"AliasName": physical_id, "TargetKeyId": required(after, "TargetKeyId")?});
            call(back, "UpdateAlias", body).await?;
            made(physical_id, [])
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteAlias", json!({"AliasName": physical_id})).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let all = call(back, "ListAliases", json!({})).await?;
            let there = all
                .get("Aliases")
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(|alias| alias.get("AliasName") == Some(&json!(physical_id))));
            if there { made(physical_id, []) } else { Err(not_found(effect, physical_id)) }
        }
    }
}
