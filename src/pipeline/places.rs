//! Provenance: which file and line set which value.

use std::collections::BTreeMap;

use crate::diagnostic::{Layer, Place};

/// Where one value was set, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SetAt {
    /// The place of the value.
    pub place: Place,
    /// The file's role.
    pub layer: Layer,
}

/// Places by dotted path into the pipeline file, for instance `consumers.score.batch.parallel`.
///
/// A path that nobody wrote (a default) has no entry of its own; [`Places::nearest`] then answers
/// with the closest enclosing one.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, SetAt>);

impl Places {
    /// Remembers who set `path`.
    pub fn insert(&mut self, path: impl Into<String>, set_at: SetAt) {
        self.0.insert(path.into(), set_at);
    }

    /// Who set exactly `path`; `None` where it is a default.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&SetAt> {
        self.0.get(path)
    }

    /// Who set `path`, or else the closest enclosing value that somebody wrote.
    #[must_use]
    pub fn nearest(&self, path: &str) -> Option<&SetAt> {
        let mut path = path;
        loop {
            if let Some(found) = self.0.get(path) {
                return Some(found);
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}
