//! Checking a template before anything is sent: against the published schemas, its own references, and limits.
//!
//! A function stands for any value of its place: what it will be is not known here, what it refers to is.

mod names;
mod references;
mod service;
mod size;
mod values;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::model::Template;
use super::path::PropertyPath;
use super::schema;
use crate::diagnostic::closest;
use crate::units::LogicalId;

/// Which rule a template breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The facts of the type are not known to Sluice.
    UnknownType,
    /// The type has no such property.
    UnknownProperty,
    /// The property is set by the service only.
    ReadOnly,
    /// A property that must be there is not.
    Required,
    /// Properties exclude or need each other.
    Combination,
    /// The value has another JSON type.
    Type,
    /// The value is none of the choices.
    Choice,
    /// A string does not match its pattern.
    Pattern,
    /// A string, list or number is too short, long, small or great.
    Range,
    /// An item comes twice in a list that allows it once, or two resources take one name.
    Duplicate,
    /// A reference to nothing.
    Reference,
    /// The type referred to has no such attribute.
    Attribute,
    /// A condition that is not defined.
    Condition,
    /// Resources that need each other.
    Cycle,
    /// One of CloudFormation's own limits.
    Limit,
    /// What the schema allows and the service refuses all the same.
    Service,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownType => "unknown-type",
            Self::UnknownProperty => "unknown-property",
            Self::ReadOnly => "read-only",
            Self::Required => "required",
            Self::Combination => "combination",
            Self::Type => "type",
            Self::Choice => "choice",
            Self::Pattern => "pattern",
            Self::Range => "range",
            Self::Duplicate => "duplicate",
            Self::Reference => "reference",
            Self::Attribute => "attribute",
            Self::Condition => "condition",
            Self::Cycle => "cycle",
            Self::Limit => "limit",
            Self::Service => "service",
        })
    }
}

/// One rule broken in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The resource; none where the template as a whole or an output is at fault.
    pub logical_id: Option<LogicalId>,
    /// Where in the resource's properties; in an output's name where an output is at fault.
    pub path: PropertyPath,
    /// Which rule.
    pub rule: Rule,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The page of the service that says so; none where schema and template say it themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.logical_id {
            Some(id) if self.path.is_root() => write!(f, "{id}: ")?,
            Some(id) => write!(f, "{id}.{}: ", self.path)?,
            None if self.path.is_root() => {}
            None => write!(f, "{}: ", self.path)?,
        }
        write!(f, "{} ({})", self.message, self.rule)
    }
}

/// What is found, while looking at one resource.
struct Findings<'a> {
    logical_id: Option<&'a LogicalId>,
    found: Vec<Violation>,
}

impl Findings<'_> {
    fn add(&mut self, path: &PropertyPath, rule: Rule, message: impl Into<String>) {
        self.push(path, rule, message.into(), None);
    }

    fn push(&mut self, path: &PropertyPath, rule: Rule, message: String, source: Option<&'static str>) {
        self.found.push(Violation { logical_id: self.logical_id.cloned(), path: path.clone(), rule, message, source });
    }
}

/// Everything that is wrong with a template, resource by resource, then as a whole. Empty when it may be sent.
#[must_use]
pub fn check(template: &Template) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        let mut findings = Findings { logical_id: Some(id), found: Vec::new() };
        match schema::facts(&resource.type_name) {
            Some(facts) => values::properties(facts, &resource.properties, &mut findings),
            None => findings.add(&PropertyPath::root(), Rule::UnknownType, unknown_type(&resource.type_name)),
        }
        service::of_resource(template, resource, &mut findings);
        references::of_resource(template, resource, &mut findings);
        found.append(&mut findings.found);
    }
    let mut findings = Findings { logical_id: None, found: Vec::new() };
    references::of_outputs(template, &mut findings);
    found.extend(names::taken_twice(template));
    if let Err(cycle) = template.creation_order() {
        findings.add(&PropertyPath::root(), Rule::Cycle, cycle.to_string());
    }
    size::check(template, &mut findings);
    found.append(&mut findings.found);
    found
}

