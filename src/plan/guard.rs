//! Which alarms roll a deployment back while it is made and watched, and which of them cannot.
//!
//! CloudFormation arms at most five (`cloudformation-behaviour.md` RB-01), as many as there are groups of alarms. Only alarms
//! that are there are armed: one that is missing fails the operation (RB-03). One that is in ALARM already would roll it
//! back at once (RB-02), so that somebody has to say by name that it goes on without.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effects::watched_by;
use super::model::{Action, Plan, Reason};
use crate::environment::Tier;
use crate::observed::{AlarmState, SeenAlarm};
use crate::template::{Resource, Template, references_in};
use crate::units::{Duration, LogicalId};

const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";

/// What rolls a deployment back by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Guard {
    /// Alarms that are armed, sorted by logical id.
    pub armed: Vec<GuardAlarm>,
    /// Alarms that watch what changes and are not armed, sorted by logical id.
    pub unarmed: Vec<UnarmedAlarm>,
    /// How long they are watched after the last resource is done.
    #[serde(rename = "watch_micros")]
    pub watch: Duration,
}

/// An alarm that rolls a deployment back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GuardAlarm {
    /// The resource.
    pub logical_id: LogicalId,
    /// Its name.
    pub name: String,
    /// Its ARN; empty until somebody looked it up.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arn: String,
}

/// An alarm that could roll a deployment back and does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnarmedAlarm {
    /// The resource.
    pub logical_id: LogicalId,
    /// Its name.
    pub name: String,
    /// Why it does not.
    pub why: Unarmed,
}

/// Why an alarm is not armed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum Unarmed {
    /// It is in ALARM now: the deployment would be rolled back at once.
    InAlarm,
    /// It watches readers that are paused, whose lag grows because nobody reads.
    Paused {
        /// The mappings.
        mappings: BTreeSet<LogicalId>,
    },
    /// It is not there, or may not be looked at.
    Unseen,
}

/// How long a tier watches a deployment after its last resource is done; none where nothing is armed.
#[must_use]
pub fn watch_time(tier: Tier) -> Option<Duration> {
    match tier {
        Tier::Development => None,
        Tier::Staging => Some(Duration::from_secs(5 * 60)),
        Tier::Production => Some(Duration::from_secs(10 * 60)),
    }
}

impl Guard {
    /// The alarms that watch what a plan changes, of those that roll back (`names`) and are deployed; none for a tier that watches
    /// nothing, and for a plan that touches nothing they watch. `still` are mappings that do not read meanwhile.
    #[must_use]
    pub fn of(
        plan: &Plan,
        before: &Template,
        after: &Template,
        names: &[String],
        tier: Tier,
        still: &BTreeSet<LogicalId>,
    ) -> Option<Self> {
        let watch = watch_time(tier)?;
        let touched = touched(plan, after);
        let paused = paused(after, still);
        let mut guard = Self { armed: Vec::new(), unarmed: Vec::new(), watch };
        for (id, composite) in before.resources.iter().filter(|(_, one)| one.type_name == COMPOSITE) {
            let name = composite.properties.get("AlarmName").and_then(Value::as_str);
            let Some(name) = name.filter(|name| names.iter().any(|one| one == name)) else { continue };
            let stays = plan.resource(id).is_none_or(|change| change.action == Action::Update);
            let watched = watched(before, composite);
            if !stays || watched.is_disjoint(&touched) {
                continue;
            }
            let (logical_id, name) = (id.clone(), name.to_owned());
            let mappings: BTreeSet<LogicalId> =
                paused.iter().filter(|(function, _)| watched.contains(function)).map(|(_, id)| id.clone()).collect();
            if mappings.is_empty() {
                guard.armed.push(GuardAlarm { logical_id, name, arn: String::new() });
            } else {
                guard.unarmed.push(UnarmedAlarm { logical_id, name, why: Unarmed::Paused { mappings } });
            }
        }
        (!guard.armed.is_empty() || !guard.unarmed.is_empty()).then_some(guard)
    }

