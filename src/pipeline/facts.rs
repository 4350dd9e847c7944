//! What stands beside a pipeline file: facts that somebody who may touch files has collected.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::spec::SpecFile;
use crate::units::PipelineName;

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

/// Facts by path as the pipeline file spells it, and the pipeline files whose streams it reads. What nobody looked at
/// has no fact, and is not judged: a file read from a git revision is resolved without them.
#[derive(Clone, Debug, Default)]
pub struct FolderFacts {
    paths: BTreeMap<String, PathFact>,
    neighbours: BTreeMap<PipelineName, Neighbour>,
}

/// Another pipeline of the project.
#[derive(Clone, Debug)]
pub enum Neighbour {
    /// Its file.
    Read(Arc<SpecFile>),
    /// It has one, which cannot be read; its own `check` says why.
    Unreadable,
    /// There is none; these are there.
    Missing(Vec<String>),
}

impl FolderFacts {
    /// Knows nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What a path leads to, if somebody looked.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<PathFact> {
        self.paths.get(path).copied()
    }

    /// What is known of another pipeline, if somebody looked.
    #[must_use]
    pub fn neighbour(&self, pipeline: &PipelineName) -> Option<&Neighbour> {
        self.neighbours.get(pipeline)
    }

    /// Every other pipeline that was read.
    pub fn neighbours(&self) -> impl Iterator<Item = &SpecFile> {
        self.neighbours.values().filter_map(|neighbour| match neighbour {
            Neighbour::Read(spec) => Some(&**spec),
            Neighbour::Unreadable | Neighbour::Missing(_) => None,
        })
    }

    /// Remembers another pipeline.
    pub fn insert_neighbour(&mut self, pipeline: PipelineName, neighbour: Neighbour) {
        self.neighbours.insert(pipeline, neighbour);
    }

    /// Remembers what a path leads to.
    pub fn insert(&mut self, path: impl Into<String>, fact: PathFact) {
        self.paths.insert(path.into(), fact);
    }
}

impl FromIterator<(String, PathFact)> for FolderFacts {
    fn from_iter<I: IntoIterator<Item = (String, PathFact)>>(iter: I) -> Self {
        Self { paths: iter.into_iter().collect(), neighbours: BTreeMap::new() }
    }
}
