//! Roles, policies and keys as they are.

use serde_json::{Value, json};

use super::{document, like};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::Properties;
use crate::embedded::services::ServiceName;
use crate::embedded::wire::{decode, xml_text};

async fn iam(back: &mut Back, action: &str, parameters: &[(&str, &str)]) -> Result<String, Refusal> {
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    back.query(ServiceName::Iam, "2010-05-08", action, &parameters).await
}

/// IAM gives documents percent-encoded.
fn decoded(xml: &str, tag: &str) -> String {
    let text = xml_text(xml, tag).unwrap_or_default();
    if text.starts_with('{') { text } else { decode(&text) }
}

pub(super) async fn role(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let xml = iam(back, "GetRole", &[("RoleName", name)]).await?;
    let trust = decoded(&xml, "AssumeRolePolicyDocument");
    let trust = document(&trust, wanted.get("AssumeRolePolicyDocument"));
    let mut seen = Properties::from_iter([("AssumeRolePolicyDocument".to_owned(), trust)]);
    if let Some(Value::Array(policies)) = wanted.get("Policies") {
        let mut live = Vec::new();
        for policy in policies {
            let policy_name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
            let answer = iam(back, "GetRolePolicy", &[("RoleName", name), ("PolicyName", policy_name)]).await;
            if let Some(xml) = super::if_there(answer)? {
                let text = decoded(&xml, "PolicyDocument");
                let text = document(&text, policy.get("PolicyDocument"));
                live.push(json!({"PolicyName": policy_name, "PolicyDocument": text}));
            }
        }
        let more = iam(back, "ListRolePolicies", &[("RoleName", name)]).await?;
        let known = |one: &str| policies.iter().any(|policy| policy.get("PolicyName") == Some(&json!(one)));
        let attached = attached_by_others(back, name);
        for extra in more.split("<member>").skip(1).filter_map(|part| part.split('<').next()) {
            if !known(extra) && !attached.iter().any(|one| one == extra) {
                live.push(json!({"PolicyName": extra}));
            }
        }
        seen.insert("Policies".to_owned(), Value::Array(live));
    }
    Ok(seen)
}

/// Policies that hang on a role because another resource of a stack put them there: they are that one's affair.
fn attached_by_others(back: &Back, role: &str) -> Vec<String> {
    let records = back.world.records.iter().filter(|(key, _)| key.starts_with("AWS::IAM::Policy|"));
    let hanging = records.filter(|(_, record)| {
        let roles = record.properties.get("Roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.contains(&json!(role)))
    });
    hanging.filter_map(|(_, record)| Some(record.properties.get("PolicyName")?.as_str()?.to_owned())).collect()
}

pub(super) async fn managed_policy(back: &mut Back, arn: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let xml = iam(back, "GetPolicy", &[("PolicyArn", arn)]).await?;
    let version = xml_text(&xml, "DefaultVersionId").unwrap_or_default();
    let xml = iam(back, "GetPolicyVersion", &[("PolicyArn", arn), ("VersionId", &version)]).await?;
    let policy = document(&decoded(&xml, "Document"), wanted.get("PolicyDocument"));
    Ok(Properties::from_iter([("PolicyDocument".to_owned(), policy)]))
}

async fn kms(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.seen(ServiceName::Kms, &format!("TrentService.{action}"), body).await
}

pub(super) async fn key(back: &mut Back, id: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let about = json!({"KeyId": id});
    let metadata = kms(back, "DescribeKey", about.clone()).await?.get("KeyMetadata").cloned().unwrap_or_default();
    let mut seen = super::same_names(&metadata, wanted, &["Enabled"]);
    if let Some(rotation) = wanted.get("EnableKeyRotation") {
        let live = kms(back, "GetKeyRotationStatus", about).await?;
        let on = live.get("KeyRotationEnabled").cloned().unwrap_or(json!(false));
        seen.insert("EnableKeyRotation".to_owned(), like(&on, rotation));
    }
    let policy = kms(back, "GetKeyPolicy", json!({"KeyId": id, "PolicyName": "default"})).await?;
    let text = policy.get("Policy").and_then(Value::as_str).unwrap_or_default();
    seen.insert("KeyPolicy".to_owned(), document(text, wanted.get("KeyPolicy")));
    Ok(seen)
}

pub(super) async fn key_alias(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let all = kms(back, "ListAliases", json!({})).await?;
    let mut listed = all.get("Aliases").and_then(Value::as_array).into_iter().flatten();
    let live = listed.find(|alias| alias.get("AliasName") == Some(&json!(name)));
    let target = live.and_then(|live| live.get("TargetKeyId")).and_then(Value::as_str).unwrap_or_default();
    let meant = wanted.get("TargetKeyId").and_then(Value::as_str).unwrap_or_default();
    // Templates name a key by its id or its ARN.
    let same = meant == target || meant.rsplit('/').next() == target.rsplit('/').next();
    let told = if same { meant } else { target };
    Ok(Properties::from_iter([("TargetKeyId".to_owned(), json!(told))]))
}
