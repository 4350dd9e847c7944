//! `AWS::SNS::Topic`, `TopicPolicy` and `Subscription`.

use super::props::{as_text, document, required, text, texts};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, numbered, retag, tag_parameters, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
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
            parameters.extend(tag_parameters(tags(effect, properties)));
            back.query(ServiceName::Sns, "2010-03-31", "CreateTopic", &parameters).await?;
            attributes(back, &arn, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&arn))?;
            topic_made(&arn)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            attributes(back, physical_id, before, after).await?;
            put_tags(back, effect, physical_id).await?;
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

async fn put_tags(back: &mut Back, effect: &Effect, arn: &str) -> Result<(), Refusal> {
    let Retag { put, removed } = retag(effect);
    for (action, parameters) in [("UntagResource", numbered("TagKeys", removed)), ("TagResource", tag_parameters(put))]
    {
        if !parameters.is_empty() {
            let arn = ("ResourceArn".to_owned(), arn.to_owned());
            let parameters: Vec<_> = std::iter::once(arn).chain(parameters).collect();
            back.query(ServiceName::Sns, "2010-03-31", action, &parameters).await?;
        }
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

/// Subscription properties that are attributes of the same name.
const SUBSCRIBED: &[&str] = &[
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];

pub(crate) async fn subscription(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let topic = required(properties, "TopicArn")?;
            let (protocol, endpoint) = (required(properties, "Protocol")?, required(properties, "Endpoint")?);
            check_endpoint(&protocol, &endpoint)?;
            let parameters = [
                ("TopicArn", topic.as_str()),
                ("Protocol", protocol.as_str()),
                ("Endpoint", endpoint.as_str()),
                ("ReturnSubscriptionArn", "true"),
            ];
            let xml = call(back, "Subscribe", &parameters).await?;
            let arn = xml_text(&xml, "SubscriptionArn").unwrap_or_default();
            deliver(back, &arn, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&arn))?;
            made(arn.clone(), [("Arn", arn)])
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            deliver(back, physical_id, before, after).await?;
            made(physical_id, [("Arn", physical_id.clone())])
        }
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

async fn deliver(back: &mut Back, arn: &str, before: &Properties, after: &Properties) -> Result<(), Refusal> {
    for name in SUBSCRIBED {
        let value = |properties: &Properties| properties.get(*name).map(as_text);
        let (old, new) = (value(before), value(after));
        if old != new {
            let new = new.as_deref().unwrap_or_default();
            let parameters = [("SubscriptionArn", arn), ("AttributeName", name), ("AttributeValue", new)];
            call(back, "SetSubscriptionAttributes", &parameters).await?;
        }
    }
    Ok(())
}

/// SNS looks at an endpoint's form, not at whether anything is behind it.
fn check_endpoint(protocol: &str, endpoint: &str) -> Result<(), HandlerError> {
    let (well_formed, what) = match protocol {
        "sqs" => (endpoint.starts_with("arn:") && endpoint.contains(":sqs:"), "SQS endpoint ARN"),
        "lambda" => (endpoint.starts_with("arn:") && endpoint.contains(":function:"), "Lambda endpoint ARN"),
        "firehose" => (endpoint.starts_with("arn:") && endpoint.contains(":firehose:"), "Firehose endpoint ARN"),
        "email" | "email-json" => (endpoint.contains('@'), "Email address"),
        _ => (true, ""),
    };
    if well_formed {
        return Ok(());
    }
    Err(HandlerError::new(HandlerErrorCode::InvalidRequest, format!("Invalid parameter: {what}")))
}
