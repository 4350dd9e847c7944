//! Queues and topics.

use super::parts::{Left, dead_letters};
use super::{Carry, seconds};
use crate::import::document::{Block, Out};
use crate::import::value::Item;
use crate::import::world::{Kind, Resource};
use crate::spec::Email;

impl<'w> Carry<'w> {
    pub(super) fn queues(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Queue) {
            let Some(name) = self.parts.stage(resource) else { continue };
            let view = resource.view();
            if self.flag(&view, "FifoQueue", false) == Some(true) {
                self.lost(&view, "FifoQueue", "queues of a pipeline are standard queues; messages may change places");
            }
            view.skip(&[
                "QueueName",
                "Tags",
                "SqsManagedSseEnabled",
                "KmsDataKeyReusePeriodSeconds",
                "ContentBasedDeduplication",
            ]);
            let mut queue = Block::default();
            let retention = self.whole_or(&view, "MessageRetentionPeriod", 345_600, 60..=1_209_600);
            queue.put_unless("retention", retention, 345_600, seconds);
            // Sluice's own default follows the slowest worker.
            let worked_on = self.parts.workers.iter().any(|part| part.source.address == resource.address);
            let visibility = self.whole_or(&view, "VisibilityTimeout", 30, 0..=43_200);
            queue.put_some("visibility", visibility.filter(|hidden| worked_on || *hidden != 30).map(seconds));
            queue.put_unless("attempts", self.attempts(resource), 5, Out::word);
            queue.put_unless("delay", self.whole_or(&view, "DelaySeconds", 0, 0..=900), 0, seconds);
            queue.put_some("encryption", self.encryption(&view, "KmsMasterKeyId"));
            self.stage(&mut section, "queue", name, queue, resource);
        }
        section
    }

    /// How often a message is tried, where the source says so.
    fn attempts(&self, queue: &Resource) -> Option<u64> {
        let own = queue.view().get("RedrivePolicy").map(|item| (queue, item));
        let policy = own.or_else(|| {
            let mut policies = self.world.of(Kind::DeadLetterPolicy);
            let policy = policies.find(|policy| {
                let of = policy.view().get("QueueUrl").and_then(|item| self.world.meant(item, &[Kind::Queue]));
                of.is_some_and(|of| of.address == queue.address)
            })?;
            Some((policy, policy.view().get("RedrivePolicy")?))
        });
        let Some((of, item)) = policy else {
            self.made_anew(
                queue,
                "messages were tried without end; after 5 attempts they now go to a dead-letter queue",
            );
            return None;
        };
        let attempts = item.decoded().and_then(|policy| policy.fields()?.get("maxReceiveCount")?.item.as_number());
        match attempts.filter(|attempts| (1.0..=1000.0).contains(attempts)) {
            Some(attempts) => {
                if dead_letters(self.world, of).is_none() {
                    self.lost(
                        &of.view(),
                        "RedrivePolicy",
                        "its dead-letter queue is not in the source; the queue gets one of its own",
                    );
                }
                Some(attempts as u64)
            }
            None => {
                self.lost(&of.view(), "RedrivePolicy", "how often a message is tried cannot be told");
                None
            }
        }
    }

    pub(super) fn topics(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Topic) {
            let Some(name) = self.parts.stage(resource) else { continue };
            let view = resource.view();
            view.skip(&["TopicName", "Tags", "DisplayName"]);
            if self.flag(&view, "FifoTopic", false) == Some(true) {
                self.lost(&view, "FifoTopic", "topics of a pipeline are standard topics");
            }
            let mut topic = Block::default();
            topic.put_block("deliver_to", self.deliveries(resource));
            topic.put_some("encryption", self.encryption(&view, "KmsMasterKeyId"));
            self.stage(&mut section, "topic", name, topic, resource);
        }
        self.subscriptions_of_others();
        section
    }

    /// Queues and addresses of mail that hear what is published to a topic.
    fn deliveries(&self, topic: &Resource) -> Block {
        let (mut queues, mut emails) = (Vec::new(), Vec::new());
        for subscription in self.subscriptions(topic) {
            let view = subscription.view();
            view.skip(&["TopicArn", "RawMessageDelivery"]);
            match self.text(&view, "Protocol").as_deref() {
                Some("sqs") => {
                    let queue = self.meant(&view, "Endpoint", &[Kind::Queue]);
                    queues.extend(queue.and_then(|queue| self.parts.stage(queue)).map(str::to_owned));
                }
                Some("email") => emails.extend(self.checked::<Email>(&view, "Endpoint").map(Out::text)),
                Some("lambda") => {}
                Some(other) => {
                    let why = format!("topics deliver to queues, workers and mail, not by `{other}`");
                    self.parts.leave(subscription, Left::Lost(why));
                }
                None => {}
            }
        }
        let mut block = Block::default();
        block.put_names("queues", &queues);
        if !emails.is_empty() {
            block.put("emails", Out::List(emails));
        }
        block
    }

    fn subscriptions(&self, topic: &Resource) -> impl Iterator<Item = &'w Resource> {
        self.world.of(Kind::Subscription).filter(|subscription| {
            let of = subscription.view().get("TopicArn").and_then(|item| self.world.meant(item, &[Kind::Topic]));
            of.is_some_and(|of| of.address == topic.address)
        })
    }

    /// Subscriptions to topics that are no stages.
    fn subscriptions_of_others(&self) {
        for subscription in self.world.of(Kind::Subscription) {
            let topic =
                subscription.view().get("TopicArn").and_then(|item: &Item| self.world.meant(item, &[Kind::Topic]));
            match topic {
                None => {
                    let why = "its topic is not in the source".to_owned();
                    self.parts.leave(subscription, Left::Lost(why));
                }
                Some(topic) if self.parts.stage(topic).is_none() => {
                    let how =
                        "alarms speak to a topic of Sluice's own; the environment file's `notify` says who hears them";
                    self.parts.leave(subscription, Left::Anew(how));
                }
                Some(_) => {}
            }
        }
    }
}
