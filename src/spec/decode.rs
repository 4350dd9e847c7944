//! From the tree to types, collecting every error on the way.
//!
//! What cannot be read is left out and remembered by its path, so that the rest can still be judged and nothing is
//! said about what merely follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use indexmap::IndexMap;

use super::limit::{self, Limit};
use super::schema::{Definitions, Properties};
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

/// A mapping with fixed fields. Another record may take the fields in as its own.
pub trait Record: Sized {
    /// Its fields, in the order of their declaration.
    fn fields() -> Vec<FieldShape>;
    /// Reads them.
    fn take(fields: &Fields<'_>, reader: &mut Reader) -> Option<Self>;
    /// Adds them to a schema.
    fn describe(properties: &mut Properties<'_>);
}

/// One word of a choice: whether it has details, and what it means.
pub type Alternative = (&'static str, bool, &'static str);

/// How an overlay merges into a value.
#[derive(Clone, Copy)]
pub enum Shape {
    /// It replaces it: scalars, lists, choices.
    Whole,
    /// It merges field by field, each by its own shape.
    Record(fn() -> Vec<FieldShape>),
    /// It merges key by key.
    Map(fn() -> Shape),
}

/// Collects errors while a tree is decoded.
#[derive(Debug, Default)]
pub struct Reader {
    found: Diagnostics,
    partial: bool,
    path: Vec<String>,
    broken: BTreeSet<String>,
}

/// What a tree was read as.
#[derive(Debug)]
pub struct Reading<T> {
    /// The value, without what could not be read; `None` where something that it needs could not.
    pub value: Option<T>,
    /// What is wrong.
    pub found: Diagnostics,
    /// The paths of what could not be read.
    pub broken: BTreeSet<String>,
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
    pub fn read<T: Decode>(mut self, node: &Node) -> Reading<T> {
        let value = T::decode(node, &mut self);
        Reading { value, found: self.found, broken: self.broken }
    }

    /// Records what another reader found.
    pub fn absorb(&mut self, found: Diagnostics) {
        self.found.extend(found);
    }

    /// Records an error at the value that is being read.
    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.broken.insert(self.path.join("."));
        self.found.push(diagnostic);
    }

    /// Records an error at a part of the value that is being read.
    fn error_in(&mut self, part: &str, diagnostic: Diagnostic) {
        self.within(part, |reader| reader.error(diagnostic));
    }

    /// Runs `read` one step further down the path.
    fn within<T>(&mut self, part: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(part.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    /// Records that `node` is not what was expected; always `None`, so that decoders can return it.
    pub fn wrong_type<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let title = format!("expected {expected}, found {}", node.describe());
        self.error(Diagnostic::error(Code::WrongType, title).at(node.place.clone(), ""));
        None
    }

    /// Reads a record.
    pub fn record<T: Record>(&mut self, node: &Node, what: &'static str) -> Option<T> {
        let names: Vec<&str> = T::fields().into_iter().map(|(name, _)| name).collect();
        let fields = self.fields(node, what, &names)?;
        T::take(&fields, self)
    }

    /// Reads the details of a word of a choice; overlays replace them whole.
    pub fn detail<T: Decode>(&mut self, word: &str, node: &Node) -> Option<T> {
        self.within(word, |reader| reader.entire(|reader| T::decode(node, reader)))
    }

    /// Takes a node as a record with the given fields, recording unknown ones. Nothing at all is an empty record.
    fn fields<'node>(&mut self, node: &'node Node, what: &'static str, allowed: &[&str]) -> Option<Fields<'node>> {
        let entries = match &node.value {
            Value::Mapping(entries) => entries.as_slice(),
            Value::Null => &[],
            Value::Scalar { .. } | Value::Sequence(_) => {
                let fields = allowed.join("`, `");
                self.error(
                    Diagnostic::error(Code::WrongType, format!("expected {what}, found {}", node.describe()))
                        .at(node.place.clone(), "")
                        .help(format!("write a mapping with some of `{fields}`")),
                );
                return None;
            }
        };
        for entry in entries.iter().filter(|entry| !allowed.contains(&entry.key.as_str())) {
            self.unknown_field(entry, what, allowed);
        }
        Some(Fields { entries, place: &node.place, what })
    }

    fn unknown_field(&mut self, entry: &Entry, what: &str, allowed: &[&str]) {
        let title = format!("{what} has no field `{}`", excerpt(&entry.key));
        let diagnostic = Diagnostic::error(Code::UnknownField, title).at(entry.key_place.clone(), "");
        if let Some(limit) = Limit::on(what, &entry.key) {
            self.error_in(&entry.key, limit.tell(diagnostic));
            return;
        }
        let diagnostic = diagnostic.note(format!("its fields are `{}`", allowed.join("`, `")));
        // The field that was meant is not missing, it is misspelt.
        let meant = closest(&entry.key, allowed.iter().copied()).unwrap_or(&entry.key);
        self.error_in(meant, did_you_mean(diagnostic, &entry.key, allowed));
    }

    /// Reads one field of a record; `doc` says what it is and within which bounds.
    pub fn field<T: Decode>(&mut self, fields: &Fields<'_>, name: &'static str, doc: &str) -> Option<T> {
        if let Some(entry) = fields.entries.iter().find(|entry| entry.key == name) {
            return self.within(name, |reader| {
                let before = reader.found.len();
                let value = T::decode(&entry.value, reader);
                if reader.found.len() > before {
                    reader.explain(before, &entry.value.place, doc, Limit::on(fields.what, name));
                }
                value
            });
        }
        let absent = T::absent();
        if absent.is_none() && !self.partial {
            let title = format!("{} needs the field `{name}`", fields.what);
            let diagnostic = Diagnostic::error(Code::MissingField, title).at(fields.place.clone(), "");
            let diagnostic = diagnostic.help(format!("add `{name}:`"));
            self.error_in(name, limit::tell_of(fields.what, name, diagnostic));
        }
        absent
    }

    /// Adds to what was found wrong with a value itself what the value is, and what AWS says of it.
    fn explain(&mut self, before: usize, place: &Place, doc: &str, limit: Option<&Limit>) {
        for found in self.found.iter_mut().skip(before) {
            if found.code == Code::OutOfRange && found.place() == Some(place) {
                found.notes.push(doc.trim().to_owned());
                found.notes.extend(limit.into_iter().flat_map(Limit::notes));
            }
        }
    }

    /// Takes a node as one of several choices: a bare word, or a mapping of one word to its details.
    /// `choices` says of each whether it has details.
    pub fn choice<'node>(
        &mut self,
        node: &'node Node,
        what: &str,
        choices: &[Alternative],
    ) -> Option<(&'static str, &'node Node)> {
        let (word, place, detail) = match &node.value {
            Value::Scalar { text, .. } => (text, &node.place, None),
            Value::Mapping(entries) => match entries.as_slice() {
                [entry] => (&entry.key, &entry.key_place, Some(&entry.value)),
                _ => return self.not_a_choice(node, what, choices),
            },
            Value::Null | Value::Sequence(_) => return self.not_a_choice(node, what, choices),
        };
        let Some((name, has_detail, doc)) = choices.iter().find(|(name, ..)| name == word) else {
            let names: Vec<&str> = choices.iter().map(|(name, ..)| *name).collect();
            let title = format!("`{}` is not {what}", excerpt(word));
            let diagnostic = Diagnostic::error(Code::UnknownChoice, title)
                .at(place.clone(), "")
                .note(format!("the choices are {}", spelt(choices)));
            self.error(did_you_mean(diagnostic, word, &names));
            return None;
        };
        match (has_detail, detail) {
            (true, Some(detail)) => Some((name, detail)),
            (false, None) => Some((name, node)),
            (true, None) => {
                let title = format!("`{name}` needs details");
                let help = format!("write `{name}: {{…}}` on its own line or in braces");
                self.error(Diagnostic::error(Code::WrongType, title).at(place.clone(), "").help(help));
                None
            }
            (false, Some(detail)) => {
                let title = format!("`{name}` stands alone, it has no details");
                let help = format!("write just `{name}`");
                let diagnostic = Diagnostic::error(Code::WrongType, title).at(place.clone(), "");
                self.error(limit::tell_of_all(what, detail, diagnostic.note(doc.trim()).help(help)));
                None
            }
        }
    }

    fn not_a_choice<T>(&mut self, node: &Node, what: &str, choices: &[Alternative]) -> Option<T> {
        let title = format!("expected {what}, found {}", node.describe());
        let help = format!("choose exactly one of {}", spelt(choices));
        let diagnostic = Diagnostic::error(Code::WrongType, title).at(node.place.clone(), "").help(help);
        self.error(limit::tell_of_all(what, node, diagnostic));
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

fn spelt(choices: &[Alternative]) -> String {
    let all: Vec<String> = choices
        .iter()
        .map(|(name, has_detail, _)| if *has_detail { format!("`{name}: …`") } else { format!("`{name}`") })
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
        // `field:` with nothing behind it goes back to the default, as `null` does in an overlay. So does, for the
        // time being, what cannot be read.
        match node.value {
            Value::Null => Some(None),
            Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_) => Some(T::decode(node, reader)),
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
            Value::Scalar { .. } | Value::Mapping(_) => return reader.wrong_type(node, "a list").or(Some(Self::new())),
        };
        let read = |(index, item): (usize, &Node)| {
            reader.within(&index.to_string(), |reader| reader.entire(|reader| T::decode(item, reader)))
        };
        Some(items.iter().enumerate().filter_map(read).collect())
    }
    fn absent() -> Option<Self> {
        Some(Self::new())
    }
    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let items = definitions.entire(T::schema);
        serde_json::json!({"type": "array", "items": items})
    }
}

