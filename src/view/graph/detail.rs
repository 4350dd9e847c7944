//! The line about a stage, for instance `16 shards · 7d`.

use crate::capacity::{Sized, SizedStream};
use crate::pipeline::{
    AfterStandard, Archive, ArchiveFormat, Bucket, Compression, Consumer, Encryption, Endpoint, Metric, Model, Queue,
    Serving, StageKind, StageRef, Stream, Table, Ttl, WorkSource, Worker,
};
use crate::units::Duration;
use crate::view::plural;

/// What is worth knowing of a stage at a glance; empty where there is nothing.
pub(super) fn of(sized: &Sized, stage: &StageRef) -> String {
    let (pipeline, name) = (sized.pipeline(), &stage.name);
    let told = match stage.kind {
        StageKind::Stream => pipeline.streams().get(name).map(|stream| self::stream(sized, stream)),
        StageKind::Table => pipeline.tables().get(name).map(table),
        StageKind::Queue => pipeline.queues().get(name).map(queue),
        StageKind::Bucket => pipeline.buckets().get(name).map(bucket),
        StageKind::Endpoint => pipeline.endpoints().get(name).map(endpoint),
        StageKind::Consumer => pipeline.consumers().get(name).map(consumer),
        StageKind::Worker => pipeline.workers().get(name).map(worker),
        StageKind::Archive => pipeline.archives().get(name).map(archive),
        StageKind::Metric => pipeline.metrics().get(name).map(metric),
        StageKind::Topic | StageKind::Key => None,
    };
    let key = pipeline.encryption_of(stage).and_then(Encryption::own_key).map(|key| format!("key {key}"));
    joined(told.unwrap_or_default().into_iter().chain(key))
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(" · ")
}

fn stream(sized: &Sized, stream: &Stream) -> Vec<String> {
    let capacity = match sized.stream_capacity(&stream.name) {
        Some(SizedStream::Provisioned { shards }) => plural(shards as usize, "shard"),
        Some(SizedStream::OnDemand) | None => "on demand".to_owned(),
    };
    vec![capacity, stream.retention.to_string()]
}

fn table(table: &Table) -> Vec<String> {
    let sort = table.sort.as_ref().map(|sort| format!(", {sort}")).unwrap_or_default();
    let kept = match &table.ttl {
        Ttl::Expires { after: Some(after), .. } => after.to_string(),
        Ttl::Expires { attribute, after: None } => format!("until {attribute}"),
        Ttl::Never { .. } => "kept".to_owned(),
    };
    vec![format!("by {}{sort}", table.key), kept]
}

fn queue(queue: &Queue) -> Vec<String> {
    vec![queue.retention.to_string(), plural(queue.attempts as usize, "attempt")]
}

fn bucket(bucket: &Bucket) -> Vec<String> {
    vec![match bucket.keep {
        Some(keep) => kept(keep.standard, keep.then),
        None => "kept".to_owned(),
    }]
}

fn kept(standard: Duration, then: AfterStandard) -> String {
    let then = match then {
        AfterStandard::Glacier => "Glacier",
        AfterStandard::DeepArchive => "Deep Archive",
        AfterStandard::Delete => "deleted",
    };
    format!("{standard}, then {then}")
}

fn endpoint(endpoint: &Endpoint) -> Vec<String> {
    let model = match &endpoint.model {
        Model::Multi { models, .. } => Some(plural(models.len(), "model")),
        Model::Single { shadow, .. } => shadow.as_ref().map(|shadow| format!("shadow {}", shadow.share)),
        Model::Variants(variants) => Some(plural(variants.len(), "variant")),
    };
    let fleet = |min: u32, max: u32, instance: &str| match min == max {
        true => format!("{max} × {instance}"),
        false => format!("{min}–{max} × {instance}"),
    };
    let serving = match &endpoint.serving {
        Serving::RealTime { instance, min, max, .. } => fleet(*min, *max, instance),
        Serving::Async { instance, min, max, .. } => format!("async, {}", fleet(*min, *max, instance)),
        Serving::Serverless { memory, max, .. } => format!("serverless, {memory}, {max} at once"),
    };
    model.into_iter().chain([serving]).collect()
}

fn consumer(consumer: &Consumer) -> Vec<String> {
    let batch = &consumer.batch;
    let batched = match batch.tumbling {
        Some(window) => format!("windows of {window}"),
        None if batch.parallel > 1 => format!("batch {} × {}", batch.size, batch.parallel),
        None => format!("batch {}", batch.size),
    };
    vec![consumer.function.runtime.clone(), batched]
}

fn worker(worker: &Worker) -> Vec<String> {
    let batched = match &worker.from {
        WorkSource::Queue { batch, .. } => Some(format!("batch {batch}")),
        WorkSource::Topic { .. } => None,
    };
    [worker.function.runtime.clone()].into_iter().chain(batched).collect()
}

fn archive(archive: &Archive) -> Vec<String> {
    let format = match &archive.format {
        ArchiveFormat::Json { compress: Compression::None } => "JSON".to_owned(),
        ArchiveFormat::Json { compress: Compression::Gzip } => "JSON, gzip".to_owned(),
        ArchiveFormat::Json { compress: Compression::Zip } => "JSON, zip".to_owned(),
        ArchiveFormat::Json { compress: Compression::Snappy } => "JSON, snappy".to_owned(),
        ArchiveFormat::Parquet { .. } => "Parquet".to_owned(),
    };
    vec![format, kept(archive.keep_standard, archive.then)]
}

fn metric(metric: &Metric) -> Vec<String> {
    let alarms = (!metric.alarms.is_empty()).then(|| plural(metric.alarms.len(), "alarm"));
    [metric.statistic.to_string()].into_iter().chain(alarms).collect()
}
