//! `AWS::IAM::Role`, `Policy` and `ManagedPolicy`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::props::{document, int, required, text, texts};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, numbered, retag, tag_parameters, tags};
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
            let none = Properties::new();
            settle(back, &name, &none, properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            role_made(back, &name).await
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            let trust = document(after.get("AssumeRolePolicyDocument"));
            call(back, "UpdateAssumeRolePolicy", &[("RoleName", physical_id.clone()), ("PolicyDocument", trust)])
                .await?;
            let longest = int(after, "MaxSessionDuration").unwrap_or(3_600).to_string();
            let description = text(after, "Description").unwrap_or_default();
            let role = ("RoleName", physical_id.clone());
            call(back, "UpdateRole", &[role, ("Description", description), ("MaxSessionDuration", longest)]).await?;
            settle(back, physical_id, before, after).await?;
            put_tags(back, effect, "Role", ("RoleName", physical_id)).await?;
            role_made(back, physical_id).await
        }
        EffectAction::Delete { physical_id, properties } => {
            settle(back, physical_id, properties, &Properties::new()).await?;
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
    parameters.extend(tag_parameters(own(tags(effect, properties))));
    let done = back.query(ServiceName::Iam, "2010-05-08", "CreateRole", &parameters).await;
    done.map(|_| ()).map_err(|refusal| {
        if refusal.handler_code() == HandlerErrorCode::AlreadyExists {
            already_exists(effect, name)
        } else {
            refusal.into()
        }
    })
}

/// IAM keeps the aws: prefix for itself.
fn own(tags: BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()
}

async fn put_tags(back: &mut Back, effect: &Effect, noun: &str, name: (&str, &str)) -> Result<(), Refusal> {
    let Retag { put, removed } = retag(effect);
    let named = (name.0.to_owned(), name.1.to_owned());
    let removed = removed.into_iter().filter(|key| !key.starts_with("aws:")).collect();
    for (action, parameters) in [("Untag", numbered("TagKeys", removed)), ("Tag", tag_parameters(own(put)))] {
        if !parameters.is_empty() {
            let parameters: Vec<_> = std::iter::once(named.clone()).chain(parameters).collect();
            back.query(ServiceName::Iam, "2010-05-08", &format!("{action}{noun}"), &parameters).await?;
        }
    }
    Ok(())
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

/// What a role has beside its trust: policies of its own, managed ones, its boundary.
async fn settle(back: &mut Back, role: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
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
    let amazons = |arn: &&String| arn.starts_with("arn:aws:iam::aws:policy/");
    for arn in new.iter().filter(|arn| !old.contains(arn) && !amazons(arn)) {
        call(back, "AttachRolePolicy", &[("RoleName", role.to_owned()), ("PolicyArn", arn.clone())]).await?;
    }
    for arn in old.iter().filter(|arn| !new.contains(arn) && !amazons(arn)) {
        call(back, "DetachRolePolicy", &[("RoleName", role.to_owned()), ("PolicyArn", arn.clone())]).await?;
    }
    // Amazon's own policies are not in the service: that one hangs on the role is kept beside it.
    back.forget(&format!("iam-attached/{role}"));
    let amazons: Vec<&String> = new.iter().filter(amazons).collect();
    if !amazons.is_empty() {
        back.remember(&format!("iam-attached/{role}"), json!(amazons));
    }
    let named = ("RoleName", role.to_owned());
    match (text(before, "PermissionsBoundary"), text(after, "PermissionsBoundary")) {
        (old, Some(arn)) if old.as_ref() != Some(&arn) => {
            call(back, "PutRolePermissionsBoundary", &[named, ("PermissionsBoundary", arn)]).await?;
        }
        (Some(_), None) => {
            call(back, "DeleteRolePermissionsBoundary", &[named]).await?;
        }
        (Some(_) | None, Some(_)) | (None, None) => {}
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
            let (old, renamed) = (required(before, "PolicyName")?, before.get("PolicyName") != after.get("PolicyName"));
            let dropped: Vec<String> =
                texts(before, "Roles").into_iter().filter(|role| renamed || !roles.contains(role)).collect();
            detach(back, &old, &dropped).await?;
            made(physical_id, [("Id", name)])
        }
        EffectAction::Delete { properties, .. } => {
            detach(back, &required(properties, "PolicyName")?, &texts(properties, "Roles")).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let record = super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Id", required(&record.properties, "PolicyName")?)])
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

pub(crate) async fn managed_policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "ManagedPolicyName").unwrap_or_else(|| invented_name(effect, 128));
            let parameters = [
                ("PolicyName", name.clone()),
                ("Path", text(properties, "Path").unwrap_or_else(|| "/".to_owned())),
                ("Description", text(properties, "Description").unwrap_or_default()),
                ("PolicyDocument", document(properties.get("PolicyDocument"))),
            ];
            let xml = call(back, "CreatePolicy", &parameters).await.map_err(|refusal| {
                if refusal.handler_code() == HandlerErrorCode::AlreadyExists {
                    already_exists(effect, &name)
                } else {
                    HandlerError::from(refusal)
                }
            })?;
            let arn = xml_text(&xml, "Arn").unwrap_or_default();
            attach_managed(back, &arn, &[], &texts(properties, "Roles"))
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&arn))?;
            managed_made(back, &arn).await
        }
        EffectAction::Update { physical_id: arn, before, after, .. } => {
            if before.get("PolicyDocument") != after.get("PolicyDocument") {
                new_version(back, arn, document(after.get("PolicyDocument"))).await?;
            }
            attach_managed(back, arn, &texts(before, "Roles"), &texts(after, "Roles")).await?;
            managed_made(back, arn).await
        }
        EffectAction::Delete { physical_id: arn, properties } => {
            attach_managed(back, arn, &texts(properties, "Roles"), &[]).await?;
            drop_versions(back, arn, 0).await?;
            call(back, "DeletePolicy", &[("PolicyArn", arn.clone())]).await?;
            gone()
        }
        EffectAction::Read { physical_id: arn } => managed_made(back, arn).await,
    }
}

