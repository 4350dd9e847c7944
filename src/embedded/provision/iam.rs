//! `AWS::IAM::Role` and `AWS::IAM::Policy`.

use serde_json::Value;

use super::props::{document, int, required, text, texts};
use super::{Made, already_exists, gone, invented_name, made, not_found, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;
use crate::embedded::wire::xml_text;

async fn call(back: &mut Back, action: &str, parameters: &[(&str, String)]) -> Result<String, Refusal> {
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    back.query(ServiceName::Iam, "2010-05-08", action, &parameters).await
}

pub(crate) async fn role(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "RoleName").unwrap_or_else(|| invented_name(effect, 64));
            create(back, effect, &name, properties).await?;
            put_policies(back, &name, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            role_made(back, &name).await
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            let trust = document(after.get("AssumeRolePolicyDocument"));
            call(back, "UpdateAssumeRolePolicy", &[("RoleName", physical_id.clone()), ("PolicyDocument", trust)])
                .await?;
            put_policies(back, physical_id, before, after).await?;
            role_made(back, physical_id).await
        }
        EffectAction::Delete { physical_id, properties } => {
            put_policies(back, physical_id, properties, &Properties::new()).await?;
            call(back, "DeleteRole", &[("RoleName", physical_id.clone())]).await?;
            gone()
        }
        EffectAction::Read { physical_id } => role_made(back, physical_id).await,
    }
}

async fn create(back: &mut Back, effect: &Effect, name: &str, properties: &Properties) -> Result<(), HandlerError> {
    let mut parameters = vec![
        ("RoleName".to_owned(), name.to_owned()),
        ("AssumeRolePolicyDocument".to_owned(), document(properties.get("AssumeRolePolicyDocument"))),
        ("Path".to_owned(), text(properties, "Path").unwrap_or_else(|| "/".to_owned())),
    ];
    if let Some(description) = text(properties, "Description") {
        parameters.push(("Description".to_owned(), description));
    }
    if let Some(longest) = int(properties, "MaxSessionDuration") {
        parameters.push(("MaxSessionDuration".to_owned(), longest.to_string()));
    }
    // IAM keeps the aws: prefix for itself.
    let own = tags(effect, properties).into_iter().filter(|(key, _)| !key.starts_with("aws:"));
    for (at, (key, value)) in (1..).zip(own) {
        parameters.push((format!("Tags.member.{at}.Key"), key));
        parameters.push((format!("Tags.member.{at}.Value"), value));
    }
    let done = back.query(ServiceName::Iam, "2010-05-08", "CreateRole", &parameters).await;
    done.map(|_| ()).map_err(|refusal| {
        if refusal.handler_code() == HandlerErrorCode::AlreadyExists {
            already_exists(effect, name)
        } else {
            refusal.into()
        }
    })
}

/// Inline policies by name.
fn inline(properties: &Properties) -> Vec<(String, String)> {
    properties
        .get("Policies")
        .and_then(Value::as_array)
        .map(|list| {
            list.iter()
                .filter_map(|policy| {
                    Some((policy.get("PolicyName")?.as_str()?.to_owned(), document(policy.get("PolicyDocument"))))
                })
                .collect()
        })
        .unwrap_or_default()
}

async fn put_policies(back: &mut Back, role: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
    let wanted = inline(after);
    for (name, policy) in &wanted {
        let parameters =
            [("RoleName", role.to_owned()), ("PolicyName", name.clone()), ("PolicyDocument", policy.clone())];
        call(back, "PutRolePolicy", &parameters).await?;
    }
    for (name, _) in inline(before).iter().filter(|(name, _)| !wanted.iter().any(|(kept, _)| kept == name)) {
        call(back, "DeleteRolePolicy", &[("RoleName", role.to_owned()), ("PolicyName", name.clone())]).await?;
    }
    let (old, new) = (texts(before, "ManagedPolicyArns"), texts(after, "ManagedPolicyArns"));
    for arn in new.iter().filter(|arn| !old.contains(arn)) {
        call(back, "AttachRolePolicy", &[("RoleName", role.to_owned()), ("PolicyArn", arn.clone())]).await?;
    }
    for arn in old.iter().filter(|arn| !new.contains(arn)) {
        call(back, "DetachRolePolicy", &[("RoleName", role.to_owned()), ("PolicyArn", arn.clone())]).await?;
    }
    Ok(())
}

async fn role_made(back: &mut Back, name: &str) -> Made {
    let xml = call(back, "GetRole", &[("RoleName", name.to_owned())]).await?;
    made(
        name,
        [("Arn", xml_text(&xml, "Arn").unwrap_or_default()), ("RoleId", xml_text(&xml, "RoleId").unwrap_or_default())],
    )
}

pub(crate) async fn policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = required(properties, "PolicyName")?;
            attach(back, &name, &texts(properties, "Roles"), properties).await?;
            made(invented_name(effect, 64), [("Id", name)])
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            let name = required(after, "PolicyName")?;
            let roles = texts(after, "Roles");
            attach(back, &name, &roles, after).await?;
            let dropped: Vec<String> =
                texts(before, "Roles").into_iter().filter(|role| !roles.contains(role)).collect();
            detach(back, &name, &dropped).await?;
            made(physical_id, [("Id", name)])
        }
        EffectAction::Delete { properties, .. } => {
            detach(back, &required(properties, "PolicyName")?, &texts(properties, "Roles")).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [])
        }
    }
}

async fn attach(back: &mut Back, name: &str, roles: &[String], properties: &Properties) -> Result<(), Refusal> {
    for role in roles {
        let policy = document(properties.get("PolicyDocument"));
        let parameters = [("RoleName", role.clone()), ("PolicyName", name.to_owned()), ("PolicyDocument", policy)];
        call(back, "PutRolePolicy", &parameters).await?;
    }
    Ok(())
}

async fn detach(back: &mut Back, name: &str, roles: &[String]) -> Result<(), Refusal> {
    for role in roles {
        let done = call(back, "DeleteRolePolicy", &[("RoleName", role.clone()), ("PolicyName", name.to_owned())]).await;
        if let Err(refusal) = done
            && !refusal.is_not_found()
        {
            return Err(refusal);
        }
    }
    Ok(())
}
