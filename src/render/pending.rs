//! What the language says and rendering does not know yet: refused, never dropped.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{
    AlarmTuning, ArchiveFormat, Concurrency, Encryption, Model, Pipeline, Sends, Serving, StageKind, StreamFrom,
    TableCapacity,
};

/// Refuses what cannot be rendered.
pub(super) fn refuse(pipeline: &Pipeline) -> Result<(), Diagnostics> {
    let mut wanted: Vec<String> = Vec::new();
    let mut ask = |wants: bool, path: String| wanted.extend(wants.then_some(path));
    for kind in
        [StageKind::Key, StageKind::Queue, StageKind::Topic, StageKind::Bucket, StageKind::Worker, StageKind::Metric]
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
    for endpoint in pipeline.endpoints().values() {
        let plain = matches!(endpoint.model, Model::Multi { .. } | Model::Single { shadow: None, .. });
        ask(!plain, format!("endpoints.{}.model", endpoint.name));
        let real_time = matches!(endpoint.serving, Serving::RealTime { .. });
        ask(!real_time, format!("endpoints.{}.serving", endpoint.name));
    }
    for consumer in pipeline.consumers().values() {
        ask(matches!(consumer.from, StreamFrom::Other(_)), format!("consumers.{}.from", consumer.name));
    }
    for (stage, function) in pipeline.functions() {
        let path = stage.path();
        ask(function.falls_back_to.is_some(), format!("{path}.falls_back_to"));
        ask(function.sends != Sends::default(), format!("{path}.sends"));
        ask(!function.reads.is_empty(), format!("{path}.reads"));
        ask(function.network.is_some(), format!("{path}.network"));
        ask(!function.layers.is_empty(), format!("{path}.layers"));
        ask(function.concurrency != Concurrency::default(), format!("{path}.concurrency"));
        ask(function.tracing, format!("{path}.tracing"));
    }
    for archive in pipeline.archives().values() {
        let json = matches!(archive.format, ArchiveFormat::Json { .. });
        ask(!json, format!("archive.{}.format", archive.stream));
        ask(!archive.partition_by.is_empty(), format!("archive.{}.partition_by", archive.stream));
    }
    ask(!pipeline.composites().is_empty(), "composites".to_owned());
    ask(pipeline.budget().is_some(), "budget".to_owned());
    ask(pipeline.environment().permissions_boundary().is_some(), "pipeline".to_owned());
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
