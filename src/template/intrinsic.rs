//! Intrinsic functions in long form: finding them and what they refer to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::path::{PropertyPath, Trail};

/// Which function makes a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt`.
    GetAtt,
    /// `${Name}` or `${Name.Attribute}` inside `Fn::Sub`.
    Sub,
}

/// One reference from a value to a resource, a parameter or a pseudo parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where the function stands, from the root of the walk.
    pub path: PropertyPath,
    /// Which function it is.
    pub kind: ReferenceKind,
    /// The name referred to, for instance `StreamTransactions` or `AWS::Region`.
    pub target: String,
    /// The attribute asked for, for instance `Arn`; `None` for the `Ref` value.
    pub attribute: Option<String>,
}

/// Pseudo parameters (user guide, "Pseudo parameters reference").
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Whether a name is one of CloudFormation's pseudo parameters.
#[must_use]
pub fn pseudo_parameter(name: &str) -> bool {
    PSEUDO.contains(&name)
}

/// Whether a value is an intrinsic function: an object of one member named `Ref`, `Condition` or `Fn::…`.
///
/// A one-member `Condition` object is the function only where its value is a string; elsewhere, as in a policy
/// statement, it is a plain property.
#[must_use]
pub fn is_intrinsic(value: &Value) -> bool {
    function(value).is_some()
}

/// The name and argument of an intrinsic function.
pub(super) fn function(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (name, argument) = object.iter().next()?;
    let is_function = object.len() == 1
        && (name == "Ref" || name.starts_with("Fn::") || (name == "Condition" && argument.is_string()));
    is_function.then_some((name.as_str(), argument))
}

/// The resource and the attribute of a `Fn::GetAtt` argument, as a list or dotted; the attribute is `None`
/// where it is itself computed.
pub(super) fn get_att(argument: &Value) -> Option<(&str, Option<&str>)> {
    match argument {
        Value::String(dotted) => dotted.split_once('.').map(|(target, attribute)| (target, Some(attribute))),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(target), attribute] => Some((target, attribute.as_str())),
            _ => None,
        },
        _ => None,
    }
}

/// The names in `${…}` of a `Fn::Sub` text, in order; `${!literal}` is none.
#[must_use]
pub fn substitutions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        if !name.starts_with('!') {
            found.push(name.trim());
        }
        rest = tail;
    }
    found
}

/// A `Fn::Sub` text with a letter where a value would be put in: what its wildcards, colons and fixed parts are.
pub(super) fn opaque(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push('x');
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The text of a `Fn::Sub`, in both of its forms.
pub(super) fn sub_text(argument: &Value) -> Option<&str> {
    match argument {
        Value::String(text) => Some(text),
        Value::Array(parts) => parts.first()?.as_str(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Every reference inside `value`, in the order in which it is written.
#[must_use]
pub fn references_in(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(value, &Trail::Root(&PropertyPath::root()), &mut |trail, kind, target, attribute| {
        let (target, attribute) = (target.to_owned(), attribute.map(str::to_owned));
        found.push(Reference { path: trail.path(), kind, target, attribute });
    });
    found
}

/// Hands the target and the attribute of every reference inside `value` to `each`, in the order in which they are
/// written.
pub(super) fn for_each_reference<'a>(value: &'a Value, mut each: impl FnMut(&'a str, Option<&'a str>)) {
    walk(value, &Trail::Root(&PropertyPath::root()), &mut |_, _, target, attribute| each(target, attribute));
}

fn walk<'a>(
    value: &'a Value,
    trail: &Trail<'_>,
    each: &mut impl FnMut(&Trail<'_>, ReferenceKind, &'a str, Option<&'a str>),
) {
    match function(value) {
        Some(("Ref", Value::String(target))) => return each(trail, ReferenceKind::Ref, target, None),
        Some(("Fn::GetAtt", argument)) => {
            if let Some((target, attribute)) = get_att(argument) {
                each(trail, ReferenceKind::GetAtt, target, attribute);
            }
        }
        Some(("Fn::Sub", argument)) => sub(argument, trail, each),
        _ => {}
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                walk(member, &Trail::Key(trail, key), each);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &Trail::Index(trail, index), each);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn sub<'a>(
    argument: &'a Value,
    trail: &Trail<'_>,
    each: &mut impl FnMut(&Trail<'_>, ReferenceKind, &'a str, Option<&'a str>),
) {
    let (text, own): (&str, BTreeSet<&str>) = match argument {
        Value::String(text) => (text, BTreeSet::new()),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(text)] => (text, BTreeSet::new()),
            [Value::String(text), Value::Object(names)] => (text, names.keys().map(String::as_str).collect()),
            _ => return,
        },
        _ => return,
    };
    for name in substitutions(text) {
        if own.contains(name) {
            continue;
        }
        let (target, attribute) = name.split_once('.').map_or((name, None), |(target, part)| (target, Some(part)));
        each(trail, ReferenceKind::Sub, target, attribute);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn targets(value: &Value) -> Vec<String> {
        references_in(value)
            .into_iter()
            .map(|r| match r.attribute {
                Some(attribute) => format!("{}.{attribute}", r.target),
                None => r.target,
            })
            .collect()
    }

    #[test]
    fn every_form_of_reference_is_found() {
        let value = json!({
            "A": {"Ref": "One"},
            "B": {"Fn::GetAtt": ["Two", "Arn"]},
            "C": {"Fn::GetAtt": "Three.Endpoint.Address"},
            "D": {"Fn::Sub": "${Four}-${Five.Arn}-${!Literal}-${AWS::Region}"},
            "E": {"Fn::Sub": ["${x}${Six}", {"x": {"Ref": "Seven"}}]},
            "F": [{"Fn::Join": ["", ["a", {"Ref": "Eight"}]]}],
        });
        let expected =
            ["One", "Two.Arn", "Three.Endpoint.Address", "Four", "Five.Arn", "AWS::Region", "Six", "Seven", "Eight"];
        assert_eq!(targets(&value), expected);
    }

    #[test]
    fn a_property_named_like_a_function_beside_others_is_no_function() {
        assert!(!is_intrinsic(&json!({"Ref": "A", "Other": 1})));
        assert!(!is_intrinsic(&json!({"Condition": {"StringEquals": {}}})));
        assert!(is_intrinsic(&json!({"Fn::Join": ["", []]})));
    }

    #[test]
    fn what_a_substitution_puts_in_counts_as_a_letter() {
        assert_eq!(opaque("arn:${AWS::Partition}:s3:::${A.B}/*"), "arn:x:s3:::x/*");
        assert_eq!(opaque("${A} ${B"), "x ${B");
    }

    #[test]
    fn an_unclosed_substitution_is_text() {
        assert_eq!(substitutions("${A} ${B"), ["A"]);
    }
}
