//! The view of a Firehose archive.

use serde::Serialize;
use serde_json::Value;

use super::access::{Access, Use, key, key_arn};
use super::scene::{Fragment, Scene, Statement, attribute, below};
use super::{bucket, catalog, stream};
use crate::pipeline::{Archive, ArchiveFormat, Compression, StageKind, StageRef, names};
use crate::units::LogicalId;

/// How long delivery errors are kept.
const LOG_RETENTION_DAYS: u32 = 30;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    stream_id: LogicalId,
    name: String,
    account: &'a str,
    region: &'a str,
    log_group_name: String,
    log_retention_days: u32,
    statements: Vec<Statement>,
    key: Option<Value>,
    prefix: String,
    compression: &'static str,
    buffer_mib: u64,
    buffer_seconds: u64,
    partitions_query: Option<String>,
    delimited: bool,
    processing: bool,
    table: Option<catalog::Table>,
}

#[derive(Serialize)]
struct Ids {
    bucket: LogicalId,
    log_group: LogicalId,
    log_stream: LogicalId,
    role: LogicalId,
    table: LogicalId,
    delivery: LogicalId,
}

pub(super) fn fragment(scene: &Scene<'_>, archive: &Archive) -> Fragment {
    let pipeline = scene.pipeline;
    let stage = StageRef::new(StageKind::Archive, &archive.stream);
    let id = |part| names::logical_id(&stage, part);
    let ids = Ids {
        bucket: bucket::archive_id(&archive.stream),
        log_group: id("LogGroup"),
        log_stream: id("LogStream"),
        role: id("Role"),
        table: id("Table"),
        delivery: id("Delivery"),
    };
    let (compression, delimited) = match &archive.format {
        ArchiveFormat::Json { compress } => (compression(*compress), true),
        // Parquet compresses itself, and Firehose takes nothing else then.
        ArchiveFormat::Parquet { .. } => ("UNCOMPRESSED", false),
    };
    let partitions_query = query(archive);
    let view = View {
        stream_id: stream::id(&archive.stream),
        name: pipeline.physical_name(&archive.stream),
        account: pipeline.account().as_str(),
        region: pipeline.region().as_str(),
        log_group_name: pipeline.archive_log_group_name(&archive.stream),
        log_retention_days: LOG_RETENTION_DAYS,
        statements: statements(scene, archive, &ids),
        key: key_arn(&archive.encryption),
        prefix: prefix(archive),
        compression,
        buffer_mib: archive.buffer_size.as_mib(),
        buffer_seconds: archive.buffer_every.as_secs(),
        processing: delimited || partitions_query.is_some(),
        partitions_query,
        delimited,
        table: catalog::table(scene, archive),
        ids,
    };
    Fragment::of(pipeline, &stage, &view, &[(&view.ids.table, "format")])
}

fn compression(compress: Compression) -> &'static str {
    match compress {
        Compression::None => "UNCOMPRESSED",
        Compression::Gzip => "GZIP",
        Compression::Zip => "ZIP",
        Compression::Snappy => "Snappy",
    }
}

/// Where objects lie: by the keys of `partition_by` in Hive's spelling, then by the hour in which the oldest record
/// arrived.
fn prefix(archive: &Archive) -> String {
    let mut prefix = "data/".to_owned();
    for (key, _) in &archive.partition_by {
        prefix.push_str(&format!("{key}=!{{partitionKeyFromQuery:{key}}}/"));
    }
    prefix.push_str(&format!("!{{timestamp:{}}}/", catalog::HOUR_FORMAT));
    prefix
}

/// What Firehose takes out of each record, in jq: `{tenant: .tenant_id}`.
fn query(archive: &Archive) -> Option<String> {
    let keys: Vec<String> = archive.partition_by.iter().map(|(key, field)| format!("{key}: .{field}")).collect();
    (!keys.is_empty()).then(|| format!("{{{}}}", keys.join(", ")))
}

/// Reads one stream, writes one bucket, logs to one log stream; reads the one table that describes what it writes
/// (Firehose developer guide, "Controlling access").
fn statements(scene: &Scene<'_>, archive: &Archive, ids: &Ids) -> Vec<Statement> {
    let pipeline = scene.pipeline;
    let mut access = Access::default();
    let source = pipeline.streams().get(&archive.stream).and_then(|stream| key(&stream.encryption));
    access.allow(Use::ArchiveStream, [attribute(&stream::id(&archive.stream), "Arn")], source);
    let bucket = attribute(&ids.bucket, "Arn");
    access.allow(Use::DeliverObjects, [below(&bucket, "/*")], key(&archive.encryption));
    let mut statements = access.statements(scene);

    let uses = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"];
    statements.push(Statement::new("UseBucket", &uses, vec![bucket]));
    let log_group = pipeline.archive_log_group_name(&archive.stream);
    let log_stream = scene.arn("logs", &format!("log-group:{log_group}:log-stream:delivery"));
    statements.push(Statement::new("LogErrors", &["logs:PutLogEvents"], vec![log_stream.into()]));
    if let ArchiveFormat::Parquet { .. } = archive.format {
        // Glue asks for the right on a table's catalogue and database too.
        let (database, table) = (pipeline.glue_database_name(), pipeline.glue_table_name(&archive.stream));
        let resources = ["catalog".to_owned(), format!("database/{database}"), format!("table/{database}/{table}")];
        statements.push(Statement::new(
            "ReadSchema",
            &["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            resources.iter().map(|resource| scene.arn("glue", resource).into()).collect(),
        ));
    }
    statements
}
