//! What a change brings with it besides what happens to resources, readers and data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bounds::{is_true, whole};
use super::consumers::stream_of;
use super::desired::{Desired, named_resources};
use super::model::{Action, ResourcePlan};
use crate::template::schema::{TypeFacts, facts};
use crate::template::{Resource, Template, references_in};
use crate::units::LogicalId;

const SCALING: &str = "AWS::ApplicationAutoScaling::ScalableTarget";

/// A consequence of the change of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Effect {
    /// The resource.
    pub logical_id: LogicalId,
    /// How grave it is.
    pub severity: Gravity,
    /// What it is.
    #[serde(flatten)]
    pub consequence: Consequence,
}

/// How grave a consequence is. None is an error: nothing here keeps a deployment from succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gravity {
    /// Somebody should look.
    Warning,
    /// Worth knowing.
    Info,
}

/// What a change brings with it. The name of a variant is its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Consequence {
    /// What is written from now on is no longer encrypted with a key of KMS.
    KeyDropped {
        /// The property that named the key.
        property: String,
    },
    /// Items expire no longer.
    ExpiryOff {
        /// The attribute that said when.
        attribute: String,
    },
    /// What went back in time is kept no longer.
    RecoveryOff,
    /// An alarm goes while what it watches stays.
    AlarmLost {
        /// What it watches.
        watched: BTreeSet<LogicalId>,
    },
    /// Shards are split or merged: one of ten times in a day (Kinesis API reference, `UpdateShardCount`).
    Resharded {
        /// Shards before, as far as the template says it.
        before: Option<u64>,
        /// Shards after.
        after: u64,
    },
    /// The stream scales by itself from now on, or no longer: one of two times in a day (Kinesis API reference,
    /// `UpdateStreamMode`).
    ModeSwitched {
        /// The mode after.
        mode: String,
    },
    /// A reader calls its function for more or fewer batches of its stream at once: shards times `ParallelizationFactor` (AWS
    /// Lambda developer guide, "Concurrent batches per shard").
    ParallelCalls {
        /// At most so many before.
        before: u64,
        /// At most so many after.
        after: u64,
    },
    /// What the scaling made of a value is overwritten with the template's.
    ScaledValueReset {
        /// The property.
        property: String,
        /// The template's value.
        to: Value,
    },
    /// A second fleet takes over from the first; until then both are there.
    FleetExchanged {
        /// Instances that the new configuration begins with; none where nothing is provisioned.
        instances: Option<u64>,
        /// Whether the new fleet begins with as many as the old one has now.
        keeps_count: bool,
    },
}

impl Consequence {
    fn severity(&self) -> Gravity {
        match self {
            Self::KeyDropped { .. }
            | Self::ExpiryOff { .. }
            | Self::RecoveryOff
            | Self::AlarmLost { .. }
            | Self::ScaledValueReset { .. } => Gravity::Warning,
            Self::ParallelCalls { before, after } if after < before => Gravity::Warning,
            Self::ParallelCalls { .. }
            | Self::Resharded { .. }
            | Self::ModeSwitched { .. }
            | Self::FleetExchanged { .. } => Gravity::Info,
        }
    }
}

/// What the planned changes bring with them.
pub(super) fn effects(
    desired: &Desired,
    before: &Template,
    open_shards: &BTreeMap<LogicalId, u64>,
    resources: &[ResourcePlan],
) -> Vec<Effect> {
    let mut found = parallel_calls(desired, before, open_shards, resources);
    for plan in resources {
        let old = before.resources.get(&plan.logical_id);
        let new = desired.template.resources.get(&plan.logical_id);
        let all = match (plan.action, old, new) {
            (Action::Update, Some(old), Some(new)) => changed(desired, before, plan, old, new),
            (Action::Delete, Some(old), _) => alarm_lost(desired, before, old).into_iter().collect(),
            _ => Vec::new(),
        };
        let id = &plan.logical_id;
        found.extend(all.into_iter().map(|consequence| Effect {
            logical_id: id.clone(),
            severity: consequence.severity(),
            consequence,
        }));
    }
    found.sort_by(|a, b| (a.severity, &a.logical_id).cmp(&(b.severity, &b.logical_id)));
    found
}

