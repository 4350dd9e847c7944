//! What a service changes only so far in one update: told before it is tried, with the steps that work.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::blocked;
use super::desired::{Desired, Known};
use super::diff::same;
use super::fleets;
use super::model::{Action, BlockedBy, Bound, Remedy, ResourcePlan};
use crate::template::{PropertyPath, Template};
use crate::units::{Duration, LogicalId};

/// The time to live of a table changes once in so long (DynamoDB API reference, `UpdateTimeToLive`).
const BETWEEN_EXPIRIES: Duration = Duration::from_secs(3_600);

type Properties = Map<String, Value>;

/// A refusal, with what works instead.
type Refused = (BlockedBy, Vec<Remedy>);

/// Makes plans impossible whose change is further than the service goes at once.
pub(super) fn refuse(
    desired: &Desired,
    before: &Template,
    known: &Known,
    plans: &mut BTreeMap<LogicalId, ResourcePlan>,
) {
    for (id, plan) in plans.iter_mut().filter(|(_, plan)| plan.action == Action::Update) {
        let Some((old, new)) = before.resources.get(id).zip(desired.template.resources.get(id)) else { continue };
        let (was, becomes) = (&old.properties, &new.properties);
        let refused = match plan.type_name.as_str() {
            "AWS::Kinesis::Stream" => shards(was, becomes, known.open_shards.get(id).copied()),
            "AWS::DynamoDB::Table" => {
                let changing = known.expiry_changing.contains(id);
                indexes(was, becomes).or_else(|| expiry(was, becomes)).or_else(|| again(was, becomes, changing))
            }
            "AWS::KinesisFirehose::DeliveryStream" => partitions(was, becomes).or_else(|| backup(was, becomes)),
            "AWS::SageMaker::Endpoint" => fleets::refuse(before, &desired.template, old, new),
            _ => None,
        };
        if let Some((by, remedies)) = refused {
            blocked::block_with(plan, by, remedies);
        }
    }
}

/// A whole number, which a template may write as text.
pub(super) fn whole(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A truth, which a template may write as text.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"))
}

/// Shards double or halve at most. How many are open is known of a stream that scales by itself only if somebody asked.
fn shards(old: &Properties, new: &Properties, open: Option<u64>) -> Option<Refused> {
    let fixed = |properties: &Properties| {
        let mode = properties.get("StreamModeDetails").and_then(|details| details.get("StreamMode"));
        let on_demand = mode.and_then(Value::as_str) == Some("ON_DEMAND");
        whole(properties.get("ShardCount")).filter(|_| !on_demand)
    };
    let wanted = fixed(new).filter(|wanted| fixed(old) != Some(*wanted))?;
    let open = open.or_else(|| fixed(old))?;
    let mut values = vec![];
    let mut at = open;
    while at != wanted && at > 0 {
        at = if wanted > at { wanted.min(at.saturating_mul(2)) } else { wanted.max(at.div_ceil(2)) };
        values.push(json!(at));
    }
    if values.len() < 2 {
        return None;
    }
    let path = PropertyPath::of("ShardCount");
    let step = Remedy::Stepwise { path: path.to_string(), values, apart: Duration::ZERO };
    Some((BlockedBy::TooMuchAtOnce { path, bound: Bound::DoubleOrHalve { open, wanted } }, vec![step]))
}

