//! From the tree to types, collecting every error on the way.

use std::collections::BTreeMap;

use super::schema::Definitions;
use super::tree::{Entry, Node, Value, excerpt};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, closest};

/// A type that files can hold: how it is read, how overlays merge it, and its JSON Schema.
pub trait Decode: Sized {
    /// Reads the value. `None` means that an error has been recorded, or that part of an overlay is missing.
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The value of a field that is not there; `None` where the field is required.
    fn absent() -> Option<Self> {
        None
    }

    /// How an overlay merges into it.
    fn shape() -> Shape {
        Shape::Whole
    }

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> serde_json::Value;
}

/// A field of a record: its name, and how an overlay changes it.
pub type FieldShape = (&'static str, fn() -> Shape);

/// How an overlay merges into a value.
#[derive(Clone, Copy)]
pub enum Shape {
    /// It replaces it: scalars, lists, choices.
    Whole,
    /// It merges field by field, each by its own shape.
    Record(&'static [FieldShape]),
    /// It merges key by key.
    Map(fn() -> Shape),
}

/// Collects errors while a tree is decoded.
#[derive(Debug, Default)]
pub struct Reader {
    found: Diagnostics,
    partial: bool,
}

/// The entries of a record.
#[derive(Debug)]
pub struct Fields<'node> {
    entries: &'node [Entry],
    place: &'node Place,
    what: &'static str,
}

impl Reader {
    /// For a whole file.
    #[must_use]
    pub fn whole() -> Self {
        Self::default()
    }

    /// For an overlay: a missing field is no error where the overlay merges by key.
    #[must_use]
    pub fn overlay() -> Self {
        Self { partial: true, ..Self::default() }
    }

    /// Reads `node`, and returns it with what was found.
    pub fn read<T: Decode>(mut self, node: &Node) -> (Option<T>, Diagnostics) {
        let value = T::decode(node, &mut self);
        (value, self.found)
    }

    /// Records what another reader found.
    pub fn absorb(&mut self, found: Diagnostics) {
        self.found.extend(found);
    }

    /// Records an error.
    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Records that `node` is not what was expected; always `None`, so that decoders can return it.
    pub fn wrong_type<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let title = format!("expected {expected}, found {}", node.describe());
        self.found.push(Diagnostic::error(Code::WrongType, title).at(node.place.clone(), ""));
        None
    }

    /// Takes a node as a record with the given fields, recording unknown ones. Nothing at all is an empty record.
    pub fn fields<'node>(
        &mut self,
        node: &'node Node,
        what: &'static str,
        allowed: &[&'static str],
    ) -> Option<Fields<'node>> {
        let entries = match &node.value {
            Value::Mapping(entries) => entries.as_slice(),
            Value::Null => &[],
            Value::Scalar { .. } | Value::Sequence(_) => {
                let fields = allowed.join("`, `");
                self.found.push(
                    Diagnostic::error(Code::WrongType, format!("expected {what}, found {}", node.describe()))
                        .at(node.place.clone(), "")
                        .help(format!("write a mapping with some of `{fields}`")),
                );
                return None;
            }
        };
        for entry in entries.iter().filter(|entry| !allowed.contains(&entry.key.as_str())) {
            let title = format!("{what} has no field `{}`", excerpt(&entry.key));
            let diagnostic = Diagnostic::error(Code::UnknownField, title)
                .at(entry.key_place.clone(), "")
                .note(format!("its fields are `{}`", allowed.join("`, `")));
            self.found.push(did_you_mean(diagnostic, &entry.key, allowed));
        }
        Some(Fields { entries, place: &node.place, what })
    }

    /// Reads one field of a record.
    pub fn field<T: Decode>(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<T> {
        if let Some(entry) = fields.entries.iter().find(|entry| entry.key == name) {
            return T::decode(&entry.value, self);
        }
        let absent = T::absent();
        if absent.is_none() && !self.partial {
            let title = format!("{} needs the field `{name}`", fields.what);
            let diagnostic = Diagnostic::error(Code::MissingField, title).at(fields.place.clone(), "");
            self.found.push(diagnostic.help(format!("add `{name}:`")));
        }
        absent
    }

    /// Takes a node as one of several choices: a bare word, or a mapping of one word to its details.
    /// `choices` says of each whether it has details.
    pub fn choice<'node>(
        &mut self,
        node: &'node Node,
        what: &str,
        choices: &[(&'static str, bool)],
    ) -> Option<(&'static str, &'node Node)> {
        let (word, place, detail) = match &node.value {
            Value::Scalar { text, .. } => (text, &node.place, None),
            Value::Mapping(entries) => match entries.as_slice() {
                [entry] => (&entry.key, &entry.key_place, Some(&entry.value)),
                _ => return self.not_a_choice(node, what, choices),
            },
            Value::Null | Value::Sequence(_) => return self.not_a_choice(node, what, choices),
        };
        let Some((name, has_detail)) = choices.iter().find(|(name, _)| name == word) else {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let title = format!("`{}` is not {what}", excerpt(word));
            let diagnostic = Diagnostic::error(Code::UnknownChoice, title)
                .at(place.clone(), "")
                .note(format!("the choices are {}", spelt(choices)));
            self.found.push(did_you_mean(diagnostic, word, &names));
            return None;
        };
        match (has_detail, detail) {
            (true, Some(detail)) => Some((name, detail)),
            (false, None) => Some((name, node)),
            (true, None) => {
                let title = format!("`{name}` needs details");
                let help = format!("write `{name}: {{…}}` on its own line or in braces");
                self.found.push(Diagnostic::error(Code::WrongType, title).at(place.clone(), "").help(help));
                None
            }
            (false, Some(_)) => {
                let title = format!("`{name}` stands alone, it has no details");
                let help = format!("write just `{name}`");
                self.found.push(Diagnostic::error(Code::WrongType, title).at(place.clone(), "").help(help));
                None
            }
        }
    }

    fn not_a_choice<T>(&mut self, node: &Node, what: &str, choices: &[(&'static str, bool)]) -> Option<T> {
        let title = format!("expected {what}, found {}", node.describe());
        let help = format!("choose exactly one of {}", spelt(choices));
        self.found.push(Diagnostic::error(Code::WrongType, title).at(node.place.clone(), "").help(help));
        None
    }

    /// Runs `decode` on a value that overlays replace whole, so that nothing of it may be missing.
    pub fn entire<T>(&mut self, decode: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let partial = std::mem::replace(&mut self.partial, false);
        let value = decode(self);
        self.partial = partial;
        value
    }
}

fn spelt(choices: &[(&'static str, bool)]) -> String {
    let all: Vec<String> = choices
        .iter()
        .map(|(name, has_detail)| if *has_detail { format!("`{name}: …`") } else { format!("`{name}`") })
        .collect();
    all.join(", ")
}

fn did_you_mean(diagnostic: Diagnostic, word: &str, names: &[&str]) -> Diagnostic {
    match closest(word, names.iter().copied()) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None => diagnostic,
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Null => Some(None),
            Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_) => T::decode(node, reader).map(Some),
        }
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
    fn shape() -> Shape {
        T::shape()
    }
    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        T::schema(definitions)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let items = match &node.value {
            Value::Null => return Some(Self::new()),
            Value::Sequence(items) => items,
            Value::Scalar { .. } | Value::Mapping(_) => return reader.wrong_type(node, "a list"),
        };
        // Each item is read before any is judged, so that one bad item does not hide another.
        let read: Vec<Option<T>> = items.iter().map(|item| reader.entire(|reader| T::decode(item, reader))).collect();
        read.into_iter().collect()
    }
    fn absent() -> Option<Self> {
        Some(Self::new())
    }
    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let items = definitions.entire(T::schema);
        serde_json::json!({"type": "array", "items": items})
    }
}

impl<K: Decode + Ord, V: Decode> Decode for BTreeMap<K, V> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = match &node.value {
            Value::Null => return Some(Self::new()),
            Value::Mapping(entries) => entries,
            Value::Scalar { .. } | Value::Sequence(_) => return reader.wrong_type(node, "a mapping"),
        };
        let read: Vec<Option<(K, V)>> = entries
            .iter()
            .map(|entry| {
                let text = Value::Scalar { text: entry.key.clone(), plain: false };
                let key = K::decode(&Node { value: text, place: entry.key_place.clone() }, reader);
                // An overlay takes a key away with `null`.
                if reader.partial && entry.value.value == Value::Null {
                    return None;
                }
                let value = V::decode(&entry.value, reader);
                Some((key?, value?))
            })
            .collect();
        read.into_iter().collect()
    }
    fn absent() -> Option<Self> {
        Some(Self::new())
    }
    fn shape() -> Shape {
        Shape::Map(V::shape)
    }
    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let keys = K::schema(definitions);
        let values = V::schema(definitions);
        serde_json::json!({
            "type": "object",
            "propertyNames": keys,
            "additionalProperties": definitions.nullable(values),
        })
    }
}
