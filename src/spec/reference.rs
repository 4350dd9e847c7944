//! The language as a page for people, from the same declarations that read the files.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::decode::{Decode, Reader};
use super::schema::Definitions;
use super::tree::{Node, Value};
use crate::diagnostic::{Code, FilePath, Place, Span};

/// Every record and choice of some types of files, in the order in which they are met, as Markdown.
#[must_use]
pub fn reference(files: &[fn(&mut Definitions) -> Json]) -> String {
    let mut definitions = Definitions::default();
    for schema in files {
        schema(&mut definitions);
    }
    let mut page = String::new();
    // An overlay has the fields of what it lies over.
    for (name, schema) in definitions.named().iter().filter(|(name, _)| !name.ends_with("Overlay")) {
        page.push_str(&format!("## {name}\n\n{}\n\n", text(schema, "description")));
        if let Some(fields) = schema.get("properties").and_then(Json::as_object) {
            page.push_str(&record(&definitions, name, schema, fields));
        } else if let Some(choices) = schema.get("oneOf").and_then(Json::as_array) {
            page.push_str(&choice(choices));
        }
        page.push('\n');
    }
    page
}

fn record(definitions: &Definitions, name: &str, schema: &Json, fields: &Map<String, Json>) -> String {
    let required = schema.get("required").and_then(Json::as_array);
    let mut rows = String::from("| field | value | meaning | errors |\n|---|---|---|---|\n");
    for (field, schema) in fields {
        let needed = required.is_some_and(|all| all.iter().any(|known| known == field));
        let mark = if needed { " *" } else { "" };
        let codes: Vec<&str> = definitions.codes(name, field).iter().map(|code| code.as_str()).collect();
        let (value, meaning) = (cell(&value(schema)), cell(&text(schema, "description")));
        rows.push_str(&format!("| `{field}`{mark} | {value} | {meaning} | {} |\n", codes.join(" ")));
    }
    rows
}

fn choice(choices: &[Json]) -> String {
    let mut list = String::new();
    for choice in choices {
        let meaning = text(choice, "description");
        if let Some(word) = choice.get("const").and_then(Json::as_str) {
            list.push_str(&format!("- `{word}`: {meaning}\n"));
        }
        for (word, detail) in choice.get("properties").and_then(Json::as_object).into_iter().flatten() {
            list.push_str(&format!("- `{word}: …` ({}): {meaning}\n", value(detail)));
        }
    }
    list
}

/// What may stand there, in a few words.
fn value(schema: &Json) -> String {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix("#/$defs/")) {
        // An overlay has the fields of what it lies over, and no part of its own.
        let shown = name.strip_suffix("Overlay").unwrap_or(name);
        return format!("[{name}](#{})", shown.to_lowercase());
    }
    let bounds = match (schema.get("minimum"), schema.get("maximum"), schema.get("$comment").and_then(Json::as_str)) {
        (Some(least), Some(most), _) => Some(format!("{least} to {most}")),
        (_, _, Some(bounds)) => Some(bounds.to_owned()),
        _ => None,
    };
    let kind = schema.get("type").and_then(Json::as_str);
    let what = match (schema.get("title").and_then(Json::as_str), kind) {
        (Some(title), _) => title.to_owned(),
        (None, Some("array")) => format!("list of: {}", schema.get("items").map(value).unwrap_or_default()),
        (None, Some("object")) => {
            let keys = schema.get("propertyNames").map(value).unwrap_or_default();
            format!("mapping of {keys} to: {}", schema.get("additionalProperties").map(value).unwrap_or_default())
        }
        (None, Some("boolean")) => "`true` or `false`".to_owned(),
        (None, Some("integer")) => "whole number".to_owned(),
        (None, Some("number")) => "number".to_owned(),
        (None, _) if schema.get("const").is_some() => format!("`{}`", schema.get("const").unwrap_or(&Json::Null)),
        (None, _) if *schema == Json::Bool(true) => "anything".to_owned(),
        (None, _) => "text".to_owned(),
    };
    let longest = schema.get("maxLength").map(|most| format!("up to {most} characters"));
    match bounds.or(longest) {
        Some(bounds) => format!("{what}, {bounds}"),
        None => what,
    }
}

fn text(schema: &Json, field: &str) -> String {
    schema.get(field).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Texts that are wrong in one way or another for every kind of value.
const PROBES: [&str; 14] =
    ["?", "-1", "0", "99999999999", "0s", "99999d", "0 bytes", "9999 GiB", "0%", "1001%", "0/s", "0 USD", " ", ""];

/// The codes with which a value is refused.
pub(super) fn codes_of<T: Decode>() -> BTreeSet<Code> {
    let place = Place::locate(&FilePath::new(""), "", Span { start: 0, end: 0 });
    let node = |value| Node { value, place: place.clone() };
    let texts = PROBES.iter().map(|text| Value::Scalar { text: (*text).to_owned(), plain: true });
    let long = Value::Scalar { text: "x".repeat(5_000), plain: true };
    let item = Value::Sequence(vec![node(Value::Sequence(Vec::new()))]);
    let probes = texts.chain([long, item, Value::Mapping(Vec::new())]);
    let found = probes.map(|value| Reader::whole().read::<T>(&node(value)).found);
    let mut codes: BTreeSet<Code> =
        found.flat_map(|found| found.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>()).collect();
    // A missing field is an error of the record that needs it.
    codes.remove(&Code::MissingField);
    codes
}
