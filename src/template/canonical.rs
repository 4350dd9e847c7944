//! The canonical form: one template, one text, one digest.

use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

use super::model::{DeletionPolicy, Output, Resource, Template};
use super::yaml;
use crate::units::Digest;

impl Template {
    /// The template as a value: sections and attributes in the order people write them, all else sorted by key.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.shape().to_value()
    }

    fn shape(&self) -> Shape<'_> {
        let mut top = vec![("AWSTemplateFormatVersion", Shape::Text("2010-09-09"))];
        top.extend(self.description.as_deref().map(|text| ("Description", Shape::Text(text))));
        if !self.metadata.is_empty() {
            top.push(("Metadata", Shape::of_members(&self.metadata)));
        }
        let mut section = |name: &'static str, members: Vec<(_, _)>| {
            if !members.is_empty() {
                top.push((name, Shape::Mapping(members)));
            }
        };
        section("Parameters", self.parameters.iter().map(|(k, v)| (k.as_str(), Shape::of(v))).collect());
        section("Conditions", self.conditions.iter().map(|(k, v)| (k.as_str(), Shape::of(v))).collect());
        section("Resources", self.resources.iter().map(|(k, v)| (k.as_str(), v.shape())).collect());
        section("Outputs", self.outputs.iter().map(|(k, v)| (k.as_str(), v.shape())).collect());
        Shape::Mapping(top)
    }

    /// The canonical JSON: keys sorted, two spaces, one newline at the end.
    #[must_use]
    pub fn to_canonical_json(&self) -> String {
        // A template is text, numbers and flags: writing it into memory does not fail.
        let mut text = serde_json::to_string_pretty(&Sorted(&self.shape())).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The length of [`Template::to_canonical_json`] in bytes, without writing it.
    #[must_use]
    pub fn canonical_json_bytes(&self) -> usize {
        json_bytes(&self.shape(), 0) + 1
    }

    /// The canonical YAML: long-form functions, sections in the customary order, every string quoted that a
    /// YAML 1.1 or 1.2 reader could take for something else, one newline at the end.
    #[must_use]
    pub fn to_canonical_yaml(&self) -> String {
        yaml::to_string(&self.shape())
    }

    /// SHA-256 of the canonical JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_sha256(&Sha256::digest(self.to_canonical_json().as_bytes()).into())
    }
}

impl Resource {
    /// A resource of a type, with nothing set.
    #[must_use]
    pub fn new(type_name: &str) -> Self {
        Self {
            type_name: type_name.to_owned(),
            properties: Map::new(),
            depends_on: Vec::new(),
            deletion_policy: None,
            update_replace_policy: None,
            condition: None,
            metadata: Map::new(),
            update_policy: None,
        }
    }

    /// The resource as it stands in a template.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.shape().to_value()
    }

    fn shape(&self) -> Shape<'_> {
        let mut members = vec![("Type", Shape::Text(&self.type_name))];
        let mut attribute = |name: &'static str, value: Option<_>| members.extend(value.map(|value| (name, value)));
        attribute("Condition", self.condition.as_deref().map(Shape::Text));
        let depends_on = || Shape::Sequence(self.depends_on.iter().map(|id| Shape::Text(id.as_str())).collect());
        attribute("DependsOn", (!self.depends_on.is_empty()).then(depends_on));
        attribute("DeletionPolicy", self.deletion_policy.map(|policy| Shape::Text(policy.as_str())));
        attribute("UpdateReplacePolicy", self.update_replace_policy.map(|policy| Shape::Text(policy.as_str())));
        attribute("UpdatePolicy", self.update_policy.as_ref().map(Shape::of));
        attribute("Metadata", (!self.metadata.is_empty()).then(|| Shape::of_members(&self.metadata)));
        attribute("Properties", (!self.properties.is_empty()).then(|| Shape::of_members(&self.properties)));
        Shape::Mapping(members)
    }
}

impl Output {
    fn shape(&self) -> Shape<'_> {
        let description = self.description.as_deref().map(|text| ("Description", Shape::Text(text)));
        Shape::Mapping(description.into_iter().chain([("Value", Shape::of(&self.value))]).collect())
    }
}

impl DeletionPolicy {
    /// The policy as it stands in a template.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }
}

/// A template in the order in which it is written, borrowed from it: writing needs no sorted copy.
pub(super) enum Shape<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
    Sequence(Vec<Shape<'a>>),
    Mapping(Vec<(&'a str, Shape<'a>)>),
}

impl<'a> Shape<'a> {
    /// A value, members sorted by key.
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Sequence(items.iter().map(Self::of).collect()),
            Value::Object(members) => Self::of_members(members),
            Value::Number(number) => Self::Number(number),
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Null => Self::Null,
        }
    }

    fn of_members(members: &'a Map<String, Value>) -> Self {
        let mut entries: Vec<_> = members.iter().map(|(key, member)| (key.as_str(), Self::of(member))).collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        Self::Mapping(entries)
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(*text),
            Self::Number(number) => Value::Number((*number).clone()),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Null => Value::Null,
            Self::Sequence(items) => items.iter().map(Self::to_value).collect(),
            Self::Mapping(members) => {
                members.iter().map(|(key, member)| ((*key).to_owned(), member.to_value())).collect()
            }
        }
    }
}

