//! CloudFormation's functions, as far as they can be told without a deployment: parameters by their defaults.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::value::{Fields, Item, MAX_SIZE, Reference, Value};
use crate::diagnostic::Place;
use crate::template::{self, Template};

/// Longest value of a parameter, in bytes (CloudFormation quotas: 4,096).
const LONGEST_PARAMETER: usize = 4096;

/// Evaluates the functions of one template.
pub(super) struct Evaluator<'t> {
    template: &'t Template,
    mappings: Map<String, Json>,
    /// Bytes of parameters that have been put in so far.
    spent: Cell<usize>,
    /// Conditions on the way to their answer.
    busy: RefCell<Vec<String>>,
    answers: RefCell<BTreeMap<String, Option<bool>>>,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(template: &'t Template, mappings: Map<String, Json>) -> Self {
        Self { template, mappings, spent: Cell::new(0), busy: RefCell::default(), answers: RefCell::default() }
    }

    /// A value with its functions evaluated, everything in it at one place.
    pub(super) fn item(&self, value: &Json, place: &Option<Place>) -> Item {
        match value {
            Json::Object(members) if template::is_intrinsic(value) => match members.iter().next() {
                Some((name, argument)) => self.call(name, argument, place),
                None => Item::new(Value::Map(Fields::default()), place.clone()),
            },
            Json::Object(members) => {
                let mut fields = Fields::default();
                for (name, member) in members {
                    fields.push(name, self.item(member, place));
                }
                Item::new(Value::Map(fields), place.clone())
            }
            Json::Array(items) => {
                Item::new(Value::List(items.iter().map(|item| self.item(item, place)).collect()), place.clone())
            }
            scalar => Item::from_json(scalar.clone(), place),
        }
    }

    fn call(&self, name: &str, argument: &Json, place: &Option<Place>) -> Item {
        let open = |why: &str| Item::unknown(format!("`{name}` {why}"), place.clone());
        match (name, argument) {
            ("Ref", Json::String(target)) => self.refer(target, place),
            ("Fn::GetAtt", Json::Array(parts)) => match parts.as_slice() {
                [Json::String(target), Json::String(attribute)] => reference(target, attribute, place),
                _ => open("asks for an attribute that is computed"),
            },
            ("Fn::Sub", Json::String(text)) => self.substitute(text, &Map::new(), place),
            ("Fn::Sub", Json::Array(parts)) => match parts.as_slice() {
                [Json::String(text), Json::Object(names)] => self.substitute(text, names, place),
                [Json::String(text)] => self.substitute(text, &Map::new(), place),
                _ => open("has other arguments than a text and names"),
            },
            ("Fn::ToJsonString", inner) => Item::new(Value::Json(Box::new(self.item(inner, place))), place.clone()),
            ("Fn::If", Json::Array(parts)) => match parts.as_slice() {
                [Json::String(condition), yes, no] => match self.condition(condition) {
                    Some(true) => self.item(yes, place),
                    Some(false) => self.item(no, place),
                    None => open(&format!("depends on the condition `{condition}`, which is open")),
                },
                _ => open("has other arguments than a condition and two values"),
            },
            ("Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::FindInMap", Json::Array(parts)) => {
                let parts: Vec<Item> = parts.iter().map(|part| self.item(part, place)).collect();
                self.on_values(name, &parts, place).unwrap_or_else(|| open("has arguments that are not known here"))
            }
            _ => open("is known only while CloudFormation runs"),
        }
    }

    fn on_values(&self, name: &str, parts: &[Item], place: &Option<Place>) -> Option<Item> {
        match (name, parts) {
            ("Fn::Join", [separator, Item { value: Value::List(items), .. }]) => {
                Some(separator.between(items, place.clone()).bounded())
            }
            ("Fn::Select", [index, Item { value: Value::List(items), .. }]) => {
                items.get(index.as_text()?.parse::<usize>().ok()?).cloned()
            }
            ("Fn::Split", [separator, whole]) => {
                let (separator, whole) = (separator.as_text().filter(|text| !text.is_empty())?, whole.as_text()?);
                let parts = whole.split(&separator).map(|part| Item::text(part, place.clone()));
                Some(Item::new(Value::List(parts.collect()), place.clone()))
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let (map, first, second) = (map.as_text()?, first.as_text()?, second.as_text()?);
                let found = self.mappings.get(&map)?.get(&first)?.get(&second)?;
                let item = Item::from_json(found.clone(), place);
                (item.size() <= LONGEST_PARAMETER).then_some(item)
            }
            _ => None,
        }
    }

    /// A parameter's default, a pseudo parameter, or a resource.
    fn refer(&self, target: &str, place: &Option<Place>) -> Item {
        if target == "AWS::NoValue" {
            return Item::new(Value::Null, place.clone());
        }
        let Some(parameter) = self.template.parameters.get(target) else {
            return reference(target, "", place);
        };
        let kind = parameter.get("Type").and_then(Json::as_str).unwrap_or("String");
        let open = |why: &str| Item::unknown(format!("the parameter `{target}` {why}"), place.clone());
        match parameter.get("Default") {
            None => open("has no default"),
            Some(_) if kind.starts_with("AWS::SSM::") => open("is looked up in Systems Manager"),
            Some(default) => {
                let item = Item::from_json(default.clone(), place);
                self.spent.set(self.spent.get().saturating_add(item.size()));
                match item.as_text() {
                    _ if self.spent.get() > 16 * MAX_SIZE => open("expands too far"),
                    Some(text) if text.len() > LONGEST_PARAMETER => open("has a default that AWS would refuse"),
                    Some(text) if kind == "CommaDelimitedList" || kind.starts_with("List<") => {
                        let parts = text.split(',').map(|part| Item::text(part.trim(), place.clone()));
                        Item::new(Value::List(parts.collect()), place.clone())
                    }
                    Some(_) => item,
                    None => open("has a default that is no text"),
                }
            }
        }
    }

    fn substitute(&self, text: &str, names: &Map<String, Json>, place: &Option<Place>) -> Item {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else { break };
            pieces.push(Item::text(before, place.clone()));
            pieces.push(match (name.strip_prefix('!'), names.get(name.trim())) {
                (Some(literal), _) => Item::text(format!("${{{literal}}}"), place.clone()),
                (None, Some(own)) => self.item(own, place),
                (None, None) => match name.trim().split_once('.') {
                    Some((target, attribute)) => reference(target, attribute, place),
                    None => self.refer(name.trim(), place),
                },
            });
            rest = tail;
        }
        pieces.push(Item::text(rest, place.clone()));
        Item::joined(pieces, place.clone()).bounded()
    }

    /// Whether a condition holds, with parameters at their defaults; `None` where that is open.
    pub(super) fn condition(&self, name: &str) -> Option<bool> {
        if let Some(known) = self.answers.borrow().get(name) {
            return *known;
        }
        if self.busy.borrow().iter().any(|busy| busy == name) || self.busy.borrow().len() > 64 {
            return None;
        }
        self.busy.borrow_mut().push(name.to_owned());
        let answer = self.template.conditions.get(name).and_then(|condition| self.holds(condition));
        self.busy.borrow_mut().pop();
        self.answers.borrow_mut().insert(name.to_owned(), answer);
        answer
    }

    fn holds(&self, condition: &Json) -> Option<bool> {
        let (name, argument) = condition.as_object()?.iter().next()?;
        let parts = || argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), parts()) {
            ("Condition", _) => self.condition(argument.as_str()?),
            ("Fn::Equals", [left, right]) => {
                let text = |value: &Json| self.item(value, &None).as_text();
                Some(text(left)? == text(right)?)
            }
            ("Fn::Not", [inner]) => self.holds(inner).map(|holds| !holds),
            ("Fn::And", all) => {
                let answers: Vec<Option<bool>> = all.iter().map(|part| self.holds(part)).collect();
                if answers.contains(&Some(false)) {
                    Some(false)
                } else {
                    answers.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            ("Fn::Or", all) => {
                let answers: Vec<Option<bool>> = all.iter().map(|part| self.holds(part)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else {
                    answers.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
            _ => None,
        }
    }
}

fn reference(address: &str, attribute: &str, place: &Option<Place>) -> Item {
    let reference = Reference { address: address.to_owned(), attribute: attribute.to_owned() };
    Item::new(Value::Reference(reference), place.clone())
}
