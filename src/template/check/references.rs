//! References lead somewhere: to a resource, a parameter, a pseudo parameter, an attribute, a condition.

use serde_json::Value;

use super::{Findings, Rule};
use crate::diagnostic::closest;
use crate::template::intrinsic::{for_each_reference, function, pseudo_parameter};
use crate::template::model::{Resource, Template};
use crate::template::path::PropertyPath;
use crate::template::schema;

/// Checks the references of one resource.
pub(super) fn of_resource(template: &Template, resource: &Resource, findings: &mut Findings<'_>) {
    for (name, value) in &resource.properties {
        let path = PropertyPath::of(name);
        of_value(template, value, &path, findings);
    }
    for id in &resource.depends_on {
        if !template.resources.contains_key(id) {
            findings.add(&PropertyPath::root(), Rule::Reference, unresolved(template, "DependsOn", id.as_str()));
        }
    }
    if let Some(condition) = resource.condition.as_deref().filter(|name| !template.conditions.contains_key(*name)) {
        findings.add(&PropertyPath::root(), Rule::Condition, format!("the condition `{condition}` is not defined"));
    }
}

/// Checks the references of the outputs.
pub(super) fn of_outputs(template: &Template, findings: &mut Findings<'_>) {
    for (name, output) in &template.outputs {
        of_value(template, &output.value, &PropertyPath::of(name.as_str()), findings);
    }
}

fn of_value(template: &Template, value: &Value, path: &PropertyPath, findings: &mut Findings<'_>) {
    for_each_reference(value, |target, attribute| one(template, target, attribute, path, findings));
    conditions(template, value, path, findings);
}

fn one(template: &Template, target: &str, attribute: Option<&str>, path: &PropertyPath, findings: &mut Findings<'_>) {
    if attribute.is_none() && (pseudo_parameter(target) || template.parameters.contains_key(target)) {
        return;
    }
    let Some(resource) = template.resources.get(target) else {
        findings.add(path, Rule::Reference, unresolved(template, "a reference", target));
        return;
    };
    let Some((attribute, facts)) = attribute.zip(schema::facts(&resource.type_name)) else {
        return;
    };
    if !facts.has_attribute(attribute) {
        let known = facts.attributes().join(", ");
        findings.add(
            path,
            Rule::Attribute,
            format!("`{target}` is a {} and has no attribute `{attribute}`; it has {known}", resource.type_name),
        );
    }
}

fn unresolved(template: &Template, what: &str, target: &str) -> String {
    let known = template.resources.keys().map(|id| id.as_str()).chain(template.parameters.keys().map(String::as_str));
    match closest(target, known) {
        Some(name) => format!("{what} to `{target}`, which is not in the template; did you mean `{name}`?"),
        None => format!("{what} to `{target}`, which is not in the template"),
    }
}

fn conditions(template: &Template, value: &Value, path: &PropertyPath, findings: &mut Findings<'_>) {
    let used = match function(value) {
        Some(("Fn::If", Value::Array(parts))) => parts.first().and_then(Value::as_str),
        Some(("Condition", argument)) => argument.as_str(),
        _ => None,
    };
    if let Some(name) = used.filter(|name| !template.conditions.contains_key(*name)) {
        findings.add(path, Rule::Condition, format!("the condition `{name}` is not defined"));
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| conditions(template, member, path, findings)),
        Value::Array(items) => items.iter().for_each(|item| conditions(template, item, path, findings)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
