//! JSON on one line that is also YAML in flow style, whatever the text in it.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// JSON's own escapes, a space after `:` and `,`, and `\u` for the characters that YAML does not take as they are.
struct Flow(CompactFormatter);

impl Formatter for Flow {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut from = 0;
        for (at, character) in fragment.char_indices().filter(|(_, character)| !plain(*character)) {
            self.0.write_string_fragment(writer, fragment.get(from..at).unwrap_or_default())?;
            write!(writer, "\\u{:04x}", u32::from(character))?;
            from = at + character.len_utf8();
        }
        self.0.write_string_fragment(writer, fragment.get(from..).unwrap_or_default())
    }
}

/// Whether YAML takes the character as it is inside quotes: printable and no line break. The ones below U+0020 are
/// escaped by JSON itself, and everything above U+FFFF is printable.
fn plain(character: char) -> bool {
    !matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Writes `value` on one line.
pub(super) fn one_line(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Flow(CompactFormatter));
    // Writing a JSON value to memory cannot fail, and what is written is text.
    if value.serialize(&mut serializer).is_err() {
        bytes.clear();
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn types_survive_and_the_text_stays_on_one_line() {
        let value = json!({"a": [1, true, null, "1", "yes"], "b": {"c": "x\n\"{{y}}\" !Ref z # no\u{85}\u{2028}"}});
        let text = one_line(&value);
        assert!(!text.contains(['\n', '\u{85}', '\u{2028}']));
        assert_eq!(serde_yaml::from_str::<Value>(&text).expect("yaml"), value);
        assert_eq!(serde_json::from_str::<Value>(&text).expect("json"), value);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_yaml_as_it_went_in(text in any::<String>(), key in "\\PC{0,40}") {
            let value = json!({ key: [text, 1] });
            let line = one_line(&value);
            prop_assert_eq!(serde_yaml::from_str::<Value>(&format!("at: {line}\nnext: 1\n")).expect("yaml"), json!({"at": value, "next": 1}));
        }
    }
}
