//! What is checked before an operation is accepted: references, types, cycles, limits, capabilities
//! (section 4.2 and ER-31).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::document::{Definition, Document};
use super::error::{Answer, Refusal};
use super::evaluate::{KNOWN_AFTER_APPLY, Scope, World};
use super::facts;
use super::references;
use crate::template::limits;

/// A world in which everything exists and nothing is known: evaluating in it finds malformed functions.
struct Dry;

impl World for Dry {
    fn reference(&self, _: &str) -> Result<Value, String> {
        Ok(Value::from(KNOWN_AFTER_APPLY))
    }
    fn attribute(&self, _: &str, _: &str) -> Result<Value, String> {
        Ok(Value::from(KNOWN_AFTER_APPLY))
    }
    fn import(&self, _: &str) -> Result<Value, String> {
        Ok(Value::from(KNOWN_AFTER_APPLY))
    }
}

/// A resource's properties as far as they are known before anything is made; `None` where a function is malformed.
pub(super) fn resolved(scope: &Scope<'_>, definition: &Definition) -> Option<Map<String, Value>> {
    scope.members(&definition.properties, &Dry).ok()
}

/// Checks a template with its parameters decided.
pub(super) fn check(scope: &Scope<'_>) -> Answer<()> {
    let document = scope.document;
    limits(document)?;
    let unknown: BTreeSet<&str> = document
        .resources
        .values()
        .map(|definition| definition.type_name.as_str())
        .filter(|name| facts::of(name).is_none())
        .collect();
    if !unknown.is_empty() {
        let unknown: Vec<&str> = unknown.into_iter().collect();
        return Err(Refusal::validation(format!(
            "Template format error: Unrecognized resource types: [{}]",
            unknown.join(", ")
        )));
    }
    references_resolve(scope)?;
    cycle(document)?;
    for definition in document.resources.values() {
        scope.members(&definition.properties, &Dry).map_err(Refusal::validation)?;
    }
    for output in document.outputs.values() {
        let condition = output.get("Condition").and_then(Value::as_str);
        if scope.holds(condition) {
            scope.value(output, &Dry).map_err(Refusal::validation)?;
        }
    }
    Ok(())
}

fn limits(document: &Document) -> Answer<()> {
    let count = |what: &str, found: usize, most: usize| {
        if found > most {
            return Err(Refusal::validation(format!(
                "Template format error: Number of {what}, {found}, is greater than maximum allowed, {most}"
            )));
        }
        Ok(())
    };
    count("resources", document.resources.len(), limits::RESOURCES)?;
    count("parameters", document.parameters.len(), limits::PARAMETERS)?;
    count("outputs", document.outputs.len(), limits::OUTPUTS)?;
    count("mappings", document.mappings.len(), limits::MAPPINGS)?;
    let described = document.description.as_ref().map_or(0, String::len);
    if described > limits::DESCRIPTION_BYTES {
        return Err(Refusal::validation("Template format error: 'Description' length is greater than 1024."));
    }
    Ok(())
}

/// TV-01 and TV-02: what is referred to must be there, under its condition.
fn references_resolve(scope: &Scope<'_>) -> Answer<()> {
    let document = scope.document;
    let dangling = |value: &Value, found: &mut BTreeSet<String>| {
        for reference in references::in_value(value) {
            let name = &reference.target;
            let known = name.starts_with("AWS::") || document.parameters.contains_key(name) || scope.exists(name);
            if !known {
                found.insert(name.clone());
            }
        }
    };
    let mut missing = BTreeSet::new();
    for (logical_id, definition) in &document.resources {
        if !scope.exists(logical_id) {
            continue;
        }
        for value in definition.properties.values().chain(definition.metadata.as_ref()) {
            dangling(&chosen(scope, value), &mut missing);
        }
        // A dependency on a resource that its condition removes is dropped; on none at all is refused.
        missing.extend(definition.depends_on.iter().filter(|name| !document.resources.contains_key(*name)).cloned());
    }
    if !missing.is_empty() {
        return Err(Refusal::validation(format!(
            "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
            missing.into_iter().collect::<Vec<_>>().join(", ")
        )));
    }
    for output in document.outputs.values() {
        if scope.holds(output.get("Condition").and_then(Value::as_str)) {
            for part in [output.get("Value"), output.get("Export")].into_iter().flatten() {
                dangling(&chosen(scope, part), &mut missing);
            }
        }
    }
    if !missing.is_empty() {
        let wholly = missing.iter().all(|name| !document.resources.contains_key(name));
        let prefix = if wholly { "Template format error: " } else { "" };
        return Err(Refusal::validation(format!(
            "{prefix}Unresolved resource dependencies [{}] in the Outputs block of the template",
            missing.into_iter().collect::<Vec<_>>().join(", ")
        )));
    }
    Ok(())
}