/// Reads the entries of a mapping with free keys, leaving out those that cannot be read.
fn entries<K: Decode, V: Decode>(node: &Node, reader: &mut Reader) -> Vec<(K, V)> {
    let entries = match &node.value {
        Value::Null => return Vec::new(),
        Value::Mapping(entries) => entries,
        Value::Scalar { .. } | Value::Sequence(_) => return reader.wrong_type(node, "a mapping").unwrap_or_default(),
    };
    let read = |entry: &Entry| {
        let text = Value::Scalar { text: entry.key.clone(), plain: false };
        reader.within(&entry.key, |reader| {
            let key = K::decode(&Node { value: text, place: entry.key_place.clone() }, reader);
            // An overlay takes a key away with `null`.
            if reader.partial && entry.value.value == Value::Null {
                return None;
            }
            let value = V::decode(&entry.value, reader);
            Some((key?, value?))
        })
    };
    entries.iter().filter_map(read).collect()
}

fn map_schema<K: Decode, V: Decode>(definitions: &mut Definitions) -> serde_json::Value {
    let keys = K::schema(definitions);
    let values = V::schema(definitions);
    serde_json::json!({
        "type": "object",
        "propertyNames": keys,
        "additionalProperties": definitions.nullable(values),
    })
}

macro_rules! maps {
    ($($(#[$doc:meta])* $map:ident: $($bound:ident)+;)*) => {$(
        $(#[$doc])*
        impl<K: Decode $(+ $bound)+, V: Decode> Decode for $map<K, V> {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                Some(entries(node, reader).into_iter().collect())
            }
            fn absent() -> Option<Self> {
                Some(Self::new())
            }
            fn shape() -> Shape {
                Shape::Map(V::shape)
            }
            fn schema(definitions: &mut Definitions) -> serde_json::Value {
                map_schema::<K, V>(definitions)
            }
        }
    )*};
}

maps! {
    BTreeMap: Ord;
    /// Where the order of the file means something.
    IndexMap: Hash Eq;
}
