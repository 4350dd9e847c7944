//! The facts of one resource type and the questions that other rooms ask of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names;
use super::node::{JsonType, Node};
use crate::template::path::{PropertyPath, Step};

/// Whether changing a property recreates the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recreation {
    /// No.
    Never,
    /// Sometimes.
    Conditionally,
    /// Yes.
    Always,
}

/// The published facts of one resource type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypeFacts {
    type_name: String,
    #[serde(rename = "source")]
    _source: String,
    primary_identifier: Vec<Pattern>,
    create_only: Vec<Pattern>,
    conditional_create_only: Vec<Pattern>,
    read_only: Vec<Pattern>,
    write_only: Vec<Pattern>,
    attributes: Vec<String>,
    root: Node,
    definitions: BTreeMap<String, Node>,
    #[serde(default)]
    tag_property: Option<String>,
    #[serde(default)]
    delete_then_create: bool,
}

/// A path in a schema: `/LifecycleConfiguration/Rules/*/Transition`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
struct Pattern(Vec<Option<String>>);

impl From<String> for Pattern {
    fn from(pointer: String) -> Self {
        let steps = pointer.split('/').skip(1);
        Self(steps.map(|step| (step != "*").then(|| step.to_owned())).collect())
    }
}

impl Pattern {
    /// Whether the pattern names `path` itself or something that encloses it.
    fn covers(&self, path: &PropertyPath) -> bool {
        self.0.len() <= path.steps().len()
            && self.0.iter().zip(path.steps()).all(|(wanted, step)| match (wanted, step) {
                (None, _) => true,
                (Some(wanted), Step::Key(key)) => wanted == key,
                (Some(_), Step::Index(_)) => false,
            })
    }

    fn top(&self) -> Option<&str> {
        self.0.first()?.as_deref()
    }
}

impl TypeFacts {
    /// Reads one of the embedded files; `None` if it is not of the form this version reads, which a test rules out.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// For instance `AWS::Kinesis::Stream`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// What the schema says of a property; `None` if there is none by that path.
    #[must_use]
    pub fn property(&self, path: &PropertyPath) -> Option<PropertyFacts<'_>> {
        let mut here = &self.root;
        for step in path.steps() {
            here = self.step(here, step)?;
        }
        let is_tags = matches!(path.steps(), [Step::Key(only)] if self.tag_property() == Some(only));
        Some(PropertyFacts { facts: self, node: self.resolve(here), is_tags })
    }

    /// Names of the top-level properties, read-only ones included, sorted.
    pub fn property_names(&self) -> impl Iterator<Item = &str> {
        self.root.properties.keys().map(String::as_str)
    }

    /// Whether changing the value at a path recreates the resource.
    ///
    /// A path above a create-only one (`Budget` for `Budget/BudgetName`) recreates nothing by itself: ask with the
    /// paths of what really changed inside.
    #[must_use]
    pub fn recreation(&self, path: &PropertyPath) -> Recreation {
        let covered = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.covers(path));
        let documented = path.top().is_some_and(|top| names::documented_create_only(&self.type_name).contains(&top));
        if documented || covered(&self.create_only) {
            Recreation::Always
        } else if covered(&self.conditional_create_only) {
            Recreation::Conditionally
        } else {
            Recreation::Never
        }
    }

    /// What giving another value to what had one does: never less than [`Self::recreation`].
    #[must_use]
    pub fn recreation_of_edit(&self, path: &PropertyPath) -> Recreation {
        let fixed = names::fixed_members(&self.type_name);
        match (fixed, path.steps()) {
            (Some((list, member)), [Step::Key(top), Step::Index(_), Step::Key(key)])
                if list == top && member == key =>
            {
                Recreation::Always
            }
            _ => self.recreation(path),
        }
    }

    /// Whether the service has no way to change the property at a path, not even by replacement.
    #[must_use]
    pub fn is_not_updatable(&self, path: &PropertyPath) -> bool {
        path.top().is_some_and(|top| names::not_updatable(&self.type_name).contains(&top))
    }

    /// Whether only the service sets the value at a path. An identifier that may also be set (a stream's name)
    /// is not read-only.
    #[must_use]
    pub fn is_read_only(&self, path: &PropertyPath) -> bool {
        self.read_only.iter().any(|pattern| pattern.covers(path))
    }

    /// Whether the value at a path can be written but not read back, so that drift in it is invisible.
    #[must_use]
    pub fn is_write_only(&self, path: &PropertyPath) -> bool {
        self.write_only.iter().any(|pattern| pattern.covers(path))
    }

    /// What `Fn::GetAtt` may ask for, sorted; dotted where nested.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Whether `Fn::GetAtt` may ask for an attribute: a listed one, or one inside a listed object.
    #[must_use]
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes
            .iter()
            .any(|known| name.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// The top-level properties that identify a resource of this type, in the schema's order.
    pub fn identifier(&self) -> impl Iterator<Item = &str> {
        self.primary_identifier.iter().filter_map(Pattern::top)
    }

    /// The property that sets the physical name, if people may set it.
    #[must_use]
    pub fn name_property(&self) -> Option<&'static str> {
        names::name_property(&self.type_name)
    }

    /// The properties that together may exist only once in an account and region, the name first and `/` between a
    /// property and what is within it: while one resource has them, a second with the same values is refused.
    #[must_use]
    pub fn unique_by(&self) -> &'static [&'static str] {
        names::unique_by(&self.type_name)
    }

    /// The property that holds tags; `None` if the type cannot be tagged.
    #[must_use]
    pub fn tag_property(&self) -> Option<&str> {
        self.tag_property.as_deref()
    }

    /// Whether resources of this type can be tagged.
    #[must_use]
    pub fn taggable(&self) -> bool {
        self.tag_property.is_some()
    }

    /// Whether replacement deletes the old resource before it makes the new one.
    #[must_use]
    pub fn deletes_then_creates(&self) -> bool {
        self.delete_then_create
    }

    /// The node of the whole resource.
    pub(in crate::template) fn root(&self) -> &Node {
        &self.root
    }

    /// Follows a reference to a definition.
    pub(in crate::template) fn resolve<'a>(&'a self, node: &'a Node) -> &'a Node {
        node.reference.as_ref().and_then(|name| self.definitions.get(name)).unwrap_or(node)
    }

    fn step<'a>(&'a self, node: &'a Node, step: &Step) -> Option<&'a Node> {
        let node = self.resolve(node);
        let found = match step {
            Step::Key(key) => {
                node.properties.get(key).or_else(|| node.pattern_properties.first().map(|(_, node)| node))
            }
            Step::Index(_) => node.items.as_deref(),
        };
        found.or_else(|| node.one_of.iter().chain(&node.any_of).chain(&node.all_of).find_map(|n| self.step(n, step)))
    }

    #[cfg(test)]
    pub(super) fn assert_sound(&self) {
        let mut open: Vec<&Node> = self.definitions.values().chain([&self.root]).collect();
        while let Some(node) = open.pop() {
            if let Some(name) = &node.reference {
                assert!(self.definitions.contains_key(name), "{}: {name}", self.type_name);
            }
            for pattern in node.pattern.iter().chain(node.pattern_properties.iter().map(|(pattern, _)| pattern)) {
                assert!(regex_lite::Regex::new(pattern.as_str()).is_ok(), "{}: {pattern}", self.type_name);
            }
            open.extend(node.children());
        }
        for name in self.unique_by().iter().chain(names::not_updatable(&self.type_name)) {
            let top = name.split('/').next().unwrap_or(name);
            assert!(self.root.properties.contains_key(top), "{}: {name}", self.type_name);
        }
    }
}

