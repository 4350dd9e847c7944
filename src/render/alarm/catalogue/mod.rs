//! What to watch, and from when on it is trouble: statistic, period, M of N and missing data as AWS recommends
//! them (aws-facts.md section 5.1 unless said). Where AWS gives no threshold, it is derived here and the reason
//! stands beside it.

mod archive;
mod endpoint;
mod function;
mod messaging;
mod stream;
mod table;

use serde_json::Value;

use super::{Comparison, Dimension, Signal};
use crate::pipeline::{AlarmId, MissingData, StageKind, StageRef};
use crate::render::scene::Scene;
use crate::units::Statistic;

/// A recommended alarm before it is tuned.
pub(super) struct Recommended {
    pub(super) stage: StageRef,
    pub(super) alarm: AlarmId,
    /// What is wrong when it rings, and what to look at.
    pub(super) says: String,
    pub(super) signal: Signal,
    pub(super) statistic: Statistic,
    pub(super) period_seconds: u64,
    pub(super) comparison: Comparison,
    /// In the unit of the alarm's metric.
    pub(super) threshold: f64,
    /// Both M and N.
    pub(super) periods: u32,
    pub(super) missing: MissingData,
    pub(super) arms_rollback: bool,
}

impl Recommended {
    /// Rings when the average is above zero five minutes long, and takes no data for no trouble.
    fn new(stage: &StageRef, alarm: AlarmId, signal: Signal, says: impl Into<String>) -> Self {
        Self {
            stage: stage.clone(),
            alarm,
            says: says.into(),
            signal,
            statistic: Statistic::Average,
            period_seconds: 60,
            comparison: Comparison::Above,
            threshold: 0.0,
            periods: 5,
            missing: MissingData::NotBreaching,
            arms_rollback: alarm.rolls_back(),
        }
    }

    fn of(self, statistic: Statistic, period_seconds: u64, periods: u32) -> Self {
        Self { statistic, period_seconds, periods, ..self }
    }

    fn when(self, comparison: Comparison, threshold: f64) -> Self {
        Self { comparison, threshold, ..self }
    }

    /// No data is no answer: the alarm goes to INSUFFICIENT_DATA, which alarms nobody.
    fn or_unknown(self) -> Self {
        Self { missing: MissingData::Missing, ..self }
    }
}

fn dimension(name: &str, value: impl Into<Value>) -> Dimension {
    Dimension { name: name.to_owned(), value: value.into() }
}

fn metric(namespace: &str, name: &str, dimensions: Vec<Dimension>) -> Signal {
    Signal::Metric { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
}

/// Every recommended alarm of the pipeline, by kind and stage.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Recommended> {
    let pipeline = scene.pipeline;
    pipeline
        .stages()
        .flat_map(|stage| match stage.kind {
            StageKind::Stream => stream::of_stream(scene, &stage.name),
            StageKind::Table => table::of_table(scene, &stage.name),
            StageKind::Queue => messaging::of_queue(scene, &stage.name),
            StageKind::Topic => messaging::of_topic(scene, &stage.name),
            StageKind::Endpoint => endpoint::of_endpoint(scene, &stage.name),
            StageKind::Consumer => function::of_consumer(scene, &stage.name),
            StageKind::Worker => function::of_worker(scene, &stage.name),
            StageKind::Archive => archive::of_archive(scene, &stage.name),
            // Metrics bring alarms of their own; keys and buckets have none that AWS recommends for what they do here.
            StageKind::Key | StageKind::Bucket | StageKind::Metric => Vec::new(),
        })
        .collect()
}
