//! Resources that are the same under another logical id, because their stage got another name.
//!
//! CloudFormation knows no renaming: the one goes and the other is made. This only finds the pairs, so that a plan can say so.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::desired::named_resources;
use super::model::{Action, Removal, ResourcePlan};
use crate::template::{Resource, Template};
use crate::units::LogicalId;

/// A resource that leaves, and the one that is made in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Move {
    /// Logical id before.
    pub from: LogicalId,
    /// Logical id after.
    pub to: LogicalId,
    /// What becomes of the one before.
    pub removal: Option<Removal>,
}

/// The pairs of resources that are equal but for the name of a stage, by the new logical id.
pub(super) fn moves(before: &Template, after: &Template, resources: &[ResourcePlan]) -> Vec<Move> {
    let those = |wanted: Action| -> BTreeSet<&LogicalId> {
        resources.iter().filter(|plan| plan.action == wanted).map(|plan| &plan.logical_id).collect()
    };
    let (leaving, coming) = (those(Action::Delete), those(Action::Create));
    if leaving.is_empty() || coming.is_empty() {
        return Vec::new();
    }
    let texts = |template: &Template, ids: &BTreeSet<&LogicalId>| -> BTreeMap<String, String> {
        let found = ids.iter().filter_map(|id| Some((id.to_string(), text(template.resources.get(*id)?))));
        found.collect()
    };
    let (old, new) = (texts(before, &leaving), texts(after, &coming));
    let mut best: Vec<(LogicalId, LogicalId)> = Vec::new();
    for renaming in renamings(before, &leaving, after, &coming) {
        let pairs = old.iter().filter_map(|(from, text)| {
            let to = renaming.apply(from);
            (to != *from && new.get(&to)? == &renaming.apply(text)).then_some((from, to))
        });
        let pairs: Vec<_> =
            pairs.filter_map(|(from, to)| Some((LogicalId::new(from).ok()?, LogicalId::new(&to).ok()?))).collect();
        // One stage at a time: what explains most is what was meant.
        let known = |pair: &(LogicalId, LogicalId)| best.iter().any(|(from, to)| *from == pair.0 || *to == pair.1);
        let fresh: Vec<_> = pairs.into_iter().filter(|pair| !known(pair)).collect();
        best.extend(fresh);
    }
    best.sort_by(|a, b| a.1.cmp(&b.1));
    let removal = |id: &LogicalId| resources.iter().find(|plan| plan.logical_id == *id).and_then(|plan| plan.removal);
    best.into_iter().map(|(from, to)| Move { removal: removal(&from), from, to }).collect()
}

/// A name that became another one, in every spelling in which names stand in ids and values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Renaming {
    from: String,
    to: String,
}

impl Renaming {
    /// A text with the new name wherever the old one stood: `late-events`, `LateEvents`, `LATE_EVENTS`.
    fn apply(&self, text: &str) -> String {
        let upper = |name: &str| name.replace('-', "_").to_ascii_uppercase();
        text.replace(&self.from, &self.to)
            .replace(&pascal(&self.from), &pascal(&self.to))
            .replace(&upper(&self.from), &upper(&self.to))
    }
}

fn pascal(name: &str) -> String {
    LogicalId::from_words(&[name]).to_string()
}

/// What may have been renamed: names of two resources of a type that are the same but for one part between hyphens, the
/// names that most resources share first.
fn renamings(
    before: &Template,
    leaving: &BTreeSet<&LogicalId>,
    after: &Template,
    coming: &BTreeSet<&LogicalId>,
) -> Vec<Renaming> {
    let (old, new) = (named_resources(before), named_resources(after));
    let mut found: BTreeMap<Renaming, usize> = BTreeMap::new();
    for from in old.iter().filter(|named| leaving.contains(&named.logical_id)) {
        for to in new.iter().filter(|named| coming.contains(&named.logical_id) && named.type_name == from.type_name) {
            if let Some(renaming) = differing(&from.name, &to.name) {
                *found.entry(renaming).or_default() += 1;
            }
        }
    }
    let mut found: Vec<(Renaming, usize)> = found.into_iter().collect();
    found.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    found.into_iter().map(|(renaming, _)| renaming).collect()
}

/// The parts of two names that differ, where something before them is the same.
fn differing(from: &str, to: &str) -> Option<Renaming> {
    let (old, new): (Vec<&str>, Vec<&str>) = (from.split('-').collect(), to.split('-').collect());
    let shorter = old.len().min(new.len());
    let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let last = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    // What became `payments` was `card-payments`, not `card`: neither name is empty.
    let first = first.min(shorter.saturating_sub(1));
    let last = last.min(shorter.saturating_sub(first + 1));
    let part = |parts: &[&str]| parts.get(first..parts.len() - last).map(|parts| parts.join("-"));
    let (from, to) = (part(&old)?, part(&new)?);
    (first > 0 && !from.is_empty() && !to.is_empty()).then_some(Renaming { from, to })
}

/// Everything that a template says of a resource, as one text.
fn text(resource: &Resource) -> String {
    let mut template = Template::default();
    if let Ok(id) = LogicalId::new("It") {
        template.resources.insert(id, resource.clone());
    }
    template.to_canonical_json()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::desired::Known;
    use super::super::{Desired, classify};
    use super::*;
    use crate::pipeline::Origins;

    fn stage(name: &str) -> Value {
        let id = pascal(name);
        json!({
            format!("Stream{id}"): {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": format!("p-dev-{name}"), "ShardCount": 2}},
            format!("Topic{id}"): {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": format!("p-dev-{name}-alarms")}},
            format!("Policy{id}"): {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": {
                "Statement": [{"Effect": "Allow", "Action": "kinesis:PutRecord",
                    "Resource": {"Fn::GetAtt": [format!("Stream{id}"), "Arn"]}}]}}},
        })
    }

    fn found(before: Value, after: Value) -> Vec<String> {
        let template = |resources: Value| Template::from_value(json!({"Resources": resources})).expect("a template");
        let desired = Desired {
            stack: "p-dev".to_owned(),
            template: template(after),
            tags: BTreeMap::new(),
            origins: Origins::new(),
            loads: BTreeMap::new(),
        };
        let before = template(before);
        let resources = classify::resources(&desired, &before, &Known::default(), false);
        let pairs = moves(&before, &desired.template, &resources);
        pairs.iter().map(|pair| format!("{} {}", pair.from, pair.to)).collect()
    }

    #[test]
    fn a_stage_under_another_name_is_the_same_with_all_that_belongs_to_it() {
        assert_eq!(
            found(stage("card-payments"), stage("payments")),
            [
                "PolicyCardPayments PolicyPayments",
                "StreamCardPayments StreamPayments",
                "TopicCardPayments TopicPayments"
            ]
        );
    }

    #[test]
    fn what_also_changed_is_no_move() {
        let mut after = stage("payments");
        after["StreamPayments"]["Properties"]["ShardCount"] = json!(4);
        assert_eq!(found(stage("orders"), after), ["PolicyOrders PolicyPayments", "TopicOrders TopicPayments"]);
    }

    #[test]
    fn stages_that_come_and_go_for_reasons_of_their_own_are_no_moves() {
        let table = json!({"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "p-dev-orders"}}});
        assert_eq!(found(stage("orders"), table.clone()), Vec::<String>::new());
        assert_eq!(found(table, stage("orders")), Vec::<String>::new());
    }
}
