//! What a value refers to: resources, parameters, pseudo parameters.

use serde_json::Value;

/// One reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// Logical id, parameter or pseudo parameter.
    pub target: String,
    /// The attribute of a `Fn::GetAtt` or of `${a.b}`.
    pub attribute: Option<String>,
}

/// Every reference in a value, in the order in which it is written.
pub(super) fn in_value(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(value, &mut found);
    found
}

/// Name and argument of an intrinsic function: the single member of an object.
pub(super) fn function(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object()?;
    let (name, argument) = members.iter().next()?;
    let is_function = members.len() == 1 && (name == "Ref" || name.starts_with("Fn::"));
    is_function.then_some((name.as_str(), argument))
}

/// Target and attribute of a `Fn::GetAtt` argument.
pub(super) fn attribute_of(argument: &Value) -> Option<(String, String)> {
    match argument {
        Value::String(dotted) => {
            dotted.split_once('.').map(|(target, attribute)| (target.to_owned(), attribute.to_owned()))
        }
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(target), Value::String(attribute)] if !target.is_empty() && !attribute.is_empty() => {
                Some((target.clone(), attribute.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Pieces of a `Fn::Sub` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// The name in `${…}`.
    Name(&'a str),
}

/// Takes a `Fn::Sub` text apart; `${!Name}` is the text `${Name}`.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        found.push(Piece::Text(before));
        if let Some(literal) = name.strip_prefix('!') {
            found.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]);
        } else {
            found.push(Piece::Name(name.trim()));
        }
        rest = tail;
    }
    found.push(Piece::Text(rest));
    found
}

fn walk(value: &Value, found: &mut Vec<Reference>) {
    match function(value) {
        Some(("Ref", Value::String(target))) => found.push(Reference { target: target.clone(), attribute: None }),
        Some(("Fn::GetAtt", argument)) => match attribute_of(argument) {
            Some((target, attribute)) => found.push(Reference { target, attribute: Some(attribute) }),
            None => {
                if let Some(target) = argument.get(0).and_then(Value::as_str) {
                    found.push(Reference { target: target.to_owned(), attribute: None });
                }
                descend(argument, found);
            }
        },
        Some(("Fn::Sub", argument)) => substitution(argument, found),
        _ => descend(value, found),
    }
}

fn descend(value: &Value, found: &mut Vec<Reference>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(members) => members.values().for_each(|member| walk(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn substitution(argument: &Value, found: &mut Vec<Reference>) {
    let (text, names) = match argument {
        Value::String(text) => (text.as_str(), None),
        Value::Array(parts) => (parts.first().and_then(Value::as_str).unwrap_or_default(), parts.get(1)),
        _ => return,
    };
    for piece in pieces(text) {
        let Piece::Name(name) = piece else { continue };
        if names.is_some_and(|names| names.get(name).is_some()) {
            continue;
        }
        let (target, attribute) = match name.split_once('.') {
            Some((target, attribute)) => (target, Some(attribute.to_owned())),
            None => (name, None),
        };
        found.push(Reference { target: target.to_owned(), attribute });
    }
    if let Some(names) = names {
        descend(names, found);
    }
}
