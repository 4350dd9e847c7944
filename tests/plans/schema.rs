//! As much of JSON Schema (draft 2020-12) as the schema of plans uses. A keyword that is not known here is an error, so
//! nothing is passed over in silence.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keywords that say something only to people, or are part of another one.
const SPEAKING: [&str; 8] = ["$schema", "$defs", "title", "description", "format", "default", "examples", "deprecated"];

/// Everything in which a document is not as a schema says; `strict` where members that it does not say are wrong too.
pub fn violations(schema: &Value, document: &Value, strict: bool) -> Vec<String> {
    let check = Check { root: schema, strict };
    let mut found = Vec::new();
    check.value(schema, document, "", &mut found);
    found
}

struct Check<'a> {
    root: &'a Value,
    strict: bool,
}

impl Check<'_> {
    /// The part of the schema that a reference leads to.
    fn part(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads elsewhere"));
        self.root.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    fn value(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let Value::Object(schema) = schema else {
            if *schema == Value::Bool(false) {
                found.push(format!("{at}: nothing may stand here"));
            }
            return;
        };
        let mut said = BTreeSet::new();
        self.rules(schema, value, at, found, &mut said);
        if let (true, Value::Object(members), false) = (self.strict, value, said.is_empty()) {
            found.extend(
                members.keys().filter(|key| !said.contains(*key)).map(|key| format!("{at}/{key}: is not described")),
            );
        }
    }

    /// Checks every rule of a schema; gathers which members it says.
    fn rules(
        &self,
        schema: &Map<String, Value>,
        value: &Value,
        at: &str,
        found: &mut Vec<String>,
        said: &mut BTreeSet<String>,
    ) {
        for (rule, says) in schema {
            match rule.as_str() {
                "$ref" => {
                    if let Value::Object(part) = self.part(says.as_str().expect("a reference")) {
                        self.rules(part, value, at, found, said);
                    }
                }
                "type" => {
                    let types: Vec<&str> = says.as_str().map_or_else(
                        || says.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
                        |one| vec![one],
                    );
                    if !types.iter().any(|name| is(value, name)) {
                        found.push(format!("{at}: is no {}: {value}", types.join(" or ")));
                    }
                }
                "const" if value != says => found.push(format!("{at}: is not {says}: {value}")),
                "enum" if !says.as_array().is_some_and(|all| all.contains(value)) => {
                    found.push(format!("{at}: is none of {says}: {value}"));
                }
                "minimum" if value.as_f64().zip(says.as_f64()).is_some_and(|(value, least)| value < least) => {
                    found.push(format!("{at}: is less than {says}: {value}"));
                }
                "maximum" if value.as_f64().zip(says.as_f64()).is_some_and(|(value, most)| value > most) => {
                    found.push(format!("{at}: is more than {says}: {value}"));
                }
                "const" | "enum" | "minimum" | "maximum" => {}
                "required" => {
                    let names = says.as_array().into_iter().flatten().filter_map(Value::as_str);
                    found.extend(
                        names
                            .filter(|name| value.is_object() && value.get(name).is_none())
                            .map(|name| format!("{at}: has no {name}")),
                    );
                }
                "properties" => {
                    for (name, part) in says.as_object().into_iter().flatten() {
                        said.insert(name.clone());
                        if let Some(member) = value.get(name) {
                            self.value(part, member, &format!("{at}/{name}"), found);
                        }
                    }
                }
                "additionalProperties" => {
                    let named = schema.get("properties").and_then(Value::as_object);
                    for (name, member) in value.as_object().into_iter().flatten() {
                        if named.is_none_or(|named| !named.contains_key(name)) {
                            said.insert(name.clone());
                            self.value(says, member, &format!("{at}/{name}"), found);
                        }
                    }
                }
                "propertyNames" => {
                    for name in value.as_object().into_iter().flat_map(Map::keys) {
                        self.value(says, &Value::from(name.as_str()), &format!("{at}/{name} (its name)"), found);
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(says, item, &format!("{at}/{index}"), found);
                    }
                }
                "uniqueItems" => {
                    let items = value.as_array().into_iter().flatten().map(Value::to_string);
                    let all: Vec<String> = items.collect();
                    if all.iter().collect::<BTreeSet<_>>().len() != all.len() {
                        found.push(format!("{at}: holds something twice"));
                    }
                }
                "anyOf" | "oneOf" | "allOf" => self.several(rule, says, value, at, found, said),
                other => assert!(SPEAKING.contains(&other), "the rule `{other}` is not known"),
            }
        }
    }

    fn several(
        &self,
        rule: &str,
        says: &Value,
        value: &Value,
        at: &str,
        found: &mut Vec<String>,
        said: &mut BTreeSet<String>,
    ) {
        let ways = says.as_array().into_iter().flatten().filter_map(Value::as_object);
        let tried: Vec<(Vec<String>, BTreeSet<String>)> = ways
            .map(|way| {
                let (mut wrong, mut names) = (Vec::new(), BTreeSet::new());
                self.rules(way, value, at, &mut wrong, &mut names);
                (wrong, names)
            })
            .collect();
        let fitting = tried.iter().filter(|(wrong, _)| wrong.is_empty()).count();
        let fits = match rule {
            "allOf" => fitting == tried.len(),
            "oneOf" => fitting == 1,
            _ => fitting > 0,
        };
        if !fits {
            // The way that comes closest says best what is wrong.
            let closest =
                tried.iter().map(|(wrong, _)| wrong).filter(|wrong| !wrong.is_empty()).min_by_key(|wrong| wrong.len());
            found.push(format!(
                "{at}: {rule} fits {fitting} ways; {}",
                closest.map(|wrong| wrong.join(", ")).unwrap_or_default()
            ));
        }
        for (_, names) in tried.into_iter().filter(|(wrong, _)| wrong.is_empty()) {
            said.extend(names);
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("there is no type {other}"),
    }
}

/// Everything that a schema no longer says of what another one said: whatever was promised must still hold.
pub fn broken_promises(before: &Value, after: &Value) -> Vec<String> {
    let mut compare = Compare { before, after, seen: BTreeSet::new(), found: Vec::new() };
    compare.part(before, after, "");
    compare.found
}

struct Compare<'a> {
    before: &'a Value,
    after: &'a Value,
    seen: BTreeSet<(String, String)>,
    found: Vec<String>,
}

