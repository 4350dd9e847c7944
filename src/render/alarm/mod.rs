//! The recommended alarms of every stage, and the composites that may roll a deployment back.
//!
//! What is watched, how and from when on is data in [`catalogue`]; here it is named, tuned, silenced and
//! made a view. An alarm watches by literal names, never by reference, so that what it watches may depend on
//! it: an endpoint's roll-back names its alarms, and a reference back would close a cycle. The one exception
//! is the mapping's UUID, which is not known before.

mod catalogue;

use serde::Serialize;
use serde_json::{Value, json};

use super::scene::{Fragment, Scene, reference, shortened};
use crate::pipeline::{AlarmId, AlarmTuning, Origin, StageKind, StageRef, names};
use crate::units::{LogicalId, Timestamp};
use catalogue::{Recommended, Signal};

/// Longest `AlarmDescription` (resource schema).
const LONGEST_DESCRIPTION: usize = 1_024;

/// One alarm, decided.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AlarmView {
    id: LogicalId,
    name: String,
    description: String,
    actions_enabled: bool,
    topic_id: LogicalId,
    metric: Option<Metric>,
    metrics: Option<Value>,
    period_seconds: u32,
    comparison: &'static str,
    threshold: Value,
    evaluation_periods: u32,
    datapoints_to_alarm: u32,
    missing_data: &'static str,
    #[serde(skip)]
    stage: StageRef,
    #[serde(skip)]
    alarm: AlarmId,
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

#[derive(Clone, Debug, Serialize)]
struct Metric {
    namespace: &'static str,
    name: &'static str,
    dimensions: Vec<Dimension>,
    statistic: &'static str,
    percentile: bool,
}

/// One dimension, in CloudFormation's spelling.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Dimension {
    name: &'static str,
    value: Value,
}

#[derive(Serialize)]
struct View<'a> {
    alarms: &'a [AlarmView],
    composites: Vec<Composite>,
}

#[derive(Serialize)]
struct Composite {
    id: LogicalId,
    name: String,
    description: String,
    rule: Value,
}

/// Every alarm of the pipeline, by stage.
pub(super) fn all(scene: &Scene<'_>) -> Vec<AlarmView> {
    catalogue::all(scene).into_iter().map(|recommended| view(scene, recommended)).collect()
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
    let (threshold, silence) = match scene.pipeline.alarm_tuning(&stage, alarm) {
        None | Some(AlarmTuning::Anomaly { .. }) => (threshold, None),
        Some(AlarmTuning::Threshold(asked)) => (*asked, None),
        Some(AlarmTuning::Silence { reason, until }) => (threshold, Some((reason, *until))),
    };
    let (metric, metrics) = match signal {
        Signal::Metric { namespace, name, dimensions } => {
            let percentile = statistic.starts_with('p');
            (Some(Metric { namespace, name, dimensions, statistic, percentile }), None)
        }
        Signal::Math(metrics) => (None, Some(metrics)),
    };
    AlarmView {
        id: names::alarm_id(&stage.name, alarm),
        name: scene.pipeline.alarm_name(&stage.name, alarm),
        description: description(&says, silence),
        // A silenced alarm keeps its state and its history; it only tells nobody. Until when is for `check` to
        // enforce: a template has no clock, and one that read it would differ from day to day.
        actions_enabled: silence.is_none(),
        topic_id: scene.topic_id(),
        metric,
        metrics,
        period_seconds,
        comparison,
        threshold: number(threshold),
        evaluation_periods: periods,
        datapoints_to_alarm: periods,
        missing_data: missing,
        arms_rollback: arms_rollback && silence.is_none(),
        stage,
        alarm,
    }
}

fn description(says: &str, silence: Option<(&String, Timestamp)>) -> String {
    let text = match silence {
        None => says.to_owned(),
        Some((reason, until)) => format!("{says}. Silenced until {until}: {reason}"),
    };
    shortened(&text, LONGEST_DESCRIPTION).to_owned()
}

/// A whole number without its `.0`.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// The alarms of a kind of stage that may roll a deployment back.
pub(super) fn rollback_members(alarms: &[AlarmView], kind: StageKind) -> impl Iterator<Item = &AlarmView> {
    alarms.iter().filter(move |alarm| alarm.stage.kind == kind && alarm.arms_rollback)
}

pub(super) fn fragment(scene: &Scene<'_>, alarms: &[AlarmView]) -> Fragment {
    let pipeline = scene.pipeline;
    let composites: Vec<Composite> = StageKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let rule = rule(rollback_members(alarms, kind))?;
            Some(Composite {
                id: names::shared_id(&["rollback", kind.as_str()]),
                name: pipeline.rollback_alarm_name(kind),
                description: format!(
                    "One of the {kind}s of {} is in trouble; armed while a deployment is watched",
                    pipeline.stack_name()
                ),
                rule,
            })
        })
        .collect();
    let narrower = alarms.iter().map(|alarm| (alarm.id.clone(), origin(scene, alarm))).collect();
    let view = View { alarms, composites };
    Fragment { narrower, ..Fragment::shared(pipeline, &view) }
}

/// The line that tunes the alarm, or else its stage's.
fn origin(scene: &Scene<'_>, alarm: &AlarmView) -> Origin {
    if scene.pipeline.alarm_tuning(&alarm.stage, alarm.alarm).is_some() {
        let path = format!("alarms.{}.{}", alarm.stage.name, alarm.alarm);
        return Origin { stage: Some(alarm.stage.clone()), ..scene.pipeline.origin(&path) };
    }
    scene.pipeline.stage_origin(&alarm.stage, "")
}

/// `ALARM("a") OR ALARM("b")`, by reference, so that a composite is made after and deleted before its members.
fn rule<'a>(members: impl Iterator<Item = &'a AlarmView>) -> Option<Value> {
    let mut parts: Vec<Value> = Vec::new();
    for member in members {
        parts.push(if parts.is_empty() { "ALARM(\"".into() } else { "\") OR ALARM(\"".into() });
        parts.push(reference(&member.id));
    }
    if parts.is_empty() {
        return None;
    }
    parts.push("\")".into());
    Some(json!({ "Fn::Join": ["", parts] }))
}
