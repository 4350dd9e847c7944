//! `AWS::Kinesis::Stream`, `StreamConsumer` and `ResourcePolicy`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::props::{document, int, object, required, text, texts};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, retag, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;

/// The stream's properties that are settings of their own in the API.
#[derive(Debug, PartialEq)]
struct Settings {
    mode: String,
    shards: Option<i64>,
    retention: i64,
    key: Option<String>,
    metrics: BTreeSet<String>,
}

fn settings(properties: &Properties) -> Settings {
    let encryption = object(properties, "StreamEncryption");
    Settings {
        mode: text(&object(properties, "StreamModeDetails"), "StreamMode").unwrap_or_else(|| "PROVISIONED".to_owned()),
        shards: int(properties, "ShardCount"),
        retention: int(properties, "RetentionPeriodHours").unwrap_or(24),
        key: (!encryption.is_empty()).then(|| text(&encryption, "KeyId").unwrap_or_default()),
        metrics: texts(properties, "DesiredShardLevelMetrics").into_iter().collect(),
    }
}

pub(crate) async fn stream(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "Name").unwrap_or_else(|| invented_name(effect, 128));
            let wanted = settings(properties);
            create(back, effect, &name, &wanted).await?;
            let rest = adjust(
                back,
                &name,
                &Settings {
                    mode: wanted.mode.clone(),
                    shards: wanted.shards,
                    retention: 24,
                    key: None,
                    metrics: BTreeSet::new(),
                },
                &wanted,
            )
            .await;
            rest.map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            put_tags(back, &name, &tags(effect, properties), &[])
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            stream_made(back, &name)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            adjust(back, physical_id, &settings(before), &settings(after)).await?;
            let Retag { put, removed } = retag(effect);
            put_tags(back, physical_id, &put, &removed).await?;
            stream_made(back, physical_id)
        }
        EffectAction::Delete { physical_id, .. } => {
            let body = json!({"StreamName": physical_id, "EnforceConsumerDeletion": true});
            call(back, "DeleteStream", body).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let described = call(back, "DescribeStreamSummary", json!({"StreamName": physical_id})).await?;
            let mut read = stream_made(back, physical_id)?;
            let summary = described.get("StreamDescriptionSummary").cloned().unwrap_or_default();
            let field = |name: &str| summary.get(name).cloned().unwrap_or(Value::Null);
            read.properties.insert("Name".to_owned(), json!(physical_id));
            read.properties.insert("RetentionPeriodHours".to_owned(), field("RetentionPeriodHours"));
            read.properties.insert("StreamModeDetails".to_owned(), field("StreamModeDetails"));
            if summary.pointer("/StreamModeDetails/StreamMode") != Some(&json!("ON_DEMAND")) {
                read.properties.insert("ShardCount".to_owned(), field("OpenShardCount"));
            }
            if field("EncryptionType") == json!("KMS") {
                let encryption = json!({"EncryptionType": "KMS", "KeyId": field("KeyId")});
                read.properties.insert("StreamEncryption".to_owned(), encryption);
            }
            Ok(read)
        }
    }
}

fn stream_made(back: &Back, name: &str) -> Made {
    made(name, [("Arn", back.arn("kinesis", &format!("stream/{name}")))])
}

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Kinesis, &format!("Kinesis_20131202.{action}"), body).await
}

async fn create(back: &mut Back, effect: &Effect, name: &str, wanted: &Settings) -> Result<(), HandlerError> {
    let mut body = json!({"StreamName": name, "StreamModeDetails": {"StreamMode": wanted.mode}});
    if let (Some(shards), Some(map)) = (wanted.shards, body.as_object_mut()) {
        map.insert("ShardCount".to_owned(), json!(shards));
    }
    call(back, "CreateStream", body).await.map(|_| ()).map_err(|refusal| {
        if refusal.handler_code() == HandlerErrorCode::AlreadyExists {
            already_exists(effect, name)
        } else {
            refusal.into()
        }
    })
}

