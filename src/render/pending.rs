//! What the language says and rendering does not know yet: refused, never dropped.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{
    AlarmTuning, ArchiveFormat, Encryption, Pipeline, StageKind, TableCapacity,
};

/// Refuses what cannot be rendered.
pub(super) fn refuse(pipeline: &Pipeline) -> Result<(), Diagnostics> {
    let mut wanted: Vec<String> = Vec::new();
    let mut ask = |wants: bool, path: String| wanted.extend(wants.then_some(path));
    for kind in
        [StageKind::Key, StageKind::Queue, StageKind::Topic, StageKind::Bucket, StageKind::Metric]
    {
        for name in pipeline.names_of(kind) {
            ask(true, format!("{}.{name}", kind.section()));
        }
    }
    for stage in pipeline.stages() {
        let managed = pipeline.encryption_of(&stage).is_none_or(|encryption| *encryption == Encryption::Managed);
        ask(!managed, format!("{}.encryption", stage.path()));
    }
    for table in pipeline.tables().values() {
        ask(!table.indexes.is_empty(), format!("tables.{}.indexes", table.name));
        let scaled = matches!(table.capacity, TableCapacity::Autoscaled { .. });
        ask(scaled, format!("tables.{}.capacity", table.name));
    }
    for archive in pipeline.archives().values() {
        let json = matches!(archive.format, ArchiveFormat::Json { .. });
        ask(!json, format!("archive.{}.format", archive.stream));
        ask(!archive.partition_by.is_empty(), format!("archive.{}.partition_by", archive.stream));
    }
    ask(!pipeline.composites().is_empty(), "composites".to_owned());
    ask(pipeline.budget().is_some(), "budget".to_owned());
    for (stage, tunings) in pipeline.alarms() {
        let anomaly = tunings.values().any(|tuning| matches!(tuning, AlarmTuning::Anomaly { .. }));
        ask(anomaly, format!("alarms.{}", stage.name));
    }
    let refused: Diagnostics = wanted
        .into_iter()
        .map(|path| {
            let place = pipeline.origin(&path).place;
            Diagnostic::error(Code::TemplateValue, format!("`{path}` cannot be rendered yet")).at_maybe(place, "")
        })
        .collect();
    refused.into_result(()).map(|_| ())
}
