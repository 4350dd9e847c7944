//! What can go wrong with files.

use std::path::{Path, PathBuf};

/// A file operation that failed, with the path and what was being done.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was being done, for instance `read`.
        doing: &'static str,
        /// To which path.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// No folder upwards from here holds `stacks/` and `environments/`.
    #[error("no project here: neither {} nor a folder above it holds both `stacks/` and `environments/`", start.display())]
    NoProject {
        /// Where the search began.
        start: PathBuf,
    },
    /// A folder holds more than is reasonable to read.
    #[error("{} holds more than {limit} files", path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// The bound.
        limit: usize,
    },
    /// A path is not UTF-8 text.
    #[error("the name {} is not UTF-8", path.display())]
    NotUtf8 {
        /// The path.
        path: PathBuf,
    },
}

impl WorkspaceError {
    /// Returns a closure that names what was being done when an I/O error came.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
