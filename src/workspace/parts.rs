//! Large files, read from their beginning in parts.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::WorkspaceError;

/// A file that is read in parts, so that no more of it is in memory than somebody works on.
#[derive(Debug)]
pub struct PartReader {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl PartReader {
    pub(super) fn open(path: &Path) -> Result<Self, WorkspaceError> {
        let file = File::open(path).map_err(WorkspaceError::io("read", path))?;
        let bytes = file.metadata().map_err(WorkspaceError::io("read", path))?.len();
        Ok(Self { file, path: path.to_owned(), bytes })
    }

    /// Its size when it was opened, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next part: `most` bytes, fewer only where the file ends; empty once it has ended.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn next(&mut self, most: usize) -> Result<Vec<u8>, WorkspaceError> {
        let mut part = Vec::new();
        let read = (&mut self.file).take(most as u64).read_to_end(&mut part);
        read.map(|_| part).map_err(WorkspaceError::io("read", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_but_for_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        std::fs::write(&path, b"1234567").unwrap();
        let mut file = PartReader::open(&path).unwrap();
        assert_eq!(file.bytes(), 7);
        let parts: Vec<Vec<u8>> = (0..4).map(|_| file.next(3).unwrap()).collect();
        assert_eq!(parts, [b"123".to_vec(), b"456".to_vec(), b"7".to_vec(), Vec::new()]);
    }
}
