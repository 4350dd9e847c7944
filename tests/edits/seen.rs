//! What can be seen of a stack from outside: its resources, where its readers stand, and what data there are.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluicegate::embedded::{EmbeddedCloud, Request};
use sluicegate::observed::{StackDescription, StackEvent};
use sluicegate::units::LogicalId;

/// One look.
pub struct Seen {
    pub stack: StackDescription,
    pub events: Vec<StackEvent>,
    pub readers: BTreeMap<LogicalId, Position>,
    /// Resources with data by type and physical id, and whether their data are there.
    pub data: BTreeMap<(String, String), bool>,
}

/// Where a reader stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// What holds the position: a mapping's UUID, a delivery stream's name.
    pub holder: String,
    /// The stream.
    pub stream: String,
    /// The function that reads, without version or alias: how quickly it works is known by its name.
    pub function: String,
    /// Records that wait for it.
    pub lag: u64,
    /// How old the oldest of them is, in seconds.
    pub age: u64,
    /// Records that were trimmed before it read them.
    pub lost: u64,
    /// Whether it reads.
    pub enabled: bool,
    /// When a delivery stream began to read.
    pub began: Option<String>,
}

/// A call in the JSON protocol; `None` if it is refused.
pub async fn call(cloud: &EmbeddedCloud, target: &str, body: Value) -> Option<Value> {
    let answer = send(cloud, "POST", "/", &[("x-amz-target", target)], body.to_string()).await?;
    Some(serde_json::from_slice(&answer).unwrap_or(Value::Null))
}

/// A request; `None` if it is refused.
pub async fn send(
    cloud: &EmbeddedCloud,
    method: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: String,
) -> Option<Vec<u8>> {
    let json = ("content-type", "application/x-amz-json-1.1");
    let headers = headers.iter().chain([&json]).filter(|_| path == "/");
    let headers = headers.map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
    let request = Request {
        method: method.to_owned(),
        host: "127.0.0.1".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: headers.collect(),
        body: body.into(),
    };
    let response = cloud.handle(request).await.unwrap();
    response.is_success().then(|| response.body.to_vec())
}

/// The last part of a queue's URL or an ARN.
fn tail(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Puts something into tables and buckets; streams hold the load.
pub async fn fill(cloud: &EmbeddedCloud, type_name: &str, id: &str) {
    let done = match type_name {
        "AWS::DynamoDB::Table" => {
            let table = call(cloud, "DynamoDB_20120810.DescribeTable", json!({"TableName": id})).await.unwrap();
            let keys = table.pointer("/Table/KeySchema").and_then(Value::as_array).unwrap().iter();
            let item = keys.map(|key| (key["AttributeName"].as_str().unwrap().to_owned(), json!({"S": "one"})));
            let item: serde_json::Map<String, Value> = item.collect();
            call(cloud, "DynamoDB_20120810.PutItem", json!({"TableName": id, "Item": item})).await.is_some()
        }
        "AWS::S3::Bucket" => send(cloud, "PUT", &format!("/{id}/one"), &[], "one".to_owned()).await.is_some(),
        _ => true,
    };
    assert!(done, "{type_name} {id} takes nothing");
}

/// Whether what was put in is still there; `None` for types that hold nothing.
pub async fn holds(cloud: &EmbeddedCloud, type_name: &str, id: &str) -> Option<bool> {
    Some(match type_name {
        "AWS::DynamoDB::Table" => {
            let found = call(cloud, "DynamoDB_20120810.Scan", json!({"TableName": id})).await;
            found.is_some_and(|found| found["Count"] == json!(1))
        }
        "AWS::S3::Bucket" => send(cloud, "GET", &format!("/{id}/one"), &[], String::new()).await.is_some(),
        "AWS::SQS::Queue" => {
            // Its messages live and die with it.
            let body = json!({"QueueUrl": id, "AttributeNames": ["QueueArn"]});
            call(cloud, "AmazonSQS.GetQueueAttributes", body).await.is_some()
        }
        "AWS::KMS::Key" => {
            let found = call(cloud, "TrentService.DescribeKey", json!({"KeyId": id})).await;
            found.is_some_and(|found| found["KeyMetadata"]["KeyState"] == json!("Enabled"))
        }
        "AWS::Kinesis::Stream" => {
            call(cloud, "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": id})).await.is_some()
        }
        _ => return None,
    })
}

/// Where every reader of a stack stands.
pub async fn readers(cloud: &EmbeddedCloud, stack: &StackDescription) -> BTreeMap<LogicalId, Position> {
    let status = cloud.status().await.unwrap();
    let mut found = BTreeMap::new();
    for (id, resource) in &stack.resources {
        let Some(physical) = resource.physical_id.as_deref() else { continue };
        match resource.type_name.as_str() {
            "AWS::Lambda::EventSourceMapping" => {
                let mapping = status.consumers.iter().find(|mapping| mapping.uuid == physical).expect("a mapping");
                if mapping.stream.starts_with("queue/") {
                    continue;
                }
                let position = Position {
                    holder: physical.to_owned(),
                    stream: mapping.stream.clone(),
                    function: mapping.function.split(':').nth(6).unwrap_or_default().to_owned(),
                    lag: mapping.lag_records,
                    age: mapping.lag_age.as_secs(),
                    lost: mapping.lost_records,
                    enabled: mapping.state == "Enabled",
                    began: None,
                };
                found.insert(id.clone(), position);
            }
            "AWS::KinesisFirehose::DeliveryStream" => {
                let body = json!({"DeliveryStreamName": physical});
                let described = call(cloud, "Firehose_20150804.DescribeDeliveryStream", body).await.unwrap();
                let source = "/DeliveryStreamDescription/Source/KinesisStreamSourceDescription";
                let Some(source) = described.pointer(source) else { continue };
                let position = Position {
                    holder: physical.to_owned(),
                    stream: tail(source["KinesisStreamARN"].as_str().unwrap()).to_owned(),
                    function: String::new(),
                    lag: 0,
                    age: 0,
                    lost: 0,
                    enabled: true,
                    began: Some(source["DeliveryStartTimestamp"].to_string()),
                };
                found.insert(id.clone(), position);
            }
            _ => {}
        }
    }
    found
}
