//! Writing YAML that every reader understands alike.
//!
//! `serde_yaml` leaves strings plain that YAML 1.1 readers take for dates, sexagesimal numbers or numbers
//! with underscores, so the writer is our own: block style, and double quotes around every string that is
//! not plainly a word.

use std::fmt::Write as _;

use serde_json::Number;

use super::canonical::Shape;

/// Writes a value as a YAML document with one newline at the end.
pub(super) fn to_string(value: &Shape<'_>) -> String {
    let mut out = String::new();
    match value {
        Shape::Mapping(members) if !members.is_empty() => mapping(&mut out, members, 0),
        Shape::Sequence(items) if !items.is_empty() => sequence(&mut out, items, 0),
        other => {
            scalar(&mut out, other);
            out.push('\n');
        }
    }
    out
}

/// A text as a YAML scalar on one line, quoted where some reader would take it for something else.
#[must_use]
pub fn text_scalar(value: &str) -> String {
    let mut out = String::new();
    text(&mut out, value);
    out
}

fn mapping(out: &mut String, members: &[(&str, Shape<'_>)], depth: usize) {
    for (at, (key, member)) in members.iter().enumerate() {
        // The first key of a mapping in a sequence stands on the line of its dash.
        if at > 0 || out.is_empty() || out.ends_with('\n') {
            indent(out, depth);
        }
        text(out, key);
        out.push(':');
        match member {
            Shape::Mapping(inner) if !inner.is_empty() => {
                out.push('\n');
                mapping(out, inner, depth + 1);
            }
            Shape::Sequence(items) if !items.is_empty() => {
                out.push('\n');
                sequence(out, items, depth + 1);
            }
            leaf => {
                out.push(' ');
                scalar(out, leaf);
                out.push('\n');
            }
        }
    }
}

fn sequence(out: &mut String, items: &[Shape<'_>], depth: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 || out.is_empty() || out.ends_with('\n') {
            indent(out, depth);
        }
        out.push_str("- ");
        match item {
            Shape::Mapping(inner) if !inner.is_empty() => mapping(out, inner, depth + 1),
            Shape::Sequence(inner) if !inner.is_empty() => sequence(out, inner, depth + 1),
            leaf => {
                scalar(out, leaf);
                out.push('\n');
            }
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn scalar(out: &mut String, value: &Shape<'_>) {
    match value {
        Shape::Text(value) => text(out, value),
        Shape::Number(value) => number(out, value),
        Shape::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Shape::Null => out.push_str("null"),
        Shape::Sequence(_) => out.push_str("[]"),
        Shape::Mapping(_) => out.push_str("{}"),
    }
}

/// YAML 1.1 takes an exponent for a number only with a point and a sign: `1e21` is written `1.0e+21`.
fn number(out: &mut String, number: &Number) {
    let plain = number.to_string();
    let Some((mantissa, exponent)) = plain.split_once('e') else { return out.push_str(&plain) };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    out.push_str(&format!("{mantissa}{point}e{sign}{exponent}"));
}

fn text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        quoted(out, text);
    }
}

/// Words that some reader takes for a boolean, null or a number.
const WORDS: [&str; 14] =
    ["y", "yes", "n", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "fn", "ref"];
/// The longest of them.
const LONGEST_WORD: usize = 8;

/// What a byte may do in a string without quotes.
const MIDDLE: u8 = 1;
const END: u8 = 2;
const PLAIN: [u8; 256] = plain_bytes();

const fn plain_bytes() -> [u8; 256] {
    let mut plain = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = match byte as u8 {
            b'_' | b'/' | b')' | b'*' | b'+' | b'-' | b'.' => MIDDLE | END,
            b' ' | b':' | b'@' | b'=' | b'(' | b'%' => MIDDLE,
            other if other.is_ascii_alphanumeric() => MIDDLE | END,
            _ => 0,
        };
        byte += 1;
    }
    plain
}

/// Whether a string means itself without quotes, to every reader.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let may = |byte: u8, what: u8| PLAIN.get(usize::from(byte)).is_some_and(|allowed| allowed & what != 0);
    let begins_well = bytes.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'/');
    let ends_well = bytes.last().is_some_and(|last| may(*last, END));
    begins_well
        && ends_well
        && bytes.iter().all(|byte| may(*byte, MIDDLE))
        && !bytes.windows(2).any(|pair| pair == b": ")
        && !(bytes.len() <= LONGEST_WORD && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Control characters, the line breaks of YAML 1.1, byte order marks and non-characters.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(value: &Value) -> String {
        to_string(&Shape::of(value))
    }

    #[test]
    fn strings_that_yaml_1_1_misreads_are_quoted() {
        for text in ["2012-10-17", "yes", "12:30:45", "1_000", "0x1F", "~", "", "a: b", "a ", "-x", "1e3", "=", "<<"] {
            assert_eq!(written(&json!({ "k": text })), format!("k: \"{text}\"\n"));
        }
        for text in ["AWS::Kinesis::Stream", "fraud detection", "arn:aws:iam::aws:policy/X", "/aws/lambda/x"] {
            assert_eq!(written(&json!({ "k": text })), format!("k: {text}\n"));
        }
    }

    #[test]
    fn nested_sequences_and_mappings_stand_on_the_line_of_their_dash() {
        let value = json!({"a": [{"b": 1, "c": [[1, 2], {}]}, "x"], "d": 1e21});
        assert_eq!(written(&value), "a:\n  - b: 1\n    c:\n      - - 1\n        - 2\n      - {}\n  - x\nd: 1.0e+21\n");
    }
}
