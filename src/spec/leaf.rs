//! Single values: names, quantities, texts, numbers, each with its bounds in its type.

use serde_json::{Value as JsonValue, json};

use super::decode::{Decode, Reader};
use super::schema::Definitions;
use super::tree::{Node, Value, excerpt};
use crate::diagnostic::{Code, Diagnostic};
use crate::units::{
    AccountId, ByteSize, Count, Duration, EnvironmentName, LogicalId, Money, NameError, Percent, PipelineName,
    QuantityError, Rate, Region, StageName, Timestamp,
};

/// The text of a scalar, or an error that says what was expected.
fn text<'node>(node: &'node Node, reader: &mut Reader, expected: &str) -> Option<&'node str> {
    match &node.value {
        Value::Scalar { text, .. } => Some(text),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => reader.wrong_type(node, expected),
    }
}

fn refuse<T>(reader: &mut Reader, node: &Node, code: Code, title: String, help: Option<String>) -> Option<T> {
    let diagnostic = Diagnostic::error(code, title).at(node.place.clone(), "");
    reader.error(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    });
    None
}

/// Reads a quantity, turning its error into a diagnostic with "did you mean".
fn quantity<T>(
    node: &Node,
    reader: &mut Reader,
    expected: &str,
    parse: fn(&str) -> Result<T, QuantityError>,
) -> Option<T> {
    let written = text(node, reader, expected)?;
    match parse(written) {
        Ok(value) => Some(value),
        Err(error) => {
            let help = error.suggestion.map(|meant| format!("did you mean `{meant}`?"));
            let title = if written.chars().count() > 60 { format!("expected {expected}") } else { error.message };
            refuse(reader, node, Code::BadUnit, title, help)
        }
    }
}

fn out_of_range<T>(reader: &mut Reader, node: &Node, value: &str, bounds: String) -> Option<T> {
    refuse(reader, node, Code::OutOfRange, format!("{value} is out of range: must be {bounds}"), None)
}

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
                json!({"type": ["string", "integer"], "pattern": $pattern})
            }
        }
    )*};
}

names! {
    PipelineName, "the name of a pipeline", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    StageName, "the name of a stage", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    EnvironmentName, "the name of an environment", "^[a-z][a-z0-9]{0,15}$";
    LogicalId, "a logical id", "^[A-Za-z0-9]{1,255}$";
    Region, "a region", "^[a-z]{2,}(-[a-z]+)+-[0-9]+$";
    AccountId, "an account", "^[0-9]{12}$";
}

/// The text in lower case with hyphens, if that would be a name.
fn kebab_hint(written: &str, is_name: impl Fn(&str) -> bool) -> Option<String> {
    let mut hint = String::new();
    for c in written.chars().take(80) {
        match c {
            'A'..='Z' => {
                if hint.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit()) {
                    hint.push('-');
                }
                hint.push(c.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' => hint.push(c),
            _ if hint.ends_with('-') || hint.is_empty() => {}
            _ => hint.push('-'),
        }
    }
    let hint = hint.trim_end_matches('-');
    if is_name(hint) { Some(format!("did you mean `{hint}`?")) } else { None }
}

macro_rules! quantities {
    ($($type:ident, $what:literal, $pattern:literal;)*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                quantity(node, reader, $what, Self::parse)
            }
            fn schema(_: &mut Definitions) -> JsonValue {
                json!({"type": ["string", "integer"], "pattern": $pattern})
            }
        }
    )*};
}

quantities! {
    Duration, "a duration", "^\\s*([0-9]*\\.?[0-9]+\\s*(us|ms|s|m|h|d)\\s*)+$";
    ByteSize, "a size", "^\\s*[0-9]*\\.?[0-9]+\\s*(bytes|KiB|MiB|GiB|TiB)\\s*$";
    Rate, "a rate", "^\\s*[0-9]*\\.?[0-9]+\\s*(k|M|G|T|bytes|KiB|MiB|GiB|TiB)?\\s*/\\s*(s|min|h|day)\\s*$";
    Count, "a count", "^\\s*[0-9]*\\.?[0-9]+\\s*[kMGT]?\\s*$";
    Percent, "a share", "^\\s*[0-9]*\\.?[0-9]+\\s*%\\s*$";
    Money, "an amount", "^[0-9]*\\.?[0-9]+ USD$";
}

