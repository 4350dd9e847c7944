//! What an import could not tell and a person has to decide.

use super::decode::{Decode, Reader, Reading};
use super::tree::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place, Span};

/// What stands in a pipeline file for a text that somebody still has to write. A file that holds it is well formed,
/// and passes no check.
pub const PLACEHOLDER: &str = "to-be-decided";

/// Every place that still holds [`PLACEHOLDER`].
pub(super) fn undecided(tree: &Node) -> Diagnostics {
    let mut found = Diagnostics::new();
    tree.walk(&mut |path, node| {
        let keys = node.entries().iter().map(|entry| (entry.key.as_str(), &entry.key_place));
        let scalar = match &node.value {
            Value::Scalar { text, .. } => Some((text.as_str(), &node.place)),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
        };
        for (_, place) in keys.chain(scalar).filter(|(text, _)| *text == PLACEHOLDER) {
            let title = format!("`{path}` is still to be decided");
            let undecided = Diagnostic::error(Code::Undecided, title).at(place.clone(), "");
            found.push(undecided.help("write what is true here; the import could not tell"));
        }
    });
    found
}

/// Why the language refuses a text as a value of a type; `None` where it takes it.
#[must_use]
pub fn refused<T: Decode>(text: &str) -> Option<String> {
    let place = Place { file: FilePath::new(""), span: Span { start: 0, end: 0 }, line: 1, column: 1 };
    let node = Node { value: Value::Scalar { text: text.to_owned(), plain: false }, place };
    let Reading { value, found, .. } = Reader::whole().read::<T>(&node);
    let why = found.iter().next().map_or_else(|| "a pipeline file refuses it".to_owned(), |first| first.title.clone());
    if value.is_none() { Some(why) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    #[test]
    fn a_placeholder_reads_but_does_not_merge_unless_an_overlay_decides() {
        let file = FilePath::new("a.yaml");
        let spec = read(&file, b"pipeline: a\nowner: to-be-decided\n").unwrap();
        let found = |overlay| spec.merged(overlay).unwrap().found;
        let undecided = found(None);
        let first = undecided.iter().next().unwrap();
        assert_eq!((first.code, first.place().unwrap().line), (Code::Undecided, 2));
        let overlay = super::super::parse(&FilePath::new("b.yaml"), b"owner: payments").unwrap();
        assert!(found(Some(&overlay)).is_empty());
    }

    #[test]
    fn a_text_is_refused_with_the_languages_own_reason() {
        assert_eq!(refused::<super::super::TagText>("payments"), None);
        assert!(refused::<super::super::TagText>("a,b").unwrap().contains("not allowed"));
    }
}
