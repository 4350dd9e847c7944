//! `AWS::KMS::Key` and `AWS::KMS::Alias`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::props::{boolean, document, int, pick, required, text};
use super::{Made, Retag, already_exists, gone, made, not_found, retag, tags};
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
            let tags = tag_list(&tags(effect, properties));
            let mut body = pick(properties, &["KeySpec", "KeyUsage"]);
            body.insert("Description".to_owned(), json!(text(properties, "Description").unwrap_or_default()));
            body.insert("MultiRegion".to_owned(), json!(boolean(properties, "MultiRegion").unwrap_or(false)));
            body.insert("Tags".to_owned(), tags);
            let answer = call(back, "CreateKey", Value::Object(body)).await?;
            let id = answer.pointer("/KeyMetadata/KeyId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let settled = settle(back, &id, properties).await;
            settled.map_err(|refusal| HandlerError::from(refusal).after_making(&id))?;
            key_made(back, &id)
        }
        EffectAction::Update { physical_id: id, after, .. } => {
            let description = text(after, "Description").unwrap_or_default();
            call(back, "UpdateKeyDescription", json!({"KeyId": id, "Description": description})).await?;
            settle(back, id, after).await?;
            let Retag { put, removed } = retag(effect);
            let removed: Vec<&String> = removed.iter().filter(|key| !key.starts_with("aws:")).collect();
            if !removed.is_empty() {
                call(back, "UntagResource", json!({"KeyId": id, "TagKeys": removed})).await?;
            }
            call(back, "TagResource", json!({"KeyId": id, "Tags": tag_list(&put)})).await?;
            key_made(back, id)
        }
        EffectAction::Delete { physical_id, properties } => {
            let days = int(properties, "PendingWindowInDays").unwrap_or(30);
            call(back, "ScheduleKeyDeletion", json!({"KeyId": physical_id, "PendingWindowInDays": days})).await?;
            back.forget(&format!("kms/{physical_id}"));
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

/// Tags in the words of KMS; it keeps the aws: prefix for itself.
fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter()
        .filter(|(key, _)| !key.starts_with("aws:"))
        .map(|(key, value)| json!({"TagKey": key, "TagValue": value}))
        .collect()
}

/// Gives the key its policy and switches it and its rotation on or off; how often it rotates is kept beside the service.
async fn settle(back: &mut Back, id: &str, properties: &Properties) -> Result<(), Refusal> {
    let policy = json!({"KeyId": id, "PolicyName": "default", "Policy": document(properties.get("KeyPolicy"))});
    call(back, "PutKeyPolicy", policy).await?;
    let on = |name: &str, default: bool| boolean(properties, name).unwrap_or(default);
    let rotates = on("EnableKeyRotation", false);
    let rotation = if rotates { "EnableKeyRotation" } else { "DisableKeyRotation" };
    call(back, rotation, json!({"KeyId": id})).await?;
    let state = if on("Enabled", true) { "EnableKey" } else { "DisableKey" };
    call(back, state, json!({"KeyId": id})).await?;
    back.forget(&format!("kms/{id}"));
    if rotates {
        // KMS API reference, EnableKeyRotation: 365 days where nothing is said.
        let days = int(properties, "RotationPeriodInDays").unwrap_or(365);
        back.remember(&format!("kms/{id}"), json!({"RotationPeriodInDays": days}));
    }
    Ok(())
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
