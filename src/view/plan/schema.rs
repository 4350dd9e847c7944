//! The published JSON Schema of plans (draft 2020-12), made from the very types that write them.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::json::{Beside, Head};
use super::many::Plans;
use crate::plan::Plan;

/// The document of one plan.
pub(super) struct Document;

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "PlanDocument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut whole = Plan::json_schema(generator);
        let head = Head::json_schema(generator);
        join(whole.ensure_object(), &head);
        whole
    }
}

/// Returns the schema of what `sluice plan --output json` and `--out` write: one plan, or several.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let either = [generator.subschema_for::<Document>(), generator.subschema_for::<Plans<'_>>()];
    let beside = Beside::json_schema(&mut generator);
    let mut named = generator.take_definitions(true);
    if let Some(Value::Object(resource)) = named.get_mut("ResourcePlan") {
        join(resource, &beside);
    }
    named.sort_keys();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sluice plan",
        "description": "What a deployment would do: one plan, or several. Readers ignore fields that they do not know and take values that they do not know for something to look at.",
        "anyOf": either,
        "$defs": named,
    });
    in_plain_words(&mut schema);
    schema
}

/// Adds the fields that one schema says to another.
fn join(into: &mut Map<String, Value>, from: &Schema) {
    if let (Some(Value::Object(into)), Some(Value::Object(from))) = (into.get_mut("properties"), from.get("properties"))
    {
        into.extend(from.clone());
    }
    if let (Some(Value::Array(into)), Some(Value::Array(from))) = (into.get_mut("required"), from.get("required")) {
        let missing: Vec<Value> = from.iter().filter(|name| !into.contains(name)).cloned().collect();
        into.extend(missing);
    }
}

/// Descriptions come from the code, where a name in brackets is a link.
fn in_plain_words(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = text.replace("[`", "`").replace("`]", "`"),
                    value => in_plain_words(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(in_plain_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
