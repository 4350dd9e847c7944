//! Which properties differ, as small changes with paths.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::model::{Change, ChangeKind};
use crate::template::schema::TypeFacts;
use crate::template::{PropertyPath, Recreation, is_intrinsic};

/// Members by which items of a list are told apart, wherever every item has one of its own.
const IDENTITIES: [&str; 9] =
    ["Key", "Sid", "Id", "AttributeName", "VariantName", "PolicyName", "ContainerHostname", "IndexName", "Name"];

/// The changes from one set of properties to another, sorted by path.
pub(super) fn diff(facts: Option<&TypeFacts>, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let mut differ = Differ { facts, found: Vec::new() };
    differ.objects(before, after, &PropertyPath::root());
    differ.found.sort_by(|a, b| (&a.path, &a.inside).cmp(&(&b.path, &b.inside)));
    differ.found
}

/// Every property of a new resource as an addition.
pub(super) fn additions(facts: Option<&TypeFacts>, after: &Map<String, Value>) -> Vec<Change> {
    let mut found = diff(facts, &Map::new(), after);
    for change in &mut found {
        // A new resource replaces nothing.
        change.recreation = Recreation::Never;
    }
    found
}

struct Differ<'a> {
    facts: Option<&'a TypeFacts>,
    found: Vec<Change>,
}

impl Differ<'_> {
    fn value(&mut self, before: &Value, after: &Value, path: &PropertyPath) {
        if same(before, after) {
            return;
        }
        match (before, after) {
            _ if is_intrinsic(before) || is_intrinsic(after) => self.text(before, after, path),
            (Value::Object(before), Value::Object(after)) => self.objects(before, after, path),
            (Value::Array(before), Value::Array(after)) => self.arrays(before, after, path),
            _ => self.text(before, after, path),
        }
    }

    fn objects(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, path: &PropertyPath) {
        for (key, old) in before {
            match after.get(key) {
                Some(new) => self.value(old, new, &path.key(key)),
                None => self.change(&path.key(key), Some(old), None),
            }
        }
        for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            self.change(&path.key(key), None, Some(new));
        }
    }

    fn arrays(&mut self, before: &[Value], after: &[Value], path: &PropertyPath) {
        let ordered = self.facts.and_then(|facts| facts.property(path)).is_none_or(|property| property.is_ordered());
        let length = self.found.len();
        if let Some((old, new)) =
            identity_of(before, after).map(|name| (by_identity(before, name), by_identity(after, name)))
        {
            for (key, (at, item)) in &old {
                match new.get(key) {
                    Some((to, other)) => self.value(item, other, &path.index(*to)),
                    None => self.change(&path.index(*at), Some(item), None),
                }
            }
            for (at, item) in new.iter().filter(|(key, _)| !old.contains_key(*key)).map(|(_, found)| found) {
                self.change(&path.index(*at), None, Some(item));
            }
        } else if ordered {
            self.sequence(before, after, path);
        } else {
            let gone: Vec<&Value> = missing(before, after);
            let new: Vec<&Value> = missing(after, before);
            for at in 0..gone.len().max(new.len()) {
                self.change(&path.index(at), gone.get(at).copied(), new.get(at).copied());
            }
        }
        if ordered && self.found.len() == length {
            // The same items in another order, where the order counts.
            self.change(path, Some(&before.to_vec().into()), Some(&after.to_vec().into()));
        }
    }

    /// Lists whose order counts: what both begin and end with stays, the middle is compared item by item.
    fn sequence(&mut self, before: &[Value], after: &[Value], path: &PropertyPath) {
        let most = before.len().min(after.len());
        let head = before.iter().zip(after).take_while(|(a, b)| same(a, b)).count();
        let tail =
            before.iter().rev().zip(after.iter().rev()).take(most - head).take_while(|(a, b)| same(a, b)).count();
        let old = before.get(head..before.len() - tail).unwrap_or_default();
        let new = after.get(head..after.len() - tail).unwrap_or_default();
        for at in 0..old.len().max(new.len()) {
            let path = path.index(head + at);
            match (old.get(at), new.get(at)) {
                (Some(old), Some(new)) => self.value(old, new, &path),
                (old, new) => self.change(&path, old, new),
            }
        }
    }

    /// Scalars and functions; JSON text is compared inside.
    fn text(&mut self, before: &Value, after: &Value, path: &PropertyPath) {
        let Some((old, new)) = json_text(before).zip(json_text(after)) else {
            return self.change(path, Some(before), Some(after));
        };
        let mut inner = Differ { facts: None, found: Vec::new() };
        inner.value(&old, &new, &PropertyPath::root());
        let recreation = self.recreation(path, after);
        if inner.found.is_empty() {
            // Only spelling differs, but CloudFormation compares the spelling.
            return self.change(path, Some(before), Some(after));
        }
        for change in inner.found {
            self.found.push(Change { path: path.clone(), inside: Some(change.path.clone()), recreation, ..change });
        }
    }

    fn change(&mut self, path: &PropertyPath, before: Option<&Value>, after: Option<&Value>) {
        let kind = match (before, after) {
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (Some(_), Some(_)) => ChangeKind::Modified,
        };
        let sides = before.into_iter().chain(after);
        let recreation = sides.map(|value| self.recreation(path, value)).max().unwrap_or(Recreation::Never);
        let edited = self.facts.filter(|_| kind == ChangeKind::Modified);
        let recreation = edited.map_or(recreation, |facts| recreation.max(facts.recreation_of_edit(path)));
        self.found.push(Change {
            path: path.clone(),
            inside: None,
            kind,
            before: before.cloned(),
            after: after.cloned(),
            known_after_apply: false,
            recreation,
            caused_by: None,
            sensitive: false,
        });
    }

    /// The strongest recreation of a value or of anything in it.
    fn recreation(&self, path: &PropertyPath, value: &Value) -> Recreation {
        let Some(facts) = self.facts else { return Recreation::Never };
        let here = facts.recreation(path);
        let below = match value {
            Value::Object(members) => members.iter().map(|(key, v)| self.recreation(&path.key(key), v)).max(),
            Value::Array(items) => items.iter().enumerate().map(|(at, v)| self.recreation(&path.index(at), v)).max(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        below.map_or(here, |below| below.max(here))
    }
}

/// Whether two values are the same to CloudFormation, for which every scalar is text and tags have no order.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::String(text), other) | (other, Value::String(text)) => {
            scalar(other).is_some_and(|other| other == *text)
        }
        _ => a == b,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The member that tells the items of both lists apart, if there is one.
