//! A file as a tree whose every node knows its place.

use crate::diagnostic::Place;

/// One node of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands. For a list or mapping that is the value of a key, the place of that key.
    pub place: Place,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A text exactly as it is spelt (`1.0` stays `1.0`).
    Scalar {
        /// The text, quotes and escapes undone.
        text: String,
        /// Whether it stands without quotes, so that `true` and `12` may be more than texts.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping in the order of the file, keys unique.
    Mapping(Vec<Entry>),
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The node at a dotted path below this one.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, part| node.get(part))
    }

    /// The entries of a mapping; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::Sequence(_) => &[],
        }
    }

    /// What the node is, in words, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar { text, .. } => format!("`{}`", excerpt(text)),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The same without the entries of mappings that are not `wanted`, each asked about by its dotted path below this node. What
    /// is in a list stays.
    #[must_use]
    pub fn pruned(&self, wanted: &dyn Fn(&str, &Node) -> bool) -> Self {
        self.pruned_from("", wanted)
    }

    fn pruned_from(&self, path: &str, wanted: &dyn Fn(&str, &Node) -> bool) -> Self {
        let Value::Mapping(entries) = &self.value else { return self.clone() };
        let kept = entries.iter().filter_map(|entry| {
            let below = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            wanted(&below, &entry.value)
                .then(|| Entry { value: entry.value.pruned_from(&below, wanted), ..entry.clone() })
        });
        Self { value: Value::Mapping(kept.collect()), place: self.place.clone() }
    }

    /// Calls `visit` with every node below this one and its dotted path (`streams.transactions.retention`,
    /// `consumers.score.features.0`).
    pub fn walk(&self, visit: &mut impl FnMut(&str, &Node)) {
        self.walk_from(&mut String::new(), visit);
    }

    /// The same below `path`, which is as it was afterwards.
    fn walk_from(&self, path: &mut String, visit: &mut impl FnMut(&str, &Node)) {
        let here = path.len();
        let mut below = |key: &str, node: &Node| {
            if here > 0 {
                path.push('.');
            }
            path.push_str(key);
            node.walk_from(path, visit);
            path.truncate(here);
        };
        match &self.value {
            Value::Null | Value::Scalar { .. } => {}
            Value::Sequence(items) => {
                items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item));
            }
            Value::Mapping(entries) => entries.iter().for_each(|entry| below(&entry.key, &entry.value)),
        }
        visit(path, self);
    }
}

/// The beginning of a text, on one line, for messages.
#[must_use]
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().count() > LONGEST { format!("{line}…") } else { line }
}
