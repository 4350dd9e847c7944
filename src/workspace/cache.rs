//! Results that are dear to make and always the same for the same inputs, kept in the project's folder.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::error::WorkspaceError;
use super::output::write_file;
use crate::units::Digest;

/// A shelf of results by the digest of what they were made from. All of it may be thrown away at any time.
#[derive(Clone, Debug)]
pub struct Cache(PathBuf);

impl Cache {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// What was made from these inputs; none where nothing was, or where it is not what was written any more.
    #[must_use]
    pub fn get(&self, made_from: &Digest) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.0.join(made_from.as_str())).ok()?;
        let (head, rest) = bytes.split_at_checked(64)?;
        if head != digest(rest).as_str().as_bytes() {
            return None;
        }
        bytes.drain(..64);
        Some(bytes)
    }

    /// Keeps what was made from these inputs.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn put(&self, made_from: &Digest, bytes: &[u8]) -> Result<(), WorkspaceError> {
        let mut whole = digest(bytes).as_str().as_bytes().to_vec();
        whole.extend_from_slice(bytes);
        write_file(&self.0.join(made_from.as_str()), &whole)
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::of_sha256(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_what_was_damaged_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("a/b"));
        let key = digest(b"inputs");
        assert_eq!(cache.get(&key), None);
        cache.put(&key, b"result").unwrap();
        assert_eq!(cache.get(&key).as_deref(), Some(&b"result"[..]));
        let file = folder.path().join("a/b").join(key.as_str());
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!(cache.get(&key), None);
        fs::write(&file, b"short").unwrap();
        assert_eq!(cache.get(&key), None);
    }
}
