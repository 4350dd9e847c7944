//! Reading a template from JSON or YAML, with CloudFormation's short tags brought into long form.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::model::{DeletionPolicy, Output, Resource, Template};
use crate::units::LogicalId;

/// The text formats of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML 1.1 with CloudFormation's tags.
    Yaml,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
        })
    }
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not JSON or YAML.
    #[error("{format} not well-formed (line {line}, column {column}): {message}")]
    Syntax {
        /// The format that was tried: JSON when the text begins with `{`.
        format: Format,
        /// One-based line; 0 where the reader does not tell.
        line: usize,
        /// One-based column; 0 where the reader does not tell.
        column: usize,
        /// The reader's own words.
        message: String,
    },
    /// The text is JSON or YAML, but not a template.
    #[error("{path}: {problem}")]
    Shape {
        /// JSON pointer from the top of the template, for instance `/Resources/A/Type`.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
}

/// What is wrong with the shape of a template. The rows named are those of `cloudformation-behaviour.md` 4.2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// TV-12.
    #[error("a template is a mapping")]
    NotAMapping,
    /// A section or attribute that CloudFormation or this reader does not know (TV-08 on resources).
    #[error("`{0}` is not known here")]
    Unknown(String),
    /// TV-05.
    #[error("at least one resource must be defined")]
    NoResources,
    /// TV-06.
    #[error("every resource needs a Type")]
    MissingType,
    /// TV-07 on resources.
    #[error("must be {0}")]
    WrongType(&'static str),
    /// TV-09.
    #[error("null values are not allowed in templates")]
    Null,
    /// TV-10.
    #[error("every output needs a Value")]
    MissingValue,
    /// TV-11.
    #[error("`{0}` is not alphanumeric")]
    BadName(String),
    /// A YAML tag that is no CloudFormation function.
    #[error("`{0}` is not a CloudFormation function")]
    UnknownTag(String),
    /// A deletion or replacement policy that does not exist.
    #[error("`{0}` is not a policy; known are Delete, Retain and RetainExceptOnCreate")]
    UnknownPolicy(String),
}

/// Functions with a short tag, besides `Ref`, `Condition` and `GetAtt`.
const TAGGED: [&str; 18] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
];

type Result<T> = std::result::Result<T, TemplateError>;

fn shape(path: impl Into<String>, problem: Problem) -> TemplateError {
    TemplateError::Shape { path: path.into(), problem }
}

impl Template {
    /// Reads a template. JSON if the text begins with `{`, else YAML; short tags become long form, `Fn::GetAtt`
    /// always a list, `DependsOn` sorted.
    ///
    /// # Errors
    /// What is wrong and where, for a text that is neither or has another shape than a template that this
    /// product reads (no mappings, transforms, rules or hooks).
    pub fn parse(text: &str) -> Result<Self> {
        Self::from_value(Self::read(text)?)
    }

    /// Reads JSON if the text begins with `{`, else YAML with CloudFormation's tags, into a value with long-form
    /// functions, without looking at its shape.
    ///
    /// # Errors
    /// Where the text is neither, or uses a tag that is no function.
    pub fn read(text: &str) -> Result<Value> {
        if text.trim_start().starts_with('{') { read_json(text) } else { read_yaml(text) }
    }

    /// Reads YAML with CloudFormation's tags into a value with long-form functions, without looking at its shape.
    ///
    /// # Errors
    /// Where the text is not YAML, or uses a tag that is no function.
    pub fn read_yaml(text: &str) -> Result<Value> {
        read_yaml(text)
    }

    /// Takes a template from a value that is already read, long form.
    ///
    /// # Errors
    /// As [`Template::parse`], without syntax errors.
    pub fn from_value(mut value: Value) -> Result<Self> {
        normalise(&mut value, "")?;
        from_value(value)
    }
}

impl Resource {
    /// Takes one resource from its value in a template (`Type`, `Properties`, …).
    ///
    /// # Errors
    /// What is wrong and where, below `/Resources/<id>`.
    pub fn from_value(id: &LogicalId, mut value: Value) -> Result<Self> {
        let path = format!("/Resources/{id}");
        normalise(&mut value, &path)?;
        resource(value, &path)
    }
}

fn read_json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| TemplateError::Syntax {
        format: Format::Json,
        line: error.line(),
        column: error.column(),
        message: error.to_string(),
    })
}

fn read_yaml(text: &str) -> Result<Value> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| TemplateError::Syntax {
        format: Format::Yaml,
        line: error.location().map_or(0, |at| at.line()),
        column: error.location().map_or(0, |at| at.column()),
        message: error.to_string(),
    })?;
    untag(value, "")
}