fn identity_of(before: &[Value], after: &[Value]) -> Option<&'static str> {
    IDENTITIES
        .into_iter()
        .find(|name| [before, after].iter().all(|items| by_identity(items, name).len() == items.len()))
}

/// Items by the text of a member; items without it, or with another item's, are missing.
fn by_identity<'a>(items: &'a [Value], name: &str) -> BTreeMap<&'a str, (usize, &'a Value)> {
    items.iter().enumerate().filter_map(|(at, item)| Some((item.get(name)?.as_str()?, (at, item)))).collect()
}

/// The items of one list that the other lacks, each as often as it is missing.
fn missing<'a>(items: &'a [Value], other: &[Value]) -> Vec<&'a Value> {
    let mut taken = BTreeSet::new();
    let mut take = |item: &Value| {
        let found = other.iter().enumerate().position(|(at, candidate)| !taken.contains(&at) && same(item, candidate));
        found.is_some_and(|at| taken.insert(at))
    };
    items.iter().filter(|item| !take(item)).collect()
}

/// The JSON object or list that a string, or the text of a `Fn::Sub`, holds.
fn json_text(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text,
        other => other.get("Fn::Sub")?.as_str()?,
    };
    let text = text.trim_start();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<Value>(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::template::Step;
    use crate::template::schema::facts;

    fn changes(type_name: &str, before: Value, after: Value) -> Vec<String> {
        let (Value::Object(before), Value::Object(after)) = (before, after) else { panic!("objects") };
        diff(facts(type_name), &before, &after)
            .into_iter()
            .map(|change| {
                let inside = change.inside.map(|path| format!(" > {path}")).unwrap_or_default();
                let side = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
                format!("{}{inside}: {} -> {}", change.path, side(change.before), side(change.after))
            })
            .collect()
    }

    #[test]
    fn a_change_names_the_smallest_property() {
        let found = changes(
            "AWS::Lambda::Function",
            json!({"MemorySize": 512, "Environment": {"Variables": {"A": "1", "B": "2"}}, "Timeout": "60"}),
            json!({"MemorySize": 1024, "Environment": {"Variables": {"A": "1", "C": "3"}}, "Timeout": 60}),
        );
        let expected =
            ["Environment.Variables.B: \"2\" -> -", "Environment.Variables.C: - -> \"3\"", "MemorySize: 512 -> 1024"];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_order_of_tags_and_of_unordered_lists_means_nothing() {
        let tag = |key: &str| json!({"Key": key, "Value": "v"});
        assert!(
            changes(
                "AWS::DynamoDB::Table",
                json!({"Tags": [tag("a"), tag("b")]}),
                json!({"Tags": [tag("b"), tag("a")]})
            )
            .is_empty()
        );
        let metrics = "DesiredShardLevelMetrics";
        let found = changes(
            "AWS::Kinesis::Stream",
            json!({metrics: ["IncomingBytes", "OutgoingBytes"]}),
            json!({metrics: ["OutgoingBytes", "IncomingRecords"]}),
        );
        assert_eq!(found, ["DesiredShardLevelMetrics[0]: \"IncomingBytes\" -> \"IncomingRecords\""]);
    }

    #[test]
    fn items_with_an_identity_are_matched_by_it() {
        let found = changes(
            "AWS::Kinesis::Stream",
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]}),
        );
        let expected = [
            "Tags[0]: {\"Key\":\"a\",\"Value\":\"1\"} -> -",
            "Tags[0].Value: \"2\" -> \"3\"",
            "Tags[1]: - -> {\"Key\":\"c\",\"Value\":\"4\"}",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_list_whose_order_counts_says_so_when_only_the_order_changes() {
        let key = |name: &str| json!({"AttributeName": name, "KeyType": "HASH"});
        let found = changes(
            "AWS::DynamoDB::Table",
            json!({"KeySchema": {"x": 1}, "Z": [key("a"), key("b")]}),
            json!({"KeySchema": {"x": 1}, "Z": [key("b"), key("a")]}),
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("Z: "));
    }

    #[test]
    fn json_text_is_compared_inside() {
        let body =
            |width: u32| json!({"DashboardBody": {"Fn::Sub": format!("{{\"widgets\":[{{\"width\":{width}}}]}}")}});
        let found = changes("AWS::CloudWatch::Dashboard", body(6), body(12));
        assert_eq!(found, ["DashboardBody > widgets[0].width: 6 -> 12"]);
    }

    #[test]
    fn a_whole_object_with_something_create_only_in_it_recreates() {
        let (Value::Object(before), Value::Object(after)) = (json!({}), json!({"Budget": {"BudgetName": "a"}})) else {
            panic!("objects")
        };
        let found = diff(facts("AWS::Budgets::Budget"), &before, &after);
        assert_eq!(found[0].recreation, Recreation::Always);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("Key|Tags|[a-c]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn properties() -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::btree_map("Tags|Name|DesiredShardLevelMetrics|[a-c]", value(), 0..4)
            .prop_map(|members| members.into_iter().collect())
    }

    /// Values whose lists either count by place or have items with a name, in the order of their names.
    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i8>().prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let named = prop::collection::btree_map("[k-n]", inner.clone(), 1..4).prop_map(|items| {
                items.into_iter().map(|(key, value)| json!({"Key": key, "V": value})).collect::<Vec<_>>().into()
            });
            prop_oneof![
                named,
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn trees() -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::btree_map("[A-C]", tree(), 0..4).prop_map(|members| members.into_iter().collect())
    }

    /// Carries changes out: what goes by its place before, then what comes and what changes by its place after.
    fn carried_out(before: &Map<String, Value>, changes: &[Change]) -> Value {
        let mut whole = Value::Object(before.clone());
        let mut ordered: Vec<&Change> = changes.iter().collect();
        ordered.sort_by_key(|change| {
            let steps = change.path.steps();
            let place = match (change.kind, steps.last()) {
                (ChangeKind::Removed, Some(Step::Index(at))) => (0, usize::MAX - at),
                (ChangeKind::Removed, _) => (0, 0),
                (ChangeKind::Added, Some(Step::Index(at))) => (1, *at),
                (ChangeKind::Added, _) => (1, 0),
                (ChangeKind::Modified, _) => (2, 0),
            };
            (steps.len(), place)
        });
        for change in ordered {
            let (parent, last) = change.path.steps().split_at(change.path.steps().len() - 1);
            let parent = parent.iter().fold(PropertyPath::root(), |path, step| path.then(step)).to_pointer();
            let parent = whole.pointer_mut(&parent).expect("is there");
            let after = change.after.clone().unwrap_or_default();
            match (parent, &last[0], change.kind) {
                (Value::Object(members), Step::Key(key), ChangeKind::Removed) => drop(members.remove(key)),
                (Value::Object(members), Step::Key(key), _) => drop(members.insert(key.clone(), after)),
                (Value::Array(items), Step::Index(at), ChangeKind::Removed) => drop(items.remove(*at)),
                (Value::Array(items), Step::Index(at), ChangeKind::Added) => items.insert(*at, after),
                (Value::Array(items), Step::Index(at), ChangeKind::Modified) => items[*at] = after,
                (parent, step, _) => panic!("{step:?} of {parent}"),
            }
        }
        whole
    }

    proptest! {
        #[test]
        fn carrying_out_what_differs_gives_what_is_wanted(before in trees(), after in trees()) {
            let changes = diff(None, &before, &after);
            let reached = carried_out(&before, &changes);
            prop_assert!(same(&reached, &Value::Object(after)), "{reached} by {changes:?}");
        }

        #[test]
        fn nothing_differs_from_itself(a in properties()) {
            prop_assert_eq!(diff(facts("AWS::Kinesis::Stream"), &a, &a), vec![]);
        }

        #[test]
        fn what_differs_one_way_differs_the_other_way(a in properties(), b in properties()) {
            let there = diff(None, &a, &b);
            let back = diff(None, &b, &a);
            prop_assert_eq!(there.is_empty(), back.is_empty());
        }

        #[test]
        fn no_difference_means_the_same_value_where_order_counts(a in properties(), b in properties()) {
            if diff(None, &a, &b).is_empty() {
                prop_assert!(same(&Value::Object(a), &Value::Object(b)));
            }
        }
    }
}