/// Readers whose function is called for another number of batches at once.
fn parallel_calls(
    desired: &Desired,
    before: &Template,
    open_shards: &BTreeMap<LogicalId, u64>,
    resources: &[ResourcePlan],
) -> Vec<Effect> {
    // What is refused changes nothing, and one that is replaced is another reader.
    let refused = |id: &LogicalId| {
        let plan = resources.iter().find(|plan| plan.logical_id == *id);
        plan.is_some_and(|plan| plan.action == Action::Cannot || plan.action.replaces())
    };
    let most = |template: &Template, id: &LogicalId, open: &BTreeMap<LogicalId, u64>| {
        let mapping = template.resources.get(id)?;
        let stream = stream_of(template, mapping)?;
        let shards = open.get(&stream).copied().or_else(|| fixed_shards(template.resources.get(&stream)?))?;
        let per_shard = whole(mapping.properties.get("ParallelizationFactor")).unwrap_or(1);
        (!refused(&stream) && !refused(id)).then(|| shards.saturating_mul(per_shard))
    };
    let readers =
        desired.template.resources.iter().filter(|(_, one)| one.type_name == "AWS::Lambda::EventSourceMapping");
    let found = readers.filter_map(|(id, _)| {
        let (before, after) = (most(before, id, open_shards)?, most(&desired.template, id, &BTreeMap::new())?);
        let consequence = Consequence::ParallelCalls { before, after };
        let severity = consequence.severity();
        (before != after).then(|| Effect { logical_id: id.clone(), severity, consequence })
    });
    found.collect()
}

/// The shards of a stream that does not scale by itself.
fn fixed_shards(stream: &Resource) -> Option<u64> {
    let on_demand = text(stream, "StreamModeDetails/StreamMode") == Some("ON_DEMAND");
    whole(stream.properties.get("ShardCount")).filter(|_| !on_demand)
}

fn changed(
    desired: &Desired,
    before: &Template,
    plan: &ResourcePlan,
    old: &Resource,
    new: &Resource,
) -> Vec<Consequence> {
    let touched = |property: &str| plan.changes.iter().any(|change| change.path.top() == Some(property));
    let found: Vec<Option<Consequence>> = match plan.type_name.as_str() {
        "AWS::Kinesis::Stream" => vec![dropped(old, new, "StreamEncryption"), switched(old, new), resharded(old, new)],
        "AWS::SNS::Topic" | "AWS::SQS::Queue" => vec![dropped(old, new, "KmsMasterKeyId")],
        "AWS::DynamoDB::Table" => {
            let scaled = touched("ProvisionedThroughput") && is_scaled(before, &plan.logical_id);
            vec![
                dropped(old, new, "SSESpecification"),
                expiry_off(old, new),
                recovery_off(old, new),
                scaled.then(|| reset(new, "ProvisionedThroughput")).flatten(),
            ]
        }
        "AWS::SageMaker::Endpoint" if touched("EndpointConfigName") => vec![fleet(desired, new)],
        _ => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

/// A value by the names on the way to it, with `/` between.
pub(super) fn at<'a>(resource: &'a Resource, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('/');
    let first = resource.properties.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

fn text<'a>(resource: &'a Resource, pointer: &str) -> Option<&'a str> {
    at(resource, pointer)?.as_str()
}

fn is_on(resource: &Resource, path: &str) -> bool {
    is_true(at(resource, path))
}

fn dropped(old: &Resource, new: &Resource, property: &str) -> Option<Consequence> {
    let has = |resource: &Resource| resource.properties.contains_key(property);
    (has(old) && !has(new)).then(|| Consequence::KeyDropped { property: property.to_owned() })
}

fn expiry_off(old: &Resource, new: &Resource) -> Option<Consequence> {
    const ENABLED: &str = "TimeToLiveSpecification/Enabled";
    let attribute = text(old, "TimeToLiveSpecification/AttributeName")?;
    (is_on(old, ENABLED) && !is_on(new, ENABLED)).then(|| Consequence::ExpiryOff { attribute: attribute.to_owned() })
}

fn recovery_off(old: &Resource, new: &Resource) -> Option<Consequence> {
    const ENABLED: &str = "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
    (is_on(old, ENABLED) && !is_on(new, ENABLED)).then_some(Consequence::RecoveryOff)
}

fn switched(old: &Resource, new: &Resource) -> Option<Consequence> {
    // A stream of which nothing is said has a fixed number of shards.
    let mode = |resource| text(resource, "StreamModeDetails/StreamMode").unwrap_or("PROVISIONED").to_owned();
    (mode(old) != mode(new)).then(|| Consequence::ModeSwitched { mode: mode(new) })
}

