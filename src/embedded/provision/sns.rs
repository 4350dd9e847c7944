//! `AWS::SNS::Topic`, `TopicPolicy` and `Subscription`.

use serde_json::Value;

use super::props::{as_text, document, required, text, texts};
use super::{Made, already_exists, gone, invented_name, made, not_found, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
use crate::embedded::services::ServiceName;
use crate::embedded::wire::xml_text;

/// Topic properties that are attributes of the same name.
const ATTRIBUTES: &[&str] =
    &["ContentBasedDeduplication", "DisplayName", "FifoTopic", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];

async fn call(back: &mut Back, action: &str, parameters: &[(&str, &str)]) -> Result<String, Refusal> {
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    back.query(ServiceName::Sns, "2010-03-31", action, &parameters).await
}

pub(crate) async fn topic(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "TopicName").unwrap_or_else(|| invented_name(effect, 256));
            let arn = back.arn("sns", &name);
            if call(back, "GetTopicAttributes", &[("TopicArn", &arn)]).await.is_ok() {
                return Err(already_exists(effect, &arn));
            }
            let mut parameters = vec![("Name".to_owned(), name.clone())];
            for (at, (key, value)) in (1..).zip(tags(effect, properties)) {
                parameters.push((format!("Tags.member.{at}.Key"), key));
                parameters.push((format!("Tags.member.{at}.Value"), value));
            }
            back.query(ServiceName::Sns, "2010-03-31", "CreateTopic", &parameters).await?;
            attributes(back, &arn, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&arn))?;
            subscribe_inline(back, &arn, properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&arn))?;
            topic_made(&arn)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            attributes(back, physical_id, before, after).await?;
            topic_made(physical_id)
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteTopic", &[("TopicArn", physical_id)]).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let arn = if physical_id.starts_with("arn:") { physical_id.clone() } else { back.arn("sns", physical_id) };
            call(back, "GetTopicAttributes", &[("TopicArn", &arn)]).await.map_err(|refusal| {
                if refusal.is_not_found() { not_found(effect, physical_id) } else { HandlerError::from(refusal) }
            })?;
            topic_made(&arn)
        }
    }
}

fn topic_made(arn: &str) -> Made {
    made(arn, [("TopicArn", arn.to_owned()), ("TopicName", arn.rsplit(':').next().unwrap_or_default().to_owned())])
}

async fn attributes(back: &mut Back, arn: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
    for name in ATTRIBUTES {
        let value = after.get(*name).map(as_text);
        if value == before.get(*name).map(as_text) {
            continue;
        }
        let parameters =
            [("TopicArn", arn), ("AttributeName", name), ("AttributeValue", value.as_deref().unwrap_or_default())];
        call(back, "SetTopicAttributes", &parameters).await?;
    }
    Ok(())
}

async fn subscribe_inline(back: &mut Back, arn: &str, properties: &Properties) -> Result<(), Refusal> {
    for subscription in properties.get("Subscription").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| subscription.get(name).map(as_text).unwrap_or_default();
        let (protocol, endpoint) = (field("Protocol"), field("Endpoint"));
        call(back, "Subscribe", &[("TopicArn", arn), ("Protocol", &protocol), ("Endpoint", &endpoint)]).await?;
    }
    Ok(())
}

pub(crate) async fn topic_policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let policy = document(properties.get("PolicyDocument"));
            for topic in texts(properties, "Topics") {
                let parameters =
                    [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", policy.as_str())];
                call(back, "SetTopicAttributes", &parameters).await?;
            }
            let id = match &effect.action {
                EffectAction::Update { physical_id, .. } => physical_id.clone(),
                EffectAction::Create { .. } | EffectAction::Delete { .. } | EffectAction::Read { .. } => {
                    invented_name(effect, 64)
                }
            };
            made(id.clone(), [("Id", id)])
        }
        // The topic falls back to its default policy; it may be gone already.
        EffectAction::Delete { properties, .. } => {
            for topic in texts(properties, "Topics") {
                let parameters = [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", "")];
                if let Err(refusal) = call(back, "SetTopicAttributes", &parameters).await
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

pub(crate) async fn subscription(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let (topic, protocol) = (required(properties, "TopicArn")?, required(properties, "Protocol")?);
            let endpoint = text(properties, "Endpoint").unwrap_or_default();
            let parameters = [
                ("TopicArn", topic.as_str()),
                ("Protocol", protocol.as_str()),
                ("Endpoint", endpoint.as_str()),
                ("ReturnSubscriptionArn", "true"),
            ];
            let xml = call(back, "Subscribe", &parameters).await?;
            let arn = xml_text(&xml, "SubscriptionArn").unwrap_or_default();
            made(arn.clone(), [("Arn", arn)])
        }
        EffectAction::Update { physical_id, .. } => made(physical_id, [("Arn", physical_id.clone())]),
        EffectAction::Delete { physical_id, .. } => {
            call(back, "Unsubscribe", &[("SubscriptionArn", physical_id)]).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Arn", physical_id.clone())])
        }
    }
}
