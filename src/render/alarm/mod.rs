//! The alarms of every stage, those of the file's own metrics, and the composites of both.
//!
//! What is watched, how and from when on is data in [`catalogue`]; here it is named, tuned, silenced and
//! made a view. An alarm watches by literal names, never by reference, so that what it watches may depend on
//! it: an endpoint's roll-back names its alarms, and a reference back would close a cycle. The one exception
//! is the mapping's UUID, which is not known before.

mod catalogue;
mod composite;
mod signal;

use serde::Serialize;

use super::scene::{Fragment, Scene, shortened};
use crate::pipeline::{AlarmTuning, Condition, Metric, MetricAlarm, Origin, StageKind, StageRef, names};
use crate::units::{LocalName, LogicalId, Timestamp};
use catalogue::Recommended;
use composite::Composite;
pub(super) use composite::rollback_members;
use signal::{Compared, Dimension, Limit, Signal, Together};

/// Longest `AlarmDescription` (resource schema).
const LONGEST_DESCRIPTION: usize = 1_024;

/// On which side of the limit trouble lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    /// Above it.
    Above,
    /// At it and above.
    AtLeast,
    /// Below it.
    Below,
    /// On both sides; of a band only.
    Outside,
}

impl Comparison {
    fn with_threshold(self) -> &'static str {
        match self {
            Self::Above | Self::Outside => "GreaterThanThreshold",
            Self::AtLeast => "GreaterThanOrEqualToThreshold",
            Self::Below => "LessThanThreshold",
        }
    }

    fn with_band(self) -> &'static str {
        match self {
            Self::Above | Self::AtLeast => "GreaterThanUpperThreshold",
            Self::Below => "LessThanLowerThreshold",
            Self::Outside => "LessThanLowerOrGreaterThanUpperThreshold",
        }
    }
}

/// One alarm, decided.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AlarmView {
    id: LogicalId,
    name: String,
    description: String,
    actions_enabled: bool,
    topic_id: LogicalId,
    compared: Compared,
    evaluation_periods: u32,
    datapoints_to_alarm: u32,
    missing_data: &'static str,
    #[serde(skip)]
    stage: StageRef,
    #[serde(skip)]
    origin: Origin,
    #[serde(skip)]
    arms_rollback: bool,
}

impl AlarmView {
    pub(super) fn id(&self) -> &LogicalId {
        &self.id
    }
    pub(super) fn name(&self) -> &str {
        &self.name
    }
    pub(super) fn stage(&self) -> &StageRef {
        &self.stage
    }
    /// Whether it may roll a deployment back; a silenced one may not.
    pub(super) fn arms_rollback(&self) -> bool {
        self.arms_rollback
    }
}

#[derive(Serialize)]
struct View<'a> {
    alarms: &'a [AlarmView],
    composites: Vec<Composite>,
}

/// Every alarm of the pipeline, by stage.
pub(super) fn all(scene: &Scene<'_>) -> Vec<AlarmView> {
    let recommended = catalogue::all(scene).into_iter().map(|recommended| view(scene, recommended));
    let of_metrics = scene
        .pipeline
        .metrics()
        .values()
        .flat_map(|metric| metric.alarms.iter().map(move |(name, alarm)| of_metric(scene, metric, name, alarm)));
    recommended.chain(of_metrics).collect()
}