impl Decode for Timestamp {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a moment")?;
        Self::parse(written).or_else(|| {
            let title = format!("`{}` is not a moment", excerpt(written));
            let help = "write a day (`2027-01-01`) or a moment in UTC (`2027-01-01T06:00:00Z`)".to_owned();
            refuse(reader, node, Code::BadUnit, title, Some(help))
        })
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"})
    }
}

impl Decode for bool {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match text(node, reader, "`true` or `false`")? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let meant = match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" | "1" => Some("did you mean `true`?".to_owned()),
                    "no" | "off" | "n" | "false" | "0" => Some("did you mean `false`?".to_owned()),
                    _ => None,
                };
                let title = format!("expected `true` or `false`, found `{}`", excerpt(other));
                refuse(reader, node, Code::WrongType, title, meant)
            }
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": "boolean"})
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Decode for Whole<MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a whole number")?;
        let digits = written.strip_prefix('-').unwrap_or(written);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return reader.wrong_type(node, "a whole number");
        }
        match written.parse() {
            Ok(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            Ok(_) | Err(_) => out_of_range(reader, node, &excerpt(written), format!("{MIN} to {MAX}")),
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// A duration of whole units of `UNIT` seconds, from `MIN` to `MAX` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<const UNIT: u64, const MIN: u64, const MAX: u64>(pub Duration);

/// Whole seconds.
pub type Seconds<const MIN: u64, const MAX: u64> = Between<1, MIN, MAX>;
/// Whole hours.
pub type Hours<const MIN: u64, const MAX: u64> = Between<3_600, MIN, MAX>;
/// Whole days.
pub type Days<const MIN: u64, const MAX: u64> = Between<86_400, MIN, MAX>;

impl<const UNIT: u64, const MIN: u64, const MAX: u64> Decode for Between<UNIT, MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let duration = Duration::decode(node, reader)?;
        let at = |units: u64| Duration::from_secs(units * UNIT);
        if duration < at(MIN) || duration > at(MAX) {
            return out_of_range(reader, node, &format!("`{duration}`"), format!("{} to {}", at(MIN), at(MAX)));
        }
        if duration.as_micros() % at(1).as_micros() != 0 {
            let unit = match UNIT {
                1 => "seconds",
                3_600 => "hours",
                _ => "days",
            };
            return out_of_range(reader, node, &format!("`{duration}`"), format!("whole {unit}"));
        }
        Some(Self(duration))
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        let mut schema = Duration::schema(definitions);
        let at = |units: u64| Duration::from_secs(units * UNIT);
        if let Some(object) = schema.as_object_mut() {
            object.insert("$comment".to_owned(), json!(format!("{} to {}", at(MIN), at(MAX))));
        }
        schema
    }
}

/// Whole mebibytes, from `MIN` to `MAX` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mib<const MIN: u64, const MAX: u64>(pub ByteSize);

impl<const MIN: u64, const MAX: u64> Decode for Mib<MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let size = ByteSize::decode(node, reader)?;
        let (least, most) = (ByteSize::from_mib(MIN), ByteSize::from_mib(MAX));
        if size < least || size > most {
            return out_of_range(reader, node, &format!("`{size}`"), format!("{least} to {most}"));
        }
        if size.as_bytes() % ByteSize::from_mib(1).as_bytes() != 0 {
            return out_of_range(reader, node, &format!("`{size}`"), "whole mebibytes".to_owned());
        }
        Some(Self(size))
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        let mut schema = ByteSize::schema(definitions);
        if let Some(object) = schema.as_object_mut() {
            let bounds = format!("{} to {}", ByteSize::from_mib(MIN), ByteSize::from_mib(MAX));
            object.insert("$comment".to_owned(), json!(bounds));
        }
        schema
    }
}

/// A share above 0 % and up to 100 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub Percent);

impl Decode for Share {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let share = Percent::decode(node, reader)?;
        if share.as_percent() > 0.0 && share.as_percent() <= 100.0 {
            return Some(Self(share));
        }
        out_of_range(reader, node, &format!("`{share}`"), "above 0% and up to 100%".to_owned())
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        Percent::schema(definitions)
    }
}

/// A quantity above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positive<T>(pub T);

