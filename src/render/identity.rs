//! Names that follow from content: of what AWS lets nobody change.
//!
//! A function version is a snapshot, so its logical id carries the hash of the function's code and configuration:
//! otherwise the alias would keep serving the old one. Model and endpoint configuration are immutable in every
//! property, so their names carry the hash of all of them. Settled last, when templates and escape hatch have had
//! their say, because whatever they change must change the name.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{consumer, endpoint};
use crate::pipeline::{Origins, Pipeline};
use crate::template::Template;
use crate::units::LogicalId;

/// Digits of the hash in a version's logical id.
const VERSION_DIGITS: usize = 12;

pub(super) fn settle(pipeline: &Pipeline, template: &mut Template, origins: &mut Origins) {
    for name in pipeline.endpoints().keys() {
        settle_endpoint(pipeline, template, name);
    }
    for name in pipeline.consumers().keys() {
        settle_version(template, origins, name);
    }
}

fn settle_endpoint(pipeline: &Pipeline, template: &mut Template, name: &crate::units::StageName) {
    let (model, config) = endpoint::hashed_ids(name);
    let Some(content) = template.resources.get(&model).map(|resource| hash(&resource.properties)) else { return };
    let model_name = pipeline.model_name(name, &content);
    set(template, &model, "ModelName", &model_name);

    // The configuration refers to the model; what it refers to is part of its content.
    let Some(resource) = template.resources.get(&config) else { return };
    let mut content = Value::Object(resource.properties.clone());
    replace_references(&mut content, &model, &Value::String(model_name));
    let config_name = pipeline.endpoint_config_name(name, &hash(&content));
    set(template, &config, "EndpointConfigName", &config_name);
}

fn set(template: &mut Template, id: &LogicalId, property: &str, value: &str) {
    if let Some(resource) = template.resources.get_mut(id) {
        resource.properties.insert(property.to_owned(), value.into());
    }
}

fn settle_version(template: &mut Template, origins: &mut Origins, name: &crate::units::StageName) {
    let plain = consumer::version_id(name);
    let Some(function) = template.resources.get(&consumer::ids(name).function) else { return };
    let digits: String = hash(&function.properties).chars().take(VERSION_DIGITS).collect();
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
