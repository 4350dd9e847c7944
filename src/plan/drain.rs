//! Readers that are paused while a deployment changes what they stand on, and readers that somebody paused before.
//!
//! A paused reader keeps its position, and reads on from there (`stream-behaviour.md` V-3): nothing is lost as long as its
//! stream keeps what it has not read. That is reckoned before anything is paused.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::amounts;
use super::consumers::stream_of;
use super::desired::Desired;
use super::model::{Action, Plan, PlanKind};
use crate::pipeline::StageKind;
use crate::template::Template;
use crate::units::{Duration, LogicalId, StageName, Timestamp};

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

/// Lambda says `Disabled` before the last batches are through: records put 17 s later were still delivered (SIM-8). So
/// long it is waited.
pub const SETTLING: Duration = Duration::from_secs(60);

/// What pausing and resuming take beside the deployment itself: settling, and up to 110 s until polling starts (SIM-1).
const AROUND: Duration = Duration::from_secs(60 + 120);

/// Which readers a deployment pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainOf {
    /// Those that the plan touches.
    Touched,
    /// All of the pipeline.
    All,
    /// These.
    Named(BTreeSet<StageName>),
}

/// The readers that a deployment pauses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Drain {
    /// They, sorted by logical id.
    pub readers: Vec<DrainedReader>,
    /// How long they are paused when the deployment goes slowly.
    #[serde(rename = "pause_micros")]
    pub pause: Duration,
}

/// A reader that is paused for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DrainedReader {
    /// The event source mapping.
    pub logical_id: LogicalId,
    /// The consumer.
    pub consumer: StageName,
    /// How far behind it was lately, at most; unknown where it published nothing.
    #[serde(default, rename = "behind_micros", skip_serializing_if = "Option::is_none")]
    pub behind: Option<Duration>,
    /// How long its stream keeps records.
    #[serde(default, rename = "retention_micros", skip_serializing_if = "Option::is_none")]
    pub retention: Option<Duration>,
    /// Under which lag it has to come again: the threshold of its alarm.
    #[serde(rename = "limit_micros")]
    pub limit: Duration,
    /// Records that arrive while it is paused, at the declared ordinary load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
}

impl DrainedReader {
    /// How far behind it is when it reads again, at worst.
    #[must_use]
    pub fn behind_after(&self, pause: Duration) -> Duration {
        let behind = self.behind.unwrap_or_default();
        Duration::from_micros(behind.as_micros().saturating_add(pause.as_micros()))
    }
}

impl Drain {
    /// Readers of which records would expire unread while they are paused.
    pub fn too_long(&self) -> impl Iterator<Item = &DrainedReader> {
        self.readers
            .iter()
            .filter(|reader| reader.retention.is_some_and(|kept| reader.behind_after(self.pause) >= kept))
    }
}

/// A reader that was paused before the deployment, and stays so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PausedReader {
    /// The event source mapping.
    pub logical_id: LogicalId,
    /// Who paused it, where Sluice did for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Plan {
    /// The mappings with a position whose pausing a person may ask for, with their consumers: those that are there
    /// before and after.
    #[must_use]
    pub fn drainable(&self, desired: &Desired, before: &Template, which: &DrainOf) -> BTreeMap<LogicalId, StageName> {
        let mut found = BTreeMap::new();
        if self.kind != PlanKind::Update {
            return found;
        }
        let touched = self.touched_consumers(desired);
        for (id, mapping) in &desired.template.resources {
            let stays = before.resources.contains_key(id)
                && self.resource(id).is_none_or(|change| change.action == Action::Update);
            let reads = mapping.type_name == MAPPING && mapping.properties.contains_key("StartingPosition");
            let stage = desired.origins.get(id).and_then(|origin| origin.stage.as_ref());
            let Some(consumer) = stage.filter(|stage| stays && reads && stage.kind == StageKind::Consumer) else {
                continue;
            };
            let wanted = match which {
                DrainOf::All => true,
                DrainOf::Named(names) => names.contains(&consumer.name),
                DrainOf::Touched => touched.contains(&consumer.name),
            };
            if wanted {
                found.insert(id.clone(), consumer.name.clone());
            }
        }
        found
    }

    /// Consumers of whose own resources one changes, those that only watch left out.
    fn touched_consumers(&self, desired: &Desired) -> BTreeSet<StageName> {
        let changed = self.resources.iter().filter(|change| !change.type_name.starts_with("AWS::CloudWatch::"));
        let stages = changed.filter_map(|change| {
            let origin = change.origin.as_ref().or_else(|| desired.origins.get(&change.logical_id))?;
            origin.stage.as_ref()
        });
        stages.filter(|stage| stage.kind == StageKind::Consumer).map(|stage| stage.name.clone()).collect()
    }

    /// How long readers are paused when the deployment goes slowly, its watching included.
    #[must_use]
    pub fn longest_pause(&self) -> Duration {
        let watched = self.rollback.as_ref().filter(|guard| !guard.armed.is_empty()).map_or(0, |g| g.watch.as_micros());
        let all = [self.expected.slow.as_micros(), watched, AROUND.as_micros()];
        Duration::from_micros(all.into_iter().fold(0, u64::saturating_add))
    }
}

