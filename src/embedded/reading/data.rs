//! Streams, tables, buckets and delivery streams as they are.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{document, gone, if_there, in_order, like, member, same_names};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::Properties;
use crate::embedded::services::ServiceName;
use crate::embedded::wire::xml_text;

pub(super) async fn stream(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let target = "Kinesis_20131202.DescribeStreamSummary";
    let described = back.seen(ServiceName::Kinesis, target, json!({"StreamName": name})).await?;
    let summary = described.get("StreamDescriptionSummary").cloned().unwrap_or_default();
    let mut seen = same_names(&summary, wanted, &["RetentionPeriodHours", "StreamModeDetails"]);
    let on_demand = summary.pointer("/StreamModeDetails/StreamMode") == Some(&json!("ON_DEMAND"));
    // Kinesis scales a stream on demand by itself: how many shards that are at the moment is no property of it.
    if let (Some(shards), false) = (summary.get("OpenShardCount"), on_demand) {
        seen.insert("ShardCount".to_owned(), shards.clone());
    }
    let encrypted = summary.get("EncryptionType") == Some(&json!("KMS"));
    let encryption = json!({"EncryptionType": "KMS", "KeyId": summary.get("KeyId")});
    seen.insert("StreamEncryption".to_owned(), if encrypted { encryption } else { Value::Null });
    let metrics = summary.pointer("/EnhancedMonitoring/0/ShardLevelMetrics").and_then(Value::as_array);
    let metrics: Vec<String> = metrics.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let named = wanted.get("DesiredShardLevelMetrics");
    // One word stands for all seven.
    let all = named.and_then(Value::as_array).is_some_and(|named| named.contains(&json!("ALL")));
    if let Some(named) = named {
        let metrics = if all && metrics.len() >= 7 { named.clone() } else { in_order(metrics, Some(named)) };
        seen.insert("DesiredShardLevelMetrics".to_owned(), metrics);
    }
    Ok(seen)
}

pub(super) async fn stream_policy(back: &mut Back, arn: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let target = "Kinesis_20131202.GetResourcePolicy";
    let live = back.seen(ServiceName::Kinesis, target, json!({"ResourceARN": arn})).await?;
    let text = live.get("Policy").and_then(Value::as_str).unwrap_or_default();
    let policy = document(text, wanted.get("ResourcePolicy"));
    Ok(Properties::from_iter([("ResourcePolicy".to_owned(), policy)]))
}

pub(super) async fn table(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let about = json!({"TableName": name});
    let call = |action: &str| format!("DynamoDB_20120810.{action}");
    let described = back.seen(ServiceName::Dynamodb, &call("DescribeTable"), about.clone()).await?;
    let described = described.get("Table").cloned().unwrap_or_default();
    let mode = described.pointer("/BillingModeSummary/BillingMode").cloned().unwrap_or(json!("PROVISIONED"));
    let provisioned = mode == json!("PROVISIONED");
    let mut seen = same_names(&described, wanted, &["DeletionProtectionEnabled"]);
    seen.insert("BillingMode".to_owned(), mode);
    if provisioned
        && let (Some(live), Some(wanted)) =
            (described.get("ProvisionedThroughput"), wanted.get("ProvisionedThroughput"))
    {
        seen.insert("ProvisionedThroughput".to_owned(), like(live, wanted));
    }
    if wanted.contains_key("TimeToLiveSpecification") {
        let live = back.seen(ServiceName::Dynamodb, &call("DescribeTimeToLive"), about.clone()).await?;
        let status = live.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str);
        let on = matches!(status, Some("ENABLED" | "ENABLING"));
        let attribute = live.pointer("/TimeToLiveDescription/AttributeName").cloned();
        let specification = match attribute.filter(|_| on) {
            Some(attribute) => json!({"AttributeName": attribute, "Enabled": true}),
            None => json!({"Enabled": false}),
        };
        let wanted_on = wanted.get("TimeToLiveSpecification").and_then(|wanted| wanted.get("Enabled"));
        let off = wanted_on.is_some_and(|on| super::scalar(on).as_deref() == Some("false"));
        // One that is to be off is off, whatever attribute it names.
        if on || !off {
            seen.insert("TimeToLiveSpecification".to_owned(), specification);
        }
    }
    if let Some(recovery) = wanted.get("PointInTimeRecoverySpecification") {
        let live = back.seen(ServiceName::Dynamodb, &call("DescribeContinuousBackups"), about).await?;
        let live = live.pointer("/ContinuousBackupsDescription/PointInTimeRecoveryDescription");
        let on = live.and_then(|live| live.get("PointInTimeRecoveryStatus")) == Some(&json!("ENABLED"));
        let days = live.and_then(|live| live.get("RecoveryPeriodInDays")).filter(|_| on);
        let specification = json!({"PointInTimeRecoveryEnabled": on, "RecoveryPeriodInDays": days});
        seen.insert("PointInTimeRecoverySpecification".to_owned(), like(&specification, recovery));
    }
    if let Some(encryption) = wanted.get("SSESpecification") {
        seen.insert("SSESpecification".to_owned(), table_encryption(&described, encryption));
    }
    if let Some(class) = wanted.get("TableClass") {
        let live = described.pointer("/TableClassSummary/TableClass").cloned().unwrap_or(json!("STANDARD"));
        seen.insert("TableClass".to_owned(), like(&live, class));
    }
    Ok(seen)
}

