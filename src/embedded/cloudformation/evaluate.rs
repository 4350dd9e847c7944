//! Intrinsic functions: from an expression and a world to a value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::document::{Document, scalar_text};
use super::references::{Piece, attribute_of, function, pieces};

/// Stands for what is not known before execution (CH-15).
pub(super) const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// A parameter as resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parameter {
    pub value: String,
    #[serde(default)]
    pub no_echo: bool,
    /// Whether `Ref` gives a list.
    #[serde(default)]
    pub list: bool,
    /// What the parameter store says, where the value is a name in it (CS-34).
    #[serde(default)]
    pub resolved: Option<String>,
}

impl Parameter {
    /// The value that the template sees.
    pub(super) fn used(&self) -> &str {
        self.resolved.as_deref().unwrap_or(&self.value)
    }
}

/// What pseudo parameters stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Pseudo {
    pub account: String,
    pub region: String,
    pub partition: String,
    pub stack_id: String,
    pub stack_name: String,
    pub notifications: Vec<String>,
}

/// What the resources and other stacks answer.
pub(super) trait World {
    /// `Ref`.
    fn reference(&self, logical_id: &str) -> Result<Value, String>;
    /// `Fn::GetAtt`.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, String>;
    /// `Fn::ImportValue`.
    fn import(&self, name: &str) -> Result<Value, String>;
}

/// A world without resources, for conditions.
pub(super) struct Nothing;

impl World for Nothing {
    fn reference(&self, logical_id: &str) -> Result<Value, String> {
        Err(format!(
            "Template format error: Unresolved dependencies [{logical_id}]. Cannot reference resources in the Conditions block of the template"
        ))
    }
    fn attribute(&self, logical_id: &str, _: &str) -> Result<Value, String> {
        self.reference(logical_id)
    }
    fn import(&self, name: &str) -> Result<Value, String> {
        Err(format!("No export named {name} found."))
    }
}

/// A template with its parameters and conditions decided.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    pub document: &'a Document,
    pub parameters: &'a BTreeMap<String, Parameter>,
    pub pseudo: Pseudo,
    conditions: BTreeMap<String, bool>,
}

type Evaluated = Result<Option<Value>, String>;

impl<'a> Scope<'a> {
    /// Decides every condition.
    ///
    /// # Errors
    /// The template error of a malformed condition.
    pub(super) fn new(
        document: &'a Document,
        parameters: &'a BTreeMap<String, Parameter>,
        pseudo: Pseudo,
    ) -> Result<Self, String> {
        let mut scope = Self { document, parameters, pseudo, conditions: BTreeMap::new() };
        for name in document.conditions.keys() {
            let holds = scope.condition(name, 0)?;
            scope.conditions.insert(name.clone(), holds);
        }
        Ok(scope)
    }

    /// Whether a resource of the template exists under its condition.
    pub(super) fn exists(&self, logical_id: &str) -> bool {
        self.document.resources.get(logical_id).is_some_and(|definition| self.holds(definition.condition.as_deref()))
    }

