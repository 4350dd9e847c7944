//! Names that follow from content: of what AWS lets nobody change.
//!
//! A function version is a snapshot, so its logical id carries the hash of the function's code and configuration:
//! otherwise the alias would keep serving the old one. Model and endpoint configuration are immutable in every
//! property, so their names carry the hash of all of them. Settled last, when templates and escape hatch have had
//! their say, because whatever they change must change the name.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{endpoint, function};
use crate::pipeline::{Endpoint, Origins, Pipeline, StageKind, StageRef};
use crate::template::Template;
use crate::units::LogicalId;

/// Digits of the hash in a version's logical id.
const VERSION_DIGITS: usize = 12;
/// What a version does not freeze. Lambda publishes no version when nothing that it freezes has changed, and
/// CloudFormation takes that for a failure: "A version for this Lambda function exists" (aws/aws-cdk#11537).
const NOT_FROZEN: [&str; 3] = ["CodeSigningConfigArn", "ReservedConcurrentExecutions", "Tags"];

pub(super) fn settle(pipeline: &Pipeline, template: &mut Template, origins: &mut Origins) {
    for endpoint in pipeline.endpoints().values() {
        settle_endpoint(pipeline, template, endpoint);
    }
    let consumers = pipeline.consumers().keys().map(|name| StageRef::new(StageKind::Consumer, name));
    let workers = pipeline.workers().keys().map(|name| StageRef::new(StageKind::Worker, name));
    for stage in consumers.chain(workers) {
        settle_version(template, origins, &stage);
    }
}

fn settle_endpoint(pipeline: &Pipeline, template: &mut Template, endpoint: &Endpoint) {
    let config = endpoint::config_id(&endpoint.name);
    let Some(mut content) = template.resources.get(&config).map(|resource| Value::Object(resource.properties.clone()))
    else {
        return;
    };
    for model in endpoint::model_ids(endpoint) {
        let Some(digest) = template.resources.get(&model).map(|resource| hash(&resource.properties)) else { continue };
        let name = pipeline.model_name(&endpoint.name, &digest);
        set(template, &model, "ModelName", &name);
        // The configuration refers to the model; what it refers to is part of its content.
        replace_references(&mut content, &model, &Value::String(name));
    }
    let name = pipeline.endpoint_config_name(&endpoint.name, &hash(&content));
    set(template, &config, "EndpointConfigName", &name);
}

fn set(template: &mut Template, id: &LogicalId, property: &str, value: &str) {
    if let Some(resource) = template.resources.get_mut(id) {
        resource.properties.insert(property.to_owned(), value.into());
    }
}

fn settle_version(template: &mut Template, origins: &mut Origins, stage: &StageRef) {
    let ids = function::Ids::of(stage);
    let plain = ids.version;
    let Some(function) = template.resources.get(&ids.function) else { return };
    let mut frozen = function.properties.clone();
    frozen.retain(|name, _| !NOT_FROZEN.contains(&name.as_str()));
    let digits: String = hash(&frozen).chars().take(VERSION_DIGITS).collect();
    let Ok(settled) = LogicalId::new(&format!("{plain}{digits}")) else { return };
    let Some(resource) = template.resources.remove(&plain) else { return };
    if let Some(origin) = origins.remove(&plain) {
        origins.insert(settled.clone(), origin);
    }
    template.resources.insert(settled.clone(), resource);
    for resource in template.resources.values_mut() {
        for value in resource.properties.values_mut() {
            rename(value, &plain, &settled);
        }
        for id in resource.depends_on.iter_mut().filter(|id| **id == plain) {
            *id = settled.clone();
        }
    }
    for output in template.outputs.values_mut() {
        rename(&mut output.value, &plain, &settled);
    }
}

/// SHA-256 of a value in one fixed form: members sorted.
fn hash(value: &impl serde::Serialize) -> String {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<(String, Value)> =
                    members.into_iter().map(|(name, member)| (name, sorted(member))).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(Map::from_iter(members))
            }
            Value::Array(items) => items.into_iter().map(sorted).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }
    let text = serde_json::to_value(value).map(|value| sorted(value).to_string()).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The target of a `Ref` or `Fn::GetAtt`, if the value is one.
fn target(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    match (members.get("Ref"), members.get("Fn::GetAtt")) {
        (Some(Value::String(id)), _) => Some(id),
        (_, Some(Value::Array(parts))) => parts.first()?.as_str(),
        _ => None,
    }
}

fn replace_references(value: &mut Value, id: &LogicalId, with: &Value) {
    if target(value) == Some(id.as_str()) {
        *value = with.clone();
        return;
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| replace_references(member, id, with)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_references(item, id, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Renames a logical id wherever a value refers to it, `Fn::Sub` texts included.
fn rename(value: &mut Value, from: &LogicalId, to: &LogicalId) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match (name.as_str(), member) {
                    ("Ref", Value::String(id)) if id == from.as_str() => to.as_str().clone_into(id),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        if let Some(Value::String(id)) = parts.first_mut().filter(|part| **part == from.as_str()) {
                            to.as_str().clone_into(id);
                        }
                    }
                    ("Fn::Sub", Value::String(text)) => *text = renamed(text, from, to),
                    ("Fn::Sub", Value::Array(parts)) => {
                        for part in parts {
                            if let Value::String(text) = part {
                                *text = renamed(text, from, to);
                            } else {
                                rename(part, from, to);
                            }
                        }
                    }
                    (_, member) => rename(member, from, to),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn renamed(text: &str, from: &LogicalId, to: &LogicalId) -> String {
    text.replace(&format!("${{{from}}}"), &format!("${{{to}}}")).replace(&format!("${{{from}."), &format!("${{{to}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_change_the_hash_and_a_value_does() {
        assert_eq!(hash(&json!({"a": 1, "b": [{"c": 2, "d": 3}]})), hash(&json!({"b": [{"d": 3, "c": 2}], "a": 1})));
        assert_ne!(hash(&json!({"a": 1})), hash(&json!({"a": 2})));
    }

    #[test]
    fn every_kind_of_reference_is_renamed_and_nothing_else() {
        let id = |text: &str| LogicalId::new(text).expect("an id");
        let mut value = json!([{"Ref": "V"}, {"Fn::GetAtt": ["V", "Version"]}, {"Fn::Sub": "${V.Version} ${Vx} V"}, {"Fn::Sub": ["${V}", {"x": {"Ref": "V"}}]}, "V"]);
        rename(&mut value, &id("V"), &id("W"));
        assert_eq!(
            value,
            json!([{"Ref": "W"}, {"Fn::GetAtt": ["W", "Version"]}, {"Fn::Sub": "${W.Version} ${Vx} V"}, {"Fn::Sub": ["${W}", {"x": {"Ref": "W"}}]}, "V"])
        );
    }
}