/// Records that arrive for a reader in a time, at the declared ordinary load.
#[must_use]
pub fn arriving(desired: &Desired, mapping: &LogicalId, span: Duration) -> Option<u64> {
    let load = desired.loads.get(mapping).or_else(|| {
        let mapping = desired.template.resources.get(mapping)?;
        desired.loads.get(&stream_of(&desired.template, mapping)?)
    })?;
    Some(amounts::arriving(load, span))
}

/// The lag at which a function's alarm rings; none where it has no such alarm.
#[must_use]
pub fn lag_limit(template: &Template, function: &str) -> Option<Duration> {
    let alarms = template.resources.values().filter(|resource| resource.type_name == "AWS::CloudWatch::Alarm");
    let lags = alarms.filter(|alarm| {
        let dimensions = alarm.properties.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
        let mut dimensions =
            dimensions.filter_map(|one| Some((one.get("Name")?.as_str()?, one.get("Value")?.as_str()?)));
        alarm.properties.get("MetricName").and_then(Value::as_str) == Some("IteratorAge")
            && dimensions.any(|one| one == ("FunctionName", function))
    });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut at the bounds of what counts")]
    let thresholds = lags.filter_map(|alarm| alarm.properties.get("Threshold")?.as_f64()).map(|millis| millis as u64);
    thresholds.min().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(behind: Option<u64>, retention: Option<u64>) -> DrainedReader {
        DrainedReader {
            logical_id: LogicalId::new("Mapping").unwrap(),
            consumer: StageName::new("score").unwrap(),
            behind: behind.map(Duration::from_secs),
            retention: retention.map(Duration::from_secs),
            limit: Duration::from_secs(60),
            waiting: None,
        }
    }

    #[test]
    fn a_pause_is_too_long_where_what_waits_would_expire() {
        let drain = |reader| Drain { readers: vec![reader], pause: Duration::from_secs(600) };
        let day = Some(86_400);
        assert_eq!(drain(reader(None, day)).too_long().count(), 0);
        assert_eq!(drain(reader(Some(85_799), day)).too_long().count(), 0);
        assert_eq!(drain(reader(Some(85_800), day)).too_long().count(), 1);
        // Nothing is refused on what is not known.
        assert_eq!(drain(reader(Some(999_999), None)).too_long().count(), 0);
    }

    #[test]
    fn the_limit_of_a_lag_is_the_threshold_of_its_alarm() {
        let template = Template::from_value(serde_json::json!({"Resources": {
            "Lag": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "IteratorAge", "Threshold": 30_000,
                "Dimensions": [{"Name": "FunctionName", "Value": "p-dev-score"}]}},
            "Errors": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors", "Threshold": 1,
                "Dimensions": [{"Name": "FunctionName", "Value": "p-dev-score"}]}},
        }}))
        .unwrap();
        assert_eq!(lag_limit(&template, "p-dev-score"), Some(Duration::from_secs(30)));
        assert_eq!(lag_limit(&template, "p-dev-other"), None);
    }
}