/// What the schema says of one property.
#[derive(Clone, Copy, Debug)]
pub struct PropertyFacts<'a> {
    facts: &'a TypeFacts,
    node: &'a Node,
    is_tags: bool,
}

impl<'a> PropertyFacts<'a> {
    /// Allowed types; empty where the schema does not say.
    #[must_use]
    pub fn types(&self) -> &'a [JsonType] {
        &self.node.types
    }

    /// Whether the order of the items means something. That of tags never does, though not every schema says so.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        !self.is_tags
            && self.node.insertion_order != Some(false)
            && self.node.one_of.iter().all(|n| self.facts.resolve(n).insertion_order != Some(false))
    }

    /// The schema node, with its limits, choices and pattern.
    #[must_use]
    pub fn node(&self) -> &'a Node {
        self.node
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts;
    use super::*;

    fn path(text: &str) -> PropertyPath {
        text.split('.').fold(PropertyPath::root(), |path, step| match step.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(step),
        })
    }

    #[test]
    fn recreation_follows_the_schema() {
        let cases = [
            ("AWS::Kinesis::Stream", "Name", Recreation::Always),
            ("AWS::Kinesis::Stream", "ShardCount", Recreation::Never),
            ("AWS::Kinesis::StreamConsumer", "Tags.0.Value", Recreation::Always),
            ("AWS::Lambda::EventSourceMapping", "StartingPosition", Recreation::Always),
            ("AWS::Lambda::EventSourceMapping", "ParallelizationFactor", Recreation::Never),
            ("AWS::DynamoDB::Table", "KeySchema.0.AttributeName", Recreation::Conditionally),
            ("AWS::KinesisFirehose::DeliveryStream", "KinesisStreamSourceConfiguration.RoleARN", Recreation::Always),
            ("AWS::SageMaker::EndpointConfig", "ProductionVariants.0.InstanceType", Recreation::Always),
            ("AWS::SageMaker::EndpointConfig", "Tags.0.Value", Recreation::Never),
            ("AWS::Budgets::Budget", "Budget.BudgetName", Recreation::Always),
            ("AWS::Budgets::Budget", "Budget", Recreation::Never),
        ];
        for (type_name, text, expected) in cases {
            assert_eq!(facts(type_name).expect("facts").recreation(&path(text)), expected, "{type_name} {text}");
        }
    }

    #[test]
    fn properties_are_found_through_definitions_lists_and_choices() {
        let table = facts("AWS::DynamoDB::Table").expect("facts");
        assert!(table.property(&path("KeySchema.0.AttributeName")).is_some());
        assert!(table.property(&path("KeySchema.0.Nonsense")).is_none());
        let tags = table.property(&path("Tags")).expect("tags");
        assert_eq!(tags.types(), [JsonType::Array]);
        assert!(!tags.is_ordered());
        let function = facts("AWS::Lambda::Function").expect("facts");
        assert!(function.property(&path("Environment.Variables.ANYTHING")).is_some());
    }

    #[test]
    fn attributes_may_be_nested() {
        let stream = facts("AWS::Kinesis::Stream").expect("facts");
        assert!(stream.has_attribute("Arn") && stream.has_attribute("WarmThroughputObject.CurrentMiBps"));
        assert!(!stream.has_attribute("ArnX") && !stream.has_attribute("ShardCount"));
        assert!(stream.is_read_only(&path("Arn")) && stream.is_write_only(&path("WarmThroughputMiBps")));
        assert_eq!(stream.name_property(), Some("Name"));
        assert!(!facts("AWS::Lambda::Permission").expect("facts").taggable());
    }
}
