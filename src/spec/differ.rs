//! Where two trees of one kind differ, at the places at which an overlay could make the difference.

use super::decode::Shape;
use super::tree::{Entry, Node, Value};

/// One place at which two trees differ. At least one side has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// What the first tree has there.
    pub before: Option<&'a Node>,
    /// What the second one has.
    pub after: Option<&'a Node>,
}

/// Where two trees differ, in the order of the first one, then of the second. Records and maps are compared key by key; scalars,
/// lists and choices whole, as an overlay replaces them. Where a value stands makes no difference.
#[must_use]
pub fn differences<'a>(before: &'a Node, after: &'a Node, shape: Shape) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    walk(Some(before), Some(after), shape, &mut Vec::new(), &mut found);
    found
}

fn walk<'a>(
    before: Option<&'a Node>,
    after: Option<&'a Node>,
    shape: Shape,
    path: &mut Vec<String>,
    found: &mut Vec<Difference<'a>>,
) {
    let fields = match shape {
        Shape::Whole => None,
        Shape::Record(fields) => Some(fields()),
        Shape::Map(_) => Some(Vec::new()),
    };
    let mappings = before.zip(after).filter(|(before, after)| before.is_mapping() && after.is_mapping());
    let (Some(fields), Some((old, new))) = (fields, mappings) else {
        if !same(before, after) {
            found.push(Difference { path: path.clone(), before, after });
        }
        return;
    };
    let inner = |key: &str| match shape {
        Shape::Map(values) => values(),
        Shape::Record(_) | Shape::Whole => {
            fields.iter().find(|(name, _)| *name == key).map_or(Shape::Whole, |(_, shape)| shape())
        }
    };
    let added = new.entries().iter().filter(|entry| old.get(&entry.key).is_none());
    for key in old.entries().iter().chain(added).map(|entry| entry.key.as_str()) {
        path.push(key.to_owned());
        walk(old.get(key), new.get(key), inner(key), path, found);
        path.pop();
    }
}

/// Whether two values are the same wherever they stand; keys have no order.
fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() == b.is_none() };
    match (&a.value, &b.value) {
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Value::Mapping(x), Value::Mapping(y)) => {
            x.len() == y.len()
                && x.iter().all(|entry| b.get(&entry.key).is_some_and(|other| same(Some(&entry.value), Some(other))))
        }
        (a, b) => a == b,
    }
}

impl Node {
    fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// The tree with what stands at a path replaced, or taken away. Mappings on the way that are not there are made.
    #[must_use]
    pub fn with(&self, path: &[String], value: Option<&Node>) -> Node {
        let Some((key, rest)) = path.split_first() else { return value.cloned().unwrap_or_else(|| self.clone()) };
        let mut entries = self.entries().to_vec();
        let at = entries.iter().position(|entry| entry.key == *key);
        if rest.is_empty() && value.is_none() {
            entries.retain(|entry| entry.key != *key);
        } else {
            let empty = Node { value: Value::Mapping(Vec::new()), place: self.place.clone() };
            let below = at.and_then(|at| entries.get(at)).map_or(&empty, |entry| &entry.value).with(rest, value);
            match at.and_then(|at| entries.get_mut(at)) {
                Some(entry) => entry.value = below,
                None => entries.push(Entry { key: key.clone(), key_place: below.place.clone(), value: below }),
            }
        }
        Node { value: Value::Mapping(entries), place: self.place.clone() }
    }

    /// The tree with every text put through `change`; keys stay.
    #[must_use]
    pub fn map_texts(&self, change: &impl Fn(&str) -> String) -> Node {
        let value = match &self.value {
            Value::Null => Value::Null,
            Value::Scalar { text, plain } => Value::Scalar { text: change(text), plain: *plain },
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| item.map_texts(change)).collect()),
            Value::Mapping(entries) => Value::Mapping(
                entries.iter().map(|entry| Entry { value: entry.value.map_texts(change), ..entry.clone() }).collect(),
            ),
        };
        Node { value, place: self.place.clone() }
    }

    /// The value on one line, as YAML's flow style writes it; a text that holds more than letters, digits and `._:/@-` or blanks
    /// stands in quotes.
    #[must_use]
    pub fn on_one_line(&self) -> String {
        let list = |items: Vec<String>| items.join(", ");
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Scalar { text, plain } if *plain || text.chars().all(is_plain) && !text.is_empty() => text.clone(),
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::Sequence(items) => format!("[{}]", list(items.iter().map(Node::on_one_line).collect())),
            Value::Mapping(entries) => {
                let entry = |entry: &Entry| format!("{}: {}", entry.key, entry.value.on_one_line());
                format!("{{{}}}", list(entries.iter().map(entry).collect()))
            }
        }
    }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "._:/@- ".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FilePath;
    use crate::spec::{Decode as _, PipelineFile, merge, parse};

    fn tree(text: &str) -> Node {
        parse(&FilePath::new("a.yaml"), text.as_bytes()).expect("YAML")
    }

    const BASE: &str = "pipeline: p\nowner: o\nstreams:\n  s: {capacity: on-demand, retention: 24h}\n  t: {}\n";

    fn paths(before: &Node, after: &Node) -> Vec<String> {
        differences(before, after, PipelineFile::shape()).iter().map(|found| found.path.join(".")).collect()
    }

    #[test]
    fn differences_are_found_where_an_overlay_could_make_them() {
        let after =
            "owner: o\npipeline: p\nstreams:\n  s: {retention: 24h, capacity: {provisioned: {shards: 4}}}\n  u: {}\n";
        assert_eq!(paths(&tree(BASE), &tree(after)), ["streams.s.capacity", "streams.t", "streams.u"]);
        assert!(paths(&tree(BASE), &tree(BASE)).is_empty());
    }

    #[test]
    fn taking_every_difference_over_gives_the_other_tree() {
        let base = tree(BASE);
        for overlay in [
            "streams: {s: {retention: null}, t: {retention: 7d}}\n",
            "streams: {s: {capacity: {provisioned: {shards: 2}}}}\nlatency: {target: 1s}\n",
        ] {
            let goal = merge(&base, &tree(overlay), PipelineFile::shape());
            let found = differences(&base, &goal, PipelineFile::shape());
            assert!(!found.is_empty());
            let reached = found.iter().fold(base.clone(), |tree, found| tree.with(&found.path, found.after));
            assert!(same(Some(&reached), Some(&goal)), "{}", reached.on_one_line());
        }
    }

    #[test]
    fn a_value_on_one_line_reads_as_what_it_was() {
        let text = "a: {b: [1, two, \"x: {y}\"], c: null}\n";
        let line = tree(text).on_one_line();
        assert_eq!(line, "{a: {b: [1, two, \"x: {y}\"], c: null}}");
        assert!(same(Some(&tree(&line)), Some(&tree(text))));
    }
}