impl Compare<'_> {
    fn part(&mut self, before: &Value, after: &Value, at: &str) {
        let references =
            [before, after].map(|part| part.get("$ref").and_then(Value::as_str).unwrap_or_default().to_owned());
        if references.iter().any(|reference| !reference.is_empty()) {
            let [from, to] = references.clone();
            if !self.seen.insert((format!("{from} {at}"), to.clone())) || at.matches('/').count() > 12 {
                return;
            }
        }
        let (before, after) = (resolved(self.before, before), resolved(self.after, after));
        if after == Value::Bool(true) || after.as_object().is_some_and(Map::is_empty) {
            return;
        }
        let list = |part: &Value, rule: &str| -> Vec<Value> {
            part.get(rule).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        for name in list(&before, "required") {
            if !list(&after, "required").contains(&name) {
                self.found.push(format!("{at}: {name} is no longer always there"));
            }
        }
        for (name, was) in before.get("properties").and_then(Value::as_object).into_iter().flatten() {
            match after.pointer(&format!("/properties/{name}")) {
                Some(is) => self.part(was, is, &format!("{at}/{name}")),
                None => self.found.push(format!("{at}/{name} is gone")),
            }
        }
        for rule in ["items", "additionalProperties"] {
            if let (Some(was), Some(is)) = (before.get(rule), after.get(rule)) {
                self.part(was, is, &format!("{at}/{rule}"));
            }
        }
        for rule in ["type", "const"] {
            if before.get(rule).is_some() && before.get(rule) != after.get(rule) {
                self.found.push(format!("{at}: its {rule} was {} and is {}", before[rule], after[rule]));
            }
        }
        for word in words(&before) {
            if !words(&after).contains(&word) {
                self.found.push(format!("{at}: the value {word} is gone"));
            }
        }
        self.ways(&before, &after, at);
    }

    /// Of every way in which a value could be told one must be left.
    fn ways(&mut self, before: &Value, after: &Value, at: &str) {
        let objects = |part: &Value| -> Vec<Value> {
            let all = ["oneOf", "anyOf"].into_iter().filter_map(|rule| part.get(rule)?.as_array());
            all.flatten().filter(|way| way.get("const").is_none() && way.get("enum").is_none()).cloned().collect()
        };
        for was in objects(before) {
            let mut least: Option<Vec<String>> = None;
            for is in objects(after) {
                let mut trial =
                    Compare { before: self.before, after: self.after, seen: self.seen.clone(), found: Vec::new() };
                trial.part(&was, &is, at);
                if least.as_ref().is_none_or(|least| trial.found.len() < least.len()) {
                    least = Some(trial.found);
                }
            }
            match least {
                Some(found) => self.found.extend(found),
                None => self.found.push(format!("{at}: a way to tell it is gone: {was}")),
            }
        }
    }
}

