//! Alarms of streams.

use super::{Recommended, dimension, metric};
use crate::pipeline::{AlarmId, StageKind, StageRef, Traffic};
use crate::render::alarm::Comparison;
use crate::render::scene::Scene;
use crate::units::{Rate, StageName, Statistic};

/// `GetRecords.IteratorAgeMilliseconds` is not among them: it mixes all readers, jumps to the whole retention on a first
/// read (stream-behaviour.md INC-13), and AWS's `breaching` would ring for an idle stream. The consumer's own age is watched.
pub(super) fn of_stream(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Stream, name);
    let on = |metric_name| {
        metric("AWS/Kinesis", metric_name, vec![dimension("StreamName", scene.pipeline.physical_name(name))])
    };
    // One in a hundred calls: producers and readers retry, so a few throttled ones are not trouble.
    const TOLERATED: f64 = 0.01;
    vec![
        Recommended::new(
            &stage,
            AlarmId::StreamWriteThrottled,
            on("WriteProvisionedThroughputExceeded"),
            format!("Writes to stream {name} are throttled: a hot key or too few shards"),
        )
        .when(Comparison::Above, TOLERATED),
        Recommended::new(
            &stage,
            AlarmId::StreamReadThrottled,
            on("ReadProvisionedThroughputExceeded"),
            format!("Reads from stream {name} are throttled: too many shared readers, one of them should use fan-out"),
        )
        .when(Comparison::Above, TOLERATED),
        Recommended::new(
            &stage,
            AlarmId::StreamFailedPuts,
            on("PutRecords.FailedRecords"),
            format!("Records put to stream {name} are refused; a producer that does not retry them loses them"),
        )
        .of(Statistic::Sum, 60, 5)
        .when(Comparison::Above, tolerated_records(scene.pipeline.traffic().get(name))),
        Recommended::new(
            &stage,
            AlarmId::StreamPutSuccess,
            on("PutRecord.Success"),
            format!("Single puts to stream {name} fail"),
        )
        .when(Comparison::Below, 1.0 - TOLERATED)
        .or_unknown(),
        Recommended::new(
            &stage,
            AlarmId::StreamGetSuccess,
            on("GetRecords.Success"),
            format!("Reads from stream {name} fail"),
        )
        .when(Comparison::Below, 1.0 - TOLERATED)
        .or_unknown(),
    ]
}

/// One record in a hundred of a minute's steady load; without a declared load, none.
fn tolerated_records(traffic: Option<&Traffic>) -> f64 {
    let per_second = traffic.map_or(0.0, |traffic| match traffic.steady {
        Rate::Records(records) => records,
        Rate::Bytes(bytes) => bytes / traffic.record.as_bytes().max(1) as f64,
    });
    (per_second * 60.0 * 0.01).floor()
}
