//! What the published resource schemas say, per resource type, and what they leave out.
//!
//! The files in `schemas/cloudformation/` are embedded and read one by one, when a type is first asked for.
//! `names` adds what no schema says: which properties make a physical resource unique, and which edits a
//! service refuses.

mod facts;
mod names;
mod node;
mod registry;

use std::sync::OnceLock;

pub use facts::{PropertyFacts, Recreation, TypeFacts};
pub use node::{JsonType, Node};

/// The facts of each embedded file, read on first use.
static READ: [OnceLock<Option<TypeFacts>>; registry::FILES.len()] = [const { OnceLock::new() }; registry::FILES.len()];

/// The facts of a resource type; `None` for one that Sluice does not emit.
#[must_use]
pub fn facts(type_name: &str) -> Option<&'static TypeFacts> {
    let at = registry::FILES.binary_search_by_key(&type_name, |(name, _)| name).ok()?;
    let (_, text) = registry::FILES.get(at)?;
    READ.get(at)?.get_or_init(|| TypeFacts::read(text)).as_ref()
}

/// Reads the facts of every type: a thread that has nothing else to do spares the one that asks.
pub fn warm_up() {
    for name in known_types() {
        let _ = facts(name);
    }
}

/// Every type whose facts are embedded, sorted.
pub fn known_types() -> impl Iterator<Item = &'static str> {
    registry::FILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_reads_and_stands_in_order() {
        let names: Vec<_> = known_types().collect();
        assert!(names.is_sorted());
        for name in names {
            let facts = facts(name).unwrap_or_else(|| panic!("{name} does not read"));
            assert_eq!(facts.type_name(), name);
        }
        assert!(facts("AWS::EC2::Instance").is_none());
    }

    #[test]
    fn every_definition_that_is_referred_to_is_there_and_every_pattern_compiles() {
        for name in known_types() {
            facts(name).expect("facts").assert_sound();
        }
    }
}