/// A part with what it refers to.
fn resolved(root: &Value, part: &Value) -> Value {
    let Some(reference) = part.get("$ref").and_then(Value::as_str) else { return part.clone() };
    let target = root.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default();
    let mut whole = resolved(root, &target);
    if let (Value::Object(whole), Value::Object(part)) = (&mut whole, part) {
        for (rule, says) in part.iter().filter(|(rule, _)| *rule != "$ref") {
            match (whole.get_mut(rule), says) {
                (Some(Value::Object(there)), Value::Object(says)) => there.extend(says.clone()),
                (Some(Value::Array(there)), Value::Array(says)) => there.extend(says.iter().cloned()),
                _ => drop(whole.insert(rule.clone(), says.clone())),
            }
        }
    }
    whole
}

/// The bare values that a part lists.
fn words(part: &Value) -> Vec<Value> {
    let listed = |part: &Value| -> Vec<Value> {
        let listed = part.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        listed.into_iter().chain(part.get("const").cloned()).collect()
    };
    let ways = ["oneOf", "anyOf"].into_iter().filter_map(|rule| part.get(rule)?.as_array()).flatten();
    part.get("enum")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .chain(ways.flat_map(listed))
        .collect()
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/Word"}, "b": {"type": ["integer", "null"], "minimum": 0}},
        "$defs": {"Word": {"oneOf": [{"const": "x"}, {"type": "object", "required": ["k"], "properties": {"k": {"const": 1}}}]}},
    });
    let found = |document: Value, strict| violations(&schema, &document, strict).len();
    use serde_json::json;
    assert_eq!(found(json!({"a": "x", "b": null}), true), 0);
    assert_eq!(found(json!({"a": {"k": 1}, "b": 3}), true), 0);
    assert_eq!(found(json!({"a": "x", "c": 1}), false), 0);
    assert_eq!(found(json!({"a": "x", "c": 1}), true), 1);
    for wrong in [json!({}), json!({"a": "y"}), json!({"a": "x", "b": -1}), json!({"a": {"k": 2}}), json!([])] {
        assert_ne!(found(wrong.clone(), false), 0, "{wrong}");
    }
}

#[test]
fn a_broken_promise_is_found() {
    use serde_json::json;
    let before = json!({
        "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y"]}, "c": {"oneOf": [{"properties": {"k": {"const": "one"}}}]}},
    });
    assert_eq!(broken_promises(&before, &before), Vec::<String>::new());
    let mut more = before.clone();
    more["properties"]["d"] = json!({"type": "string"});
    more["properties"]["b"]["enum"] = json!(["x", "y", "z"]);
    assert_eq!(broken_promises(&before, &more), Vec::<String>::new());
    for (pointer, value) in [
        ("/required", json!([])),
        ("/properties/a/type", json!("integer")),
        ("/properties/b/enum", json!(["x"])),
        ("/properties/c/oneOf/0/properties/k/const", json!("two")),
        ("/properties", json!({"a": {"type": "string"}})),
    ] {
        let mut less = before.clone();
        *less.pointer_mut(pointer).expect("is there") = value;
        assert_ne!(broken_promises(&before, &less), Vec::<String>::new(), "{pointer}");
    }
}