fn resharded(old: &Resource, new: &Resource) -> Option<Consequence> {
    let shards = |resource: &Resource| whole(resource.properties.get("ShardCount"));
    let (before, after) = (shards(old), shards(new)?);
    (before != Some(after)).then_some(Consequence::Resharded { before, after })
}

/// Whether a scaling of a template moves what a resource has: `table/NAME`, `endpoint/NAME/variant/VARIANT`.
fn is_scaled(template: &Template, id: &LogicalId) -> bool {
    let names = names(template);
    let mut targets = template.resources.values().filter(|resource| resource.type_name == SCALING);
    targets.any(|target| {
        let subject = text(target, "ResourceId").and_then(|subject| subject.split('/').nth(1));
        subject.is_some_and(|name| names.get(name).is_some_and(|ids| ids.contains(id)))
    })
}

/// The resources of a template by their physical names, which their alarms and scalings say.
fn names(template: &Template) -> BTreeMap<String, BTreeSet<LogicalId>> {
    let mut found: BTreeMap<String, BTreeSet<LogicalId>> = BTreeMap::new();
    for named in named_resources(template) {
        found.entry(named.name).or_default().insert(named.logical_id);
    }
    found
}

fn reset(new: &Resource, property: &str) -> Option<Consequence> {
    let to = new.properties.get(property)?.clone();
    Some(Consequence::ScaledValueReset { property: property.to_owned(), to })
}

fn fleet(desired: &Desired, endpoint: &Resource) -> Option<Consequence> {
    let reference = references_in(endpoint.properties.get("EndpointConfigName")?).into_iter().next()?;
    let config = desired.template.resources.get(reference.target.as_str())?;
    let variants = config.properties.get("ProductionVariants")?.as_array()?;
    let counts = variants.iter().filter_map(|variant| variant.get("InitialInstanceCount")?.as_u64());
    let instances = counts.fold(None, |sum: Option<u64>, count| Some(sum.unwrap_or(0).saturating_add(count)));
    Some(Consequence::FleetExchanged { instances, keeps_count: is_on(endpoint, "RetainAllVariantProperties") })
}

/// An alarm that goes while all that it watches stays. One that goes with something of that is missed by nobody.
fn alarm_lost(desired: &Desired, before: &Template, old: &Resource) -> Option<Consequence> {
    if old.type_name != "AWS::CloudWatch::Alarm" {
        return None;
    }
    let watched = watched_by(before, old);
    let stays = watched.iter().all(|id| desired.template.resources.contains_key(id));
    (stays && !watched.is_empty()).then_some(Consequence::AlarmLost { watched })
}

/// What an alarm watches, by the names in its dimensions.
pub(super) fn watched_by(template: &Template, alarm: &Resource) -> BTreeSet<LogicalId> {
    let names = names(template);
    let said = ["Dimensions", "Metrics"].into_iter().filter_map(|part| alarm.properties.get(part)).flat_map(dimensions);
    said.flat_map(|(dimension, name)| {
        let named = names.get(name).into_iter().flatten();
        named.filter(move |id| template.resources.get(*id).is_some_and(|one| is_named_by(one, dimension)))
    })
    .cloned()
    .collect()
}

/// Whether metrics of a resource carry its name under a dimension: under that of its own property, but for streams.
fn is_named_by(resource: &Resource, dimension: &str) -> bool {
    match resource.type_name.as_str() {
        "AWS::Kinesis::Stream" => dimension == "StreamName",
        other => facts(other).and_then(TypeFacts::name_property) == Some(dimension),
    }
}

