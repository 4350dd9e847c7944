//! One node of a resource schema, as the compact files hold it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Members by name.
    Object,
    /// Items in order.
    Array,
}

impl JsonType {
    /// The type in words, with its article.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Object => "an object",
            Self::Array => "a list",
        }
    }

    /// Whether CloudFormation takes a value for this type: scalars are converted (`"60"` for 60, 5 for `"5"`).
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
            (Self::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
            (Self::Integer, Value::String(text)) => text.parse::<i64>().is_ok(),
            (Self::Number, Value::Number(_)) => true,
            (Self::Number, Value::String(text)) => text.parse::<f64>().is_ok(),
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::Boolean, Value::String(text)) => text == "true" || text == "false",
            (Self::Object, Value::Object(_)) | (Self::Array, Value::Array(_)) => true,
            _ => false,
        }
    }
}

/// A regular expression of a schema, compiled when it is first asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Expression {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    /// Whether a text matches somewhere. An expression that cannot be compiled excludes nothing (a test rules that
    /// out for the embedded schemas).
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref().is_none_or(|regex| regex.is_match(text))
    }

    /// The expression as the schema has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Members by pattern of their name, in the order of the patterns.
fn by_expression<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Expression, Node)>, D::Error> {
    let members = BTreeMap::<String, Node>::deserialize(deserializer)?;
    Ok(members.into_iter().map(|(pattern, node)| (pattern.into(), node)).collect())
}

/// What a schema says of one value. Absent means unconstrained.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Node {
    /// Name of the definition that holds the rest.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Allowed types.
    #[serde(rename = "type")]
    pub types: Vec<JsonType>,
    /// Members by name.
    pub properties: BTreeMap<String, Node>,
    /// Members by pattern of their name.
    #[serde(deserialize_with = "by_expression")]
    pub pattern_properties: Vec<(Expression, Node)>,
    /// Whether other members are refused.
    pub closed: bool,
    /// Members that must be there.
    pub required: Vec<String>,
    /// Exactly one of these members must be there.
    pub required_xor: Vec<String>,
    /// At least one of these members must be there.
    pub required_or: Vec<String>,
    /// Members that exclude others.
    pub dependent_excluded: BTreeMap<String, Vec<String>>,
    /// Members that need others.
    pub dependent_required: BTreeMap<String, Vec<String>>,
    /// What each item is.
    pub items: Option<Box<Node>>,
    /// Fewest items.
    pub min_items: Option<usize>,
    /// Most items.
    pub max_items: Option<usize>,
    /// Whether no item may come twice.
    pub unique_items: bool,
    /// `Some(false)` where the order of items means nothing.
    pub insertion_order: Option<bool>,
    /// Allowed values.
    #[serde(rename = "enum")]
    pub choices: Vec<Value>,
    /// The only allowed value.
    #[serde(rename = "const")]
    pub constant: Option<Value>,
    /// What a string must match somewhere, as a regular expression.
    pub pattern: Option<Expression>,
    /// Fewest characters.
    pub min_length: Option<usize>,
    /// Most characters.
    pub max_length: Option<usize>,
    /// Smallest number.
    pub minimum: Option<f64>,
    /// Greatest number.
    pub maximum: Option<f64>,
    /// All of these hold.
    pub all_of: Vec<Node>,
    /// At least one of these holds.
    pub any_of: Vec<Node>,
    /// Exactly one of these holds.
    pub one_of: Vec<Node>,
}

#[cfg(test)]
impl Node {
    /// The nodes directly below this one.
    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        self.properties
            .values()
            .chain(self.pattern_properties.iter().map(|(_, node)| node))
            .chain(self.items.as_deref())
            .chain(&self.all_of)
            .chain(&self.any_of)
            .chain(&self.one_of)
    }
}
