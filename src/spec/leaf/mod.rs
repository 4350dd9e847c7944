//! Single values: names, quantities, texts, numbers, each with its bounds in its type.

mod checked;
mod json;
mod name;
mod number;
mod quantity;
mod rule;
mod text;

pub(crate) use checked::checked_texts;
pub use checked::{
    ColumnName, DimensionText, Email, GlueTypeText, KmsArn, LayerArn, MetricText, Namespace, RecordField,
};
pub use json::{FormatVersion, Json, Raw};
pub use name::{AlarmPath, Instance, StreamSource, TagKey, VariableName, kebab};
pub use number::{Between, Days, Decimal, Gib, Hours, Mib, Minutes, PercentFrom, Positive, Seconds, Share, Whole};
pub use rule::{RuleCode, StagePath};
pub use text::{TagText, Text};

use super::decode::Reader;
use super::tree::{Node, Value};
use crate::diagnostic::{Code, Diagnostic};

/// The text of a scalar, or an error that says what was expected.
pub(super) fn text<'node>(node: &'node Node, reader: &mut Reader, expected: &str) -> Option<&'node str> {
    match &node.value {
        Value::Scalar { text, .. } => Some(text),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => reader.wrong_type(node, expected),
    }
}

pub(super) fn refuse<T>(
    reader: &mut Reader,
    node: &Node,
    code: Code,
    title: String,
    help: Option<String>,
) -> Option<T> {
    let diagnostic = Diagnostic::error(code, title).at(node.place.clone(), "");
    reader.error(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    });
    None
}

pub(super) fn out_of_range<T>(reader: &mut Reader, node: &Node, value: &str, bounds: String) -> Option<T> {
    refuse(reader, node, Code::OutOfRange, format!("{value} is out of range: must be {bounds}"), None)
}