/// One index comes or goes in an update, and one that stays keeps its keys and what it holds (CloudFormation template
/// reference, `AWS::DynamoDB::Table`: "Updates are not supported" with these exceptions).
fn indexes(old: &Properties, new: &Properties) -> Option<Refused> {
    const INDEXES: &str = "GlobalSecondaryIndexes";
    let by_name = |properties: &Properties| -> BTreeMap<String, (usize, Value)> {
        let list = properties.get(INDEXES).and_then(Value::as_array).cloned().unwrap_or_default();
        let named = list.into_iter().enumerate();
        named.filter_map(|(at, index)| Some((index.get("IndexName")?.as_str()?.to_owned(), (at, index)))).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let null = Value::Null;
    for (name, (at, index)) in &new {
        let Some((_, before)) = old.get(name) else { continue };
        for part in ["KeySchema", "Projection"] {
            let (before, after) = (before.get(part).unwrap_or(&null), index.get(part).unwrap_or(&null));
            if !same(before, after) {
                let path = PropertyPath::of(INDEXES).index(*at).key(part);
                let keep = Remedy::KeepValue { path: path.to_string(), deployed: before.clone() };
                let other = Remedy::OtherName { name: name.clone() };
                return Some((BlockedBy::NotUpdatable { path }, vec![keep, other]));
            }
        }
    }
    let missing = |from: &BTreeMap<String, (usize, Value)>,
                   other: &BTreeMap<String, (usize, Value)>|
     -> BTreeSet<String> { from.keys().filter(|name| !other.contains_key(*name)).cloned().collect() };
    let (come, go) = (missing(&new, &old), missing(&old, &new));
    if come.len() + go.len() < 2 {
        return None;
    }
    // What goes makes room for what comes.
    let mut present: BTreeSet<String> = old.keys().cloned().collect();
    let mut values = Vec::new();
    for name in &go {
        present.remove(name);
        values.push(json!(present));
    }
    for name in &come {
        present.insert(name.clone());
        values.push(json!(present));
    }
    let path = PropertyPath::of(INDEXES);
    let step = Remedy::Stepwise { path: path.to_string(), values, apart: Duration::ZERO };
    Some((BlockedBy::TooMuchAtOnce { path, bound: Bound::OneIndex { come, go } }, vec![step]))
}

/// "TimeToLive is active on a different AttributeName": it goes off first, and an hour later on again. Leaving it out
/// does not put it off: "AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while
/// enabling/disabling TTL" (<https://github.com/aws/aws-cdk/issues/25655>; before 2023 it stayed on without a word).
fn expiry(old: &Properties, new: &Properties) -> Option<Refused> {
    const EXPIRY: &str = "TimeToLiveSpecification";
    let attribute = |properties: &Properties| Some(properties.get(EXPIRY)?.get("AttributeName")?.as_str()?.to_owned());
    let on = is_true(old.get(EXPIRY).and_then(|expiry| expiry.get("Enabled")));
    let (before, after) = (attribute(old).filter(|_| on)?, attribute(new));
    if after.as_ref() == Some(&before) {
        return None;
    }
    let path = PropertyPath::of(EXPIRY).key("AttributeName");
    let keep = Remedy::KeepValue { path: path.to_string(), deployed: json!(before) };
    let then = new.get(EXPIRY).cloned().unwrap_or(Value::Null);
    let values = vec![json!({"AttributeName": before, "Enabled": false}), then];
    let step = Remedy::Stepwise { path: EXPIRY.to_owned(), values, apart: BETWEEN_EXPIRIES };
    Some((BlockedBy::TooMuchAtOnce { path, bound: Bound::OneExpiry { before, after } }, vec![keep, step]))
}

/// "It can take up to one hour for the change to fully process. Any additional UpdateTimeToLive calls for the same table during
/// this one hour duration result in a ValidationException" (DynamoDB API reference, `UpdateTimeToLive`).
fn again(old: &Properties, new: &Properties, changing: bool) -> Option<Refused> {
    const EXPIRY: &str = "TimeToLiveSpecification";
    let null = Value::Null;
    let (before, after) = (old.get(EXPIRY).unwrap_or(&null), new.get(EXPIRY).unwrap_or(&null));
    if !changing || same(before, after) {
        return None;
    }
    let path = PropertyPath::of(EXPIRY);
    let keep = Remedy::KeepValue { path: path.to_string(), deployed: before.clone() };
    let wait = Remedy::Wait { span: BETWEEN_EXPIRIES };
    Some((BlockedBy::TooMuchAtOnce { path, bound: Bound::ExpiryChanging }, vec![wait, keep]))
}

/// "If backup is enabled, you can't update the delivery stream to disable it" (Amazon Data Firehose API reference,
/// `ExtendedS3DestinationUpdate`).
fn backup(old: &Properties, new: &Properties) -> Option<Refused> {
    let [destination, mode] = ["ExtendedS3DestinationConfiguration", "S3BackupMode"];
    let on = |properties: &Properties| {
        properties.get(destination).and_then(|part| part.get(mode)?.as_str()) == Some("Enabled")
    };
    if !on(old) || on(new) {
        return None;
    }
    let path = PropertyPath::of(destination).key(mode);
    let keep = Remedy::KeepValue { path: path.to_string(), deployed: json!("Enabled") };
    Some((BlockedBy::NotUpdatable { path }, vec![keep, Remedy::RemoveThenAdd]))
}

/// A delivery stream partitions by the contents of records from the day it is made, or never (Amazon Data Firehose
/// developer guide, "Enable dynamic partitioning").
fn partitions(old: &Properties, new: &Properties) -> Option<Refused> {
    let steps = ["ExtendedS3DestinationConfiguration", "DynamicPartitioningConfiguration", "Enabled"];
    let on = |properties: &Properties| {
        let [destination, configuration, enabled] = steps;
        is_true(properties.get(destination).and_then(|part| part.get(configuration)?.get(enabled)))
    };
    let before = on(old);
    if before == on(new) {
        return None;
    }
    let [destination, configuration, enabled] = steps;
    let path = PropertyPath::of(destination).key(configuration).key(enabled);
    let keep = Remedy::KeepValue { path: path.to_string(), deployed: json!(before) };
    Some((BlockedBy::NotUpdatable { path }, vec![keep, Remedy::RemoveThenAdd]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(value: Value) -> Properties {
        match value {
            Value::Object(members) => members,
            _ => Properties::new(),
        }
    }

    fn steps(refused: Option<Refused>) -> Option<Vec<Value>> {
        refused?.1.into_iter().find_map(|remedy| match remedy {
            Remedy::Stepwise { values, .. } => Some(values),
            _ => None,
        })
    }

    fn reshard(before: Value, after: Value, open: Option<u64>) -> Option<Vec<Value>> {
        steps(shards(&properties(before), &properties(after), open))
    }

    #[test]
    fn shards_double_or_halve_and_further_needs_steps() {
        let count = |shards: Value| json!({"ShardCount": shards});
        assert_eq!(reshard(count(json!(4)), count(json!(8)), None), None);
        assert_eq!(reshard(count(json!(4)), count(json!("9")), None), Some(vec![json!(8), json!(9)]));
        assert_eq!(reshard(count(json!(15)), count(json!(8)), None), None);
        assert_eq!(
            reshard(count(json!(15)), count(json!(1)), None),
            Some(vec![json!(8), json!(4), json!(2), json!(1)])
        );
        // Somebody split shards by hand.
        assert_eq!(reshard(count(json!(4)), count(json!(9)), Some(6)), None);
    }

    #[test]
    fn a_stream_that_scales_by_itself_has_as_many_shards_as_somebody_counted() {
        let on_demand = json!({"StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        let fixed = json!({"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 9});
        assert_eq!(reshard(on_demand.clone(), fixed.clone(), None), None);
        assert_eq!(reshard(on_demand.clone(), fixed.clone(), Some(4)), Some(vec![json!(8), json!(9)]));
        assert_eq!(reshard(fixed, on_demand, Some(9)), None);
    }

    fn table(indexes: &[(&str, &str)]) -> Properties {
        let index = |(name, key): &(&str, &str)| json!({"IndexName": name, "KeySchema": [{"AttributeName": key}]});
        properties(json!({"GlobalSecondaryIndexes": indexes.iter().map(index).collect::<Vec<_>>()}))
    }

    #[test]
    fn one_index_comes_or_goes_and_more_need_a_deployment_each() {
        assert_eq!(steps(indexes(&table(&[("a", "k")]), &table(&[("a", "k"), ("b", "k")]))), None);
        assert_eq!(steps(indexes(&table(&[("a", "k")]), &table(&[]))), None);
        let exchanged = steps(indexes(&table(&[("a", "k")]), &table(&[("b", "k")])));
        assert_eq!(exchanged, Some(vec![json!([]), json!(["b"])]));
    }

    #[test]
    fn an_index_never_gets_other_keys_under_its_name() {
        let refused = indexes(&table(&[("a", "k")]), &table(&[("a", "other")]));
        let Some((BlockedBy::NotUpdatable { path }, remedies)) = refused else { panic!("it is refused") };
        assert_eq!(path.to_string(), "GlobalSecondaryIndexes[0].KeySchema");
        assert!(remedies.contains(&Remedy::OtherName { name: "a".to_owned() }));
    }

    #[test]
    fn the_time_to_live_moves_to_another_attribute_in_two_deployments_an_hour_apart() {
        let on = |attribute: &str| {
            properties(json!({"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": "true"}}))
        };
        assert_eq!(expiry(&on("a"), &on("a")), None);
        assert_eq!(expiry(&Properties::new(), &on("a")), None);
        assert_eq!(steps(expiry(&on("a"), &on("b"))).map(|values| values.len()), Some(2));
    }

    #[test]
    fn the_time_to_live_goes_off_by_being_told_so_and_not_by_being_left_out() {
        let expiry_of =
            |on: bool| properties(json!({"TimeToLiveSpecification": {"AttributeName": "a", "Enabled": on}}));
        let off = json!({"AttributeName": "a", "Enabled": false});
        assert_eq!(steps(expiry(&expiry_of(true), &Properties::new())), Some(vec![off, Value::Null]));
        assert_eq!(expiry(&expiry_of(true), &expiry_of(false)), None);
        assert_eq!(expiry(&expiry_of(false), &Properties::new()), None);
    }

    #[test]
    fn a_backup_of_the_records_as_they_came_is_for_good() {
        let delivery = |mode: &str| properties(json!({"ExtendedS3DestinationConfiguration": {"S3BackupMode": mode}}));
        assert_eq!(backup(&delivery("Disabled"), &delivery("Enabled")), None);
        assert_eq!(backup(&delivery("Enabled"), &delivery("Enabled")), None);
        assert!(backup(&delivery("Enabled"), &delivery("Disabled")).is_some());
        assert!(backup(&delivery("Enabled"), &Properties::new()).is_some());
    }

    #[test]
    fn a_delivery_stream_partitions_from_the_beginning_or_never() {
        let delivery = |on: bool| {
            let partitioning = json!({"DynamicPartitioningConfiguration": {"Enabled": on}});
            properties(json!({"ExtendedS3DestinationConfiguration": partitioning}))
        };
        assert_eq!(partitions(&delivery(false), &Properties::new()), None);
        assert!(partitions(&Properties::new(), &delivery(true)).is_some());
        assert!(partitions(&delivery(true), &delivery(false)).is_some());
    }
}
