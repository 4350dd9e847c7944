//! `AWS::DynamoDB::Table`.

use serde_json::{Value, json};

use super::props::{as_text, boolean, loosen, object, pick, text};
use super::{Made, already_exists, gone, invented_name, made, removed_tags, tag_list, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Dynamodb, &format!("DynamoDB_20120810.{action}"), body).await
}

pub(crate) async fn table(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "TableName").unwrap_or_else(|| invented_name(effect, 255));
            create(back, effect, &name, properties).await?;
            settle(back, &name, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            detail(back, &name, properties);
            table_made(back, &name, properties)
        }
        EffectAction::Update { physical_id: name, before, after, tags_before } => {
            let mut body = pick(after, &["AttributeDefinitions", "BillingMode", "ProvisionedThroughput"]);
            body.insert("TableName".to_owned(), json!(name));
            if let Some(stream) = stream_specification(after) {
                body.insert("StreamSpecification".to_owned(), stream);
            }
            call(back, "UpdateTable", loosen(&Value::Object(body), &["TableName", "AttributeDefinitions"])).await?;
            settle(back, name, before, after).await?;
            let arn = back.arn("dynamodb", &format!("table/{name}"));
            let now = tags(effect, after);
            let mut old = tags_before.clone();
            old.extend(tags(effect, before));
            let removed = removed_tags(&old, &now);
            if !removed.is_empty() {
                call(back, "UntagResource", json!({"ResourceArn": arn, "TagKeys": removed})).await?;
            }
            call(back, "TagResource", json!({"ResourceArn": arn, "Tags": tag_list(&now)})).await?;
            detail(back, name, after);
            table_made(back, name, after)
        }
        EffectAction::Delete { physical_id: name, .. } => {
            let protected = back
                .world
                .details
                .get(&format!("dynamodb/{name}"))
                .and_then(|known| known.get("DeletionProtectionEnabled"))
                .and_then(Value::as_bool);
            if protected == Some(true) {
                return Err(HandlerError::new(
                    HandlerErrorCode::GeneralServiceException,
                    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (Service: DynamoDb, Status Code: 400)",
                ));
            }
            call(back, "DeleteTable", json!({"TableName": name})).await?;
            back.forget(&format!("dynamodb/{name}"));
            gone()
        }
        EffectAction::Read { physical_id: name } => {
            let live = call(back, "DescribeTable", json!({"TableName": name})).await?;
            let mut read = table_made(back, name, &Properties::new())?;
            read.properties.insert("TableName".to_owned(), json!(name));
            if let Some(schema) = live.pointer("/Table/KeySchema") {
                read.properties.insert("KeySchema".to_owned(), schema.clone());
            }
            Ok(read)
        }
    }
}

async fn create(back: &mut Back, effect: &Effect, name: &str, properties: &Properties) -> Result<(), HandlerError> {
    let mut body = pick(
        properties,
        &[
            "AttributeDefinitions",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "LocalSecondaryIndexes",
            "ProvisionedThroughput",
        ],
    );
    body.insert("TableName".to_owned(), json!(name));
    body.insert("Tags".to_owned(), tag_list(&tags(effect, properties)));
    if let Some(stream) = stream_specification(properties) {
        body.insert("StreamSpecification".to_owned(), stream);
    }
    let body = loosen(&Value::Object(body), &["TableName", "Tags", "AttributeDefinitions", "KeySchema"]);
    call(back, "CreateTable", body).await.map_err(|refusal| {
        if refusal.code == "ResourceInUseException" {
            already_exists(effect, name)
        } else {
            HandlerError::from(refusal)
        }
    })?;
    let arn = back.arn("dynamodb", &format!("table/{name}"));
    let tags = json!({"ResourceArn": arn, "Tags": tag_list(&tags(effect, properties))});
    call(back, "TagResource", tags).await.map_err(|refusal| HandlerError::from(refusal).after_making(name))?;
    Ok(())
}

fn stream_specification(properties: &Properties) -> Option<Value> {
    let view = text(&object(properties, "StreamSpecification"), "StreamViewType")?;
    Some(json!({"StreamEnabled": true, "StreamViewType": view}))
}

/// Expiry and point-in-time recovery have calls of their own.
async fn settle(back: &mut Back, name: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
    let expiry = |properties: &Properties| {
        let ttl = object(properties, "TimeToLiveSpecification");
        boolean(&ttl, "Enabled").unwrap_or(false).then(|| text(&ttl, "AttributeName").unwrap_or_default())
    };
    let (old, new) = (expiry(before), expiry(after));
    if old != new {
        for (attribute, enabled) in [(old, false), (new, true)] {
            if let Some(attribute) = attribute {
                let specification = json!({"AttributeName": attribute, "Enabled": enabled});
                call(back, "UpdateTimeToLive", json!({"TableName": name, "TimeToLiveSpecification": specification}))
                    .await?;
            }
        }
    }
    let recovery = |properties: &Properties| {
        boolean(&object(properties, "PointInTimeRecoverySpecification"), "PointInTimeRecoveryEnabled").unwrap_or(false)
    };
    if recovery(before) != recovery(after) {
        let specification = json!({"PointInTimeRecoveryEnabled": recovery(after)});
        let body = json!({"TableName": name, "PointInTimeRecoverySpecification": specification});
        call(back, "UpdateContinuousBackups", body).await?;
    }
    Ok(())
}

/// What the service's own description of a table lacks.
fn detail(back: &mut Back, name: &str, properties: &Properties) {
    let mut known = json!({
        "DeletionProtectionEnabled": boolean(properties, "DeletionProtectionEnabled").unwrap_or(false),
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
    });
    let encryption = object(properties, "SSESpecification");
    if boolean(&encryption, "SSEEnabled").unwrap_or(false)
        && let Some(map) = known.as_object_mut()
    {
        let key = text(&encryption, "KMSMasterKeyId").unwrap_or_else(|| "alias/aws/dynamodb".to_owned());
        map.insert("SSEDescription".to_owned(), json!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}));
    }
    if let (Some(class), Some(map)) = (properties.get("TableClass"), known.as_object_mut()) {
        map.insert("TableClassSummary".to_owned(), json!({"TableClass": as_text(class)}));
    }
    back.forget(&format!("dynamodb/{name}"));
    back.remember(&format!("dynamodb/{name}"), known);
}

fn table_made(back: &Back, name: &str, properties: &Properties) -> Made {
    let arn = back.arn("dynamodb", &format!("table/{name}"));
    let mut table = made(name, [("Arn", arn.clone())])?;
    if stream_specification(properties).is_some() {
        table.attributes.insert("StreamArn".to_owned(), json!(format!("{arn}/stream/2026-01-01T00:00:00.000")));
    }
    Ok(table)
}
