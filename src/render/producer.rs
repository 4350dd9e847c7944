//! What a producer of the pipeline needs: which streams take records from outside, and a policy for each.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::access::{Access, Key, Use, key};
use super::assets::Assets;
use super::scene::{Fragment, Scene, Statement, attribute};
use super::stream;
use crate::capacity::{self, HotKey, PUT_LIMITS, PutLimits, Sized, SizedStream};
use crate::pipeline::{EdgeKind, Encryption, Pipeline, StageKind, StageRef, Stream, edges, names};
use crate::units::{LogicalId, StageName};

#[derive(Serialize)]
struct View {
    id: LogicalId,
    description: String,
    statements: Vec<Statement>,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Outputs<T> {
    policy: T,
}

/// Everything that somebody needs who puts records into one stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Producer {
    /// The stream's name in the pipeline.
    pub stream: StageName,
    /// Its name in Kinesis.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
    /// How it scales.
    pub capacity: SizedStream,
    /// What one put may hold.
    pub limits: PutLimits,
    /// Records of the declared size that one request holds; none where no load is declared.
    pub batch: Option<u32>,
    /// What the busiest partition key does to its shard; none where the file does not say how keys spread.
    pub key: Option<HotKey>,
    /// The output of the stack that holds the ARN of a policy like [`Producer::policy`].
    pub policy_output: LogicalId,
    /// What a producer must be allowed, as an IAM policy document.
    pub policy: Value,
    /// A well-formed record, where somebody has one.
    pub example: Option<Value>,
}

/// The streams that records enter from outside: those that no function of the pipeline writes to.
pub(super) fn entry_streams(pipeline: &Pipeline) -> impl Iterator<Item = &Stream> {
    let written: BTreeSet<StageName> = edges(pipeline)
        .into_iter()
        .filter(|edge| matches!(edge.kind, EdgeKind::Sends | EdgeKind::Late))
        .filter_map(|edge| edge.to.stage().filter(|stage| stage.kind == StageKind::Stream).map(|to| to.name.clone()))
        .collect();
    pipeline.streams().values().filter(move |stream| !written.contains(&stream.name))
}

/// What producers of each entry stream need, without an example.
#[must_use]
pub fn producers(sized: &Sized) -> Vec<Producer> {
    let assets = Assets::default();
    let scene = Scene::new(sized, &assets);
    entry_streams(scene.pipeline).map(|stream| producer(&scene, stream)).collect()
}

fn producer(scene: &Scene<'_>, stream: &Stream) -> Producer {
    let pipeline = scene.pipeline;
    let name = pipeline.physical_name(&stream.name);
    let arn = scene.arn("kinesis", &format!("stream/{name}"));
    // The key's id is known only once it is made; whoever reads this may not have deployed yet.
    let key = match &stream.encryption {
        Encryption::Key(own) => Some(Key::Bears(pipeline.key_alias(own))),
        Encryption::Managed | Encryption::Arn(_) => key(&stream.encryption),
    };
    let traffic = pipeline.traffic().get(&stream.name);
    Producer {
        stream: stream.name.clone(),
        capacity: scene.sized.stream_capacity(&stream.name).unwrap_or(SizedStream::OnDemand),
        region: pipeline.region().to_string(),
        limits: PUT_LIMITS,
        batch: traffic.map(|traffic| PUT_LIMITS.batch(traffic.record)),
        key: traffic.and_then(capacity::hottest_key),
        policy_output: policy_output(&stream.name),
        policy: document(&statements(scene, arn.as_str().into(), key)),
        example: None,
        arn,
        name,
    }
}

fn document(statements: &[Statement]) -> Value {
    let spelled = |statement: &Statement| {
        let mut spelled = json!({
            "Sid": statement.sid,
            "Effect": "Allow",
            "Action": statement.actions,
            "Resource": statement.resources,
        });
        if let (Some(members), Some(condition)) = (spelled.as_object_mut(), &statement.condition) {
            members.insert("Condition".to_owned(), condition.clone());
        }
        spelled
    };
    json!({"Version": "2012-10-17", "Statement": statements.iter().map(spelled).collect::<Vec<_>>()})
}

fn policy_output(stream: &StageName) -> LogicalId {
    names::logical_id(&StageRef::new(StageKind::Stream, stream), "ProducerPolicyArn")
}

pub(super) fn fragment(scene: &Scene<'_>, stream: &Stream) -> Fragment {
    let stage = StageRef::new(StageKind::Stream, &stream.name);
    let arn = attribute(&stream::id(&stream.name), "Arn");
    let view = View {
        id: names::logical_id(&stage, "ProducerPolicy"),
        description: format!("Puts records into stream {}", scene.pipeline.physical_name(&stream.name)),
        statements: statements(scene, arn, key(&stream.encryption)),
        outputs: Outputs { policy: policy_output(&stream.name) },
        descriptions: Outputs { policy: format!("Policy for producers of stream {}", stream.name) },
    };
    Fragment::of(scene.pipeline, &stage, &view, &[])
}

fn statements(scene: &Scene<'_>, stream: Value, key: Option<Key>) -> Vec<Statement> {
    let mut access = Access::default();
    access.allow(Use::ProduceRecords, [stream], key);
    access.statements(scene)
}