async fn attach_managed(back: &mut Back, arn: &str, before: &[String], after: &[String]) -> Result<(), Refusal> {
    for (action, roles, kept) in [("AttachRolePolicy", after, before), ("DetachRolePolicy", before, after)] {
        for role in roles.iter().filter(|role| !kept.contains(role)) {
            let done = call(back, action, &[("RoleName", role.clone()), ("PolicyArn", arn.to_owned())]).await;
            // A role may have gone before the policy that hangs on it.
            if let Err(refusal) = done
                && !(action == "DetachRolePolicy" && refusal.is_not_found())
            {
                return Err(refusal);
            }
        }
    }
    Ok(())
}

/// A policy keeps five versions: the oldest makes room (IAM quotas, "Versions per managed policy").
async fn new_version(back: &mut Back, arn: &str, document: String) -> Result<(), Refusal> {
    drop_versions(back, arn, 4).await?;
    let parameters = [("PolicyArn", arn.to_owned()), ("PolicyDocument", document), ("SetAsDefault", "true".to_owned())];
    call(back, "CreatePolicyVersion", &parameters).await.map(|_| ())
}

/// Removes versions, the oldest first, until at most `keep` are left; the default one always stays.
async fn drop_versions(back: &mut Back, arn: &str, keep: usize) -> Result<(), Refusal> {
    let xml = call(back, "ListPolicyVersions", &[("PolicyArn", arn.to_owned())]).await?;
    let mut versions: Vec<(u32, bool)> = xml
        .split("<member>")
        .filter_map(|member| {
            let number = xml_text(member, "VersionId")?.trim_start_matches('v').parse().ok()?;
            Some((number, xml_text(member, "IsDefaultVersion").as_deref() == Some("true")))
        })
        .collect();
    versions.sort_unstable();
    let surplus = versions.len().saturating_sub(keep);
    for (number, _) in versions.into_iter().filter(|(_, default)| !default).take(surplus) {
        let parameters = [("PolicyArn", arn.to_owned()), ("VersionId", format!("v{number}"))];
        call(back, "DeletePolicyVersion", &parameters).await?;
    }
    Ok(())
}

async fn managed_made(back: &mut Back, arn: &str) -> Made {
    let xml = call(back, "GetPolicy", &[("PolicyArn", arn.to_owned())]).await?;
    let field = |name: &str| xml_text(&xml, name).unwrap_or_default();
    made(
        arn,
        [
            ("PolicyArn", arn.to_owned()),
            ("PolicyId", field("PolicyId")),
            ("DefaultVersionId", field("DefaultVersionId")),
            ("AttachmentCount", field("AttachmentCount")),
            ("IsAttachable", field("IsAttachable")),
            ("PermissionsBoundaryUsageCount", field("PermissionsBoundaryUsageCount")),
            ("CreateDate", field("CreateDate")),
            ("UpdateDate", field("UpdateDate")),
        ],
    )
}