/// Every dimension in a value, with its own value.
fn dimensions(value: &Value) -> Vec<(&str, &str)> {
    match value {
        Value::Array(items) => items.iter().flat_map(dimensions).collect(),
        Value::Object(members) => match (members.get("Name"), members.get("Value")) {
            (Some(Value::String(name)), Some(Value::String(value))) => vec![(name.as_str(), value.as_str())],
            _ => members.values().flat_map(dimensions).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::desired::Known;
    use super::*;
    use crate::pipeline::Origins;

    fn desired(resources: Value) -> Desired {
        Desired {
            stack: "p-dev".to_owned(),
            template: Template::from_value(json!({ "Resources": resources })).expect("a template"),
            tags: BTreeMap::new(),
            origins: Origins::new(),
            loads: BTreeMap::new(),
        }
    }

    /// The codes of what a change brings with it.
    fn codes(before: &Value, after: &Value) -> Vec<String> {
        let (old, new) = (desired(before.clone()), desired(after.clone()));
        let plans = super::super::classify::resources(&new, &old.template, &Known::default(), false);
        let code = |effect: &Effect| {
            let value = serde_json::to_value(&effect.consequence).expect("JSON");
            format!("{} {}", effect.logical_id, value["code"].as_str().unwrap_or_default())
        };
        effects(&new, &old.template, &BTreeMap::new(), &plans).iter().map(code).collect()
    }

    fn table(more: Value) -> Value {
        let mut properties = json!({"TableName": "p-dev-t", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]});
        if let (Value::Object(all), Value::Object(more)) = (&mut properties, more) {
            all.extend(more);
        }
        json!({"Type": "AWS::DynamoDB::Table", "Properties": properties})
    }

    #[test]
    fn what_protected_data_and_is_gone_is_said() {
        let before = json!({
            "Table": table(json!({
                "TimeToLiveSpecification": {"AttributeName": "at", "Enabled": true},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
                "SSESpecification": {"SSEEnabled": true},
            })),
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "p-dev-n", "KmsMasterKeyId": "alias/k"}},
        });
        let after = json!({
            "Table": table(json!({"TimeToLiveSpecification": {"AttributeName": "at", "Enabled": false}})),
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "p-dev-n"}},
        });
        let said = ["Table key-dropped", "Table expiry-off", "Table recovery-off", "Topic key-dropped"];
        assert_eq!(codes(&before, &after), said);
        assert_eq!(codes(&after, &before), Vec::<String>::new());
    }

    #[test]
    fn an_alarm_is_lost_only_where_what_it_watches_stays() {
        let alarm = json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmName": "p-dev-a", "Dimensions": [{"Name": "TableName", "Value": "p-dev-t"}]}});
        let before = json!({"Table": table(json!({})), "Alarm": alarm});
        assert_eq!(codes(&before, &json!({"Table": table(json!({}))})), ["Alarm alarm-lost"]);
        let role = json!({"Role": {"Type": "AWS::IAM::Role", "Properties": {}}});
        assert_eq!(codes(&before, &role), Vec::<String>::new());
        // Of the same name, and something else.
        let queue = json!({"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "p-dev-t"}}});
        assert_eq!(codes(&before, &queue), Vec::<String>::new());
    }

    #[test]
    fn units_that_a_scaling_moves_are_overwritten() {
        let units = |read: u64| json!({"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": 5}});
        let target = json!({"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
            "ResourceId": "table/p-dev-t", "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            "ServiceNamespace": "dynamodb", "MinCapacity": 5, "MaxCapacity": 50}});
        let scaled = |read: u64| json!({"Table": table(units(read)), "Target": target});
        assert_eq!(codes(&scaled(5), &scaled(10)), ["Table scaled-value-reset"]);
        let fixed = |read: u64| json!({"Table": table(units(read))});
        assert_eq!(codes(&fixed(5), &fixed(10)), Vec::<String>::new());
    }

    #[test]
    fn a_reader_says_how_many_batches_it_takes_at_once() {
        let all = |shards: u64, factor: u64| {
            let arn = json!({"Fn::GetAtt": ["Stream", "Arn"]});
            json!({
                "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": shards}},
                "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                    "EventSourceArn": arn, "FunctionName": "f", "ParallelizationFactor": factor}},
            })
        };
        assert_eq!(codes(&all(2, 4), &all(2, 2)), ["Mapping parallel-calls"]);
        assert_eq!(codes(&all(2, 4), &all(4, 4)), ["Mapping parallel-calls", "Stream resharded"]);
        assert_eq!(codes(&all(2, 4), &all(4, 2)), ["Stream resharded"]);
    }

    #[test]
    fn a_stream_says_when_its_shards_or_its_mode_change() {
        let stream = |properties: Value| json!({"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}});
        let (two, four) = (stream(json!({"ShardCount": 2})), stream(json!({"ShardCount": 4})));
        assert_eq!(codes(&two, &four), ["Stream resharded"]);
        let on_demand = stream(json!({"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}));
        assert_eq!(codes(&two, &on_demand), ["Stream mode-switched"]);
    }
}
