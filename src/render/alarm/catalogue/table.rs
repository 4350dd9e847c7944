//! Alarms of tables.

use super::{Recommended, dimension, metric};
use crate::pipeline::{AlarmId, StageKind, StageRef};
use crate::render::alarm::{Signal, Together};
use crate::render::scene::Scene;
use crate::units::{StageName, Statistic};

pub(super) fn of_table(scene: &Scene<'_>, name: &StageName) -> Vec<Recommended> {
    let stage = StageRef::new(StageKind::Table, name);
    let Some(table) = scene.pipeline.tables().get(name) else { return Vec::new() };
    let of_table = || dimension("TableName", scene.pipeline.physical_name(name));
    let on = |metric_name| metric("AWS/DynamoDB", metric_name, vec![of_table()]);
    // An index is throttled under its own name only.
    let throttles = |metric_name: &str| {
        let indexes = table.indexes.keys();
        let of_indexes = indexes.map(|index| vec![of_table(), dimension("GlobalSecondaryIndexName", index.as_str())]);
        let dimensions: Vec<_> = [vec![of_table()]].into_iter().chain(of_indexes).collect();
        Signal::several("AWS/DynamoDB", metric_name, dimensions, Together::Sum)
    };
    let cause = match table.indexes.len() {
        0 => "a hot key, or a load that doubled within half an hour",
        _ => "a hot key of it or of an index, or a load that doubled within half an hour",
    };
    vec![
        Recommended::new(
            &stage,
            AlarmId::TableReadThrottled,
            throttles("ReadThrottleEvents"),
            format!("Reads of table {name} are throttled: {cause}"),
        )
        .of(Statistic::Sum, 60, 5),
        Recommended::new(
            &stage,
            AlarmId::TableWriteThrottled,
            throttles("WriteThrottleEvents"),
            format!("Writes to table {name} are throttled: {cause}"),
        )
        .of(Statistic::Sum, 60, 5),
        Recommended::new(
            &stage,
            AlarmId::TableSystemErrors,
            on("SystemErrors"),
            format!("DynamoDB fails on table {name}"),
        )
        .of(Statistic::Sum, 60, 15),
    ]
}
