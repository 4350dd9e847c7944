//! Folders that are gone when nobody needs them any more.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::WorkspaceError;

/// More folders of one name than this are left by nobody; something else is wrong then.
const MOST_TRIES: u32 = 1_000;

/// A new, empty folder that only its owner may read, removed with all that is in it on drop.
#[derive(Debug)]
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Makes one where the operating system wants such folders.
    pub(super) fn new() -> Result<Self, WorkspaceError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let above = std::env::temp_dir();
        let mut last = None;
        for _ in 0..MOST_TRIES {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = above.join(format!("sluice-{}-{number}", std::process::id()));
            match private(&path) {
                Ok(()) => return Ok(Self(path)),
                // What a process of the same number left behind is not ours.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => last = Some(error),
                Err(error) => return Err(WorkspaceError::io("make", &path)(error)),
            }
        }
        Err(WorkspaceError::io("make a folder in", &above)(last.unwrap_or_else(|| ErrorKind::AlreadyExists.into())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed is the operating system's to clear: nothing of it is needed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_folder_and_no_two_are_the_same() {
        let (one, other) = (TemporaryFolder::new().unwrap(), TemporaryFolder::new().unwrap());
        assert_ne!(one.path(), other.path());
        fs::create_dir_all(one.path().join("a/b")).unwrap();
        fs::write(one.path().join("a/b/c"), "x").unwrap();
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists() && other.path().is_dir());
    }
}
