//! The view of how a consumer reads its stream.

use serde::Serialize;
use serde_json::Value;

use super::access::{Access, Key, Use, key};
use super::function::{self, FailureQueue, Invoked};
use super::scene::{Fragment, Scene, attribute, main_id};
use crate::pipeline::{
    Consumer, FailureDestination, OtherKey, OtherStream, ReadMode, StageKind, StageRef, StartPosition, StreamFrom,
    names,
};
use crate::units::{LogicalId, StageName};

#[derive(Serialize)]
struct View {
    ids: Ids,
    stream_arn: Value,
    fan_out: Option<FanOut>,
    start: Start,
    batch: Batch,
    failure: Failure,
    filters: Vec<String>,
}

#[derive(Serialize)]
struct Ids {
    #[serde(flatten)]
    function: function::Ids,
    mapping: LogicalId,
    stream_consumer: LogicalId,
}

#[derive(Serialize)]
struct FanOut {
    name: String,
}

#[derive(Serialize)]
struct Start {
    position: &'static str,
    timestamp: Option<i64>,
}

#[derive(Serialize)]
struct Batch {
    size: u32,
    window_seconds: u64,
    parallel: u32,
    tumbling_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Failure {
    retries: i64,
    max_age_seconds: i64,
    bisect: bool,
    report_items: bool,
    destination: Value,
}

impl Ids {
    fn of(stage: &StageRef) -> Self {
        Self {
            function: function::Ids::of(stage),
            mapping: names::logical_id(stage, "Mapping"),
            stream_consumer: names::logical_id(stage, "FanOut"),
        }
    }
}

fn stage(name: &StageName) -> StageRef {
    StageRef::new(StageKind::Consumer, name)
}

/// The logical id of a consumer's mapping.
pub(super) fn mapping_id(consumer: &StageName) -> LogicalId {
    names::logical_id(&stage(consumer), "Mapping")
}

/// The consumer's function: it reads its stream, and sends what it gave up on where the file says.
pub(super) fn invoked<'a>(scene: &Scene<'a>, consumer: &'a Consumer) -> Invoked<'a> {
    let ids = Ids::of(&stage(&consumer.name));
    let mut access = Access::default();
    access.allow(Use::ReadStream, [stream_arn(scene, &consumer.from)], stream_key(scene, &consumer.from));
    if consumer.read == ReadMode::FanOut {
        access.allow(Use::SubscribeToShards, [attribute(&ids.stream_consumer, "ConsumerARN")], None);
    }
    let own_queue = consumer.failure.to == FailureDestination::OwnQueue;
    allow_failures(scene, consumer, &ids, &mut access);
    Invoked {
        stage: stage(&consumer.name),
        function: &consumer.function,
        access,
        late_to: consumer.late_to.as_ref(),
        queue: own_queue.then(|| FailureQueue::of(scene, &consumer.name)),
    }
}

pub(super) fn fragment(scene: &Scene<'_>, consumer: &Consumer) -> Fragment {
    let stage = stage(&consumer.name);
    let ids = Ids::of(&stage);
    let view = View {
        stream_arn: stream_arn(scene, &consumer.from),
        fan_out: match consumer.read {
            ReadMode::FanOut => Some(FanOut { name: scene.pipeline.physical_name(&consumer.name) }),
            ReadMode::Shared => None,
        },
        start: start(consumer.start),
        batch: Batch {
            size: consumer.batch.size,
            window_seconds: consumer.batch.window.as_secs(),
            parallel: consumer.batch.parallel,
            tumbling_seconds: consumer.batch.tumbling.map(|window| window.as_secs()),
        },
        failure: failure(scene, consumer, &ids),
        filters: consumer.filters.iter().map(Value::to_string).collect(),
        ids,
    };
    let narrower = [(&view.ids.mapping, "batch"), (&view.ids.stream_consumer, "read")];
    Fragment::of(scene.pipeline, &stage, &view, &narrower)
}

/// By reference, or by name where another stack makes the stream: no stack exports anything.
fn stream_arn(scene: &Scene<'_>, from: &StreamFrom) -> Value {
    match from {
        StreamFrom::Own(name) => attribute(&main_id(StageKind::Stream, name), "Arn"),
        StreamFrom::Other(other) => scene.pipeline.other_stream_arn(other).into(),
    }
}

fn stream_key(scene: &Scene<'_>, from: &StreamFrom) -> Option<Key> {
    match from {
        StreamFrom::Own(name) => scene.pipeline.streams().get(name).and_then(|stream| key(&stream.encryption)),
        StreamFrom::Other(OtherStream { facts, .. }) => facts.as_ref()?.key.as_ref().map(|key| match key {
            OtherKey::Alias(alias) => Key::Bears(alias.clone()),
            OtherKey::Arn(arn) => Key::Is(arn.as_str().into()),
        }),
    }
}

fn start(position: StartPosition) -> Start {
    match position {
        StartPosition::TrimHorizon => Start { position: "TRIM_HORIZON", timestamp: None },
        StartPosition::Latest => Start { position: "LATEST", timestamp: None },
        // Lambda keeps whole seconds (stream-behaviour.md CKPT-3).
        StartPosition::At(moment) => {
            Start { position: "AT_TIMESTAMP", timestamp: Some(moment.as_millis().div_euclid(1_000)) }
        }
    }
}

fn failure(scene: &Scene<'_>, consumer: &Consumer, ids: &Ids) -> Failure {
    let asked = &consumer.failure;
    Failure {
        retries: asked.retries.map_or(-1, i64::from),
        max_age_seconds: asked.max_age.map_or(-1, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX)),
        bisect: asked.bisect,
        report_items: asked.report_items,
        destination: destination(scene, &asked.to, ids),
    }
}

fn destination(scene: &Scene<'_>, to: &FailureDestination, ids: &Ids) -> Value {
    match to {
        FailureDestination::OwnQueue => attribute(&ids.function.queue, "Arn"),
        FailureDestination::Queue(name) => scene.arn("sqs", name).into(),
        FailureDestination::Topic(name) => scene.arn("sns", name).into(),
        FailureDestination::Bucket(name) => format!("arn:{}:s3:::{name}", scene.partition()).into(),
    }
}

/// An own queue is the function's to allow.
fn allow_failures(scene: &Scene<'_>, consumer: &Consumer, ids: &Ids, access: &mut Access) {
    let arn = destination(scene, &consumer.failure.to, ids);
    match &consumer.failure.to {
        FailureDestination::OwnQueue => {}
        FailureDestination::Queue(_) => access.allow(Use::SendFailures, [arn], None),
        FailureDestination::Topic(_) => access.allow(Use::PublishFailures, [arn], None),
        FailureDestination::Bucket(name) => {
            let objects = format!("arn:{}:s3:::{name}/*", scene.partition());
            access.allow(Use::PutFailures, [objects.into()], None);
            access.allow(Use::ListFailures, [arn], None);
        }
    }
}
