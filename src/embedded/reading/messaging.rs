//! Queues, topics and subscriptions as they are.

use serde_json::{Value, json};

use super::{document, gone, like};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::Properties;
use crate::embedded::services::ServiceName;
use crate::embedded::wire::xml_text;

pub(super) async fn queue(back: &mut Back, url: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let body = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    let live = back.seen(ServiceName::Sqs, "AmazonSQS.GetQueueAttributes", body).await?;
    let live = live.get("Attributes").cloned().unwrap_or_default();
    let of = |(name, wanted): (&String, &Value)| {
        if name == "QueueName" || name == "Tags" {
            return None;
        }
        let live = live.get(name).and_then(Value::as_str).filter(|live| !live.is_empty());
        let value = match live {
            None => Value::Null,
            Some(live) if name.ends_with("Policy") => {
                let live = document(live, Some(wanted));
                like(&live, wanted)
            }
            Some(live) => like(&json!(live), wanted),
        };
        Some((name.clone(), value))
    };
    Ok(wanted.iter().filter_map(of).collect())
}

async fn attributes(back: &mut Back, action: &str, id: (&str, &str)) -> Result<String, Refusal> {
    let id = [(id.0.to_owned(), id.1.to_owned())];
    back.query(ServiceName::Sns, "2010-03-31", action, &id).await
}

/// One entry of a map of attributes.
fn entry(xml: &str, name: &str) -> Option<String> {
    let at = xml.split("<entry>").find(|entry| xml_text(entry, "key").as_deref() == Some(name))?;
    xml_text(at, "value").filter(|value| !value.is_empty())
}

pub(super) async fn topic(back: &mut Back, arn: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let xml = attributes(back, "GetTopicAttributes", ("TopicArn", arn)).await?;
    let names = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];
    Ok(entries(&xml, wanted, &names))
}

pub(super) async fn subscription(back: &mut Back, arn: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let xml = attributes(back, "GetSubscriptionAttributes", ("SubscriptionArn", arn)).await?;
    if entry(&xml, "TopicArn").is_none() {
        return Err(gone());
    }
    let names = ["DeliveryPolicy", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy"];
    Ok(entries(&xml, wanted, &names))
}

fn entries(xml: &str, wanted: &Properties, names: &[&str]) -> Properties {
    let of = |name: &&str| {
        let wanted = wanted.get(*name)?;
        let value = match entry(xml, name) {
            Some(text) if name.ends_with("Policy") => {
                let live = document(&text, Some(wanted));
                like(&live, wanted)
            }
            Some(text) => like(&json!(text), wanted),
            None => Value::Null,
        };
        Some(((*name).to_owned(), value))
    };
    names.iter().filter_map(of).collect()
}