    /// The same with what was seen of its alarms.
    #[must_use]
    pub fn seen(mut self, alarms: &[SeenAlarm]) -> Self {
        for alarm in std::mem::take(&mut self.armed) {
            let found = alarms.iter().find(|seen| seen.name == alarm.name);
            let why = match found.map(|seen| seen.state) {
                Some(AlarmState::Ok | AlarmState::InsufficientData) => None,
                Some(AlarmState::Alarm) => Some(Unarmed::InAlarm),
                None => Some(Unarmed::Unseen),
            };
            let GuardAlarm { logical_id, name, .. } = alarm;
            match why {
                None => {
                    let arn = found.map(|seen| seen.arn.clone()).unwrap_or_default();
                    self.armed.push(GuardAlarm { logical_id, name, arn });
                }
                Some(why) => self.unarmed.push(UnarmedAlarm { logical_id, name, why }),
            }
        }
        self.unarmed.sort();
        self
    }

    /// Alarms that would have rolled it back and are in ALARM now.
    pub fn alarming(&self) -> impl Iterator<Item = &UnarmedAlarm> {
        self.unarmed.iter().filter(|alarm| alarm.why == Unarmed::InAlarm)
    }
}

/// What changes, and whatever refers to it: a stream, its readers, what they call. Alarms and tags break nothing.
fn touched(plan: &Plan, after: &Template) -> BTreeSet<LogicalId> {
    let breaks = |change: &&super::model::ResourcePlan| {
        let harmless = |reason: &Reason| matches!(reason, Reason::StackTags | Reason::AttributesOnly { .. });
        !change.type_name.starts_with("AWS::CloudWatch::") && !change.reasons.iter().all(harmless)
    };
    let mut touched: BTreeSet<LogicalId> =
        plan.resources.iter().filter(breaks).map(|change| change.logical_id.clone()).collect();
    // A mapping carries what its source does to the function that it calls.
    let links = links(after);
    loop {
        let reached = links.iter().filter(|(from, _)| touched.contains(*from)).flat_map(|(_, to)| to.iter().cloned());
        let more: Vec<LogicalId> = reached.filter(|id| !touched.contains(id)).collect();
        if more.is_empty() {
            return touched;
        }
        touched.extend(more);
    }
}

/// Whom a change of a resource reaches: everything that refers to it, and what a mapping calls.
fn links(template: &Template) -> BTreeMap<LogicalId, BTreeSet<LogicalId>> {
    let mut links: BTreeMap<LogicalId, BTreeSet<LogicalId>> = BTreeMap::new();
    for (id, resource) in &template.resources {
        if resource.type_name.starts_with("AWS::CloudWatch::") {
            continue;
        }
        let calls = called(template, resource);
        links.entry(id.clone()).or_default().extend(calls);
        for value in resource.properties.values() {
            for reference in references_in(value) {
                if let Ok(target) = LogicalId::new(reference.target.as_str()) {
                    links.entry(target).or_default().insert(id.clone());
                }
            }
        }
    }
    links
}