    /// Whether a condition holds; no condition always does.
    pub(super) fn holds(&self, condition: Option<&str>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    fn condition(&self, name: &str, depth: usize) -> Result<bool, String> {
        if let Some(holds) = self.conditions.get(name) {
            return Ok(*holds);
        }
        if depth > 64 {
            return Err(format!("Circular dependencies for condition {name}"));
        }
        let Some(expression) = self.document.conditions.get(name) else {
            return Err(format!("Template error: unresolved condition dependency {name}"));
        };
        self.test(expression, depth)
    }

    fn test(&self, expression: &Value, depth: usize) -> Result<bool, String> {
        let single =
            expression.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
        match single.map(|(name, argument)| (name.as_str(), argument)) {
            Some(("Condition", Value::String(name))) => self.condition(name, depth + 1),
            Some(("Fn::Equals", argument)) => match argument.as_array().map(Vec::as_slice) {
                Some([left, right]) => {
                    let side = |value| self.value(value, &Nothing).map(|value| value.as_ref().and_then(scalar_text));
                    Ok(side(left)? == side(right)?)
                }
                _ => Err("Template error: every Fn::Equals object requires a list of 2 string parameters.".to_owned()),
            },
            Some(("Fn::And", Value::Array(all))) => {
                all.iter().try_fold(true, |so_far, one| Ok(self.test(one, depth + 1)? && so_far))
            }
            Some(("Fn::Or", Value::Array(any))) => {
                any.iter().try_fold(false, |so_far, one| Ok(self.test(one, depth + 1)? || so_far))
            }
            Some(("Fn::Not", Value::Array(one))) => match one.as_slice() {
                [one] => Ok(!self.test(one, depth + 1)?),
                _ => Err("Template error: Fn::Not requires a list argument with one element".to_owned()),
            },
            _ => Err("Template format error: Every Conditions member must be a condition function.".to_owned()),
        }
    }

    /// Evaluates a value; `None` where it is `AWS::NoValue`.
    ///
    /// # Errors
    /// The service's text for what cannot be evaluated.
    pub(super) fn value(&self, value: &Value, world: &dyn World) -> Evaluated {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument, world);
        }
        Ok(Some(match value {
            Value::Array(items) => {
                let items: Result<Vec<Option<Value>>, String> =
                    items.iter().map(|item| self.value(item, world)).collect();
                Value::Array(items?.into_iter().flatten().collect())
            }
            Value::Object(members) => Value::Object(self.members(members, world)?),
            scalar => scalar.clone(),
        }))
    }

    /// Evaluates every member of an object.
    ///
    /// # Errors
    /// As [`Scope::value`].
    pub(super) fn members(
        &self,
        members: &Map<String, Value>,
        world: &dyn World,
    ) -> Result<Map<String, Value>, String> {
        let mut found = Map::new();
        for (key, member) in members {
            if let Some(member) = self.value(member, world)? {
                found.insert(key.clone(), member);
            }
        }
        Ok(found)
    }

    fn call(&self, name: &str, argument: &Value, world: &dyn World) -> Evaluated {
        match name {
            "Ref" => self.reference(argument.as_str().unwrap_or_default(), world),
            "Fn::GetAtt" => self.get_att(argument, world),
            "Fn::Sub" => self.sub(argument, world),
            "Fn::Join" => self.join(argument, world),
            "Fn::Select" => self.select(argument, world),
            "Fn::Split" => self.split(argument, world),
            "Fn::If" => self.branch(argument, world),
            "Fn::FindInMap" => self.find(argument, world),
            "Fn::Base64" => Ok(Some(Value::String(base64(&self.text(argument, world)?)))),
            "Fn::ImportValue" => world.import(&self.text(argument, world)?).map(Some),
            "Fn::GetAZs" => Ok(Some(Value::Array(
                ["a", "b", "c"].iter().map(|zone| Value::String(format!("{}{zone}", self.pseudo.region))).collect(),
            ))),
            other => Err(format!("Template error: {other} is not supported here")),
        }
    }

    fn reference(&self, name: &str, world: &dyn World) -> Evaluated {
        let text = |text: &str| Ok(Some(Value::String(text.to_owned())));
        match name {
            "AWS::NoValue" => Ok(None),
            "AWS::AccountId" => text(&self.pseudo.account),
            "AWS::Region" => text(&self.pseudo.region),
            "AWS::Partition" => text(&self.pseudo.partition),
            "AWS::StackId" => text(&self.pseudo.stack_id),
            "AWS::StackName" => text(&self.pseudo.stack_name),
            "AWS::URLSuffix" => text(url_suffix(&self.pseudo.partition)),
            "AWS::NotificationARNs" => Ok(Some(Value::from(self.pseudo.notifications.clone()))),
            name => match self.parameters.get(name) {
                Some(parameter) if parameter.list => {
                    Ok(Some(parameter.used().split(',').map(|item| Value::from(item.trim())).collect()))
                }
                Some(parameter) => text(parameter.used()),
                None => world.reference(name).map(Some),
            },
        }
    }

    fn get_att(&self, argument: &Value, world: &dyn World) -> Evaluated {
        if let Some((target, attribute)) = attribute_of(argument) {
            return world.attribute(&target, &attribute).map(Some);
        }
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(target), attribute]) if attribute.is_object() => {
                world.attribute(target, &self.text(attribute, world)?).map(Some)
            }
            _ => {
                Err("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and \
                      the resource attribute"
                    .to_owned())
            }
        }
    }

    fn sub(&self, argument: &Value, world: &dyn World) -> Evaluated {
        let (text, names) = match argument {
            Value::String(text) => (text.as_str(), None),
            Value::Array(parts) => (parts.first().and_then(Value::as_str).unwrap_or_default(), parts.get(1)),
            _ => return Err("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string".to_owned()),
        };
        let mut out = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Name(name) => {
                    let value = match (names.and_then(|names| names.get(name)), name.split_once('.')) {
                        (Some(value), _) => self.value(value, world)?,
                        (None, Some((target, attribute))) => Some(world.attribute(target, attribute)?),
                        (None, None) => self.reference(name, world)?,
                    };
                    out.push_str(&value.as_ref().and_then(scalar_text).unwrap_or_default());
                }
            }
        }
        Ok(Some(Value::String(out)))
    }

    fn text(&self, value: &Value, world: &dyn World) -> Result<String, String> {
        Ok(self.value(value, world)?.as_ref().and_then(scalar_text).unwrap_or_default())
    }

    fn texts(&self, value: &Value, world: &dyn World) -> Result<Vec<String>, String> {
        Ok(match self.value(value, world)? {
            Some(Value::Array(items)) => items.iter().filter_map(scalar_text).collect(),
            // A list that is not known yet is one unknown.
            Some(other) => scalar_text(&other).into_iter().collect(),
            None => Vec::new(),
        })
    }

    fn join(&self, argument: &Value, world: &dyn World) -> Evaluated {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(delimiter), list]) => {
                Ok(Some(Value::String(self.texts(list, world)?.join(delimiter))))
            }
            _ => Err("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list \
                      of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
                .to_owned()),
        }
    }

    fn select(&self, argument: &Value, world: &dyn World) -> Evaluated {
        const WRONG: &str =
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
        let Some([index, list]) = argument.as_array().map(Vec::as_slice) else { return Err(WRONG.to_owned()) };
        let index: usize = self.text(index, world)?.parse().map_err(|_| WRONG.to_owned())?;
        let Some(list) = self.value(list, world)? else { return Err(WRONG.to_owned()) };
        match list {
            Value::Array(items) => {
                items.get(index).cloned().map(Some).ok_or_else(|| {
                    format!("Template error: Fn::Select cannot select nonexistent value at index {index}")
                })
            }
            Value::String(text) if text.contains(KNOWN_AFTER_APPLY) => Ok(Some(Value::from(KNOWN_AFTER_APPLY))),
            _ => Err(WRONG.to_owned()),
        }
    }

    fn split(&self, argument: &Value, world: &dyn World) -> Evaluated {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(delimiter), text]) if !delimiter.is_empty() => {
                let text = self.text(text, world)?;
                if text.contains(KNOWN_AFTER_APPLY) {
                    return Ok(Some(Value::from(KNOWN_AFTER_APPLY)));
                }
                Ok(Some(text.split(delimiter.as_str()).map(Value::from).collect()))
            }
            _ => {
                Err("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a \
                      string to be split or a function that returns a string to be split."
                    .to_owned())
            }
        }
    }

    fn branch(&self, argument: &Value, world: &dyn World) -> Evaluated {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(condition), yes, no]) => match self.conditions.get(condition) {
                Some(holds) => self.value(if *holds { yes } else { no }, world),
                None => Err(format!("Template error: unresolved condition dependency {condition} in Fn::If")),
            },
            _ => Err("Template error: Fn::If requires a list argument with three elements".to_owned()),
        }
    }

    fn find(&self, argument: &Value, world: &dyn World) -> Evaluated {
        let Some([map, first, second, rest @ ..]) = argument.as_array().map(Vec::as_slice) else {
            return Err(
                "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the \
                        attribute for return value"
                    .to_owned(),
            );
        };
        let (map, first, second) = (self.text(map, world)?, self.text(first, world)?, self.text(second, world)?);
        let leaf =
            self.document.mappings.get(&map).and_then(|keys| keys.get(&first)).and_then(|leaf| leaf.get(&second));
        let fallback = rest.first().and_then(|options| options.get("DefaultValue"));
        match (leaf, fallback) {
            (Some(leaf), _) => Ok(Some(leaf.clone())),
            (None, Some(fallback)) => self.value(fallback, world),
            (None, None) => Err(format!("Template error: Unable to get mapping for {map}::{first}::{second}")),
        }
    }
}

fn url_suffix(partition: &str) -> &'static str {
    if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for at in 0..4_usize {
            let digit = DIGITS.get((bits >> (18 - 6 * at)) as usize & 63).copied().unwrap_or(b'=');
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
