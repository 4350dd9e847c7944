//! `AWS::DynamoDB::Table`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::props::{as_text, boolean, loosen, object, pick, text};
use super::{Made, Retag, already_exists, gone, invented_name, made, retag, tag_list, tags};
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
            check_attributes(properties)?;
            create(back, effect, &name, properties).await?;
            settle(back, &name, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            detail(back, &name, properties);
            table_made(back, &name, properties)
        }
        EffectAction::Update { physical_id: name, before, after, .. } => {
            check_attributes(after)?;
            check_indexes(before, after)?;
            check_expiry(before, after)?;
            check_hour(back, effect, name, before, after)?;
            let mut body = pick(after, &["AttributeDefinitions", "BillingMode", "ProvisionedThroughput"]);
            body.insert("TableName".to_owned(), json!(name));
            if let Some(stream) = stream_specification(after) {
                body.insert("StreamSpecification".to_owned(), stream);
            }
            call(back, "UpdateTable", loosen(&Value::Object(body), &["TableName", "AttributeDefinitions"])).await?;
            settle(back, name, before, after).await?;
            let arn = back.arn("dynamodb", &format!("table/{name}"));
            let Retag { put, removed } = retag(effect);
            if !removed.is_empty() {
                call(back, "UntagResource", json!({"ResourceArn": arn, "TagKeys": removed})).await?;
            }
            call(back, "TagResource", json!({"ResourceArn": arn, "Tags": tag_list(&put)})).await?;
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
            back.forget(&format!("dynamodb-backups/{name}"));
            back.forget(&expiry_changed(name));
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

fn indexes(properties: &Properties) -> BTreeMap<String, &Value> {
    let list = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|index| Some((index.get("IndexName")?.as_str()?.to_owned(), index))).collect()
}

fn invalid(message: impl Into<String>) -> HandlerError {
    HandlerError::new(HandlerErrorCode::InvalidRequest, message)
}

/// One index may come or go in an update, and one that stays keeps its keys and its projection.
fn check_indexes(before: &Properties, after: &Properties) -> Result<(), HandlerError> {
    let (old, new) = (indexes(before), indexes(after));
    let come = new.keys().filter(|name| !old.contains_key(*name)).count();
    let go = old.keys().filter(|name| !new.contains_key(*name)).count();
    if come + go > 1 {
        return Err(invalid("Cannot perform more than one GSI creation or deletion in a single update"));
    }
    let fixed = |index: &Value| ["KeySchema", "Projection"].map(|part| index.get(part).map(|part| loosen(part, &[])));
    if new.iter().any(|(name, index)| old.get(name).is_some_and(|old| fixed(old) != fixed(index))) {
        return Err(invalid(
            "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.",
        ));
    }
    Ok(())
}

/// Every defined attribute is a key of the table or of an index, and every key is defined.
fn check_attributes(properties: &Properties) -> Result<(), HandlerError> {
    let names = |list: Option<&Value>| -> BTreeSet<String> {
        let list = list.and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|one| Some(as_text(one.get("AttributeName")?))).collect()
    };
    let defined = names(properties.get("AttributeDefinitions"));
    let mut keys = names(properties.get("KeySchema"));
    for part in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let list = properties.get(part).and_then(Value::as_array);
        keys.extend(list.into_iter().flatten().flat_map(|index| names(index.get("KeySchema"))));
    }
    let shown = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let what = if !defined.is_superset(&keys) {
        "Some index key attributes are not defined in AttributeDefinitions"
    } else if !keys.is_superset(&defined) {
        "Some AttributeDefinitions are not used"
    } else {
        return Ok(());
    };
    let (keys, defined) = (shown(&keys), shown(&defined));
    Err(invalid(format!(
        "One or more parameter values were invalid: {what}. AttributeDefinitions: [{defined}], keys used: [{keys}]"
    )))
}

fn stream_specification(properties: &Properties) -> Option<Value> {
    let view = text(&object(properties, "StreamSpecification"), "StreamViewType")?;
    Some(json!({"StreamEnabled": true, "StreamViewType": view}))
}

/// The attribute by which items expire, if they do.
fn expiry(properties: &Properties) -> Option<String> {
    let ttl = object(properties, "TimeToLiveSpecification");
    boolean(&ttl, "Enabled").unwrap_or(false).then(|| text(&ttl, "AttributeName").unwrap_or_default())
}

/// Expiry is off before it is on by another attribute, and it changes once an hour (DynamoDB API reference,
/// UpdateTimeToLive): not both in one update. To put it off needs its attribute, so it cannot be left out while it is on
/// (CloudFormation template reference, `AWS::DynamoDB::Table TimeToLiveSpecification`; the words are from
/// <https://github.com/aws/aws-cdk/issues/25655>).
fn check_expiry(before: &Properties, after: &Properties) -> Result<(), HandlerError> {
    let named = text(&object(after, "TimeToLiveSpecification"), "AttributeName");
    match (expiry(before), named) {
        (Some(old), Some(new)) if old != new => {
            Err(invalid(format!("TimeToLive is active on a different AttributeName: current AttributeName is {old}")))
        }
        (Some(_), None) => Err(invalid(
            "Invalid request provided: AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while enabling/disabling TTL.",
        )),
        _ => Ok(()),
    }
}

