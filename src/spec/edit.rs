//! Changing one value of a file that people wrote, in place: comments, order and layout stay as they are.
//!
//! The text is cut at the places of the parser's events and nowhere else. Whatever was cut is read again: only a text
//! that means what the old one meant, except at the changed path, is ever given back.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span as YamlSpan, StructureStyle};

use super::tree::{Entry, Node, Value};
use super::yaml;
use crate::diagnostic::FilePath;

/// Why a value cannot be changed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no YAML of ours.
    #[error("the file cannot be read")]
    Unreadable,
    /// There is a text or a list on the way.
    #[error("there is no mapping to put it into")]
    NoMapping,
    /// An anchor, an alias or a layout that cannot be cut safely.
    #[error("the change cannot be made without changing something else")]
    Entangled,
}

/// Sets the value at a dotted path, `value` being YAML on one line; what encloses it is made where it is not there.
///
/// # Errors
/// When the change cannot be made without changing anything else.
pub fn set(text: &str, path: &str, value: &str) -> Result<String, EditError> {
    let parts: Vec<&str> = path.split('.').collect();
    let outline = outline(text).ok_or(EditError::Unreadable)?;
    let (cut, insert) = cut(text, &outline, &parts, value).ok_or(EditError::NoMapping)?;
    let (before, after) = (text.get(..cut.start), text.get(cut.end..));
    let changed = format!("{}{insert}{}", before.ok_or(EditError::Entangled)?, after.ok_or(EditError::Entangled)?);
    let read = |text: &str| yaml::parse(&FilePath::new(""), text.as_bytes()).map_err(|_| EditError::Entangled);
    let wanted = with(&read(text)?, &parts, &read(value)?);
    if same(&wanted, &read(&changed)?) { Ok(changed) } else { Err(EditError::Entangled) }
}

/// A node's bytes and what is in it.
#[derive(Debug)]
struct Piece {
    range: Range<usize>,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Scalar { empty: bool },
    List(Vec<Piece>),
    Mapping { flow: bool, entries: Vec<(String, Range<usize>, Piece)> },
}

fn outline(text: &str) -> Option<Piece> {
    let options = granit_parser::options! { flow_nesting_limit: 48, block_nesting_limit: 48 };
    let mut events = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        match event.ok()? {
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd | Event::StreamEnd, _) => {}
            (event, span) => events.push((event, bytes(text, span))),
        }
    }
    if events.is_empty() {
        return Some(Piece { range: text.len()..text.len(), shape: Shape::Scalar { empty: true } });
    }
    let mut events = events.into_iter();
    let root = events.next()?;
    piece(root, &mut events)
}

fn bytes(text: &str, span: YamlSpan) -> Range<usize> {
    let range = span.byte_range().unwrap_or(0..0);
    let trimmed = text.get(range.clone()).map_or(range.end, |piece| range.start + piece.trim_end().len());
    range.start..trimmed.max(range.start)
}

type Events<'t> = std::vec::IntoIter<(Event<'t>, Range<usize>)>;