fn unknown_type(name: &str) -> String {
    let unknown = format!("`{name}` is a type whose schema is not known here");
    match closest(name, schema::known_types()) {
        Some(near) => format!("{unknown}; did you mean `{near}`?"),
        None => unknown,
    }
}

/// A value in a message: short, on one line.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The violations of a one-queue template with these properties, as `path rule`.
    fn broken(type_name: &str, properties: serde_json::Value) -> Vec<String> {
        let template = serde_json::json!({"Resources": {
            "A": {"Type": type_name, "Properties": properties},
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}},
        }});
        let template = Template::from_value(template).expect("a template");
        check(&template).iter().map(|v| format!("{} {}", v.path, v.rule)).collect()
    }

    #[test]
    fn a_sound_stream_breaks_nothing_and_functions_stand_for_any_value() {
        let properties = serde_json::json!({
            "Name": {"Fn::Sub": "${AWS::StackName}-x"}, "ShardCount": 2, "RetentionPeriodHours": "168",
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
            "Tags": [{"Key": "a", "Value": "b"}],
        });
        assert_eq!(broken("AWS::Kinesis::Stream", properties), Vec::<String>::new());
    }

    #[test]
    fn each_rule_finds_its_fault() {
        let stream = "AWS::Kinesis::Stream";
        let cases = [
            (stream, serde_json::json!({"Shards": 2}), "Shards unknown-property"),
            (stream, serde_json::json!({"ShardCount": true}), "ShardCount type"),
            (stream, serde_json::json!({"ShardCount": 0}), "ShardCount range"),
            (stream, serde_json::json!({"Name": "a b"}), "Name pattern"),
            (stream, serde_json::json!({"Name": "a".repeat(129)}), "Name range"),
            (stream, serde_json::json!({"Arn": "x"}), "Arn read-only"),
            (
                stream,
                serde_json::json!({"StreamModeDetails": {"StreamMode": "AUTO"}}),
                "StreamModeDetails.StreamMode choice",
            ),
            (stream, serde_json::json!({"StreamEncryption": {"KeyId": "x"}}), "StreamEncryption required"),
            (
                stream,
                serde_json::json!({"DesiredShardLevelMetrics": ["ALL", "ALL"]}),
                "DesiredShardLevelMetrics duplicate",
            ),
            (stream, serde_json::json!({"Name": {"Ref": "Nothing"}}), "Name reference"),
            (stream, serde_json::json!({"Name": {"Fn::GetAtt": ["Key", "Name"]}}), "Name attribute"),
            (stream, serde_json::json!({"Name": {"Fn::If": ["C", "a", "b"]}}), "Name condition"),
            ("AWS::EC2::Instance", serde_json::json!({}), " unknown-type"),
            (
                "AWS::CloudWatch::Alarm",
                serde_json::json!({
                    "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "A",
                    "Statistic": "Sum", "ExtendedStatistic": "p99", "Namespace": "N", "Period": 60, "Threshold": 1
                }),
                " combination",
            ),
        ];
        for (type_name, properties, expected) in cases {
            let found = broken(type_name, properties);
            assert!(found.iter().any(|v| v == expected), "{expected} in {found:?}");
        }
    }

    #[test]
    fn a_branch_that_is_chosen_by_a_condition_is_checked_too() {
        let found = broken("AWS::Kinesis::Stream", serde_json::json!({"ShardCount": {"Fn::If": ["C", 0, 5]}}));
        assert!(found.contains(&"ShardCount range".to_owned()), "{found:?}");
    }

    #[test]
    fn cycles_outputs_and_limits_are_checked_for_the_whole_template() {
        let template = serde_json::json!({
            "Description": "x".repeat(1_025),
            "Resources": {
                "A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "B"}}},
                "B": {"Type": "AWS::SQS::Queue", "DependsOn": "A"},
            },
            "Outputs": {"O": {"Value": {"Ref": "C"}}},
        });
        let found = check(&Template::from_value(template).expect("a template"));
        let rules: Vec<Rule> = found.iter().map(|v| v.rule).collect();
        assert_eq!(rules, [Rule::Reference, Rule::Cycle, Rule::Limit]);
        assert_eq!(found[1].message, "circular dependency: A → B → A");
    }
}
