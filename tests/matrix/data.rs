//! Data in whatever holds data, and whether they are still there: an item in a table, an object in a bucket; a mark on streams,
//! queues and keys, which another one of the same name would not have.

use serde_json::{Map, Value, json};
use sluicegate::embedded::{EmbeddedCloud, Request};

/// Types that hold data.
const HOLDING: [&str; 5] =
    ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::SQS::Queue"];

/// Something that holds data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub logical_id: String,
    pub type_name: String,
    pub physical_id: String,
}

/// Whether a type holds data.
pub fn is_held(type_name: &str) -> bool {
    HOLDING.contains(&type_name)
}

/// Puts something in.
pub async fn put(cloud: &EmbeddedCloud, held: &Held) {
    let id = held.physical_id.as_str();
    let mark = json!({"data": "one"});
    let done = match held.type_name.as_str() {
        "AWS::DynamoDB::Table" => {
            let table = call(cloud, "DynamoDB_20120810.DescribeTable", json!({"TableName": id})).await.unwrap();
            let keys = table.pointer("/Table/KeySchema").and_then(Value::as_array).unwrap().iter();
            let item = keys.map(|key| (key["AttributeName"].as_str().unwrap().to_owned(), json!({"S": "one"})));
            let item: Map<String, Value> = item.collect();
            call(cloud, "DynamoDB_20120810.PutItem", json!({"TableName": id, "Item": item})).await
        }
        "AWS::S3::Bucket" => {
            send(cloud, "PUT", &format!("/{id}/one"), None, "one".to_owned()).await.map(|_| Value::Null)
        }
        "AWS::SQS::Queue" => call(cloud, "AmazonSQS.TagQueue", json!({"QueueUrl": id, "Tags": mark})).await,
        "AWS::KMS::Key" => {
            let tags = json!([{"TagKey": "data", "TagValue": "one"}]);
            call(cloud, "TrentService.TagResource", json!({"KeyId": id, "Tags": tags})).await
        }
        "AWS::Kinesis::Stream" => {
            call(cloud, "Kinesis_20131202.AddTagsToStream", json!({"StreamName": id, "Tags": mark})).await
        }
        other => panic!("{other} holds nothing"),
    };
    assert!(done.is_some(), "{held:?} takes nothing");
}

/// Whether what was put in is still there.
pub async fn is_there(cloud: &EmbeddedCloud, held: &Held) -> bool {
    let id = held.physical_id.as_str();
    let marked = |answer: Option<Value>| answer.is_some_and(|answer| answer.to_string().contains("\"one\""));
    match held.type_name.as_str() {
        "AWS::DynamoDB::Table" => marked(call(cloud, "DynamoDB_20120810.Scan", json!({"TableName": id})).await),
        "AWS::S3::Bucket" => send(cloud, "GET", &format!("/{id}/one"), None, String::new()).await.is_some(),
        "AWS::SQS::Queue" => marked(call(cloud, "AmazonSQS.ListQueueTags", json!({"QueueUrl": id})).await),
        "AWS::KMS::Key" => {
            let found = call(cloud, "TrentService.DescribeKey", json!({"KeyId": id})).await;
            found.is_some_and(|found| found["KeyMetadata"]["KeyState"] == json!("Enabled"))
                && marked(call(cloud, "TrentService.ListResourceTags", json!({"KeyId": id})).await)
        }
        "AWS::Kinesis::Stream" => {
            marked(call(cloud, "Kinesis_20131202.ListTagsForStream", json!({"StreamName": id})).await)
        }
        other => panic!("{other} holds nothing"),
    }
}

/// The change sets of a stack that were never executed, by name.
pub async fn change_sets(cloud: &EmbeddedCloud, stack: &str) -> Vec<String> {
    let body = format!("Action=ListChangeSets&Version=2010-05-15&StackName={stack}");
    // Where there is no stack there are none.
    let Some(answer) = send(cloud, "POST", "/", None, body).await else { return Vec::new() };
    let text = String::from_utf8(answer).unwrap();
    let names = text.split("<ChangeSetName>").skip(1).filter_map(|rest| rest.split('<').next());
    names.map(str::to_owned).collect()
}

/// A call in the JSON protocol; `None` if it is refused.
async fn call(cloud: &EmbeddedCloud, target: &str, body: Value) -> Option<Value> {
    let answer = send(cloud, "POST", "/", Some(target), body.to_string()).await?;
    Some(serde_json::from_slice(&answer).unwrap_or(Value::Null))
}

async fn send(cloud: &EmbeddedCloud, method: &str, path: &str, target: Option<&str>, body: String) -> Option<Vec<u8>> {
    let mut headers = http::HeaderMap::new();
    if let Some(target) = target {
        headers.insert("x-amz-target", target.parse().unwrap());
        headers.insert("content-type", "application/x-amz-json-1.1".parse().unwrap());
    } else if path == "/" {
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    }
    // Who is asked where no target says so.
    let host = if target.is_none() && path == "/" { "cloudformation.eu-west-1.amazonaws.com" } else { "127.0.0.1" };
    let host = host.to_owned();
    let request = Request {
        method: method.to_owned(),
        host,
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: body.into(),
    };
    let response = cloud.handle(request).await.unwrap();
    response.is_success().then(|| response.body.to_vec())
}
