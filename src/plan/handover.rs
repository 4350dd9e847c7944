//! Hand-overs: a mapping that has to be made anew begins at the moment up to which the old one had read, a little earlier.
//!
//! Lambda takes a starting position only when a mapping is made (`stream-behaviour.md` V-4, CKPT-2), so the moment has to stand in the
//! template of that deployment, and in every one after it: a change of it alone is refused (V-5). No file can hold it, because nobody
//! knows it before. So the deployed template keeps it, with a note of what the file said, and whoever compares with the deployed
//! template takes it over from there as long as the file still says the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::desired::Desired;
use super::drain::arriving;
use super::model::{Plan, Records, Verdict};
use crate::pipeline::StageKind;
use crate::template::{Resource, Template};
use crate::units::{Duration, LogicalId, StageName, Timestamp};

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
/// Where the note stands among a resource's metadata.
const NOTE: &str = "Sluice";
/// What a starting position consists of.
const START: [&str; 2] = ["StartingPosition", "StartingPositionTimestamp"];
/// What a mapping reads.
const SOURCE: &str = "EventSourceArn";

/// How much earlier than the measured lag says the new reader begins: clocks differ, and points of a metric are late.
pub const MARGIN: Duration = Duration::from_secs(300);

/// Which readers are handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandOverOf {
    /// All that would lose their position.
    All,
    /// These.
    Named(BTreeSet<StageName>),
}

/// A reader whose successor begins where it stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HandOver {
    /// The event source mapping.
    pub logical_id: LogicalId,
    /// The consumer.
    pub consumer: StageName,
    /// From which moment on the new mapping reads.
    pub from: Timestamp,
    /// How far behind the old one was lately, at most.
    #[serde(rename = "behind_micros")]
    pub behind: Duration,
    /// How much earlier it begins, for safety: an invocation that is under way, and [`MARGIN`].
    #[serde(rename = "margin_micros")]
    pub margin: Duration,
    /// Records that both read, at the declared ordinary load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<u64>,
}

impl HandOver {
    /// How long before the plan was made it begins.
    #[must_use]
    pub fn back(&self) -> Duration {
        Duration::from_micros(self.behind.as_micros().saturating_add(self.margin.as_micros()))
    }

    /// The moment from which a reader's successor reads: no record that the old one has not read came before it. A shard
    /// publishes how far behind it is at the end of each invocation, so one that is under way hides at most the time-out.
    #[must_use]
    pub fn of(logical_id: LogicalId, consumer: StageName, now: Timestamp, behind: Duration, timeout: Duration) -> Self {
        let margin = Duration::from_micros(MARGIN.as_micros().saturating_add(timeout.as_micros()));
        let back = behind.as_millis().saturating_add(margin.as_millis());
        let from = now.as_millis().saturating_sub(i64::try_from(back).unwrap_or(i64::MAX));
        // Lambda keeps whole seconds (CKPT-3).
        let from = Timestamp::from_millis(from.div_euclid(1_000).saturating_mul(1_000));
        Self { logical_id, consumer, from, behind, margin, again: None }
    }

    /// The same with how much is read again, where a deployment takes so long.
    #[must_use]
    pub fn reckoned(self, desired: &Desired, time: Duration) -> Self {
        let twice = Duration::from_micros(self.back().as_micros().saturating_add(time.as_micros()));
        Self { again: arriving(desired, &self.logical_id, twice), ..self }
    }

    /// Writes the moment into the template, with a note of what stood there.
    pub fn write(&self, template: &mut Template) {
        let Some(mapping) = template.resources.get_mut(&self.logical_id) else { return };
        let said = start_of(mapping);
        mapping.properties.remove(START[0]);
        mapping.properties.insert(START[0].to_owned(), json!("AT_TIMESTAMP"));
        mapping.properties.insert(START[1].to_owned(), json!(self.from.as_millis().div_euclid(1_000)));
        mapping.metadata.insert(NOTE.to_owned(), json!({"HandedOver": said}));
    }
}