/// YAML into JSON; tags into functions.
fn untag(value: serde_yaml::Value, path: &str) -> Result<Value> {
    use serde_yaml::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => yaml_number(&number, path)?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| untag(item, &format!("{path}/{index}")))
            .collect::<Result<_>>()?,
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (key, member) in members {
                let key = yaml_key(key).ok_or_else(|| shape(path, Problem::WrongType("a mapping with plain keys")))?;
                let member = untag(member, &format!("{path}/{key}"))?;
                object.insert(key, member);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let argument = untag(tagged.value, path)?;
            let name = match tag.trim_start_matches('!') {
                plain @ ("Ref" | "Condition") => plain.to_owned(),
                "GetAtt" => "Fn::GetAtt".to_owned(),
                name if TAGGED.contains(&name) => format!("Fn::{name}"),
                _ => return Err(shape(path, Problem::UnknownTag(tag))),
            };
            Value::Object(Map::from_iter([(name, argument)]))
        }
    })
}

fn yaml_number(number: &serde_yaml::Number, path: &str) -> Result<Value> {
    if let Some(number) = number.as_u64() {
        return Ok(number.into());
    }
    if let Some(number) = number.as_i64() {
        return Ok(number.into());
    }
    number
        .as_f64()
        .and_then(serde_json::Number::from_f64)
        .map(Value::Number)
        .ok_or_else(|| shape(path, Problem::WrongType("a finite number")))
}

fn yaml_key(key: serde_yaml::Value) -> Option<String> {
    match key {
        serde_yaml::Value::String(text) => Some(text),
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        serde_yaml::Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Refuses null and writes every `Fn::GetAtt` as a list.
fn normalise(value: &mut Value, path: &str) -> Result<()> {
    // The place of a null is put together on the way back, so that a template without one costs no paths.
    normalise_inside(value).map_err(|below| shape(format!("{path}{below}"), Problem::Null))
}

/// Where a null stands, below the value.
fn normalise_inside(value: &mut Value) -> std::result::Result<(), String> {
    match value {
        Value::Null => Err(String::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                normalise_inside(item).map_err(|below| format!("/{index}{below}"))?;
            }
            Ok(())
        }
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if key == "Fn::GetAtt"
                    && let Some((target, attribute)) = member.as_str().and_then(|dotted| dotted.split_once('.'))
                {
                    *member = Value::Array(vec![target.into(), attribute.into()]);
                }
                normalise_inside(member).map_err(|below| format!("/{key}{below}"))?;
            }
            Ok(())
        }
    }
}

fn from_value(value: Value) -> Result<Template> {
    let Value::Object(sections) = value else { return Err(shape("", Problem::NotAMapping)) };
    let mut template = Template::default();
    for (name, section) in sections {
        let path = format!("/{name}");
        match name.as_str() {
            "AWSTemplateFormatVersion" => {
                text(section, &path)?;
            }
            "Description" => template.description = Some(text(section, &path)?),
            "Metadata" => template.metadata = object(section, &path)?,
            "Parameters" => template.parameters = object(section, &path)?.into_iter().collect(),
            "Conditions" => template.conditions = object(section, &path)?.into_iter().collect(),
            "Resources" => {
                template.resources = named(section, &path, |value, path| match value {
                    Value::Object(_) => resource(value, path),
                    _ => Err(shape(path, Problem::WrongType("an object"))),
                })?;
            }
            "Outputs" => template.outputs = named(section, &path, output)?,
            _ => return Err(shape(path, Problem::Unknown(name))),
        }
    }
    if template.resources.is_empty() {
        return Err(shape("/Resources", Problem::NoResources));
    }
    Ok(template)
}

fn named<T>(section: Value, path: &str, read: impl Fn(Value, &str) -> Result<T>) -> Result<BTreeMap<LogicalId, T>> {
    let mut found = BTreeMap::new();
    for (name, value) in object(section, path)? {
        let path = format!("{path}/{name}");
        let id = LogicalId::new(&name).map_err(|_| shape(path.as_str(), Problem::BadName(name)))?;
        found.insert(id, read(value, &path)?);
    }
    Ok(found)
}

fn resource(value: Value, path: &str) -> Result<Resource> {
    let mut members = object(value, path)?;
    let Some(type_name) = members.shift_remove("Type") else { return Err(shape(path, Problem::MissingType)) };
    let mut resource = Resource::new(&text(type_name, &format!("{path}/Type"))?);
    for (name, member) in members {
        let path = format!("{path}/{name}");
        match name.as_str() {
            "Properties" => resource.properties = object(member, &path)?,
            "DependsOn" => resource.depends_on = depends_on(member, &path)?,
            "DeletionPolicy" => resource.deletion_policy = Some(policy(member, &path)?),
            "UpdateReplacePolicy" => resource.update_replace_policy = Some(policy(member, &path)?),
            "Condition" => resource.condition = Some(text(member, &path)?),
            "Metadata" => resource.metadata = object(member, &path)?,
            "UpdatePolicy" => resource.update_policy = Some(member),
            _ => return Err(shape(path, Problem::Unknown(name))),
        }
    }
    Ok(resource)
}

