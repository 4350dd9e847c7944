//! Texts with their lengths and letters.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::Node;
use super::{refuse, text};
use crate::diagnostic::Code;

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
        json!({"title": "a text for a tag", "type": ["string", "number"], "pattern": "^[\\p{L}\\p{Nd} _.:/=+\\-@]{1,256}$"})
    }
}