/// The function that a mapping calls, through its alias.
fn called(template: &Template, mapping: &Resource) -> Vec<LogicalId> {
    if mapping.type_name != "AWS::Lambda::EventSourceMapping" {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut next = mapping.properties.get("FunctionName").map(references_in).unwrap_or_default();
    while let Some(reference) = next.pop() {
        let Ok(id) = LogicalId::new(reference.target.as_str()) else { continue };
        if let Some(resource) = template.resources.get(&id) {
            if !found.contains(&id) {
                next.extend(resource.properties.get("FunctionName").map(references_in).unwrap_or_default());
            }
            found.push(id);
        }
    }
    found
}

/// Functions whose mapping is paused, with the mapping.
fn paused(template: &Template, still: &BTreeSet<LogicalId>) -> Vec<(LogicalId, LogicalId)> {
    let off = |value: &Value| value.as_bool() == Some(false) || value.as_str() == Some("false");
    let mappings = template.resources.iter();
    let mappings = mappings.filter(|(id, one)| still.contains(*id) || one.properties.get("Enabled").is_some_and(off));
    mappings.flat_map(|(id, one)| called(template, one).into_iter().map(|function| (function, id.clone()))).collect()
}

/// What the alarms of a composite watch.
fn watched(template: &Template, composite: &Resource) -> BTreeSet<LogicalId> {
    let rule = composite.properties.get("AlarmRule").and_then(Value::as_str).unwrap_or_default();
    // ALARM("name"): every other piece between quotes is a name.
    let names: BTreeSet<&str> = rule.split('"').skip(1).step_by(2).collect();
    let named = template.resources.values().filter(|resource| {
        resource.type_name == "AWS::CloudWatch::Alarm"
            && resource.properties.get("AlarmName").and_then(Value::as_str).is_some_and(|name| names.contains(name))
    });
    named.flat_map(|alarm| watched_by(template, alarm)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::{Desired, Earlier, EarlierStack, Source, compare_files};

    fn id(text: &str) -> LogicalId {
        LogicalId::new(text).expect("a logical id")
    }

    /// A stream, its reader, the reader's function, a table, and the composites that watch them.
    fn template(shards: u64, billing: &str, enabled: bool) -> Template {
        let alarm = |name: &str, dimension: &str, value: &str| {
            json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "AlarmName": name, "Dimensions": [{"Name": dimension, "Value": value}]}})
        };
        let composite = |name: &str, child: &str| json!({"Type": COMPOSITE, "Properties": {"AlarmName": name, "AlarmRule": format!("ALARM(\"{child}\")")}});
        let arn = json!({"Fn::GetAtt": ["Stream", "Arn"]});
        Template::from_value(json!({"Resources": {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "p-s", "ShardCount": shards}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "p-f"}},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": arn, "FunctionName": {"Ref": "Function"}, "Enabled": enabled}},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "p-t", "BillingMode": billing}},
            "StreamAlarm": alarm("a-s", "StreamName", "p-s"),
            "FunctionAlarm": alarm("a-f", "FunctionName", "p-f"),
            "TableAlarm": alarm("a-t", "TableName", "p-t"),
            "AnyStream": composite("c-s", "a-s"),
            "AnyFunction": composite("c-f", "a-f"),
            "AnyTable": composite("c-t", "a-t"),
        }}))
        .expect("a template")
    }

    fn guard(before: &Template, after: &Template, tier: Tier) -> Option<Guard> {
        let desired = Desired {
            stack: "p-prod".to_owned(),
            template: after.clone(),
            tags: BTreeMap::new(),
            origins: crate::pipeline::Origins::new(),
            loads: BTreeMap::new(),
        };
        let stack = Ok(EarlierStack { template: before.clone(), tags: None });
        let earlier = Earlier { source: Source::Template { path: "t".to_owned() }, stack };
        let names = ["c-s", "c-f", "c-t"].map(str::to_owned);
        Guard::of(&compare_files(&desired, &earlier), before, after, &names, tier, &BTreeSet::new())
    }

    fn armed(guard: &Guard) -> Vec<&str> {
        guard.armed.iter().map(|alarm| alarm.logical_id.as_str()).collect()
    }

    #[test]
    fn what_watches_the_change_and_what_lies_downstream_of_it_is_armed() {
        let before = template(2, "PAY_PER_REQUEST", true);
        let stream = guard(&before, &template(4, "PAY_PER_REQUEST", true), Tier::Production).expect("a guard");
        assert_eq!(armed(&stream), ["AnyFunction", "AnyStream"]);
        let table = guard(&before, &template(2, "PROVISIONED", true), Tier::Staging).expect("a guard");
        assert_eq!(armed(&table), ["AnyTable"]);
        assert!(table.watch < stream.watch);
        assert_eq!(guard(&before, &before, Tier::Production), None);
        assert_eq!(guard(&before, &template(4, "PROVISIONED", true), Tier::Development), None);
    }

    #[test]
    fn a_paused_reader_arms_nothing_that_watches_its_lag() {
        let before = template(2, "PAY_PER_REQUEST", true);
        let paused = guard(&before, &template(4, "PAY_PER_REQUEST", false), Tier::Production).expect("a guard");
        assert_eq!(armed(&paused), ["AnyStream"]);
        let why = Unarmed::Paused { mappings: BTreeSet::from([id("Mapping")]) };
        assert_eq!(paused.unarmed.iter().map(|alarm| &alarm.why).collect::<Vec<_>>(), [&why]);
    }

    #[test]
    fn one_that_is_in_alarm_or_not_there_is_not_armed() {
        let before = template(2, "PAY_PER_REQUEST", true);
        let found = guard(&before, &template(4, "PAY_PER_REQUEST", true), Tier::Production).expect("a guard");
        let alarm = SeenAlarm { name: "c-s".to_owned(), arn: "arn:c-s".to_owned(), state: AlarmState::Alarm };
        let seen = found.seen(&[alarm]);
        assert_eq!(armed(&seen), [""; 0]);
        assert_eq!(seen.alarming().map(|alarm| alarm.logical_id.as_str()).collect::<Vec<_>>(), ["AnyStream"]);
        assert_eq!(seen.unarmed.len(), 2);
    }
}
