//! The language as its JSON Schema declares it: every field and every alternative, by dotted path.
//!
//! Names that people give (of stages, models, columns) have no part in a path: `consumers.batch.parallel` is the field
//! of every consumer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What a schema declares.
pub struct Language {
    schema: Value,
    /// Every path, and the field or alternative that is declared there: one that may stand in several places is one.
    declared: BTreeMap<String, String>,
}

impl Language {
    /// The language of pipeline files.
    pub fn of_pipeline_files() -> Self {
        Self::new(sluicegate::spec::json_schema())
    }

    /// The language that a schema declares.
    pub fn new(schema: Value) -> Self {
        let mut language = Self { declared: BTreeMap::new(), schema };
        let mut declared = BTreeMap::new();
        language.collect(&language.schema, "", "", 0, &mut declared);
        language.declared = declared;
        language
    }

    /// Whether a path is that of a field or an alternative.
    pub fn has(&self, path: &str) -> bool {
        self.declared.contains_key(path)
    }

    /// Every field and alternative, with one of the places where it may stand.
    pub fn declarations(&self) -> BTreeMap<&str, &str> {
        self.declared.iter().map(|(path, declaration)| (declaration.as_str(), path.as_str())).collect()
    }

    /// The fields and alternatives that a document uses.
    pub fn used(&self, document: &Value) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        self.walk(&self.schema, document, "", &mut paths);
        paths.iter().filter_map(|path| self.declared.get(path)).map(String::as_str).collect()
    }

    /// What every function has is declared once, for consumers and for workers.
    fn declaration(&self, owner: &str, word: &str) -> String {
        let functions = ["ConsumerSpec", "WorkerSpec"];
        let field = |owner: &str| self.schema["$defs"][owner]["properties"].get(word);
        let shared = field(functions[0]).is_some() && field(functions[0]) == field(functions[1]);
        let owner = if functions.contains(&owner) && shared { "every function" } else { owner };
        format!("{owner}: {word}")
    }

    fn resolved<'a>(&'a self, node: &'a Value) -> &'a Value {
        let name = node.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.and_then(|name| self.schema.get("$defs")?.get(name)).unwrap_or(node)
    }

    fn collect(&self, node: &Value, owner: &str, path: &str, depth: usize, found: &mut BTreeMap<String, String>) {
        // A pipeline file is not as deep as that: whatever is, refers to itself.
        if depth > 24 {
            return;
        }
        let owner = node["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or(owner);
        let node = self.resolved(node);
        let mut below = |word: &str, node: Option<&Value>| {
            let path = joined(path, word);
            if let Some(node) = node {
                self.collect(node, owner, &path, depth + 1, found);
            }
            found.insert(path, self.declaration(owner, word));
        };
        for (word, node) in entries(node.get("properties")) {
            below(word, Some(node));
        }
        if let Some(word) = node.get("const").and_then(Value::as_str) {
            below(word, None);
        }
        let inner = ["additionalProperties", "items"].into_iter().filter_map(|part| node.get(part));
        for node in alternatives(node).chain(inner).filter(|node| node.is_object()) {
            self.collect(node, owner, path, depth + 1, found);
        }
    }

    fn walk(&self, node: &Value, value: &Value, path: &str, found: &mut BTreeSet<String>) {
        let node = self.resolved(node);
        for (word, inner) in entries(node.get("properties")) {
            if let Some(value) = value.get(word) {
                found.insert(joined(path, word));
                self.walk(inner, value, &joined(path, word), found);
            }
        }
        if let (Some(word), Some(text)) = (node.get("const").and_then(Value::as_str), value.as_str())
            && word == text
        {
            found.insert(joined(path, word));
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

fn joined(path: &str, word: &str) -> String {
    if path.is_empty() { word.to_owned() } else { format!("{path}.{word}") }
}

fn entries(node: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    node.and_then(Value::as_object).into_iter().flatten()
}

fn alternatives(node: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|part| node.get(part)?.as_array()).flatten()
}