async fn adjust(back: &mut Back, name: &str, before: &Settings, after: &Settings) -> Result<(), Refusal> {
    if before.mode != after.mode {
        let arn = back.arn("kinesis", &format!("stream/{name}"));
        call(back, "UpdateStreamMode", json!({"StreamARN": arn, "StreamModeDetails": {"StreamMode": after.mode}}))
            .await?;
    }
    if let Some(shards) = after.shards.filter(|_| after.mode == "PROVISIONED" && after.shards != before.shards) {
        reshard(back, name, shards).await?;
    }
    if after.retention != before.retention {
        let action = if after.retention > before.retention {
            "IncreaseStreamRetentionPeriod"
        } else {
            "DecreaseStreamRetentionPeriod"
        };
        call(back, action, json!({"StreamName": name, "RetentionPeriodHours": after.retention})).await?;
    }
    if after.key != before.key {
        if let Some(key) = &before.key {
            call(back, "StopStreamEncryption", json!({"StreamName": name, "EncryptionType": "KMS", "KeyId": key}))
                .await?;
        }
        if let Some(key) = &after.key {
            call(back, "StartStreamEncryption", json!({"StreamName": name, "EncryptionType": "KMS", "KeyId": key}))
                .await?;
        }
    }
    for (action, metrics) in [
        ("DisableEnhancedMonitoring", before.metrics.difference(&after.metrics).collect::<Vec<_>>()),
        ("EnableEnhancedMonitoring", after.metrics.difference(&before.metrics).collect::<Vec<_>>()),
    ] {
        if !metrics.is_empty() {
            call(back, action, json!({"StreamName": name, "ShardLevelMetrics": metrics})).await?;
        }
    }
    Ok(())
}

/// Reshards; one call may at most double or halve (aws-facts.md 1).
async fn reshard(back: &mut Back, name: &str, target: i64) -> Result<(), Refusal> {
    let described = call(back, "DescribeStreamSummary", json!({"StreamName": name})).await?;
    let open = described.pointer("/StreamDescriptionSummary/OpenShardCount").and_then(Value::as_i64).unwrap_or(target);
    if target == open {
        return Ok(());
    }
    if target > open * 2 || target * 2 < open {
        return Err(Refusal {
            status: 400,
            code: "InvalidArgumentException".to_owned(),
            message: format!(
                "UpdateShardCount cannot {} current open shard count. Current open shard count: {open} Target shard count: {target}",
                if target > open { "scale up over double your" } else { "scale down below half your" }
            ),
            service: Some("Kinesis"),
        });
    }
    let body = json!({"StreamName": name, "TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"});
    call(back, "UpdateShardCount", body).await.map(|_| ())
}

async fn put_tags(
    back: &mut Back,
    name: &str,
    tags: &BTreeMap<String, String>,
    removed: &[String],
) -> Result<(), Refusal> {
    if !removed.is_empty() {
        call(back, "RemoveTagsFromStream", json!({"StreamName": name, "TagKeys": removed})).await?;
    }
    if !tags.is_empty() {
        call(back, "AddTagsToStream", json!({"StreamName": name, "Tags": tags})).await?;
    }
    Ok(())
}

pub(crate) async fn consumer(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let (stream, name) = (required(properties, "StreamARN")?, required(properties, "ConsumerName")?);
            let body = json!({"StreamARN": stream, "ConsumerName": name});
            call(back, "RegisterStreamConsumer", body.clone()).await?;
            let made = consumer_made(effect, &call(back, "DescribeStreamConsumer", body).await?)?;
            let tags = super::tag_list(&tags(effect, properties));
            back.remember(&format!("kinesis-tags/{}", made.physical_id), json!({"Tags": tags}));
            Ok(made)
        }
        EffectAction::Update { physical_id, .. } | EffectAction::Read { physical_id } => {
            let described = call(back, "DescribeStreamConsumer", json!({"ConsumerARN": physical_id})).await?;
            consumer_made(effect, &described)
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeregisterStreamConsumer", json!({"ConsumerARN": physical_id})).await?;
            back.forget(&format!("kinesis-tags/{physical_id}"));
            gone()
        }
    }
}

fn consumer_made(effect: &Effect, described: &Value) -> Made {
    let field = |name: &str| {
        described.pointer(&format!("/ConsumerDescription/{name}")).map(super::props::as_text).unwrap_or_default()
    };
    let arn = field("ConsumerARN");
    if arn.is_empty() {
        return Err(not_found(effect, &field("ConsumerName")));
    }
    made(
        arn.clone(),
        [
            ("ConsumerARN", arn),
            ("ConsumerCreationTimestamp", field("ConsumerCreationTimestamp")),
            ("ConsumerName", field("ConsumerName")),
            ("ConsumerStatus", field("ConsumerStatus")),
            ("StreamARN", field("StreamARN")),
        ],
    )
}

pub(crate) async fn policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let arn = required(properties, "ResourceArn")?;
            let policy = document(properties.get("ResourcePolicy"));
            call(back, "PutResourcePolicy", json!({"ResourceARN": arn, "Policy": policy})).await?;
            made(arn, [])
        }
        EffectAction::Delete { physical_id: arn, .. } => {
            call(back, "DeleteResourcePolicy", json!({"ResourceARN": arn})).await?;
            gone()
        }
        EffectAction::Read { physical_id: arn } => {
            let live = call(back, "GetResourcePolicy", json!({"ResourceARN": arn})).await?;
            match live.get("Policy").and_then(Value::as_str) {
                None | Some("" | "{}") => Err(not_found(effect, arn)),
                Some(_) => made(arn, []),
            }
        }
    }
}