/// A table that is not encrypted with a key of KMS is encrypted with one that DynamoDB owns.
fn table_encryption(described: &Value, wanted: &Value) -> Value {
    let live = described.get("SSEDescription");
    let on = live.and_then(|live| live.get("Status")).and_then(Value::as_str) == Some("ENABLED");
    if !on {
        return json!({"SSEEnabled": false});
    }
    let live = json!({
        "SSEEnabled": true,
        "SSEType": live.and_then(|live| live.get("SSEType")),
        "KMSMasterKeyId": live.and_then(|live| live.get("KMSMasterKeyArn")),
    });
    like(&live, wanted)
}

pub(super) async fn bucket(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let mut seen = Properties::new();
    let mut read = Vec::new();
    for (property, query) in [
        ("VersioningConfiguration", "versioning"),
        ("PublicAccessBlockConfiguration", "publicAccessBlock"),
        ("BucketEncryption", "encryption"),
        ("OwnershipControls", "ownershipControls"),
        ("LifecycleConfiguration", "lifecycle"),
    ] {
        if let Some(wanted) = wanted.get(property) {
            let answer = back.s3("GET", &format!("/{name}?{query}"), &[], Bytes::new()).await;
            let xml = if_there(answer)?.map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
            read.push((property, wanted, xml));
        }
    }
    for (property, wanted, xml) in read {
        let value = match xml {
            Some(xml) => bucket_part(property, &xml, wanted),
            None => Value::Null,
        };
        seen.insert(property.to_owned(), value);
    }
    Ok(seen)
}

fn bucket_part(property: &str, xml: &str, wanted: &Value) -> Value {
    let field = |name: &str| xml_text(xml, name).map_or(Value::Null, Value::String);
    match property {
        "VersioningConfiguration" => match xml_text(xml, "Status") {
            Some(status) => json!({"Status": status}),
            None => Value::Null,
        },
        "PublicAccessBlockConfiguration" => {
            let parts = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
            let live: Map<String, Value> = parts.map(|part| (part.to_owned(), field(part))).into_iter().collect();
            like(&Value::Object(live), wanted)
        }
        "BucketEncryption" => {
            let default = json!({
                "SSEAlgorithm": field("SSEAlgorithm"),
                "KMSMasterKeyID": field("KMSMasterKeyID"),
            });
            let rule = json!({"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": field("BucketKeyEnabled")});
            like(&json!({"ServerSideEncryptionConfiguration": [rule]}), wanted)
        }
        "OwnershipControls" => like(&json!({"Rules": [{"ObjectOwnership": field("ObjectOwnership")}]}), wanted),
        // Rules have other names and another shape here: told is whether as many are there as should be.
        _ => {
            let rules = xml.matches("<Rule>").count();
            let meant = wanted.get("Rules").and_then(Value::as_array).map_or(0, Vec::len);
            if rules == meant { wanted.clone() } else { Value::Null }
        }
    }
}

pub(super) async fn bucket_policy(back: &mut Back, bucket: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let answer = back.s3("GET", &format!("/{bucket}?policy"), &[], Bytes::new()).await?;
    let policy = document(&String::from_utf8_lossy(&answer.body), wanted.get("PolicyDocument"));
    Ok(Properties::from_iter([("PolicyDocument".to_owned(), policy)]))
}

pub(super) async fn delivery_stream(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let target = "Firehose_20150804.DescribeDeliveryStream";
    let described = back.seen(ServiceName::Firehose, target, json!({"DeliveryStreamName": name})).await?;
    let described = described.get("DeliveryStreamDescription").cloned().ok_or_else(gone)?;
    let mut seen = same_names(&described, wanted, &["DeliveryStreamName"]);
    if let Some(wanted) = wanted.get("ExtendedS3DestinationConfiguration") {
        let live = member(&described, "/Destinations/0/ExtendedS3DestinationDescription").cloned();
        let live = live.map(|mut live| {
            if let Some(backup) = live.remove("S3BackupDescription") {
                live.insert("S3BackupConfiguration".to_owned(), backup);
            }
            like(&Value::Object(live), wanted)
        });
        seen.insert("ExtendedS3DestinationConfiguration".to_owned(), live.unwrap_or_default());
    }
    if let Some(wanted) = wanted.get("DeliveryStreamEncryptionConfigurationInput") {
        let live = described.get("DeliveryStreamEncryptionConfiguration");
        let on = live.and_then(|live| live.get("Status")) == Some(&json!("ENABLED"));
        let live = live.filter(|_| on).map_or(Value::Null, |live| like(live, wanted));
        seen.insert("DeliveryStreamEncryptionConfigurationInput".to_owned(), live);
    }
    Ok(seen)
}
