//! JSON Schema (draft 2020-12), assembled by the same declarations that read the files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::decode::Decode;
use super::file::PipelineFile;
use super::reference::codes_of;
use crate::diagnostic::Code;

/// Finds out with which codes a field refuses values.
type Codes = fn() -> BTreeSet<Code>;

/// The named parts of a schema, gathered while it is assembled.
#[derive(Debug, Default)]
pub struct Definitions {
    named: Map<String, Value>,
    /// By record and field.
    codes: BTreeMap<(String, String), Codes>,
    overlay: bool,
}

/// The properties of one record.
#[derive(Debug)]
pub struct Properties<'all> {
    definitions: &'all mut Definitions,
    record: String,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

/// The alternatives of one choice.
#[derive(Debug)]
pub struct Alternatives<'all> {
    definitions: &'all mut Definitions,
    list: Vec<Value>,
}

/// The schema of pipeline files, for editors: `schemas/pipeline.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    document::<PipelineFile>("Sluice pipeline file")
}

/// A whole schema document for files of one type.
#[must_use]
pub fn document<T: Decode>(title: &str) -> Value {
    let mut definitions = Definitions::default();
    let root = T::schema(&mut definitions);
    let mut named = definitions.named;
    named.sort_keys();
    let mut document = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title});
    if let (Some(document), Value::Object(root)) = (document.as_object_mut(), root) {
        document.extend(root);
        document.insert("$defs".to_owned(), named.into());
    }
    document
}

impl Definitions {
    /// Every part that was met, in that order.
    pub(super) fn named(&self) -> &Map<String, Value> {
        &self.named
    }

    /// The codes with which a field of a record refuses values.
    pub(super) fn codes(&self, record: &str, field: &str) -> BTreeSet<Code> {
        self.codes.get(&(record.to_owned(), field.to_owned())).map(|codes| codes()).unwrap_or_default()
    }

    /// Adds a record under its name and returns a reference to it.
    pub fn record(&mut self, name: &str, description: &str, fill: fn(&mut Properties<'_>)) -> Value {
        // An overlay's version of a record requires nothing, so it is a part of its own.
        let name = if self.overlay { format!("{name}Overlay") } else { name.to_owned() };
        if !self.named.contains_key(&name) {
            self.named.insert(name.clone(), Value::Null);
            let (properties, required) = (Map::new(), Vec::new());
            let mut parts = Properties { definitions: self, record: name.clone(), properties, required };
            fill(&mut parts);
            let Properties { properties, required, .. } = parts;
            let mut schema = json!({
                "type": "object",
                "description": description.trim(),
                "additionalProperties": false,
                "properties": properties,
            });
            if let (Some(schema), false) = (schema.as_object_mut(), required.is_empty() || self.overlay) {
                schema.insert("required".to_owned(), required.into());
            }
            self.named.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    /// Adds a choice under its name and returns a reference to it.
    pub fn choice(&mut self, name: &str, description: &str, fill: impl FnOnce(&mut Alternatives<'_>)) -> Value {
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), Value::Null);
            let list = self.entire(|definitions| {
                let mut alternatives = Alternatives { definitions, list: Vec::new() };
                fill(&mut alternatives);
                alternatives.list
            });
            let schema = json!({"description": description.trim(), "oneOf": list});
            self.named.insert(name.to_owned(), schema);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    /// Describes what overlays replace whole.
    pub fn entire<T>(&mut self, describe: impl FnOnce(&mut Self) -> T) -> T {
        let overlay = std::mem::replace(&mut self.overlay, false);
        let described = describe(self);
        self.overlay = overlay;
        described
    }

    /// Describes an overlay on `T`: nothing is required, and `null` goes back to the default.
    pub fn overlay<T: Decode>(&mut self) -> Value {
        let overlay = std::mem::replace(&mut self.overlay, true);
        let described = T::schema(self);
        self.overlay = overlay;
        described
    }

    /// In an overlay, lets `null` stand for a value.
    pub fn nullable(&self, schema: Value) -> Value {
        if self.overlay { json!({"anyOf": [schema, {"type": "null"}]}) } else { schema }
    }
}

impl Properties<'_> {
    /// Adds a field.
    pub fn add<T: Decode>(&mut self, name: &str, description: &str) {
        let schema = T::schema(self.definitions);
        let mut schema = self.definitions.nullable(schema);
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), json!(description.trim()));
        }
        self.properties.insert(name.to_owned(), schema);
        self.definitions.codes.insert((self.record.clone(), name.to_owned()), codes_of::<T>);
        if T::absent().is_none() {
            self.required.push(json!(name));
        }
    }
}

impl Alternatives<'_> {
    /// Adds a bare word.
    pub fn word(&mut self, word: &str, description: &str) {
        self.list.push(json!({"const": word, "description": description.trim()}));
    }

    /// Adds a word with details.
    pub fn detail<T: Decode>(&mut self, word: &str, description: &str) {
        let detail = T::schema(self.definitions);
        self.list.push(json!({
            "type": "object",
            "description": description.trim(),
            "additionalProperties": false,
            "required": [word],
            "properties": {word: detail},
        }));
    }
}
