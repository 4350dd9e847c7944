//! Two renderings of one stack, compared resource by resource.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::diff::diff;
use super::super::model::Change;
use super::{Presence, ResourceDifference, Stand};
use crate::pipeline::Origins;
use crate::template::schema::facts;
use crate::template::{Resource, Template};
use crate::units::LogicalId;

/// A stack without what only repeats what it holds: digits in logical ids and names that follow from content.
pub(super) struct Settled {
    template: Template,
    stack: Map<String, Value>,
    origins: Origins,
}

/// Digits of the content's hash at the end of a version's logical id.
const VERSION_DIGITS: usize = 12;

/// Properties that hold a digest of all the others.
const NAMED_BY_CONTENT: [(&str, &str); 2] =
    [("AWS::SageMaker::EndpointConfig", "EndpointConfigName"), ("AWS::SageMaker::Model", "ModelName")];

impl Settled {
    pub(super) fn of(stand: &Stand) -> Self {
        let mut template = stand.template.clone();
        let mut origins = stand.origins.clone();
        let versions =
            stand.template.resources.iter().filter(|(_, resource)| resource.type_name == "AWS::Lambda::Version");
        for (id, plain) in versions.filter_map(|(id, _)| Some((id, without_digits(id)?))) {
            if let Some(version) = template.resources.remove(id) {
                template.resources.insert(plain.clone(), version);
            }
            if let Some(origin) = origins.remove(id) {
                origins.insert(plain.clone(), origin);
            }
            let properties = template.resources.values_mut().flat_map(|resource| resource.properties.values_mut());
            for value in properties.chain(template.outputs.values_mut().map(|output| &mut output.value)) {
                rename(value, id.as_str(), plain.as_str());
            }
        }
        for (type_name, name) in NAMED_BY_CONTENT {
            let named = template.resources.values_mut().filter(|resource| resource.type_name == type_name);
            named.for_each(|resource| drop(resource.properties.shift_remove(name)));
        }
        let outputs: Map<String, Value> =
            template.outputs.iter().map(|(name, output)| (name.to_string(), output.value.clone())).collect();
        let described = template.description.clone().map(|text| ("Description".to_owned(), Value::from(text)));
        let mut stack: Map<String, Value> = described.into_iter().collect();
        stack.insert("Outputs".to_owned(), outputs.into());
        stack.insert("Tags".to_owned(), json!(stand.tags));
        stack.insert("TerminationProtection".to_owned(), stand.termination_protection.into());
        Self { template, stack, origins }
    }
}

/// The logical id of a version without the digits that follow from what it holds.
fn without_digits(id: &LogicalId) -> Option<LogicalId> {
    let (plain, digits) = id.as_str().split_at_checked(id.as_str().len().checked_sub(VERSION_DIGITS)?)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| LogicalId::new(plain).ok())?
}

fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, from, to)),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Everything in which two stacks differ.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) stack: Vec<Change>,
    pub(super) resources: BTreeMap<LogicalId, ResourceDifference>,
}

impl Differences {
    pub(super) fn of(before: &Settled, after: &Settled) -> Self {
        let mut resources = BTreeMap::new();
        let (old, new) = (&before.template.resources, &after.template.resources);
        for (id, resource) in old {
            let (presence, changes) = match new.get(id) {
                None => (Presence::OnlyBefore, Vec::new()),
                Some(other) => (Presence::Both, changes(resource, other)),
            };
            if presence != Presence::Both || !changes.is_empty() {
                resources.insert(id.clone(), difference(id, resource, &before.origins, presence, changes));
            }
        }
        for (id, resource) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
            resources.insert(id.clone(), difference(id, resource, &after.origins, Presence::OnlyAfter, Vec::new()));
        }
        Self { stack: diff(None, &before.stack, &after.stack), resources }
    }

    /// How many values; a resource that only one side has counts as one.
    pub(super) fn values(&self) -> usize {
        let in_resources = self.resources.values().map(|difference| difference.changes.len().max(1));
        self.stack.len() + in_resources.sum::<usize>()
    }
}

fn difference(
    id: &LogicalId,
    resource: &Resource,
    origins: &Origins,
    presence: Presence,
    changes: Vec<Change>,
) -> ResourceDifference {
    ResourceDifference {
        logical_id: id.clone(),
        type_name: resource.type_name.clone(),
        stage: origins.get(id).and_then(|origin| origin.stage.clone()),
        presence,
        changes,
    }
}

/// What differs in the properties, then what differs beside them.
fn changes(before: &Resource, after: &Resource) -> Vec<Change> {
    let mut found = diff(facts(&after.type_name), &before.properties, &after.properties);
    found.extend(diff(None, &beside(before), &beside(after)));
    found
}

/// What a resource has beside its properties. `DependsOn` only orders work, and `Metadata` only speaks to whoever reads the template.
fn beside(resource: &Resource) -> Map<String, Value> {
    let all = [
        ("Condition", resource.condition.clone().map(Value::from)),
        ("DeletionPolicy", resource.deletion_policy.map(|policy| Value::from(policy.as_str()))),
        ("Type", Some(Value::from(resource.type_name.clone()))),
        ("UpdatePolicy", resource.update_policy.clone()),
        ("UpdateReplacePolicy", resource.update_replace_policy.map(|policy| Value::from(policy.as_str()))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
