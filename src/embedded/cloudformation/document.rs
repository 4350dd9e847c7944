//! A template as the engine holds it: long-form JSON in its sections, mappings and transforms included.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{Answer, Refusal};
use crate::template::{Template, TemplateError};

/// What happens to a resource that leaves the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Policy {
    /// Deleted.
    #[default]
    Delete,
    /// Left behind.
    Retain,
    /// Left behind unless the operation that made it rolls back (SQ-23).
    RetainExceptOnCreate,
    /// Snapshot first (SQ-24).
    Snapshot,
}

impl Policy {
    fn parse(value: Option<&Value>) -> Option<Self> {
        match value.and_then(Value::as_str)? {
            "Delete" => Some(Self::Delete),
            "Retain" => Some(Self::Retain),
            "RetainExceptOnCreate" => Some(Self::RetainExceptOnCreate),
            "Snapshot" => Some(Self::Snapshot),
            _ => None,
        }
    }

    /// Whether the resource stays behind in an ordinary removal.
    pub(super) const fn retains(self) -> bool {
        matches!(self, Self::Retain | Self::RetainExceptOnCreate)
    }
}

/// One resource as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Definition {
    pub type_name: String,
    #[serde(default)]
    pub properties: Map<String, Value>,
    #[serde(default)]
    pub depends_on: Vec<String>,
    #[serde(default)]
    pub condition: Option<String>,
    #[serde(default)]
    pub deletion: Option<Policy>,
    #[serde(default)]
    pub replace: Option<Policy>,
    #[serde(default)]
    pub metadata: Option<Value>,
}

/// A template, its sections apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    pub description: Option<String>,
    #[serde(default)]
    pub metadata: Option<Value>,
    #[serde(default)]
    pub parameters: Map<String, Value>,
    #[serde(default)]
    pub mappings: Map<String, Value>,
    #[serde(default)]
    pub conditions: Map<String, Value>,
    pub resources: BTreeMap<String, Definition>,
    #[serde(default)]
    pub outputs: Map<String, Value>,
    /// Names of transforms; they are not run.
    #[serde(default)]
    pub transforms: Vec<String>,
}

fn format_error(text: impl std::fmt::Display) -> Refusal {
    Refusal::validation(format!("Template format error: {text}"))
}

impl Document {
    /// Reads JSON or YAML and takes the sections apart, with the service's own refusals (TV-05 to TV-13, TV-20).
    pub(super) fn parse(text: &str) -> Answer<Self> {
        let root = read(text)?;
        let Value::Object(mut root) = root else { return Err(format_error("unsupported structure.")) };
        if let Some(path) = null_path(&Value::Object(root.clone()), String::new()) {
            return Err(Refusal::validation(format!("[{path}] 'null' values are not allowed in templates")));
        }
        let transforms = transforms(root.remove("Transform"))?;
        let description = root.remove("Description").as_ref().and_then(Value::as_str).map(str::to_owned);
        let metadata = root.remove("Metadata");
        let mut section = |name: &str| match root.remove(name) {
            None => Ok(Map::new()),
            Some(Value::Object(members)) => Ok(members),
            Some(_) => Err(format_error("unsupported structure.")),
        };
        let (parameters, mappings, conditions, outputs) =
            (section("Parameters")?, section("Mappings")?, section("Conditions")?, section("Outputs")?);
        let resources = section("Resources")?;
        named("Parameter", &parameters)?;
        check_mappings(&mappings)?;
        check_outputs(&outputs)?;
        let document = Self {
            description,
            metadata,
            parameters,
            mappings,
            conditions,
            resources: definitions(resources)?,
            outputs,
            transforms,
        };
        Ok(document)
    }

    /// Names of the resources that `logical_id`'s definition needs first, its conditions aside.
    pub(super) fn needs(&self, logical_id: &str) -> BTreeSet<String> {
        let Some(definition) = self.resources.get(logical_id) else { return BTreeSet::new() };
        let mut found: BTreeSet<String> = definition.depends_on.iter().cloned().collect();
        for value in definition.properties.values().chain(definition.metadata.as_ref()) {
            for reference in super::references::in_value(value) {
                if self.resources.contains_key(&reference.target) {
                    found.insert(reference.target);
                }
            }
        }
        found.remove(logical_id);
        found
    }
}