fn output(value: Value, path: &str) -> Result<Output> {
    let mut found = None;
    let mut description = None;
    for (name, member) in object(value, path)? {
        let path = format!("{path}/{name}");
        match name.as_str() {
            "Value" => found = Some(member),
            "Description" => description = Some(text(member, &path)?),
            _ => return Err(shape(path, Problem::Unknown(name))),
        }
    }
    let value = found.ok_or_else(|| shape(path, Problem::MissingValue))?;
    Ok(Output { value, description })
}

fn depends_on(value: Value, path: &str) -> Result<Vec<LogicalId>> {
    let names = match value {
        Value::Array(items) => items,
        one => vec![one],
    };
    let mut ids = Vec::new();
    for name in names {
        let name = text(name, path)?;
        ids.push(LogicalId::new(&name).map_err(|_| shape(path, Problem::BadName(name)))?);
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn policy(value: Value, path: &str) -> Result<DeletionPolicy> {
    let name = text(value, path)?;
    match name.as_str() {
        "Delete" => Ok(DeletionPolicy::Delete),
        "Retain" => Ok(DeletionPolicy::Retain),
        "RetainExceptOnCreate" => Ok(DeletionPolicy::RetainExceptOnCreate),
        _ => Err(shape(path, Problem::UnknownPolicy(name))),
    }
}

fn object(value: Value, path: &str) -> Result<Map<String, Value>> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(shape(path, Problem::WrongType("an object"))),
    }
}

fn text(value: Value, path: &str) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(shape(path, Problem::WrongType("a string"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(text: &str) -> (String, Problem) {
        match Template::parse(text) {
            Err(TemplateError::Shape { path, problem }) => (path, problem),
            other => panic!("expected a shape error, got {other:?}"),
        }
    }

    #[test]
    fn short_tags_become_long_form() {
        let yaml = "
Resources:
  A:
    Type: AWS::SQS::Queue
    DependsOn: [C, B, B]
    Properties:
      One: !Ref B
      Two: !GetAtt B.Arn
      Three: !Sub ['${x}', {x: !GetAtt [B, QueueName]}]
      Four: !Join ['-', [!Ref 'AWS::Region', b]]
      Five: {Fn::GetAtt: B.Arn}
      Six: 2012-10-17
  B: {Type: AWS::SQS::Queue}
  C: {Type: AWS::SQS::Queue}
";
        let template = Template::parse(yaml).expect("a template");
        let a = &template.resources["A"];
        let expected = json!({
            "One": {"Ref": "B"},
            "Two": {"Fn::GetAtt": ["B", "Arn"]},
            "Three": {"Fn::Sub": ["${x}", {"x": {"Fn::GetAtt": ["B", "QueueName"]}}]},
            "Four": {"Fn::Join": ["-", [{"Ref": "AWS::Region"}, "b"]]},
            "Five": {"Fn::GetAtt": ["B", "Arn"]},
            "Six": "2012-10-17",
        });
        assert_eq!(Value::Object(a.properties.clone()), expected);
        assert_eq!(a.depends_on.iter().map(LogicalId::as_str).collect::<Vec<_>>(), ["B", "C"]);
    }

    #[test]
    fn each_wrong_shape_is_named_with_its_place() {
        assert_eq!(problem("[]"), (String::new(), Problem::NotAMapping));
        assert_eq!(problem("{}"), ("/Resources".into(), Problem::NoResources));
        assert_eq!(problem(r#"{"Resources":{"A":{}}}"#), ("/Resources/A".into(), Problem::MissingType));
        assert_eq!(problem(r#"{"Resources":{"A":1}}"#), ("/Resources/A".into(), Problem::WrongType("an object")));
        assert_eq!(problem(r#"{"Resources":{"a-b":{"Type":"T"}}}"#).1, Problem::BadName("a-b".into()));
        assert_eq!(
            problem(r#"{"Resources":{"A":{"Type":"T","Properties":{"X":[null]}}}}"#),
            ("/Resources/A/Properties/X/0".into(), Problem::Null)
        );
        assert_eq!(problem("Resources: {A: {Type: T, Properties: {X: !Foo 1}}}").1, Problem::UnknownTag("!Foo".into()));
        assert_eq!(problem(r#"{"Resources":{"A":{"Type":"T","Invalid":1}}}"#).1, Problem::Unknown("Invalid".into()));
        assert_eq!(problem(r#"{"Resources":{"A":{"Type":"T"}},"Outputs":{"O":{}}}"#).1, Problem::MissingValue);
        assert_eq!(
            problem(r#"{"Resources":{"A":{"Type":"T","DeletionPolicy":"Keep"}}}"#).1,
            Problem::UnknownPolicy("Keep".into())
        );
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let Err(TemplateError::Syntax { format, line, .. }) = Template::parse("{\n\"Resources\": }") else {
            panic!("expected a syntax error")
        };
        assert_eq!((format, line), (Format::Json, 2));
        assert!(matches!(Template::parse("a: [1"), Err(TemplateError::Syntax { format: Format::Yaml, .. })));
    }
}