fn piece((event, range): (Event<'_>, Range<usize>), events: &mut Events<'_>) -> Option<Piece> {
    match event {
        Event::Scalar(text, style, ..) => {
            let empty = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
            Some(Piece { range, shape: Shape::Scalar { empty } })
        }
        Event::SequenceStart(style, ..) => {
            let mut items = Vec::new();
            loop {
                match events.next()? {
                    (Event::SequenceEnd, end) => {
                        let last = items.last().map(|item: &Piece| item.range.end);
                        let range = whole(range, style, last, end);
                        return Some(Piece { range, shape: Shape::List(items) });
                    }
                    item => items.push(piece(item, events)?),
                }
            }
        }
        Event::MappingStart(style, ..) => {
            let mut entries: Vec<(String, Range<usize>, Piece)> = Vec::new();
            loop {
                match events.next()? {
                    (Event::MappingEnd, end) => {
                        let last = entries.last().map(|(_, key, value)| value.range.end.max(key.end));
                        let range = whole(range, style, last, end);
                        let flow = style == StructureStyle::Flow;
                        return Some(Piece { range, shape: Shape::Mapping { flow, entries } });
                    }
                    (Event::Scalar(key, ..), at) => {
                        let value = events.next()?;
                        entries.push((key.into_owned(), at, piece(value, events)?));
                    }
                    _ => return None,
                }
            }
        }
        // What an alias stands for is written elsewhere.
        _ => None,
    }
}

/// From the opening to the closing bracket, or to the end of the last entry where there are no brackets.
fn whole(start: Range<usize>, style: StructureStyle, last: Option<usize>, end: Range<usize>) -> Range<usize> {
    match style {
        StructureStyle::Flow => start.start..end.end,
        StructureStyle::Block => start.start..last.unwrap_or(start.end),
    }
}

/// Which bytes are to be replaced by what.
fn cut(text: &str, root: &Piece, parts: &[&str], value: &str) -> Option<(Range<usize>, String)> {
    let (mut at, mut key_end, mut left) = (root, 0, parts);
    while let Some((part, rest)) = left.split_first() {
        let inner = match &at.shape {
            Shape::Mapping { entries, .. } => {
                entries.iter().find(|(key, ..)| key == part).map(|(_, key, value)| (key.end, value))
            }
            Shape::List(items) => Some((at.range.start, items.get(part.parse::<usize>().ok()?)?)),
            Shape::Scalar { .. } => None,
        };
        let Some((end, piece)) = inner else { break };
        (key_end, at, left) = (end, piece, rest);
    }
    let Some((last, outer)) = left.split_last() else { return Some(replaced(text, at, key_end, value)) };
    // What encloses it and is not there stands in braces.
    let nested = outer.iter().rev().fold(format!("{last}: {value}"), |inner, key| format!("{key}: {{{inner}}}"));
    match &at.shape {
        Shape::Scalar { empty: true } if left.len() == parts.len() => {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            Some((text.len()..text.len(), format!("{end}{nested}\n")))
        }
        Shape::Scalar { empty: true } => Some(replaced(text, at, key_end, &format!("{{{nested}}}"))),
        Shape::Scalar { empty: false } | Shape::List(_) => None,
        Shape::Mapping { flow: true, entries } => {
            let end = entries.last().map(|(_, key, value)| value.range.end.max(key.end));
            match end {
                Some(end) => Some((end..end, format!(", {nested}"))),
                None => Some((at.range.start + 1..at.range.start + 1, nested)),
            }
        }
        Shape::Mapping { flow: false, entries } => {
            let (_, first, _) = entries.first()?;
            let line = text.get(..first.start)?.rfind('\n').map_or(0, |newline| newline + 1);
            let indent = text.get(line..first.start)?;
            // A mapping that begins behind a dash has its keys where the first one stands.
            let indent: String = indent.chars().map(|_| ' ').collect();
            let end = text.get(at.range.end..)?.find('\n').map_or(text.len(), |by| at.range.end + by);
            Some((end..end, format!("\n{indent}{nested}")))
        }
    }
}

/// The bytes of a value that is there; one that is in lines, or is not written at all, goes behind its key's colon.
fn replaced(text: &str, piece: &Piece, key_end: usize, value: &str) -> (Range<usize>, String) {
    let on_lines = matches!(piece.shape, Shape::Mapping { flow: false, .. })
        || (matches!(piece.shape, Shape::List(_))
            && !text.get(piece.range.start..).is_some_and(|rest| rest.starts_with('[')));
    if on_lines || piece.range.is_empty() {
        let colon = text.get(key_end..).and_then(|rest| rest.find(':')).map_or(key_end, |by| key_end + by + 1);
        return (colon..if on_lines { piece.range.end } else { colon }, format!(" {value}"));
    }
    (piece.range.clone(), value.to_owned())
}

/// A tree with the value of one path changed.
fn with(node: &Node, parts: &[&str], value: &Node) -> Node {
    let Some((part, rest)) = parts.split_first() else { return value.clone() };
    let place = node.place.clone();
    let fresh = || Node { value: Value::Null, place: place.clone() };
    let value = match &node.value {
        Value::Sequence(items) => {
            let change = |(at, item): (usize, &Node)| {
                if at.to_string() == *part { with(item, rest, value) } else { item.clone() }
            };
            Value::Sequence(items.iter().enumerate().map(change).collect())
        }
        Value::Mapping(_) | Value::Null | Value::Scalar { .. } => {
            let mut entries: Vec<Entry> = node.entries().to_vec();
            match entries.iter_mut().find(|entry| entry.key == *part) {
                Some(entry) => entry.value = with(&entry.value, rest, value),
                None => entries.push(Entry {
                    key: (*part).to_owned(),
                    key_place: place.clone(),
                    value: with(&fresh(), rest, value),
                }),
            }
            Value::Mapping(entries)
        }
    };
    Node { value, place }
}

/// Whether two trees say the same, wherever they say it.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Sequence(a), Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Mapping(a), Value::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key == b.key && same(&a.value, &b.value))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_changed_where_it_stands() {
        let cases = [
            ("a: 1  # why\nb: 2\n", "a", "3", "a: 3  # why\nb: 2\n"),
            ("a: \"x\"   # why\n", "a", "y", "a: y   # why\n"),
            ("a: {b: {c: 1}, d: 2}  # why\n", "a.b", "on-demand", "a: {b: on-demand, d: 2}  # why\n"),
            ("a:\n  b:\n    c: 1\n  # above d\n  d: 2\n", "a.b", "{x: 1}", "a:\n  b: {x: 1}\n  # above d\n  d: 2\n"),
            ("a: [1, 2]\n", "a.1", "3", "a: [1, 3]\n"),
            ("a:\n  - b: 1\n  - b: 2\n", "a.1.b", "3", "a:\n  - b: 1\n  - b: 3\n"),
        ];
        for (text, path, value, wanted) in cases {
            assert_eq!(set(text, path, value).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_put_where_it_belongs() {
        let cases = [
            ("a: {b: 1}  # why\n", "a.c", "2", "a: {b: 1, c: 2}  # why\n"),
            ("a: {}\n", "a.c.d", "2", "a: {c: {d: 2}}\n"),
            ("a:  # nothing yet\nb: 1\n", "a.c", "2", "a: {c: 2}  # nothing yet\nb: 1\n"),
            (
                "a:\n  b: 1  # why\n\n# about c\nc: 2\n",
                "a.x.y",
                "3",
                "a:\n  b: 1  # why\n  x: {y: 3}\n\n# about c\nc: 2\n",
            ),
            ("a:\n  - b: 1\n    c: 2\n", "a.0.d", "3", "a:\n  - b: 1\n    c: 2\n    d: 3\n"),
            ("a: 1", "b", "2", "a: 1\nb: 2"),
            ("# nothing\n", "a.b", "2", "# nothing\na: {b: 2}\n"),
        ];
        for (text, path, value, wanted) in cases {
            assert_eq!(set(text, path, value).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_changed_alone_is_left_alone() {
        assert_eq!(set("a: &x {b: 1}\nc: *x\n", "a.b", "2"), Err(EditError::Unreadable));
        assert_eq!(set("a: text\n", "a.b", "2"), Err(EditError::NoMapping));
        assert_eq!(set("a: [1]\n", "a.7", "2"), Err(EditError::NoMapping));
        assert_eq!(set("a: {b: ", "a.b", "2"), Err(EditError::Unreadable));
    }

    /// Texts of all layouts, with the paths that may be changed in them.
    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-z]{1,6}".prop_map(|word| word),
            (0_u32..99).prop_map(|number| number.to_string()),
            "[a-z ]{0,6}".prop_map(|words| format!("\"{words}\"")),
            Just("[1, x]".to_owned()),
            Just("{}".to_owned()),
            Just("{p: 1, q: {r: z}}".to_owned()),
        ];
        let comment = prop_oneof![Just(String::new()), "  # [a-z:{} ]{0,10}".prop_map(|text| text)];
        let line = (leaf, comment).prop_map(|(leaf, comment)| format!("{leaf}{comment}"));
        let inner = prop::collection::vec(line.clone(), 0..4).prop_map(|lines| {
            let lines = lines.into_iter().enumerate().map(|(at, line)| format!("    k{at}: {line}\n"));
            format!("\n{}", lines.collect::<String>())
        });
        let value = prop_oneof![line.prop_map(|line| format!(" {line}\n")), inner];
        prop::collection::vec(value, 1..5).prop_map(|values| {
            values.into_iter().enumerate().map(|(at, value)| format!("# {at}\nt{at}:{value}")).collect()
        })
    }

    proptest! {
        #[test]
        fn a_changed_file_says_the_same_but_for_the_path(
            text in texts(), top in 0_usize..6, inner in 0_usize..5, deep in prop::bool::ANY,
        ) {
            let path = match deep {
                true => format!("t{top}.k{inner}"),
                false => format!("t{top}.p"),
            };
            if let Ok(changed) = set(&text, &path, "{fresh: true}") {
                let read = |text: &str| yaml::parse(&FilePath::new(""), text.as_bytes()).unwrap();
                let parts: Vec<&str> = path.split('.').collect();
                let wanted = with(&read(&text), &parts, &read("{fresh: true}"));
                prop_assert!(same(&read(&changed), &wanted));
                let comments = |text: &str| text.matches('#').count();
                prop_assert!(comments(&changed) >= comments(&text) || text.contains("k0"));
                // Doing it again changes nothing.
                prop_assert_eq!(set(&changed, &path, "{fresh: true}"), Ok(changed));
            }
        }

        #[test]
        fn no_text_and_no_path_panics(text in "[a-c:{}\\[\\], \n#&*'\"|-]{0,60}", path in "[a-c.0-1]{0,8}") {
            let _ = set(&text, &path, "1");
        }
    }
}