/// Under which it is kept when the expiry of a table was last changed.
fn expiry_changed(name: &str) -> String {
    format!("dynamodb-expiry/{name}")
}

/// Whether the expiry of a table was changed less than an hour ago.
pub(crate) fn expiry_is_changing(back: &Back, name: &str) -> bool {
    let changed = back.world.details.get(&expiry_changed(name)).and_then(Value::as_i64);
    changed.is_some_and(|at| back.now.as_millis() - at < 3_600_000)
}

/// One change of the expiry an hour (DynamoDB API reference, UpdateTimeToLive; the words are DynamoDB's). What a rollback
/// makes of that is recorded nowhere; here it takes its change back.
fn check_hour(
    back: &Back,
    effect: &Effect,
    name: &str,
    before: &Properties,
    after: &Properties,
) -> Result<(), HandlerError> {
    if !effect.reverting && expiry(before) != expiry(after) && expiry_is_changing(back, name) {
        return Err(invalid("Time to live has been modified multiple times within a fixed interval"));
    }
    Ok(())
}

/// Expiry and point-in-time recovery have calls of their own.
async fn settle(back: &mut Back, name: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
    let (old, new) = (expiry(before), expiry(after));
    if old != new {
        for (attribute, enabled) in [(old, false), (new, true)] {
            if let Some(attribute) = attribute {
                let specification = json!({"AttributeName": attribute, "Enabled": enabled});
                call(back, "UpdateTimeToLive", json!({"TableName": name, "TimeToLiveSpecification": specification}))
                    .await?;
                let now = json!(back.now.as_millis());
                back.forget(&expiry_changed(name));
                back.remember(&expiry_changed(name), now);
            }
        }
    }
    let recovery =
        |properties: &Properties| loosen(&json!(object(properties, "PointInTimeRecoverySpecification")), &[]);
    let (old, new) = (recovery(before), recovery(after));
    if old != new {
        let on = new.get("PointInTimeRecoveryEnabled").and_then(Value::as_bool).unwrap_or(false);
        let body = json!({"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": on}});
        call(back, "UpdateContinuousBackups", body).await?;
        back.forget(&format!("dynamodb-backups/{name}"));
        if on {
            // DynamoDB API reference, PointInTimeRecoverySpecification: 35 days where nothing is said.
            let days = new.get("RecoveryPeriodInDays").cloned().unwrap_or_else(|| json!(35));
            back.remember(&format!("dynamodb-backups/{name}"), json!({"RecoveryPeriodInDays": days}));
        }
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
    if let Some(map) = known.as_object_mut() {
        let described: Vec<Value> =
            indexes(properties).values().map(|index| described_index(back, name, index)).collect();
        if !described.is_empty() {
            map.insert("GlobalSecondaryIndexes".to_owned(), json!(described));
        }
        for part in ["AttributeDefinitions", "OnDemandThroughput"] {
            if let Some(given) = properties.get(part) {
                map.insert(part.to_owned(), loosen(given, &["AttributeName"]));
            }
        }
    }
    if let (Some(class), Some(map)) = (properties.get("TableClass"), known.as_object_mut()) {
        map.insert("TableClassSummary".to_owned(), json!({"TableClass": as_text(class)}));
    }
    back.forget(&format!("dynamodb/{name}"));
    back.remember(&format!("dynamodb/{name}"), known);
}

impl Back {
    /// Whether a table was deployed with an index of that name.
    #[must_use]
    pub(crate) fn table_has_index(&self, table: &str, index: &str) -> bool {
        let described = self.world.details.get(&format!("dynamodb/{table}"));
        let listed = described.and_then(|known| known.get("GlobalSecondaryIndexes")).and_then(Value::as_array);
        listed.into_iter().flatten().any(|one| one.get("IndexName").and_then(Value::as_str) == Some(index))
    }
}

/// An index as the table's description tells it.
fn described_index(back: &Back, table: &str, index: &Value) -> Value {
    let mut described = loosen(index, &["IndexName", "AttributeName", "NonKeyAttributes"]);
    if let Some(map) = described.as_object_mut() {
        let name = map.get("IndexName").map(as_text).unwrap_or_default();
        map.insert("IndexArn".to_owned(), json!(back.arn("dynamodb", &format!("table/{table}/index/{name}"))));
        for (part, value) in [("IndexStatus", json!("ACTIVE")), ("IndexSizeBytes", json!(0)), ("ItemCount", json!(0))] {
            map.insert(part.to_owned(), value);
        }
        // An on-demand index shows a throughput of nothing.
        map.entry("ProvisionedThroughput").or_insert_with(|| json!({"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}));
    }
    described
}

fn table_made(back: &Back, name: &str, properties: &Properties) -> Made {
    let arn = back.arn("dynamodb", &format!("table/{name}"));
    let mut table = made(name, [("Arn", arn.clone())])?;
    if stream_specification(properties).is_some() {
        table.attributes.insert("StreamArn".to_owned(), json!(format!("{arn}/stream/2026-01-01T00:00:00.000")));
    }
    Ok(table)
}
