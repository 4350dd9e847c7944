//! Quantities in human units, and what else is one word with a meaning.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::{Node, excerpt};
use super::{refuse, text};
use crate::diagnostic::{Code, closest};
use crate::units::{ByteSize, Count, Duration, Money, Percent, QuantityError, Rate, ShardMetric, Statistic, Timestamp};

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

macro_rules! quantities {
    ($($type:ident, $what:literal, $pattern:literal;)*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                quantity(node, reader, $what, Self::parse)
            }
            fn schema(_: &mut Definitions) -> JsonValue {
                json!({"title": $what, "type": ["string", "integer"], "pattern": $pattern})
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
        json!({"title": "a moment", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"})
    }
}

impl Decode for Statistic {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a statistic")?;
        Self::parse(written).or_else(|| {
            let title = format!("`{}` is not a statistic", excerpt(written));
            let help = "write `average`, `sum`, `minimum`, `maximum`, `sample-count`, or a percentile such as `p99`";
            refuse(reader, node, Code::UnknownChoice, title, Some(help.to_owned()))
        })
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "a statistic", "type": "string", "pattern": "^(average|sum|minimum|maximum|sample-count|p(100|[0-9]{1,2}(\\.[0-9]{1,2})?))$"})
    }
}

impl Decode for ShardMetric {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a shard-level metric")?;
        Self::parse(written).or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            let title = format!("`{}` is not a shard-level metric", excerpt(written));
            let help = match closest(written, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are `{}`", known.join("`, `")),
            };
            refuse(reader, node, Code::UnknownChoice, title, Some(help))
        })
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "a shard-level metric", "enum": Self::ALL.map(Self::as_str)})
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
