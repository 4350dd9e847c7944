//! Alarms of queues and topics.

use super::{Recommended, dimension, metric};
use crate::pipeline::{AlarmId, Pipeline, Queue, StageKind, StageRef, WorkSource};
use crate::render::alarm::Comparison;
use crate::render::scene::Scene;
use crate::units::{StageName, Statistic};

pub(super) fn of_queue(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let pipeline = scene.pipeline;
    let stage = StageRef::new(StageKind::Queue, name);
    let Some(queue) = pipeline.queues().get(name) else { return Vec::new() };
    let on = |metric_name, queue: String| metric("AWS/SQS", metric_name, vec![dimension("QueueName", queue)]);
    vec![
        Recommended::new(
            &stage,
            AlarmId::QueueOldestMessage,
            on("ApproximateAgeOfOldestMessage", pipeline.physical_name(name)),
            format!("Messages of queue {name} wait too long: nobody takes them, or not fast enough"),
        )
        .of(Statistic::Maximum, 60, 15)
        .when(Comparison::AtLeast, tolerated_age_seconds(pipeline, queue))
        .or_unknown(),
        dead_letters(
            &stage,
            AlarmId::QueueDeadLetters,
            pipeline.dead_letter_queue_name(name),
            format!(
                "Messages of queue {name} were given up after {} attempts and wait to be looked at",
                queue.attempts
            ),
        ),
    ]
}

/// A queue that holds what was given up: one message is trouble.
pub(super) fn dead_letters(stage: &StageRef, alarm: AlarmId, queue: String, says: String) -> Recommended {
    let depth = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", vec![dimension("QueueName", queue)]);
    Recommended::new(stage, alarm, depth, says).of(Statistic::Maximum, 60, 1)
}

/// AWS says half as much again as processing takes at most, which is the time a message is hidden for. Where no worker
/// reads, somebody outside does at a pace of their own: what counts then is the half of the retention after which messages
/// are at risk. That half bounds the first as well.
fn tolerated_age_seconds(pipeline: &Pipeline, queue: &Queue) -> f64 {
    let read = pipeline.workers().values().any(|worker| match &worker.from {
        WorkSource::Queue { queue: from, .. } => *from == queue.name,
        WorkSource::Topic { .. } => false,
    });
    let at_risk = (queue.retention.as_secs() / 2) as f64;
    if !read {
        return at_risk;
    }
    // Never below five minutes: SQS's age is approximate, and workers start up.
    let processed = queue.delay.as_secs() as f64 + queue.visibility.as_secs() as f64 * 1.5;
    processed.max(300.0).min(at_risk)
}

pub(super) fn of_topic(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Topic, name);
    let topic = vec![dimension("TopicName", scene.pipeline.physical_name(name))];
    let says =
        format!("Topic {name} cannot deliver messages: look at its subscriptions and at what their policies admit");
    let failed = metric("AWS/SNS", "NumberOfNotificationsFailed", topic);
    vec![Recommended::new(&stage, AlarmId::TopicFailedNotifications, failed, says).of(Statistic::Sum, 60, 5)]
}
