//! Alarms of archives.

use super::{Recommended, dimension, metric};
use crate::capacity::SizedStream;
use crate::pipeline::{AlarmId, StageKind, StageRef};
use crate::render::alarm::Comparison;
use crate::render::scene::Scene;
use crate::units::{StageName, Statistic};

/// aws-facts.md 5.2 for freshness; the rest from the metrics' meaning (stream-behaviour.md FH-19).
pub(super) fn of_archive(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Archive, name);
    let Some(archive) = scene.pipeline.archives().get(name) else { return Vec::new() };
    let on = |metric_name| {
        metric("AWS/Firehose", metric_name, vec![dimension("DeliveryStreamName", scene.pipeline.physical_name(name))])
    };
    // Twice the buffer, and never less than Firehose's longest buffer of 15 minutes.
    let late = (archive.buffer_every.as_secs() * 2).max(900) as f64;
    // Firehose polls each shard once a second; a tenth of five minutes' polls may be throttled.
    let shards = match scene.sized.stream_capacity(name) {
        Some(SizedStream::Provisioned { shards }) => f64::from(shards),
        // What an on-demand stream begins with (stream-behaviour.md KDS-2).
        Some(SizedStream::OnDemand) | None => 4.0,
    };
    let mut found = vec![
        Recommended::new(
            &stage,
            AlarmId::ArchiveFreshness,
            on("DeliveryToS3.DataFreshness"),
            format!("The archive of stream {name} is behind: its oldest record waits too long"),
        )
        .of(Statistic::Maximum, 300, 3)
        .when(Comparison::Above, late),
        Recommended::new(
            &stage,
            AlarmId::ArchiveDeliverySuccess,
            on("DeliveryToS3.Success"),
            format!("The archive of stream {name} cannot write objects: look at its role, bucket and log group"),
        )
        .of(Statistic::Average, 300, 3)
        .when(Comparison::Below, 0.99),
        Recommended::new(
            &stage,
            AlarmId::ArchiveThrottled,
            on("ThrottledGetRecords"),
            format!("The archive of stream {name} is throttled when it reads: too many shared readers"),
        )
        .of(Statistic::Sum, 300, 3)
        .when(Comparison::Above, shards * 30.0),
    ];
    if !archive.partition_by.is_empty() {
        // 1 while more prefixes are open than Firehose takes; what is above goes to the error prefix (aws-facts.md 1.4).
        let says = format!(
            "The archive of stream {name} has more partitions open than Firehose takes: `partition_by` names a field of too many values"
        );
        found.push(Recommended::new(&stage, AlarmId::ArchivePartitions, on("PartitionCountExceeded"), says).of(
            Statistic::Maximum,
            300,
            1,
        ));
    }
    found
}