fn named(what: &str, members: &Map<String, Value>) -> Answer<()> {
    match members.keys().find(|name| name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric())) {
        Some(name) => Err(format_error(format!("{what} name {name} is non alphanumeric."))),
        None => Ok(()),
    }
}

fn check_mappings(mappings: &Map<String, Value>) -> Answer<()> {
    for (name, mapping) in mappings {
        let Value::Object(keys) = mapping else {
            return Err(format_error(format!("Every Mappings member {name} must be a map")));
        };
        for (key, values) in keys {
            let Value::Object(values) = values else {
                return Err(format_error(format!("Every Mappings member {key} must be a map")));
            };
            if values.values().any(Value::is_object) {
                return Err(format_error("Every Mappings attribute must be a String or a List."));
            }
        }
    }
    Ok(())
}

fn check_outputs(outputs: &Map<String, Value>) -> Answer<()> {
    named("Output", outputs)?;
    if outputs.values().any(|output| output.get("Value").is_none()) {
        return Err(format_error("Every Outputs member must contain a Value object"));
    }
    Ok(())
}

fn transforms(value: Option<Value>) -> Answer<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(name) => Ok(name.clone()),
        Value::Object(definition) => match definition.get("Name") {
            Some(Value::String(name)) => Ok(name.clone()),
            _ => Err(Refusal::validation("Key Name of transform definition must be a string.")),
        },
        _ => Err(format_error("unsupported structure.")),
    };
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(one).collect(),
        Some(value) => Ok(vec![one(&value)?]),
    }
}

const ATTRIBUTES: [&str; 10] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Metadata",
    "UpdatePolicy",
    "CreationPolicy",
    "Comment",
];

fn definitions(resources: Map<String, Value>) -> Answer<BTreeMap<String, Definition>> {
    if resources.is_empty() {
        return Err(format_error("At least one Resources member must be defined."));
    }
    named("Resource", &resources)?;
    resources.into_iter().map(|(name, value)| definition(&name, value).map(|found| (name, found))).collect()
}

fn definition(name: &str, value: Value) -> Answer<Definition> {
    let Value::Object(mut members) = value else {
        return Err(format_error("Any Resources member must be an object."));
    };
    if let Some(unknown) = members.keys().find(|key| !ATTRIBUTES.contains(&key.as_str())) {
        return Err(Refusal::validation(format!("Invalid template resource property '{unknown}'")));
    }
    let Some(Value::String(type_name)) = members.remove("Type") else {
        return Err(format_error(format!("[/Resources/{name}] Every Resources object must contain a Type member.")));
    };
    let depends_on = match members.remove("DependsOn") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(_) => return Err(format_error("DependsOn must be a string or list of strings.")),
    };
    let properties = match members.remove("Properties") {
        None => Map::new(),
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err(format_error("[/Resources/".to_owned() + name + "] Properties must be an object.")),
    };
    Ok(Definition {
        type_name,
        properties,
        depends_on,
        condition: members.remove("Condition").as_ref().and_then(Value::as_str).map(str::to_owned),
        deletion: Policy::parse(members.get("DeletionPolicy")),
        replace: Policy::parse(members.get("UpdateReplacePolicy")),
        metadata: members.remove("Metadata"),
    })
}

fn null_path(value: &Value, path: String) -> Option<String> {
    match value {
        Value::Null => Some(path),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| null_path(item, format!("{path}/{at}"))),
        Value::Object(members) => members.iter().find_map(|(key, item)| null_path(item, format!("{path}/{key}"))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn read(text: &str) -> Answer<Value> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| {
            format_error(format!("JSON not well-formed. (line {}, column {})", error.line(), error.column()))
        });
    }
    Template::read_yaml(text).map_err(|error| match error {
        TemplateError::Syntax { line: 0, .. } => format_error("YAML not well-formed."),
        TemplateError::Syntax { line, column, .. } => {
            format_error(format!("YAML not well-formed. (line {line}, column {column})"))
        }
        TemplateError::Shape { .. } => format_error("unsupported structure."),
    })
}

/// A scalar as CloudFormation passes it on: all are texts (CH-07).
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The same value with every scalar as text.
pub(super) fn stringly(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(stringly).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, member)| (key.clone(), stringly(member))).collect())
        }
        scalar => scalar_text(scalar).map_or(Value::Null, Value::String),
    }
}
