//! Reading resolved properties: a `Ref` to a number parameter gives text, so numbers and booleans are
//! accepted as text everywhere, as CloudFormation does.

use serde_json::{Map, Value};

use crate::embedded::cloudformation::{HandlerError, HandlerErrorCode, Properties};

/// A property as text.
pub(crate) fn text(properties: &Properties, name: &str) -> Option<String> {
    properties.get(name).filter(|value| !value.is_null()).map(as_text)
}

/// A property as text that must be there.
pub(crate) fn required(properties: &Properties, name: &str) -> Result<String, HandlerError> {
    text(properties, name).ok_or_else(|| {
        HandlerError::new(
            HandlerErrorCode::InvalidRequest,
            format!("Model validation failed (#: required key [{name}] not found)"),
        )
    })
}

/// A property as a whole number.
pub(crate) fn int(properties: &Properties, name: &str) -> Option<i64> {
    properties.get(name).and_then(as_int)
}

/// A property as a boolean.
pub(crate) fn boolean(properties: &Properties, name: &str) -> Option<bool> {
    match properties.get(name)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A property as a list of texts; empty if it is not there.
pub(crate) fn texts(properties: &Properties, name: &str) -> Vec<String> {
    properties.get(name).and_then(Value::as_array).map(|list| list.iter().map(as_text).collect()).unwrap_or_default()
}

/// A nested object; empty if it is not there.
pub(crate) fn object(properties: &Properties, name: &str) -> Map<String, Value> {
    properties.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Any scalar as text; anything else as JSON.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Copies the named properties that are there.
pub(crate) fn pick(properties: &Properties, names: &[&str]) -> Map<String, Value> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone()))).collect()
}

/// Turns text that is a number or a boolean into one, all the way down, where a service's JSON protocol is strict.
/// Names in `keep` stay as they are.
pub(crate) fn loosen(value: &Value, keep: &[&str]) -> Value {
    match value {
        Value::String(text) => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => text.parse::<i64>().map_or_else(|_| value.clone(), Value::from),
        },
        Value::Array(items) => items.iter().map(|item| loosen(item, keep)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, inner)| {
                let kept = keep.contains(&key.as_str());
                (key.clone(), if kept { inner.clone() } else { loosen(inner, keep) })
            })
            .collect::<Map<String, Value>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A policy document as text: templates give an object or JSON in a string.
pub(crate) fn document(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "{}".to_owned(),
    }
}
