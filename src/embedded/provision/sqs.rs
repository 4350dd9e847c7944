//! `AWS::SQS::Queue` and `AWS::SQS::QueuePolicy`.

use serde_json::{Map, Value, json};

use super::props::{as_text, document, text, texts};
use super::{Made, already_exists, gone, invented_name, made, not_found, removed_tags, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
use crate::embedded::services::ServiceName;

/// Queue properties that are attributes of the same name.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("ContentBasedDeduplication", "ContentBasedDeduplication"),
    ("DeduplicationScope", "DeduplicationScope"),
    ("DelaySeconds", "DelaySeconds"),
    ("FifoQueue", "FifoQueue"),
    ("FifoThroughputLimit", "FifoThroughputLimit"),
    ("KmsDataKeyReusePeriodSeconds", "KmsDataKeyReusePeriodSeconds"),
    ("KmsMasterKeyId", "KmsMasterKeyId"),
    ("MaximumMessageSize", "MaximumMessageSize"),
    ("MessageRetentionPeriod", "MessageRetentionPeriod"),
    ("ReceiveMessageWaitTimeSeconds", "ReceiveMessageWaitTimeSeconds"),
    ("RedriveAllowPolicy", "RedriveAllowPolicy"),
    ("RedrivePolicy", "RedrivePolicy"),
    ("SqsManagedSseEnabled", "SqsManagedSseEnabled"),
    ("VisibilityTimeout", "VisibilityTimeout"),
];

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Sqs, &format!("AmazonSQS.{action}"), body).await
}

fn attributes(properties: &Properties) -> Map<String, Value> {
    ATTRIBUTES
        .iter()
        .filter_map(|(property, attribute)| {
            Some(((*attribute).to_owned(), Value::String(as_text(properties.get(*property)?))))
        })
        .collect()
}

fn url(back: &Back, name: &str) -> String {
    format!("https://sqs.{}.amazonaws.com/{}/{name}", back.region(), back.account())
}

fn name_of(url: &str) -> String {
    url.rsplit('/').next().unwrap_or(url).to_owned()
}

pub(crate) async fn queue(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "QueueName").unwrap_or_else(|| invented_name(effect, 80));
            if call(back, "GetQueueUrl", json!({"QueueName": name})).await.is_ok() {
                return Err(already_exists(effect, &name));
            }
            let body =
                json!({"QueueName": name, "Attributes": attributes(properties), "tags": tags(effect, properties)});
            call(back, "CreateQueue", body).await?;
            detail(back, &name, properties);
            queue_made(back, &name)
        }
        EffectAction::Update { physical_id, before, after, tags_before } => {
            let url = physical_id.clone();
            call(back, "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes(after)})).await?;
            let now = tags(effect, after);
            let mut old = tags_before.clone();
            old.extend(tags(effect, before));
            let removed = removed_tags(&old, &now);
            if !removed.is_empty() {
                call(back, "UntagQueue", json!({"QueueUrl": url, "TagKeys": removed})).await?;
            }
            call(back, "TagQueue", json!({"QueueUrl": url, "Tags": now})).await?;
            let name = name_of(physical_id);
            detail(back, &name, after);
            queue_made(back, &name)
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteQueue", json!({"QueueUrl": physical_id})).await?;
            back.forget(&format!("sqs/{}", name_of(physical_id)));
            gone()
        }
        EffectAction::Read { physical_id } => {
            let name = name_of(physical_id);
            call(back, "GetQueueUrl", json!({"QueueName": name})).await?;
            let mut read = queue_made(back, &name)?;
            read.properties.insert("QueueName".to_owned(), json!(name));
            Ok(read)
        }
    }
}

/// What the service's `GetQueueAttributes` would leave out.
fn detail(back: &mut Back, name: &str, properties: &Properties) {
    let mut known = attributes(properties);
    known
        .entry("SqsManagedSseEnabled")
        .or_insert_with(|| Value::String((!properties.contains_key("KmsMasterKeyId")).to_string()));
    back.remember(&format!("sqs/{name}"), Value::Object(known));
}

fn queue_made(back: &Back, name: &str) -> Made {
    let url = url(back, name);
    made(url.clone(), [("Arn", back.arn("sqs", name)), ("QueueName", name.to_owned()), ("QueueUrl", url)])
}

pub(crate) async fn queue_policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            for queue in texts(properties, "Queues") {
                let policy = document(properties.get("PolicyDocument"));
                call(back, "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"Policy": policy}}))
                    .await
                    .map_err(HandlerError::from)?;
            }
            let id = match &effect.action {
                EffectAction::Update { physical_id, .. } => physical_id.clone(),
                EffectAction::Create { .. } | EffectAction::Delete { .. } | EffectAction::Read { .. } => {
                    invented_name(effect, 64)
                }
            };
            made(id.clone(), [("Id", id)])
        }
        EffectAction::Delete { properties, .. } => {
            for queue in texts(properties, "Queues") {
                // The queue may have been deleted before its policy: then there is nothing to take away.
                let cleared =
                    call(back, "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"Policy": ""}})).await;
                if let Err(refusal) = cleared
                    && !refusal.is_not_found()
                {
                    return Err(refusal.into());
                }
            }
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Id", physical_id.clone())])
        }
    }
}
