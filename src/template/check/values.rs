//! Values against the nodes of a schema.

use serde_json::{Map, Value};

use super::{Findings, Rule, shown};
use crate::diagnostic::closest;
use crate::template::intrinsic::function;
use crate::template::path::{PropertyPath, Trail};
use crate::template::schema::{JsonType, Node, TypeFacts};

/// Checks the properties of one resource.
pub(super) fn properties(facts: &TypeFacts, properties: &Map<String, Value>, findings: &mut Findings<'_>) {
    let mut checker = Checker { facts, findings };
    checker.object(facts.root(), properties, &Trail::Root(&PropertyPath::root()));
    for name in properties.keys() {
        let path = PropertyPath::of(name);
        let settable = facts.identifier().any(|identifier| identifier == name) && facts.name_property() == Some(name);
        if facts.is_read_only(&path) && !settable {
            checker.findings.add(&path, Rule::ReadOnly, format!("`{name}` is set by the service and cannot be given"));
        }
    }
}

struct Checker<'f, 'a, 'b> {
    facts: &'f TypeFacts,
    findings: &'b mut Findings<'a>,
}

impl Checker<'_, '_, '_> {
    fn add(&mut self, path: &Trail<'_>, rule: Rule, message: String) {
        self.findings.add(&path.path(), rule, message);
    }

    fn value(&mut self, node: &Node, value: &Value, path: &Trail<'_>) {
        match function(value) {
            Some(("Fn::If", Value::Array(parts))) => {
                for branch in parts.iter().skip(1) {
                    self.value(node, branch, path);
                }
                return;
            }
            Some(_) => return,
            None => {}
        }
        self.choices(node, value, path);
        if let Some(definition) = node.reference.as_ref().map(|_| self.facts.resolve(node)) {
            self.value(definition, value, path);
        }
        if !node.types.is_empty() && !node.types.iter().any(|wanted| wanted.accepts(value)) {
            let wanted: Vec<_> = node.types.iter().map(|wanted| wanted.describe()).collect();
            self.add(path, Rule::Type, format!("must be {}, is {}", wanted.join(" or "), shown(value)));
            return;
        }
        match value {
            Value::Object(members) => self.object(node, members, path),
            Value::Array(items) => self.array(node, items, path),
            Value::String(text) => self.string(node, text, path),
            Value::Number(number) => self.number(node, number.as_f64(), path),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// `enum`, `const`, `allOf`, `anyOf`, `oneOf`.
    fn choices(&mut self, node: &Node, value: &Value, path: &Trail<'_>) {
        if !node.choices.is_empty() && !node.choices.iter().any(|choice| same(choice, value)) {
            let texts: Vec<&str> = node.choices.iter().filter_map(Value::as_str).collect();
            let hint = value.as_str().and_then(|text| closest(text, texts.iter().copied()));
            let message = match hint {
                Some(hint) => format!("{} is not allowed; did you mean `{hint}`?", shown(value)),
                None => format!("{} is not allowed; allowed are {}", shown(value), shown(&node.choices.clone().into())),
            };
            self.add(path, Rule::Choice, message);
        }
        if let Some(constant) = node.constant.as_ref().filter(|constant| !same(constant, value)) {
            self.add(path, Rule::Choice, format!("must be {}, is {}", shown(constant), shown(value)));
        }
        for part in &node.all_of {
            self.value(part, value, path);
        }
        for (branches, exactly_one) in [(&node.any_of, false), (&node.one_of, true)] {
            let fitting = branches.iter().filter(|branch| self.fits(branch, value, path)).count();
            if !branches.is_empty() && (fitting == 0 || (exactly_one && fitting > 1)) {
                let message = if fitting == 0 { "fits none of the allowed shapes" } else { "fits more than one shape" };
                self.add(path, Rule::Combination, format!("{} {message}", shown(value)));
            }
        }
    }

    fn fits(&self, node: &Node, value: &Value, path: &Trail<'_>) -> bool {
        let mut findings = Findings { logical_id: None, found: Vec::new() };
        Checker { facts: self.facts, findings: &mut findings }.value(node, value, path);
        findings.found.is_empty()
    }

    fn object(&mut self, node: &Node, members: &Map<String, Value>, path: &Trail<'_>) {
        for name in node.required.iter().filter(|name| !is_set(members, name)) {
            self.add(path, Rule::Required, format!("`{name}` is required"));
        }
        self.combinations(node, members, path);
        for (name, member) in members.iter().filter(|(_, member)| !is_no_value(member)) {
            let path = Trail::Key(path, name);
            if let Some(property) = node.properties.get(name) {
                self.value(property, member, &path);
            } else if let Some((_, property)) = node.pattern_properties.iter().find(|(key, _)| key.matches(name)) {
                self.value(property, member, &path);
            } else if node.closed && !(node.properties.is_empty() && node.pattern_properties.is_empty()) {
                let message = match closest(name, node.properties.keys().map(String::as_str)) {
                    Some(hint) => format!("`{name}` is not a property here; did you mean `{hint}`?"),
                    None => format!("`{name}` is not a property here"),
                };
                self.add(&path, Rule::UnknownProperty, message);
            }
        }
    }

    fn combinations(&mut self, node: &Node, members: &Map<String, Value>, path: &Trail<'_>) {
        let present = |names: &[String]| names.iter().filter(|name| is_set(members, name)).count();
        if !node.required_xor.is_empty() && present(&node.required_xor) != 1 {
            let names = node.required_xor.join("`, `");
            self.add(path, Rule::Combination, format!("exactly one of `{names}` is required"));
        }
        if !node.required_or.is_empty() && present(&node.required_or) == 0 {
            let names = node.required_or.join("`, `");
            self.add(path, Rule::Combination, format!("one of `{names}` is required"));
        }
        for (name, others) in node.dependent_excluded.iter().filter(|(name, _)| is_set(members, name)) {
            for other in others.iter().filter(|other| is_set(members, other)) {
                self.add(path, Rule::Combination, format!("`{name}` excludes `{other}`"));
            }
        }
        for (name, others) in node.dependent_required.iter().filter(|(name, _)| is_set(members, name)) {
            for other in others.iter().filter(|other| !is_set(members, other)) {
                self.add(path, Rule::Combination, format!("`{name}` needs `{other}`"));
            }
        }
    }

    fn array(&mut self, node: &Node, items: &[Value], path: &Trail<'_>) {
        // A function among the items may stand for many or for none.
        let certain = !items.iter().any(|item| function(item).is_some());
        if certain && node.min_items.is_some_and(|least| items.len() < least) {
            self.add(path, Rule::Range, format!("needs at least {} items", node.min_items.unwrap_or(0)));
        }
        if let Some(most) = node.max_items.filter(|most| certain && items.len() > *most) {
            self.add(path, Rule::Range, format!("has {} items; {most} are allowed", items.len()));
        }
        if node.unique_items {
            for (index, item) in items.iter().enumerate() {
                if items.iter().take(index).any(|earlier| earlier == item) {
                    self.add(path, Rule::Duplicate, format!("{} comes twice", shown(item)));
                }
            }
        }
        if let Some(of) = node.items.as_deref() {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !is_no_value(item)) {
                self.value(of, item, &Trail::Index(path, index));
            }
        }
    }

    fn string(&mut self, node: &Node, text: &str, path: &Trail<'_>) {
        let length = text.chars().count();
        if let Some(least) = node.min_length.filter(|least| length < *least) {
            self.add(path, Rule::Range, format!("has {length} characters; at least {least} are needed"));
        }
        if let Some(most) = node.max_length.filter(|most| length > *most) {
            self.add(path, Rule::Range, format!("has {length} characters; {most} are allowed"));
        }
        if let Some(pattern) = node.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
            let value = shown(&text.into());
            self.add(path, Rule::Pattern, format!("{value} does not match `{pattern}`"));
        }
        if node.types.contains(&JsonType::Integer) || node.types.contains(&JsonType::Number) {
            self.number(node, text.parse().ok(), path);
        }
    }

    fn number(&mut self, node: &Node, number: Option<f64>, path: &Trail<'_>) {
        let Some(number) = number else { return };
        if let Some(least) = node.minimum.filter(|least| number < *least) {
            self.add(path, Rule::Range, format!("{number} is less than {least}"));
        }
        if let Some(most) = node.maximum.filter(|most| number > *most) {
            self.add(path, Rule::Range, format!("{number} is more than {most}"));
        }
    }
}

/// Equal, or equal once CloudFormation has converted a scalar.
fn same(choice: &Value, value: &Value) -> bool {
    choice == value || scalar(choice).is_some_and(|text| scalar(value) == Some(text))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn is_set(members: &Map<String, Value>, name: &str) -> bool {
    members.get(name).is_some_and(|member| !is_no_value(member))
}

/// Whether a value is `{"Ref": "AWS::NoValue"}`, which removes its property.
fn is_no_value(value: &Value) -> bool {
    matches!(function(value), Some(("Ref", Value::String(target))) if target == "AWS::NoValue")
}
