//! `AWS::KinesisFirehose::DeliveryStream`.

use serde_json::{Map, Value, json};

use super::props::{as_text, loosen, object, text};
use super::{Made, already_exists, gone, invented_name, made, tag_list, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Firehose, &format!("Firehose_20150804.{action}"), body).await
}

pub(crate) async fn delivery_stream(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "DeliveryStreamName").unwrap_or_else(|| invented_name(effect, 64));
            let kind = text(properties, "DeliveryStreamType").unwrap_or_else(|| "DirectPut".to_owned());
            let body = json!({"DeliveryStreamName": name, "DeliveryStreamType": kind, "Tags": tag_list(&tags(effect, properties))});
            call(back, "CreateDeliveryStream", body).await.map_err(|refusal| {
                if refusal.handler_code() == HandlerErrorCode::AlreadyExists || refusal.code == "ResourceInUseException"
                {
                    already_exists(effect, &name)
                } else {
                    HandlerError::from(refusal)
                }
            })?;
            describe(back, &name, properties, 1);
            stream_made(back, &name)
        }
        EffectAction::Update { physical_id: name, after, .. } => {
            call(back, "DescribeDeliveryStream", json!({"DeliveryStreamName": name})).await?;
            let version = back
                .world
                .details
                .get(&format!("firehose/{name}"))
                .and_then(|known| known.get("VersionId"))
                .and_then(|version| as_text(version).parse().ok())
                .unwrap_or(1_u64);
            // V-11: the same stream, its version one further.
            describe(back, name, after, version + 1);
            stream_made(back, name)
        }
        EffectAction::Delete { physical_id: name, .. } => {
            call(back, "DeleteDeliveryStream", json!({"DeliveryStreamName": name})).await?;
            back.forget(&format!("firehose/{name}"));
            gone()
        }
        EffectAction::Read { physical_id: name } => {
            call(back, "DescribeDeliveryStream", json!({"DeliveryStreamName": name})).await?;
            let mut read = stream_made(back, name)?;
            read.properties.insert("DeliveryStreamName".to_owned(), json!(name));
            Ok(read)
        }
    }
}

/// The description that AWS would give: the service keeps a stream's name and nothing of what it does.
fn describe(back: &mut Back, name: &str, properties: &Properties, version: u64) {
    let made_at = back.now.as_millis() as f64 / 1_000.0;
    let mut known = json!({
        "VersionId": version.to_string(),
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
    });
    let source = object(properties, "KinesisStreamSourceConfiguration");
    if let (false, Some(map)) = (source.is_empty(), known.as_object_mut()) {
        // FH-12: reading begins where the delivery stream began.
        let description = json!({
            "KinesisStreamARN": source.get("KinesisStreamARN"),
            "RoleARN": source.get("RoleARN"),
            "DeliveryStartTimestamp": made_at,
        });
        map.insert("Source".to_owned(), json!({"KinesisStreamSourceDescription": description}));
    }
    let mut destination = Map::new();
    destination.insert("DestinationId".to_owned(), json!("destinationId-000000000001"));
    let extended = object(properties, "ExtendedS3DestinationConfiguration");
    if !extended.is_empty() {
        let description = s3_destination(&extended);
        let basic: Map<String, Value> = description
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "S3BackupMode" | "ProcessingConfiguration" | "DynamicPartitioningConfiguration"
                )
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        destination.insert("ExtendedS3DestinationDescription".to_owned(), Value::Object(description));
        destination.insert("S3DestinationDescription".to_owned(), Value::Object(basic));
    }
    if let Some(map) = known.as_object_mut() {
        map.insert("Destinations".to_owned(), json!([destination]));
    }
    back.forget(&format!("firehose/{name}"));
    back.remember(&format!("firehose/{name}"), known);
}

/// An S3 destination's configuration as its description, defaults filled in as Firehose fills them.
fn s3_destination(configuration: &Map<String, Value>) -> Map<String, Value> {
    let mut description = configuration.clone();
    for (given, shown) in [("S3BackupConfiguration", "S3BackupDescription")] {
        if let Some(value) = description.remove(given) {
            description.insert(shown.to_owned(), value);
        }
    }
    let hints = object(configuration, "BufferingHints");
    let hints = json!({
        "SizeInMBs": hints.get("SizeInMBs").map(|size| loosen(size, &[])).unwrap_or(json!(5)),
        "IntervalInSeconds": hints.get("IntervalInSeconds").map(|every| loosen(every, &[])).unwrap_or(json!(300)),
    });
    description.insert("BufferingHints".to_owned(), hints);
    for (name, default) in [
        ("CompressionFormat", json!("UNCOMPRESSED")),
        ("EncryptionConfiguration", json!({"NoEncryptionConfig": "NoEncryption"})),
        ("CloudWatchLoggingOptions", json!({"Enabled": false})),
        ("S3BackupMode", json!("Disabled")),
    ] {
        description.entry(name).or_insert(default);
    }
    description
}

fn stream_made(back: &Back, name: &str) -> Made {
    made(name, [("Arn", back.arn("firehose", &format!("deliverystream/{name}")))])
}