impl Plan {
    /// Mappings of the plan that would lose their position and may be handed over, with their consumers.
    #[must_use]
    pub fn to_hand_over(&self, desired: &Desired, which: &HandOverOf) -> BTreeMap<LogicalId, StageName> {
        let resets = self.consumers.iter().filter(|effect| effect.verdict == Verdict::Resets);
        // Of a stream that goes nothing can be read any more.
        let resets = resets.filter(|effect| !matches!(effect.records, Records::LostWithStream { .. }));
        let found = resets.filter_map(|effect| {
            let mapping = desired.template.resources.get(&effect.logical_id)?;
            let stage = desired.origins.get(&effect.logical_id)?.stage.as_ref()?;
            let named = match which {
                HandOverOf::All => true,
                HandOverOf::Named(names) => names.contains(&stage.name),
            };
            let reads = mapping.type_name == MAPPING && stage.kind == StageKind::Consumer;
            (named && reads).then(|| (effect.logical_id.clone(), stage.name.clone()))
        });
        found.collect()
    }
}

/// Takes the starting positions of earlier hand-overs over from the deployed template, where the file still says what it
/// said then, and the mapping still reads what it read.
pub fn take_over(desired: &mut Template, deployed: &Template) {
    for (id, mapping) in desired.resources.iter_mut().filter(|(_, one)| one.type_name == MAPPING) {
        let Some(old) = deployed.resources.get(id) else { continue };
        let Some(noted) = old.metadata.get(NOTE).and_then(|note| note.get("HandedOver")) else { continue };
        if *noted != start_of(mapping) || old.properties.get(SOURCE) != mapping.properties.get(SOURCE) {
            continue;
        }
        for name in START {
            mapping.properties.remove(name);
            if let Some(value) = old.properties.get(name) {
                mapping.properties.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(note) = old.metadata.get(NOTE) {
            mapping.metadata.insert(NOTE.to_owned(), note.clone());
        }
    }
}

/// What a mapping says of its starting position.
fn start_of(mapping: &Resource) -> Value {
    let said = START.iter().filter_map(|name| Some(((*name).to_owned(), mapping.properties.get(*name)?.clone())));
    Value::Object(said.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str, position: &str) -> Template {
        Template::from_value(json!({"Resources": {"Mapping": {"Type": MAPPING, "Properties": {
            "EventSourceArn": source, "FunctionName": "f", "StartingPosition": position,
        }}}}))
        .unwrap()
    }

    fn id() -> LogicalId {
        LogicalId::new("Mapping").unwrap()
    }

    fn hand_over() -> HandOver {
        let (now, behind) = (Timestamp::from_millis(1_767_323_045_500), Duration::from_secs(40));
        HandOver::of(id(), StageName::new("score").unwrap(), now, behind, Duration::from_secs(60))
    }

    #[test]
    fn a_successor_begins_before_everything_that_was_not_read() {
        // 40 s behind, an invocation of up to 60 s under way, 300 s for good measure.
        assert_eq!(hand_over().from, Timestamp::from_millis(1_767_322_645_000));
        assert_eq!(hand_over().margin, Duration::from_secs(360));
    }

    #[test]
    fn what_was_handed_over_is_no_change_the_next_time() {
        let mut deployed = template("arn:new", "LATEST");
        hand_over().write(&mut deployed);
        let mapping = &deployed.resources[&id()];
        assert_eq!(mapping.properties["StartingPosition"], "AT_TIMESTAMP");
        assert_eq!(mapping.properties["StartingPositionTimestamp"], 1_767_322_645);
        let mut again = template("arn:new", "LATEST");
        take_over(&mut again, &deployed);
        assert_eq!(again, deployed);
        // And the time after next.
        let mut later = template("arn:new", "LATEST");
        take_over(&mut later, &again);
        assert_eq!(later, deployed);
    }

    #[test]
    fn whoever_says_another_start_or_another_stream_is_heard() {
        let mut deployed = template("arn:new", "LATEST");
        hand_over().write(&mut deployed);
        for other in [template("arn:new", "TRIM_HORIZON"), template("arn:other", "LATEST")] {
            let mut heard = other.clone();
            take_over(&mut heard, &deployed);
            assert_eq!(heard, other);
        }
        let mut untouched = template("arn:new", "LATEST");
        take_over(&mut untouched, &template("arn:new", "LATEST"));
        assert_eq!(untouched, template("arn:new", "LATEST"));
    }
}