macro_rules! positives {
    ($($type:ident: $is_zero:expr;)*) => {$(
        impl Decode for Positive<$type> {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                let value = $type::decode(node, reader)?;
                let is_zero: fn(&$type) -> bool = $is_zero;
                if is_zero(&value) {
                    return out_of_range(reader, node, &format!("`{value}`"), "more than nothing".to_owned());
                }
                Some(Self(value))
            }
            fn schema(definitions: &mut Definitions) -> JsonValue {
                $type::schema(definitions)
            }
        }
    )*};
}

positives! {
    Duration: |duration| duration.as_micros() == 0;
    ByteSize: |size| size.as_bytes() == 0;
    Count: |count| count.0 == 0;
    Rate: |rate| rate.per_second() <= 0.0;
}

/// A text of 1 to `MAX` characters, of whatever characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const MAX: usize>(pub String);

impl<const MAX: usize> Decode for Text<MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a text")?;
        match written.chars().count() {
            0 => refuse(reader, node, Code::BadText, "the text is empty".to_owned(), None),
            length if length > MAX => {
                let title = format!("the text has {length} characters; at most {MAX} are allowed");
                refuse(reader, node, Code::BadText, title, None)
            }
            _ => Some(Self(written.to_owned())),
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": MAX})
    }
}

/// A text that AWS takes as the value of a tag: up to 256 letters, digits, spaces and `_ . : / = + - @`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagText(pub String);

impl Decode for TagText {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Text(written) = Text::<256>::decode(node, reader)?;
        match written.chars().find(|c| !(c.is_alphanumeric() || " _.:/=+-@".contains(*c))) {
            None => Some(Self(written)),
            Some(bad) => {
                let title = format!("the character {bad:?} is not allowed here: the text becomes a tag");
                let help = "use letters, digits, spaces and `_ . : / = + - @`".to_owned();
                refuse(reader, node, Code::BadText, title, Some(help))
            }
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": ["string", "number"], "pattern": "^[\\p{L}\\p{Nd} _.:/=+\\-@]{1,256}$"})
    }
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
        json!({"type": "string", "pattern": "^(?!aws:|sluice:)[\\p{L}\\p{Nd} _.:/=+\\-@]{1,128}$"})
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
        json!({"type": "string", "pattern": "^(?!AWS_|LAMBDA_)[A-Za-z][A-Za-z0-9_]+$"})
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
        json!({"type": "string", "pattern": "^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$"})
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
        json!({"type": "string", "pattern": "^([a-z][a-z0-9-]*/)?[a-z][a-z0-9-]*$"})
    }
}

/// The version of the file's format. There is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatVersion;

impl Decode for FormatVersion {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the format's version")?;
        match written.parse::<u64>() {
            Ok(1) => Some(Self),
            Ok(newer @ 2..) => {
                let title = format!("the file says `sluice: {newer}`; this version of Sluice reads format 1");
                refuse(reader, node, Code::NewerFormat, title, Some("update Sluice".to_owned()))
            }
            Ok(0) | Err(_) => reader.wrong_type(node, "the format's version, which is `1`"),
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"const": 1})
    }
}

/// A single value whose meaning depends on another; kept as spelt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub String);

impl Decode for Raw {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        text(node, reader, "a single value").map(|written| Self(written.to_owned()))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": ["string", "number"]})
    }
}

/// Anything, as JSON: plain scalars by YAML's core rules, quoted ones as texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub JsonValue);

impl Decode for Json {
    fn decode(node: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self(to_json(node)))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!(true)
    }
}

fn to_json(node: &Node) -> JsonValue {
    match &node.value {
        Value::Null => JsonValue::Null,
        Value::Scalar { text, plain: true } => match text.as_str() {
            "true" => JsonValue::Bool(true),
            "false" => JsonValue::Bool(false),
            other => number(other).unwrap_or_else(|| JsonValue::String(other.to_owned())),
        },
        Value::Scalar { text, plain: false } => JsonValue::String(text.clone()),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// A number only where JSON itself would read one, so that `0123` and `1_000` stay texts.
fn number(text: &str) -> Option<JsonValue> {
    match serde_json::from_str(text) {
        Ok(JsonValue::Number(number)) => Some(JsonValue::Number(number)),
        Ok(_) | Err(_) => None,
    }
}
