//! What is kept as it is written, and the version of the format.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::{Node, Value};
use super::{refuse, text};
use crate::diagnostic::Code;

/// The version of the file's format. There is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatVersion;

impl Decode for FormatVersion {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the format's version")?;
        match written.parse::<u64>() {
            Ok(1) => Some(Self),
            Ok(newer @ 2..) => {
                let title = format!("the file says `sluice: {newer}`; this version of Sluice reads format 1");
                refuse(reader, node, Code::NewerFormat, title, Some("update Sluice".to_owned()))
            }
            Ok(0) | Err(_) => reader.wrong_type(node, "the format's version, which is `1`"),
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"const": 1})
    }
}

/// A single value whose meaning depends on another; kept as spelt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub String);

impl Decode for Raw {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        text(node, reader, "a single value").map(|written| Self(written.to_owned()))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "a value in the metric's unit", "type": ["string", "number"]})
    }
}

/// Anything, as JSON: plain scalars by YAML's core rules, quoted ones as texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub JsonValue);

impl Decode for Json {
    fn decode(node: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self(to_json(node)))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!(true)
    }
}

fn to_json(node: &Node) -> JsonValue {
    match &node.value {
        Value::Null => JsonValue::Null,
        Value::Scalar { text, plain: true } => match text.as_str() {
            "true" => JsonValue::Bool(true),
            "false" => JsonValue::Bool(false),
            other => number(other).unwrap_or_else(|| JsonValue::String(other.to_owned())),
        },
        Value::Scalar { text, plain: false } => JsonValue::String(text.clone()),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// A number only where JSON itself would read one, so that `0123` and `1_000` stay texts.
fn number(text: &str) -> Option<JsonValue> {
    match serde_json::from_str(text) {
        Ok(JsonValue::Number(number)) => Some(JsonValue::Number(number)),
        Ok(_) | Err(_) => None,
    }
}
