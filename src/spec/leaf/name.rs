//! Names: of stages and what belongs to them, of tags, variables, instances.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::{Node, excerpt};
use super::{TagText, refuse, text};
use crate::diagnostic::Code;
use crate::units::{AccountId, EnvironmentName, LocalName, LogicalId, NameError, PipelineName, Region, StageName};

macro_rules! names {
    ($($type:ident, $what:literal, $pattern:literal;)*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                let written = text(node, reader, $what)?;
                match Self::new(written) {
                    Ok(name) => Some(name),
                    Err(NameError(rule)) => {
                        let title = format!("`{}` is not {}: it {rule}", excerpt(written), $what);
                        refuse(reader, node, Code::BadName, title, kebab_hint(written, |text| Self::new(text).is_ok()))
                    }
                }
            }
            fn schema(_: &mut Definitions) -> JsonValue {
                json!({"title": $what, "type": ["string", "integer"], "pattern": $pattern})
            }
        }
    )*};
}

names! {
    PipelineName, "the name of a pipeline", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    StageName, "the name of a stage", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    LocalName, "a name", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    EnvironmentName, "the name of an environment", "^[a-z][a-z0-9]{0,15}$";
    LogicalId, "a logical id", "^[A-Za-z0-9]{1,255}$";
    Region, "a region", "^[a-z]{2,}(-[a-z]+)+-[0-9]+$";
    AccountId, "an account", "^[0-9]{12}$";
}

/// The text in lower case with hyphens, if that would be a name.
fn kebab_hint(written: &str, is_name: impl Fn(&str) -> bool) -> Option<String> {
    let hint = kebab(written);
    if is_name(&hint) { Some(format!("did you mean `{hint}`?")) } else { None }
}

/// The beginning of a text in lower case, its words joined with hyphens: `OrderEvents` is `order-events`.
#[must_use]
pub fn kebab(written: &str) -> String {
    let mut kebab = String::new();
    for c in written.chars().take(80) {
        match c {
            'A'..='Z' => {
                if kebab.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit()) {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' => kebab.push(c),
            _ if kebab.ends_with('-') || kebab.is_empty() => {}
            _ => kebab.push('-'),
        }
    }
    kebab.trim_end_matches('-').to_owned()
}

/// The key of a tag that people set: like its value, at most 128 characters, not beginning with `aws:` or `sluice:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagKey(pub String);

impl Decode for TagKey {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let TagText(key) = TagText::decode(node, reader)?;
        let lowered = key.to_lowercase();
        if key.chars().count() > 128 || lowered.starts_with("aws:") || lowered.starts_with("sluice:") {
            let title = format!("`{}` cannot be the key of a tag", excerpt(&key));
            let help = "use at most 128 characters that do not begin with `aws:` or `sluice:`".to_owned();
            return refuse(reader, node, Code::BadName, title, Some(help));
        }
        Some(Self(key))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "the key of a tag", "type": "string", "pattern": "^(?!aws:|sluice:)[\\p{L}\\p{Nd} _.:/=+\\-@]{1,128}$"})
    }
}

/// The name of an environment variable that a handler may be given by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VariableName(pub String);

impl Decode for VariableName {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the name of an environment variable")?;
        let well_formed = written.len() >= 2
            && written.len() <= 128
            && written.starts_with(|c: char| c.is_ascii_alphabetic())
            && written.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if well_formed && !written.starts_with("AWS_") && !written.starts_with("LAMBDA_") {
            return Some(Self(written.to_owned()));
        }
        let title = format!("`{}` cannot be the name of an environment variable", excerpt(written));
        let help =
            "use two or more letters, digits and `_`, beginning with a letter; `AWS_…` and `LAMBDA_…` are Lambda's own";
        refuse(reader, node, Code::BadName, title, Some(help.to_owned()))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "a variable name", "type": "string", "pattern": "^(?!AWS_|LAMBDA_)[A-Za-z][A-Za-z0-9_]+$"})
    }
}

/// A SageMaker instance type, for instance `ml.c5.xlarge`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance(pub String);

impl Decode for Instance {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "an instance type")?;
        let parts: Vec<&str> = written.split('.').collect();
        let word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match parts.as_slice() {
            ["ml", family, size] if word(family) && word(size) => Some(Self(written.to_owned())),
            [family, size] if word(family) && word(size) => {
                let title = format!("`{}` is not a SageMaker instance type", excerpt(written));
                refuse(reader, node, Code::BadName, title, Some(format!("did you mean `ml.{family}.{size}`?")))
            }
            _ => {
                let title = format!("`{}` is not a SageMaker instance type", excerpt(written));
                refuse(reader, node, Code::BadName, title, Some("write one such as `ml.c5.xlarge`".to_owned()))
            }
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "an instance type", "type": "string", "pattern": "^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$"})
    }
}

/// A stream to read: one of this pipeline (`transactions`) or of another one (`payments/transactions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    /// The other pipeline, if it is one.
    pub pipeline: Option<PipelineName>,
    /// The stream.
    pub stream: StageName,
}

impl Decode for StreamSource {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the name of a stream")?;
        let Some((pipeline, stream)) = written.split_once('/') else {
            return StageName::decode(node, reader).map(|stream| Self { pipeline: None, stream });
        };
        match (PipelineName::new(pipeline), StageName::new(stream)) {
            (Ok(pipeline), Ok(stream)) => Some(Self { pipeline: Some(pipeline), stream }),
            (Err(NameError(rule)), _) | (_, Err(NameError(rule))) => {
                let title = format!("`{}` is not the name of a stream: each part {rule}", excerpt(written));
                refuse(reader, node, Code::BadName, title, None)
            }
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "`stream` or `pipeline/stream`", "type": "string", "pattern": "^([a-z][a-z0-9-]*/)?[a-z][a-z0-9-]*$"})
    }
}

/// An alarm of a stage: `<stage>.<alarm>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmPath {
    /// The stage, or the metric.
    pub stage: StageName,
    /// Its alarm, as `alarms:` spells it.
    pub alarm: String,
}

impl Decode for AlarmPath {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "an alarm")?;
        let parts = written.split_once('.').and_then(|(stage, alarm)| Some((StageName::new(stage).ok()?, alarm)));
        match parts {
            Some((stage, alarm)) if !alarm.is_empty() => Some(Self { stage, alarm: alarm.to_owned() }),
            _ => {
                let title = format!("`{}` is not an alarm", excerpt(written));
                let help = "write stage and alarm, for instance `score.iterator_age`".to_owned();
                refuse(reader, node, Code::BadName, title, Some(help))
            }
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "`stage.alarm`", "type": "string", "pattern": "^[a-z][a-z0-9-]*\\.[a-z][a-z0-9_-]*$"})
    }
}