/// The value with every `Fn::If` decided, so that only the branch that counts is looked at.
fn chosen(scope: &Scope<'_>, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            if let Some(("Fn::If", Value::Array(parts))) = references::function(value)
                && let [Value::String(condition), yes, no] = parts.as_slice()
                && scope.document.conditions.contains_key(condition)
            {
                return chosen(scope, if scope.holds(Some(condition)) { yes } else { no });
            }
            Value::Object(members.iter().map(|(key, member)| (key.clone(), chosen(scope, member))).collect())
        }
        Value::Array(items) => items.iter().map(|item| chosen(scope, item)).collect(),
        scalar => scalar.clone(),
    }
}

/// TV-03: takes away what needs nothing until nothing is left, or only a cycle and what hangs on it.
fn cycle(document: &Document) -> Answer<()> {
    let mut open: BTreeMap<&String, BTreeSet<String>> =
        document.resources.keys().map(|logical_id| (logical_id, document.needs(logical_id))).collect();
    loop {
        let free: Vec<&String> = open
            .iter()
            .filter(|(_, needs)| !needs.iter().any(|need| open.contains_key(need)))
            .map(|(logical_id, _)| *logical_id)
            .collect();
        if free.is_empty() {
            break;
        }
        for logical_id in free {
            open.remove(logical_id);
        }
    }
    let itself = document.resources.iter().filter(|(logical_id, definition)| {
        definition.depends_on.contains(logical_id)
            || definition.properties.values().flat_map(references::in_value).any(|r| &r.target == *logical_id)
    });
    let mut caught: BTreeSet<&str> = itself.map(|(logical_id, _)| logical_id.as_str()).collect();
    caught.extend(open.keys().map(|logical_id| logical_id.as_str()));
    if caught.is_empty() {
        return Ok(());
    }
    let caught: Vec<&str> = caught.into_iter().collect();
    Err(Refusal::validation(format!("Circular dependency between resources: [{}]", caught.join(", "))))
}

const IAM: [(&str, Option<&str>); 8] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// What a template needs the caller to acknowledge, and the types that need it (ER-31, ER-32).
pub(super) fn capabilities(document: &Document) -> (Vec<&'static str>, Vec<String>) {
    let mut types = BTreeSet::new();
    let mut named = false;
    for definition in document.resources.values() {
        let Some((_, name)) = IAM.iter().find(|(type_name, _)| *type_name == definition.type_name) else { continue };
        types.insert(definition.type_name.clone());
        named |= name.is_some_and(|name| definition.properties.contains_key(name));
    }
    let mut needed = Vec::new();
    if !types.is_empty() {
        needed.push(if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" });
    }
    if !document.transforms.is_empty() {
        needed.push("CAPABILITY_AUTO_EXPAND");
    }
    (needed, types.into_iter().collect())
}

/// ER-31: NAMED_IAM satisfies IAM.
pub(super) fn acknowledged(document: &Document, given: &[String]) -> Answer<()> {
    let has = |name: &str| given.iter().any(|one| one == name);
    let missing: Vec<&str> = capabilities(document)
        .0
        .into_iter()
        .filter(|needed| !has(needed) && (*needed != "CAPABILITY_IAM" || !has("CAPABILITY_NAMED_IAM")))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::coded(
        "InsufficientCapabilitiesException",
        format!("Requires capabilities : [{}]", missing.join(", ")),
    ))
}

/// TV-21: a name of a new stack.
pub(super) fn stack_name(name: &str) -> Answer<()> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !fits {
        let rule = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*";
        return Err(Refusal::constraint(name, "stackName", rule));
    }
    if name.len() > 128 {
        return Err(Refusal::constraint(name, "stackName", "have length less than or equal to 128"));
    }
    Ok(())
}
