//! The view of a Firehose archive.

use serde::Serialize;
use serde_json::{Value, json};

use super::scene::{Fragment, Protection, Scene, Statement, attribute};
use super::stream;
use crate::pipeline::{AfterStandard, Archive, ArchiveFormat, Compression, StageKind, StageRef, names};
use crate::units::LogicalId;

/// How long delivery errors are kept.
const LOG_RETENTION_DAYS: u32 = 30;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    stream_id: LogicalId,
    name: String,
    bucket_name: String,
    account: &'a str,
    transition_class: Option<&'static str>,
    keep_days: u64,
    log_group_name: String,
    log_retention_days: u32,
    statements: Vec<Statement>,
    compression: &'static str,
    buffer_mib: u64,
    buffer_seconds: u64,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    bucket: LogicalId,
    bucket_policy: LogicalId,
    log_group: LogicalId,
    log_stream: LogicalId,
    role: LogicalId,
    delivery: LogicalId,
}

#[derive(Serialize)]
struct Outputs<T> {
    bucket: T,
}

pub(super) fn fragment(scene: &Scene<'_>, archive: &Archive) -> Fragment {
    let pipeline = scene.pipeline;
    let stage = StageRef::new(StageKind::Archive, &archive.stream);
    let id = |part| names::logical_id(&stage, part);
    let ids = Ids {
        bucket: id("Bucket"),
        bucket_policy: id("BucketPolicy"),
        log_group: id("LogGroup"),
        log_stream: id("LogStream"),
        role: id("Role"),
        delivery: id("Delivery"),
    };
    let view = View {
        stream_id: stream::id(&archive.stream),
        name: pipeline.physical_name(&archive.stream),
        bucket_name: pipeline.bucket_name(&archive.stream),
        account: pipeline.account().as_str(),
        transition_class: match archive.then {
            AfterStandard::Glacier => Some("GLACIER"),
            AfterStandard::DeepArchive => Some("DEEP_ARCHIVE"),
            AfterStandard::Delete => None,
        },
        keep_days: archive.keep_standard.as_days().max(1),
        log_group_name: pipeline.archive_log_group_name(&archive.stream),
        log_retention_days: LOG_RETENTION_DAYS,
        statements: statements(scene, archive, &ids),
        compression: match archive.format {
            ArchiveFormat::Parquet { .. } | ArchiveFormat::Json { compress: Compression::None } => "UNCOMPRESSED",
            ArchiveFormat::Json { compress: Compression::Gzip } => "GZIP",
            ArchiveFormat::Json { compress: Compression::Zip } => "ZIP",
            ArchiveFormat::Json { compress: Compression::Snappy } => "Snappy",
        },
        buffer_mib: archive.buffer_size.as_mib(),
        buffer_seconds: archive.buffer_every.as_secs(),
        protection: scene.protection(),
        outputs: Outputs { bucket: id("BucketName") },
        descriptions: Outputs { bucket: format!("Bucket that archives stream {}", archive.stream) },
        ids,
    };
    Fragment::of(pipeline, &stage, &view, &[(&view.ids.bucket, "keep"), (&view.ids.bucket_policy, "keep")])
}

/// Reads one stream, writes one bucket, logs to one log stream.
fn statements(scene: &Scene<'_>, archive: &Archive, ids: &Ids) -> Vec<Statement> {
    let bucket = attribute(&ids.bucket, "Arn");
    let objects: Value = json!({ "Fn::Join": ["", [bucket, "/*"]] });
    let log_group = scene.pipeline.archive_log_group_name(&archive.stream);
    let log_stream = scene.arn("logs", &format!("log-group:{log_group}:log-stream:delivery"));
    vec![
        Statement::new(
            "ReadStream",
            &["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
            vec![attribute(&stream::id(&archive.stream), "Arn")],
        ),
        Statement::new(
            "UseBucket",
            &["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            vec![bucket],
        ),
        Statement::new("WriteObjects", &["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], vec![objects]),
        Statement::new("LogErrors", &["logs:PutLogEvents"], vec![log_stream.into()]),
    ]
}
