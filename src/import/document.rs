//! A pipeline file as text: human, stable, and read back to the same meaning.

use std::fmt;

use crate::template::yaml_scalar;

/// Columns up to which a mapping stands on one line.
const WIDTH: usize = 110;

/// A value of a pipeline file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Out {
    /// A number, a flag, a quantity or a name: as it stands.
    Word(String),
    /// Any text, quoted where that is needed.
    Text(String),
    List(Vec<Out>),
    Map(Block),
}

/// A mapping of a pipeline file, with comments.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Block(Vec<Entry>);

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    key: String,
    value: Out,
    notes: Vec<String>,
}

impl Out {
    pub(super) fn word(word: impl fmt::Display) -> Self {
        Self::Word(word.to_string())
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A choice with details: one word, one mapping.
    pub(super) fn choice(word: &str, detail: Self) -> Self {
        Self::Map(Block::default().with(word, detail))
    }

    /// A list of names.
    pub(super) fn names(names: &[String]) -> Self {
        Self::List(names.iter().map(Self::word).collect())
    }

    /// JSON in YAML's words.
    pub(super) fn json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self::text(text.as_str()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::json).collect()),
            serde_json::Value::Object(members) => {
                let mut block = Block::default();
                for (key, member) in members {
                    block.put(key, Self::json(member));
                }
                Self::Map(block)
            }
            scalar => Self::word(scalar),
        }
    }

    fn is_noted(&self) -> bool {
        match self {
            Self::Map(block) => block.0.iter().any(|entry| !entry.notes.is_empty() || entry.value.is_noted()),
            Self::Word(_) | Self::Text(_) | Self::List(_) => false,
        }
    }
}

impl fmt::Display for Out {
    /// On one line, comments left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Text(text) => f.write_str(&yaml_scalar(text)),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(block) => {
                f.write_str("{")?;
                for (at, entry) in block.0.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {}", yaml_scalar(&entry.key), entry.value)?;
                }
                f.write_str("}")
            }
        }
    }
}

impl Block {
    pub(super) fn put(&mut self, key: &str, value: Out) {
        self.0.push(Entry { key: key.to_owned(), value, notes: Vec::new() });
    }

    /// Puts a value if there is one.
    pub(super) fn put_some(&mut self, key: &str, value: Option<Out>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Puts a value unless it is what Sluice means anyway.
    pub(super) fn put_unless<T: PartialEq>(&mut self, key: &str, value: Option<T>, ours: T, write: impl Fn(T) -> Out) {
        if let Some(value) = value.filter(|value| *value != ours) {
            self.put(key, write(value));
        }
    }

    /// Puts a mapping unless it is empty.
    pub(super) fn put_block(&mut self, key: &str, block: Self) {
        if !block.is_empty() {
            self.put(key, Out::Map(block));
        }
    }

    /// Puts a list of names unless it is empty.
    pub(super) fn put_names(&mut self, key: &str, names: &[String]) {
        if !names.is_empty() {
            self.put(key, Out::names(names));
        }
    }

    pub(super) fn with(mut self, key: &str, value: Out) -> Self {
        self.put(key, value);
        self
    }

    /// The entries by key.
    pub(super) fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| a.key.cmp(&b.key));
        self
    }

    /// Puts every entry of another mapping.
    pub(super) fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The entry of a key alone.
    pub(super) fn only(&self, key: &str) -> Self {
        Self(self.0.iter().filter(|entry| entry.key == key).cloned().collect())
    }

    /// Puts comment lines above the entry that was put last.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        if let Some(last) = self.0.last_mut() {
            last.notes.push(note.into());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of the whole file: top-level mappings of mappings are opened, an empty line between them.
    pub(super) fn to_file(&self) -> String {
        let mut out = String::new();
        for entry in &self.0 {
            let section = matches!(&entry.value, Out::Map(block) if !block.is_empty());
            if section && !out.is_empty() {
                out.push('\n');
            }
            write_entry(&mut out, entry, 0, section);
        }
        out
    }
}

fn write_entry(out: &mut String, entry: &Entry, depth: usize, open: bool) {
    let margin = "  ".repeat(depth);
    for note in &entry.notes {
        comment(out, &margin, note);
    }
    let key = format!("{margin}{}:", yaml_scalar(&entry.key));
    let line = format!("{key} {}", entry.value);
    match &entry.value {
        Out::Map(block) if !block.is_empty() && (open || entry.value.is_noted() || line.chars().count() > WIDTH) => {
            out.push_str(&key);
            out.push('\n');
            for inner in &block.0 {
                write_entry(out, inner, depth + 1, false);
            }
        }
        Out::List(items) if !items.is_empty() && line.chars().count() > WIDTH => {
            out.push_str(&key);
            out.push('\n');
            for item in items {
                out.push_str(&format!("{margin}  - {item}\n"));
            }
        }
        _ => {
            out.push_str(&line);
            out.push('\n');
        }
    }
}

/// Writes a comment, broken at words.
pub(super) fn comment(out: &mut String, margin: &str, text: &str) {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() && margin.len() + 2 + line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&format!("{margin}# {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')));
    }
    out.push_str(&format!("{margin}# {line}\n"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sections_are_open_and_what_fits_stands_on_one_line() {
        let mut stage = Block::default();
        stage.put("retention", Out::word("7d"));
        stage.put("capacity", Out::choice("provisioned", Out::Map(Block::default().with("shards", Out::word(16)))));
        let mut streams = Block::default();
        streams.put("events", Out::Map(stage));
        streams.note("from x");
        let mut file = Block::default();
        file.put("pipeline", Out::word("a"));
        file.put("owner", Out::text("yes: #1"));
        file.put("streams", Out::Map(streams));
        assert_eq!(
            file.to_file(),
            "pipeline: a\nowner: \"yes: #1\"\n\nstreams:\n  # from x\n  events: {retention: 7d, capacity: {provisioned: {shards: 16}}}\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_opened() {
        let long = json!({"a": "x".repeat(60), "b": ["y".repeat(60), 1, true, {"c": "12"}]});
        let text = Block::default().with("k", Out::json(&long)).to_file();
        let expected = format!("k:\n  a: {}\n  b: [{}, 1, true, {{c: \"12\"}}]\n", "x".repeat(60), "y".repeat(60));
        assert_eq!(text, expected);
    }

    #[test]
    fn a_comment_stays_a_comment_whatever_it_holds() {
        let mut out = String::new();
        comment(&mut out, "  ", "a\nb: c\u{2028}d\r\u{85}e");
        assert_eq!(out, "  # a b: c d e\n");
    }
}
