//! What stands beside a pipeline file: facts that somebody who may touch files has collected.

use std::collections::BTreeMap;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFact {
    /// A folder.
    Folder,
    /// A file of so many bytes.
    File {
        /// Its size.
        bytes: u64,
    },
    /// Nothing.
    Missing,
    /// A place outside the pipeline's folder.
    Outside,
    /// A link that leads back to itself.
    Loop,
}

/// Facts by path as the pipeline file spells it. A path that nobody looked at has no fact, and is not judged:
/// a file read from a git revision is resolved without them.
#[derive(Clone, Debug, Default)]
pub struct FolderFacts(BTreeMap<String, PathFact>);

impl FolderFacts {
    /// Knows nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What a path leads to, if somebody looked.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<PathFact> {
        self.0.get(path).copied()
    }

    /// Remembers what a path leads to.
    pub fn insert(&mut self, path: impl Into<String>, fact: PathFact) {
        self.0.insert(path.into(), fact);
    }
}

impl FromIterator<(String, PathFact)> for FolderFacts {
    fn from_iter<I: IntoIterator<Item = (String, PathFact)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}
