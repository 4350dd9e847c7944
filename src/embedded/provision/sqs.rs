//! `AWS::SQS::Queue` and `AWS::SQS::QueuePolicy`.

use serde_json::{Map, Value, json};

use super::props::{as_text, document, text, texts};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, retag, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;
use crate::units::Duration;

/// How long a deleted queue keeps its name (Amazon SQS API reference, DeleteQueue).
const NAME_KEPT: Duration = Duration::from_secs(60);

/// Queue properties, which are attributes of the same name, and what each is where nothing is said (Amazon SQS API
/// reference, SetQueueAttributes); `None` where it then has no value.
const ATTRIBUTES: &[(&str, Option<&str>)] = &[
    ("ContentBasedDeduplication", None),
    ("DeduplicationScope", None),
    ("DelaySeconds", Some("0")),
    ("FifoQueue", None),
    ("FifoThroughputLimit", None),
    ("KmsDataKeyReusePeriodSeconds", Some("300")),
    ("KmsMasterKeyId", Some("")),
    ("MaximumMessageSize", Some("1048576")),
    ("MessageRetentionPeriod", Some("345600")),
    ("ReceiveMessageWaitTimeSeconds", Some("0")),
    ("RedriveAllowPolicy", Some("")),
    ("RedrivePolicy", Some("")),
    ("SqsManagedSseEnabled", None),
    ("VisibilityTimeout", Some("30")),
];

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Sqs, &format!("AmazonSQS.{action}"), body).await
}

fn attributes(properties: &Properties) -> Map<String, Value> {
    ATTRIBUTES
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), Value::String(as_text(properties.get(*name)?)))))
        .collect()
}

/// The attributes after an update: a property taken out of the template goes back to its default.
fn attributes_after(before: &Properties, after: &Properties) -> Map<String, Value> {
    let mut wanted = attributes(after);
    for (name, default) in ATTRIBUTES {
        if let (true, Some(default)) = (before.contains_key(*name), default) {
            wanted.entry(*name).or_insert_with(|| json!(default));
        }
    }
    wanted
}

impl Back {
    /// Remembers that a queue was deleted.
    pub(crate) fn queue_is_gone(&mut self, name: &str) {
        let now = self.now;
        self.world.deleted_queues.retain(|_, at| now < at.plus(NAME_KEPT));
        self.world.deleted_queues.insert(name.to_owned(), now);
    }

    /// Whether a queue of that name may be made.
    ///
    /// # Errors
    /// In the minute after one of that name was deleted.
    pub(crate) fn queue_name_is_free(&self, name: &str) -> Result<(), Refusal> {
        match self.world.deleted_queues.get(name) {
            Some(at) if self.now < at.plus(NAME_KEPT) => Err(Refusal {
                status: 400,
                code: "QueueDeletedRecently".to_owned(),
                message:
                    "You must wait 60 seconds after deleting a queue before you can create another with the same name."
                        .to_owned(),
                service: Some("Sqs"),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// An attribute of a queue, by the queue's name; `None` where there is no such queue.
    pub(crate) async fn queue_attribute(&mut self, name: &str, attribute: &str) -> Option<String> {
        let url = url(self, name);
        let body = json!({"QueueUrl": url, "AttributeNames": [attribute]});
        let answer = call(self, "GetQueueAttributes", body).await.ok()?;
        answer.pointer(&format!("/Attributes/{attribute}")).map(as_text)
    }
}

/// A queue hands its failures only to a queue that is there.
async fn check_dead_letters(back: &mut Back, properties: &Properties) -> Result<(), HandlerError> {
    let Some(policy) = properties.get("RedrivePolicy") else { return Ok(()) };
    let policy: Value = serde_json::from_str(&document(Some(policy))).unwrap_or_default();
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).unwrap_or_default();
    let name = target.rsplit(':').next().unwrap_or_default().to_owned();
    if !target.is_empty() && back.queue_attribute(&name, "QueueArn").await.is_none() {
        let message = format!(
            "Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."
        );
        return Err(HandlerError::new(HandlerErrorCode::InvalidRequest, message));
    }
    Ok(())
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
            back.queue_name_is_free(&name)?;
            check_dead_letters(back, properties).await?;
            let body =
                json!({"QueueName": name, "Attributes": attributes(properties), "tags": tags(effect, properties)});
            call(back, "CreateQueue", body).await?;
            detail(back, &name, properties);
            queue_made(back, &name)
        }
        EffectAction::Update { physical_id: url, before, after, .. } => {
            check_dead_letters(back, after).await?;
            let body = json!({"QueueUrl": url, "Attributes": attributes_after(before, after)});
            call(back, "SetQueueAttributes", body).await?;
            let Retag { put, removed } = retag(effect);
            if !removed.is_empty() {
                call(back, "UntagQueue", json!({"QueueUrl": url, "TagKeys": removed})).await?;
            }
            call(back, "TagQueue", json!({"QueueUrl": url, "Tags": put})).await?;
            let name = name_of(url);
            detail(back, &name, after);
            queue_made(back, &name)
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteQueue", json!({"QueueUrl": physical_id})).await?;
            let name = name_of(physical_id);
            back.forget(&format!("sqs/{name}"));
            back.queue_is_gone(&name);
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
    back.forget(&format!("sqs/{name}"));
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
