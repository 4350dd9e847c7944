//! A line of text that outlives the process that wrote it, in a file that one living process at a time has.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::WorkspaceError;

/// A note that is ours until it is dropped, or the process dies.
#[derive(Debug)]
pub struct Note {
    file: File,
    path: PathBuf,
}

impl Note {
    /// Takes a note, making its file and the folders above it; with it comes what its last holder left, empty where it left
    /// nothing. `None` while another process has it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take(path: &Path) -> Result<Option<(Self, String)>, WorkspaceError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(WorkspaceError::io("make", folder))?;
        }
        let mut options = OpenOptions::new();
        let opened = options.create(true).read(true).write(true).truncate(false).open(path);
        let mut file = opened.map_err(WorkspaceError::io("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(WorkspaceError::io("lock", path)(error)),
        }
        let mut left = String::new();
        file.read_to_string(&mut left).map_err(WorkspaceError::io("read", path))?;
        Ok(Some((Self { file, path: path.to_owned() }, left)))
    }

    /// What somebody left in a note, without taking it; empty where there is none.
    #[must_use]
    pub fn left(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    /// Writes the note anew.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&mut self, text: &str) -> Result<(), WorkspaceError> {
        let write = |file: &mut File| -> std::io::Result<()> {
            file.seek(SeekFrom::Start(0))?;
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        write(&mut self.file).map_err(WorkspaceError::io("write", &self.path))
    }
}

/// A number that nobody can tell in advance.
#[must_use]
pub fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_a_note_and_finds_what_the_last_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases/local/scoring");
        assert_eq!(Note::left(&path), "");
        let (mut note, left) = Note::take(&path).unwrap().unwrap();
        assert_eq!(left, "");
        note.write("a longer first line").unwrap();
        note.write("second").unwrap();
        assert!(Note::take(&path).unwrap().is_none());
        drop(note);
        assert_eq!(Note::left(&path), "second");
        assert_eq!(Note::take(&path).unwrap().unwrap().1, "second");
    }

    #[test]
    fn chance_is_not_repeated() {
        assert_ne!(chance(), chance());
    }
}