fn view(scene: &Scene<'_>, recommended: Recommended) -> AlarmView {
    let Recommended {
        stage,
        alarm,
        says,
        signal,
        statistic,
        period_seconds,
        comparison,
        threshold,
        periods,
        missing,
        arms_rollback,
    } = recommended;
    let (limit, silence) = match scene.pipeline.alarm_tuning(&stage, alarm) {
        None => (Limit::Threshold(threshold), None),
        Some(AlarmTuning::Threshold(asked)) => (Limit::Threshold(*asked), None),
        Some(AlarmTuning::Anomaly { band }) => (Limit::Band(*band), None),
        Some(AlarmTuning::Silence { reason, until }) => (Limit::Threshold(threshold), Some((reason, *until))),
    };
    // The line that tunes the alarm, or else its stage's.
    let origin = match scene.pipeline.alarm_tuning(&stage, alarm) {
        Some(_) => {
            let path = format!("alarms.{}.{alarm}", stage.name);
            Origin { stage: Some(stage.clone()), ..scene.pipeline.origin(&path) }
        }
        None => scene.pipeline.stage_origin(&stage, ""),
    };
    AlarmView {
        id: names::alarm_id(&stage.name, alarm),
        name: scene.pipeline.alarm_name(&stage.name, alarm),
        description: description(&says, silence),
        // A silenced alarm keeps its state and its history; it only tells nobody. Until when is for `check` to
        // enforce: a template has no clock, and one that read it would differ from day to day.
        actions_enabled: silence.is_none(),
        topic_id: scene.topic_id(),
        compared: signal.compared(statistic, period_seconds, comparison, limit),
        evaluation_periods: periods,
        datapoints_to_alarm: periods,
        missing_data: missing.as_str(),
        arms_rollback: arms_rollback && silence.is_none(),
        origin,
        stage,
    }
}

/// An alarm of a metric that the file declares: everything is as the file says.
fn of_metric(scene: &Scene<'_>, metric: &Metric, name: &LocalName, alarm: &MetricAlarm) -> AlarmView {
    let stage = StageRef::new(StageKind::Metric, &metric.name);
    let (comparison, limit, says) = match alarm.when {
        Condition::Above(threshold) => (Comparison::Above, Limit::Threshold(threshold), "is too high"),
        Condition::Below(threshold) => (Comparison::Below, Limit::Threshold(threshold), "is too low"),
        Condition::Outside { band } => (Comparison::Outside, Limit::Band(band), "is not as usual"),
    };
    let signal = Signal::Metric {
        namespace: metric.namespace.clone(),
        name: metric.metric.clone(),
        dimensions: metric
            .dimensions
            .iter()
            .map(|(name, value)| Dimension { name: name.clone(), value: value.as_str().into() })
            .collect(),
    };
    AlarmView {
        id: names::metric_alarm_id(&metric.name, name),
        name: scene.pipeline.metric_alarm_name(&metric.name, name),
        description: description(&format!("Metric {} of {} {says}", metric.metric, metric.by), None),
        actions_enabled: true,
        topic_id: scene.topic_id(),
        compared: signal.compared(alarm.statistic, alarm.period.as_secs(), comparison, limit),
        evaluation_periods: alarm.of,
        datapoints_to_alarm: alarm.datapoints,
        missing_data: alarm.missing.as_str(),
        // What a handler says of its records (scores, counts) moves with the records, not only with a deployment.
        arms_rollback: false,
        origin: scene.pipeline.stage_origin(&stage, &format!("alarms.{name}")),
        stage,
    }
}

fn description(says: &str, silence: Option<(&String, Timestamp)>) -> String {
    let text = match silence {
        None => says.to_owned(),
        Some((reason, until)) => format!("{says}. Silenced until {until}: {reason}"),
    };
    shortened(&text, LONGEST_DESCRIPTION).to_owned()
}

pub(super) fn fragment(scene: &Scene<'_>, alarms: &[AlarmView]) -> Fragment {
    let mut composites = composite::of_rollback(scene.pipeline, alarms);
    let mut narrower: Vec<(LogicalId, Origin)> =
        alarms.iter().map(|alarm| (alarm.id.clone(), alarm.origin.clone())).collect();
    for (composite, origin) in composite::of_file(scene) {
        narrower.push((composite.id().clone(), origin));
        composites.push(composite);
    }
    Fragment { narrower, ..Fragment::shared(scene.pipeline, &View { alarms, composites }) }
}
