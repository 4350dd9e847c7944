//! `AWS::KinesisFirehose::DeliveryStream`.

use serde_json::{Map, Value, json};

use super::props::{as_text, boolean, int, loosen, object, text};
use super::{Made, Retag, already_exists, gone, invented_name, made, retag, tag_list};
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
            check(back, properties)?;
            let body = json!({"DeliveryStreamName": name, "DeliveryStreamType": kind});
            call(back, "CreateDeliveryStream", body).await.map_err(|refusal| {
                if refusal.handler_code() == HandlerErrorCode::AlreadyExists || refusal.code == "ResourceInUseException"
                {
                    already_exists(effect, &name)
                } else {
                    HandlerError::from(refusal)
                }
            })?;
            describe(back, &name, properties, 1);
            put_tags(back, effect, &name).await.map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            stream_made(back, &name)
        }
        EffectAction::Update { physical_id: name, before, after, .. } => {
            check(back, after)?;
            if partitions(before) != partitions(after) {
                return Err(invalid(
                    "Dynamic partitioning can be enabled only when a delivery stream is created, and not disabled afterwards.",
                ));
            }
            if backs_up(before) && !backs_up(after) {
                return Err(invalid("Once S3 backup is enabled for a delivery stream, it cannot be disabled."));
            }
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
            put_tags(back, effect, name).await?;
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

async fn put_tags(back: &mut Back, effect: &Effect, name: &str) -> Result<(), Refusal> {
    let Retag { put, removed } = retag(effect);
    if !removed.is_empty() {
        call(back, "UntagDeliveryStream", json!({"DeliveryStreamName": name, "TagKeys": removed})).await?;
    }
    if !put.is_empty() {
        call(back, "TagDeliveryStream", json!({"DeliveryStreamName": name, "Tags": tag_list(&put)})).await?;
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> HandlerError {
    HandlerError::new(HandlerErrorCode::InvalidRequest, message)
}

/// A part of the destination that is switched on: it is where it does not say otherwise.
fn switched_on(destination: &Map<String, Value>, part: &str) -> bool {
    destination.get(part).and_then(Value::as_object).is_some_and(|part| boolean(part, "Enabled").unwrap_or(true))
}

fn partitions(properties: &Properties) -> bool {
    switched_on(&object(properties, "ExtendedS3DestinationConfiguration"), "DynamicPartitioningConfiguration")
}

/// FH-21: for good, once it does.
fn backs_up(properties: &Properties) -> bool {
    text(&object(properties, "ExtendedS3DestinationConfiguration"), "S3BackupMode").as_deref() == Some("Enabled")
}

/// What Firehose refuses of an S3 destination.
fn check(back: &Back, properties: &Properties) -> Result<(), HandlerError> {
    let destination = object(properties, "ExtendedS3DestinationConfiguration");
    let role = text(&destination, "RoleARN").unwrap_or_default();
    if back.role_trusts(&role, "firehose.amazonaws.com") == Some(false) {
        return Err(invalid(format!("Firehose is unable to assume role {role}. Please check the role provided.")));
    }
    let hints = object(&destination, "BufferingHints");
    let converts = switched_on(&destination, "DataFormatConversionConfiguration");
    let partitions = partitions(properties);
    let small = int(&hints, "SizeInMBs").is_some_and(|size| size < 64);
    for (on, what) in [(converts, "data format conversion"), (partitions, "Dynamic Partitioning")] {
        if on && small {
            return Err(invalid(format!("BufferingHints.SizeInMBs must be at least 64 when {what} is enabled.")));
        }
    }
    let compression = text(&destination, "CompressionFormat").unwrap_or_else(|| "UNCOMPRESSED".to_owned());
    if converts && compression != "UNCOMPRESSED" {
        return Err(invalid("CompressionFormat must be UNCOMPRESSED when data format conversion is enabled."));
    }
    if partitions && int(&hints, "IntervalInSeconds").is_some_and(|every| every < 60) {
        return Err(invalid(
            "BufferingHints.IntervalInSeconds must be at least 60 when Dynamic Partitioning is enabled.",
        ));
    }
    if partitions && text(&destination, "ErrorOutputPrefix").is_none() {
        return Err(invalid("ErrorOutputPrefix cannot be null or empty when Dynamic Partitioning is enabled."));
    }
    Ok(())
}

/// The description that AWS would give: the service keeps a stream's name and nothing of what it does.
fn describe(back: &mut Back, name: &str, properties: &Properties, version: u64) {
    // FH-12: reading begins where the delivery stream began; another destination does not change that (V-11).
    let began = back
        .world
        .details
        .get(&format!("firehose/{name}"))
        .and_then(|known| known.pointer("/Source/KinesisStreamSourceDescription/DeliveryStartTimestamp").cloned());
    let began = began.unwrap_or_else(|| json!(back.now.as_millis() as f64 / 1_000.0));
    let mut known = json!({
        "VersionId": version.to_string(),
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
    });
    let encryption = object(properties, "DeliveryStreamEncryptionConfigurationInput");
    if let (Some(kind), Some(map)) = (text(&encryption, "KeyType"), known.as_object_mut()) {
        let described = json!({"Status": "ENABLED", "KeyType": kind, "KeyARN": text(&encryption, "KeyARN")});
        map.insert("DeliveryStreamEncryptionConfiguration".to_owned(), described);
    }
    let source = object(properties, "KinesisStreamSourceConfiguration");
    if let (false, Some(map)) = (source.is_empty(), known.as_object_mut()) {
        let description = json!({
            "KinesisStreamARN": source.get("KinesisStreamARN"),
            "RoleARN": source.get("RoleARN"),
            "DeliveryStartTimestamp": began,
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
                    "S3BackupMode"
                        | "S3BackupDescription"
                        | "ProcessingConfiguration"
                        | "DataFormatConversionConfiguration"
                        | "DynamicPartitioningConfiguration"
                        | "CustomTimeZone"
                        | "FileExtension"
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
    let texts = [
        "CatalogId",
        "CustomTimeZone",
        "DatabaseName",
        "ErrorOutputPrefix",
        "ParameterValue",
        "Prefix",
        "TableName",
        "VersionId",
    ];
    let mut description =
        loosen(&Value::Object(configuration.clone()), &texts).as_object().cloned().unwrap_or_default();
    for (given, shown) in [("S3BackupConfiguration", "S3BackupDescription")] {
        if let Some(value) = description.remove(given) {
            description.insert(shown.to_owned(), value);
        }
    }
    let hints = object(configuration, "BufferingHints");
    let converts = switched_on(configuration, "DataFormatConversionConfiguration");
    let hints = json!({
        // A stream that converts fills larger buffers by itself.
        "SizeInMBs": hints.get("SizeInMBs").map(|size| loosen(size, &[])).unwrap_or(json!(if converts { 128 } else { 5 })),
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