/// A shape as it is serialized with the members of every mapping by key.
struct Sorted<'s>(&'s Shape<'s>);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Shape::Null => serializer.serialize_unit(),
            Shape::Bool(flag) => serializer.serialize_bool(*flag),
            Shape::Number(number) => number.serialize(serializer),
            Shape::Text(text) => serializer.serialize_str(text),
            Shape::Sequence(items) => serializer.collect_seq(items.iter().map(Sorted)),
            Shape::Mapping(members) => {
                let mut members: Vec<_> = members.iter().map(|(key, member)| (key, Sorted(member))).collect();
                members.sort_by_key(|(key, _)| **key);
                serializer.collect_map(members)
            }
        }
    }
}

/// The length of a value as indented JSON, beginning at a depth.
fn json_bytes(value: &Shape<'_>, depth: usize) -> usize {
    // A line break and its indentation before every item and before the closing bracket; a comma between items.
    let block = |count: usize, inside: usize| match count {
        0 => 2,
        count => 2 + count * (1 + 2 * (depth + 1)) + (count - 1) + (1 + 2 * depth) + inside,
    };
    match value {
        Shape::Text(text) => text_bytes(text),
        Shape::Number(number) => number.to_string().len(),
        Shape::Bool(flag) => 5 - usize::from(*flag),
        Shape::Null => 4,
        Shape::Sequence(items) => block(items.len(), items.iter().map(|item| json_bytes(item, depth + 1)).sum()),
        Shape::Mapping(members) => {
            let inside = members.iter().map(|(key, member)| text_bytes(key) + 2 + json_bytes(member, depth + 1)).sum();
            block(members.len(), inside)
        }
    }
}

/// The length of a text as JSON, quotes included.
fn text_bytes(text: &str) -> usize {
    // Nearly no text has anything to escape, and asking for all bytes at once is quick.
    let escapes = text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if !escapes {
        return 2 + text.len();
    }
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    });
    2 + escaped.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::LogicalId;

    /// Strings that readers misread, and any others.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "yes",
                "No",
                "on",
                "~",
                "null",
                "2012-10-17",
                "12:30:45",
                "1_000",
                "0x1F",
                "010",
                "1e3",
                ".5",
                "=",
                "<<",
                "- a",
                "a: b",
                "a #b",
                "!Ref x",
                "*",
                "&a",
                "{}",
                "[]",
                "",
                " a",
                "a ",
                "a:",
                "|",
                "> ",
                "%a",
                "@a",
                "`",
                "\u{85}",
                "\u{2028}",
                "\u{feff}",
                "\u{7f}",
                "a\nb\n",
                "\t",
                "\"'\\",
                "---",
                "...",
                "${AWS::Region}",
                "arn:aws:s3:::b/*",
                "😀",
                "\u{fffe}",
                "NaN",
                "Infinity",
                "+1",
                "-.inf",
                "1.",
                "0o7",
                "0b1",
                "y"
            ])
            .prop_map(str::to_owned),
            any::<String>(),
            "[A-Za-z:/. -]{0,12}",
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            // Numbers as templates hold them; the JSON reader is exact for these, not for every f64.
            any::<i32>().prop_map(|thousandths| Value::from(f64::from(thousandths) / 1000.0)),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text(), inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    fn template() -> impl Strategy<Value = Template> {
        let resource = (prop::collection::vec((text(), value()), 0..4), any::<bool>()).prop_map(|(members, flag)| {
            let mut resource = Resource::new("AWS::SQS::Queue");
            resource.properties = members.into_iter().collect();
            resource.deletion_policy = flag.then_some(DeletionPolicy::RetainExceptOnCreate);
            resource
        });
        let resources = prop::collection::btree_map("[A-Z][a-z0-9]{0,8}", resource, 1..4);
        (resources, prop::option::of(text()), value()).prop_map(|(resources, description, out)| Template {
            description,
            resources: resources.into_iter().map(|(k, v)| (LogicalId::new(&k).expect("an id"), v)).collect(),
            outputs: [(LogicalId::new("Out").expect("an id"), Output { value: out, description: None })].into(),
            ..Template::default()
        })
    }

    proptest! {
        #[test]
        fn canonical_json_reads_back(template in template()) {
            let text = template.to_canonical_json();
            let again = Template::parse(&text).expect("canonical JSON");
            prop_assert_eq!(&again, &template);
            prop_assert_eq!(template.canonical_json_bytes(), text.len());
            prop_assert_eq!(again.to_canonical_json(), text);
        }

        #[test]
        fn canonical_yaml_reads_back(template in template()) {
            let text = template.to_canonical_yaml();
            let again = Template::parse(&text).expect("canonical YAML");
            prop_assert_eq!(&again, &template);
            prop_assert_eq!(again.digest(), template.digest());
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_a_panic(text in any::<String>()) {
            let _ = Template::parse(&text);
        }
    }

    #[test]
    fn canonical_json_has_sorted_keys_and_ends_in_one_newline() {
        let text = r#"{"Resources":{"B":{"Type":"T","Properties":{"z":1,"a":{"y":1,"b":2}}},"A":{"Type":"T"}}}"#;
        let canonical = Template::parse(text).expect("a template").to_canonical_json();
        let expected = "{\n  \"AWSTemplateFormatVersion\": \"2010-09-09\",\n  \"Resources\": {\n    \"A\": {\n      \"Type\": \"T\"\n    },\n    \"B\": {\n      \"Properties\": {\n        \"a\": {\n          \"b\": 2,\n          \"y\": 1\n        },\n        \"z\": 1\n      },\n      \"Type\": \"T\"\n    }\n  }\n}\n";
        assert_eq!(canonical, expected);
    }
}
