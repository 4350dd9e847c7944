//! The view of what invokes a worker: a queue or a topic.

use serde::Serialize;
use serde_json::Value;

use super::access::{Access, Use, key};
use super::function::{self, FailureQueue, Invoked};
use super::scene::{Fragment, Scene, attribute, main_id};
use crate::pipeline::{StageKind, StageRef, WorkSource, Worker, names};
use crate::units::{LogicalId, StageName};

#[derive(Serialize)]
struct View {
    ids: Ids,
    queue: Option<QueueView>,
    topic: Option<TopicView>,
}

#[derive(Serialize)]
struct Ids {
    #[serde(flatten)]
    function: function::Ids,
    mapping: LogicalId,
    invocation: LogicalId,
    permission: LogicalId,
    subscription: LogicalId,
}

#[derive(Serialize)]
struct QueueView {
    arn: Value,
    batch_size: u32,
    window_seconds: u64,
    report_items: bool,
    most_at_once: Option<u32>,
}

#[derive(Serialize)]
struct TopicView {
    id: LogicalId,
    retries: u32,
    max_age_seconds: u64,
}

impl Ids {
    fn of(stage: &StageRef) -> Self {
        let id = |part| names::logical_id(stage, part);
        Self {
            function: function::Ids::of(stage),
            mapping: id("Mapping"),
            invocation: id("Invocation"),
            permission: id("Permission"),
            subscription: id("Subscription"),
        }
    }
}

fn stage(name: &StageName) -> StageRef {
    StageRef::new(StageKind::Worker, name)
}

/// The worker's function: it receives from its queue, or keeps what it gave up on of its topic.
pub(super) fn invoked<'a>(scene: &Scene<'a>, worker: &'a Worker) -> Invoked<'a> {
    let mut access = Access::default();
    let mut failures = None;
    match &worker.from {
        WorkSource::Queue { queue, .. } => {
            let encryption = scene.pipeline.queues().get(queue).map(|queue| &queue.encryption);
            let arn = attribute(&main_id(StageKind::Queue, queue), "Arn");
            access.allow(Use::ReceiveMessages, [arn], encryption.and_then(key));
        }
        WorkSource::Topic { topic, .. } => {
            let queue = FailureQueue::of(scene, &worker.name);
            failures = scene
                .pipeline
                .topics()
                .get(topic)
                .map(|topic| queue.taking_from(main_id(StageKind::Topic, &topic.name), &topic.encryption));
        }
    }
    Invoked { stage: stage(&worker.name), function: &worker.function, access, late_to: None, queue: failures }
}

pub(super) fn fragment(scene: &Scene<'_>, worker: &Worker) -> Fragment {
    let stage = stage(&worker.name);
    let (queue, topic) = match &worker.from {
        WorkSource::Queue { queue, batch, window, report_items, most_at_once } => {
            let view = QueueView {
                arn: attribute(&main_id(StageKind::Queue, queue), "Arn"),
                batch_size: *batch,
                window_seconds: window.as_secs(),
                report_items: *report_items,
                most_at_once: *most_at_once,
            };
            (Some(view), None)
        }
        WorkSource::Topic { topic, retries, max_age } => {
            let id = main_id(StageKind::Topic, topic);
            (None, Some(TopicView { id, retries: *retries, max_age_seconds: max_age.as_secs() }))
        }
    };
    let view = View { ids: Ids::of(&stage), queue, topic };
    Fragment::of(scene.pipeline, &stage, &view, &[(&view.ids.mapping, "batch")])
}
