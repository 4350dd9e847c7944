//! The language as its JSON Schema declares it: every field and every alternative, by dotted path.
//!
//! Names that people give (of stages, models, columns) have no part in a path: `consumers.batch.parallel` is the field
//! of every consumer.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a schema declares.
pub struct Language {
    schema: Value,
    paths: BTreeSet<String>,
}

impl Language {
    /// The language of pipeline files.
    pub fn of_pipeline_files() -> Self {
        Self::new(sluicegate::spec::json_schema())
    }

    /// The language that a schema declares.
    pub fn new(schema: Value) -> Self {
        let mut language = Self { paths: BTreeSet::new(), schema };
        let mut paths = BTreeSet::new();
        language.declared(&language.schema, "", 0, &mut paths);
        language.paths = paths;
        language
    }

    /// Every field and alternative.
    pub fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    fn resolved<'a>(&'a self, node: &'a Value) -> &'a Value {
        let name = node.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.and_then(|name| self.schema.get("$defs")?.get(name)).unwrap_or(node)
    }

    fn declared(&self, node: &Value, path: &str, depth: usize, found: &mut BTreeSet<String>) {
        // A pipeline file is not as deep as that: whatever is, refers to itself.
        if depth > 24 {
            return;
        }
        let node = self.resolved(node);
        let mut below = |word: &str, node: Option<&Value>| {
            let path = if path.is_empty() { word.to_owned() } else { format!("{path}.{word}") };
            if let Some(node) = node {
                self.declared(node, &path, depth + 1, found);
            }
            found.insert(path);
        };
        for (word, node) in entries(node.get("properties")) {
            below(word, Some(node));
        }
        if let Some(word) = node.get("const").and_then(Value::as_str) {
            below(word, None);
        }
        for alternative in alternatives(node) {
            self.declared(alternative, path, depth + 1, found);
        }
        for part in ["additionalProperties", "items"] {
            if let Some(inner) = node.get(part).filter(|inner| inner.is_object()) {
                self.declared(inner, path, depth + 1, found);
            }
        }
    }

    /// The declared paths that a document uses.
    pub fn used(&self, document: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.walk(&self.schema, document, "", &mut found);
        found
    }

    fn walk(&self, node: &Value, value: &Value, path: &str, found: &mut BTreeSet<String>) {
        let node = self.resolved(node);
        let named = |word: &str| if path.is_empty() { word.to_owned() } else { format!("{path}.{word}") };
        for (word, inner) in entries(node.get("properties")) {
            if let Some(value) = value.get(word) {
                found.insert(named(word));
                self.walk(inner, value, &named(word), found);
            }
        }
        if let (Some(word), Some(text)) = (node.get("const").and_then(Value::as_str), value.as_str())
            && word == text
        {
            found.insert(named(word));
        }
        for alternative in alternatives(node) {
            self.walk(alternative, value, path, found);
        }
        if let (Some(inner), Some(object)) =
            (node.get("additionalProperties").filter(|i| i.is_object()), value.as_object())
        {
            for value in object.values() {
                self.walk(inner, value, path, found);
            }
        }
        if let (Some(inner), Some(list)) = (node.get("items"), value.as_array()) {
            for value in list {
                self.walk(inner, value, path, found);
            }
        }
    }
}

fn entries(node: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    node.and_then(Value::as_object).into_iter().flatten()
}

fn alternatives(node: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|part| node.get(part)?.as_array()).flatten()
}
