//! The view of a Kinesis stream.

use serde::Serialize;
use serde_json::{Value, json};

use super::access::key_arn;
use super::scene::{Fragment, Protection, Scene};
use crate::capacity::SizedStream;
use crate::pipeline::{StageKind, StageRef, Stream, names};
use crate::units::LogicalId;

/// The key that AWS manages for Kinesis: roles of the account may use it by way of the stream.
const MANAGED_KEY: &str = "alias/aws/kinesis";

#[derive(Serialize)]
struct View {
    id: LogicalId,
    name: String,
    mode: &'static str,
    shards: Option<u32>,
    retention_hours: u64,
    key: Value,
    /// By name: `ALL` is answered with the list of all, and would look like drift.
    shard_metrics: Vec<&'static str>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Outputs<T> {
    name: T,
    arn: T,
}

/// The logical id of a stream.
pub(super) fn id(stream: &crate::units::StageName) -> LogicalId {
    names::logical_id(&StageRef::new(StageKind::Stream, stream), "")
}

pub(super) fn fragment(scene: &Scene<'_>, stream: &Stream) -> Fragment {
    let stage = StageRef::new(StageKind::Stream, &stream.name);
    let (mode, shards) = match scene.sized.stream_capacity(&stream.name) {
        Some(SizedStream::Provisioned { shards }) => ("PROVISIONED", Some(shards)),
        Some(SizedStream::OnDemand) | None => ("ON_DEMAND", None),
    };
    let view = View {
        id: id(&stream.name),
        name: scene.pipeline.physical_name(&stream.name),
        mode,
        shards,
        retention_hours: stream.retention.as_hours(),
        key: key_arn(&stream.encryption).unwrap_or_else(|| json!(MANAGED_KEY)),
        shard_metrics: stream.shard_metrics.iter().map(|metric| metric.as_str()).collect(),
        protection: scene.protection(),
        outputs: Outputs { name: names::logical_id(&stage, "Name"), arn: names::logical_id(&stage, "Arn") },
        descriptions: Outputs {
            name: format!("Name of stream {}: where producers put records", stream.name),
            arn: format!("ARN of stream {}", stream.name),
        },
    };
    Fragment::of(scene.pipeline, &stage, &view, &[])
}
