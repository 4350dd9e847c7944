//! State that outlives a command: one root file that is replaced whole, blobs beside it that are named
//! by their content, and a lock that lets one writer in at a time.
//!
//! A write is: blobs first (each written to a temporary file, synced, renamed), then the root in the same
//! way. A kill at any point leaves the old root with all its blobs, or the new one with all of its;
//! what is left over is swept by the next writer. The room knows nothing of what the state means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration as StdDuration, Instant};

use sha2::{Digest as _, Sha256};

use crate::units::Digest;

const ROOT: &str = "state.json";
const LOCK: &str = "lock";
const BLOBS: &str = "blobs";
/// How long a request waits for another one to finish before it says so.
const PATIENCE: StdDuration = StdDuration::from_secs(20);

/// Why state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process has held the lock for longer than a request may take.
    #[error("{folder} is in use by another sluice{}; wait for it or end it", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Busy {
        /// The state's folder.
        folder: String,
        /// Who holds it, where that could be read.
        holder: Option<u32>,
    },
    /// A file could not be read, written or locked.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A blob that the root names is not there, or is not what its name says.
    #[error("the state in {folder} is damaged: {what}")]
    Damaged {
        /// The state's folder.
        folder: String,
        /// What is wrong with it.
        what: String,
    },
}

/// A place where state is kept: a folder, or memory for tests.
#[derive(Clone, Debug)]
pub struct StateStore {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Memory(Arc<Mutex<Memory>>),
}

#[derive(Clone, Debug, Default)]
struct Memory {
    root: Option<Vec<u8>>,
    blobs: BTreeMap<Digest, Arc<[u8]>>,
}

/// The right to write; given back when dropped, and by the system when the process dies.
#[derive(Debug)]
pub struct StateGuard {
    store: StateStore,
    /// Held for its lock.
    _lock: Option<File>,
}

impl StateStore {
    /// State in a folder, which is made when something is first written.
    #[must_use]
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self { place: Place::Folder(folder.into()) }
    }

    /// State in memory, shared by the clones of this store.
    #[must_use]
    pub fn memory() -> Self {
        Self { place: Place::Memory(Arc::default()) }
    }

    /// The same state in memory, with a life of its own from here on; `None` for state in a folder.
    #[must_use]
    pub fn fork(&self) -> Option<Self> {
        match &self.place {
            Place::Memory(memory) => {
                let copy = hold(memory).clone();
                Some(Self { place: Place::Memory(Arc::new(Mutex::new(copy))) })
            }
            Place::Folder(_) => None,
        }
    }

    /// Waits for other writers and locks them out.
    ///
    /// # Errors
    /// [`StateError::Busy`] after 20 s, or what the file system says.
    pub fn lock(&self) -> Result<StateGuard, StateError> {
        self.lock_within(PATIENCE)
    }

    fn lock_within(&self, patience: StdDuration) -> Result<StateGuard, StateError> {
        let Place::Folder(folder) = &self.place else {
            return Ok(StateGuard { store: self.clone(), _lock: None });
        };
        fs::create_dir_all(folder.join(BLOBS)).map_err(|source| failed("create", folder, source))?;
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| failed("open", &path, source))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if started.elapsed() < patience => {
                    std::thread::sleep(StdDuration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                    return Err(StateError::Busy { folder: folder.display().to_string(), holder });
                }
                Err(TryLockError::Error(source)) => return Err(failed("lock", &path, source)),
            }
        }
        // Only for the message of whoever has to wait too long; the lock itself is the system's.
        let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(StateGuard { store: self.clone(), _lock: Some(file) })
    }

    /// Keeps bytes under the name of their content. Writing the same bytes twice is free.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, StateError> {
        let digest = digest(bytes)?;
        match &self.place {
            Place::Memory(memory) => {
                hold(memory).blobs.entry(digest.clone()).or_insert_with(|| bytes.into());
            }
            Place::Folder(folder) => {
                let path = folder.join(BLOBS).join(digest.as_str());
                let whole = fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64);
                if !whole {
                    replace(&path, bytes)?;
                }
            }
        }
        Ok(digest)
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it is not there or its content does not match its name.
    pub fn blob(&self, wanted: &Digest) -> Result<Vec<u8>, StateError> {
        let (bytes, folder) = match &self.place {
            Place::Memory(memory) => {
                let bytes = hold(memory).blobs.get(wanted).map(|bytes| bytes.to_vec());
                let missing = || StateError::Damaged {
                    folder: "memory".to_owned(),
                    what: format!("{} is missing", wanted.short()),
                };
                // Memory does not rot: nothing to hold against the name.
                return bytes.ok_or_else(missing);
            }
            Place::Folder(folder) => {
                let path = folder.join(BLOBS).join(wanted.as_str());
                let bytes = match fs::read(&path) {
                    Ok(bytes) => Some(bytes),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(source) => return Err(failed("read", &path, source)),
                };
                (bytes, folder.display().to_string())
            }
        };
        let Some(bytes) = bytes else {
            return Err(StateError::Damaged { folder, what: format!("{} is missing", wanted.short()) });
        };
        if digest(&bytes)? == *wanted {
            Ok(bytes)
        } else {
            Err(StateError::Damaged {
                folder,
                what: format!("{} has other content than its name says", wanted.short()),
            })
        }
    }

    fn root(&self) -> Result<Option<Vec<u8>>, StateError> {
        match &self.place {
            Place::Memory(memory) => Ok(hold(memory).root.clone()),
            Place::Folder(folder) => {
                let path = folder.join(ROOT);
                match fs::read(&path) {
                    Ok(bytes) => Ok(Some(bytes)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(failed("read", &path, source)),
                }
            }
        }
    }
}

impl StateGuard {
    /// The root as last written; `None` if there is none yet.
    ///
    /// # Errors
    /// What the file system says.
    pub fn root(&self) -> Result<Option<Vec<u8>>, StateError> {
        self.store.root()
    }

    /// Replaces the root whole. The blobs it names must have been put before.
    ///
    /// # Errors
    /// What the file system says; the old root is then still there.
    pub fn write_root(&self, bytes: &[u8]) -> Result<(), StateError> {
        match &self.store.place {
            Place::Memory(memory) => {
                hold(memory).root = Some(bytes.to_vec());
                Ok(())
            }
            Place::Folder(folder) => replace(&folder.join(ROOT), bytes),
        }
    }

    /// Removes every blob that is not named, and what killed writers left behind.
    ///
    /// # Errors
    /// What the file system says. Nothing that is named is ever removed.
    pub fn sweep(&self, keep: &BTreeSet<Digest>) -> Result<(), StateError> {
        match &self.store.place {
            Place::Memory(memory) => hold(memory).blobs.retain(|digest, _| keep.contains(digest)),
            Place::Folder(folder) => {
                let blobs = folder.join(BLOBS);
                for entry in fs::read_dir(&blobs).map_err(|source| failed("read", &blobs, source))?.flatten() {
                    let name = entry.file_name();
                    let kept = name.to_str().is_some_and(|name| keep.contains(name));
                    if !kept {
                        let path = entry.path();
                        fs::remove_file(&path).map_err(|source| failed("remove", &path, source))?;
                    }
                }
                let _ = fs::remove_file(temporary(&folder.join(ROOT)));
            }
        }
        Ok(())
    }

    /// Forgets everything: the root first, so that no root is ever left without its blobs.
    ///
    /// # Errors
    /// What the file system says.
    pub fn clear(&self) -> Result<(), StateError> {
        match &self.store.place {
            Place::Memory(memory) => hold(memory).root = None,
            Place::Folder(folder) => {
                let root = folder.join(ROOT);
                match fs::remove_file(&root) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(failed("remove", &root, source)),
                }
            }
        }
        self.sweep(&BTreeSet::new())
    }
}

fn hold(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(bytes: &[u8]) -> Result<Digest, StateError> {
    let text: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Digest::new(&text).map_err(|error| StateError::Damaged { folder: String::new(), what: error.to_string() })
}

fn temporary(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Writes beside, syncs, renames over: readers see the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let beside = temporary(path);
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| failed("write", path, source))
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> StateError {
    StateError::Io { action, path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_killed_before_the_rename_leaves_the_old_root() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::folder(folder.path());
        store.lock().unwrap().write_root(b"old").unwrap();
        fs::write(folder.path().join("state.new"), b"ne").unwrap();
        assert_eq!(store.lock().unwrap().root().unwrap().unwrap(), b"old");
    }

    #[test]
    fn leftovers_of_killed_writers_are_swept_and_named_blobs_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::folder(folder.path());
        let guard = store.lock().unwrap();
        let kept = store.put_blob(b"kept").unwrap();
        let orphan = store.put_blob(b"orphan").unwrap();
        fs::write(folder.path().join("blobs").join("abc.new"), b"tru").unwrap();
        guard.sweep(&BTreeSet::from([kept.clone()])).unwrap();
        assert_eq!(store.blob(&kept).unwrap(), b"kept");
        assert!(store.blob(&orphan).is_err());
        assert_eq!(fs::read_dir(folder.path().join("blobs")).unwrap().count(), 1);
    }

    #[test]
    fn a_truncated_blob_is_seen_and_can_be_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::folder(folder.path());
        let _guard = store.lock().unwrap();
        let digest = store.put_blob(b"whole content").unwrap();
        fs::write(folder.path().join("blobs").join(digest.as_str()), b"whole").unwrap();
        assert!(matches!(store.blob(&digest), Err(StateError::Damaged { .. })));
        assert_eq!(store.put_blob(b"whole content").unwrap(), digest);
        assert_eq!(store.blob(&digest).unwrap(), b"whole content");
    }

    #[test]
    fn a_second_writer_waits_and_then_says_who_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::folder(folder.path());
        let first = store.lock().unwrap();
        let refused = store.lock_within(StdDuration::from_millis(20)).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        store.lock_within(StdDuration::from_millis(20)).unwrap();
    }

    #[test]
    fn what_was_forked_lives_a_life_of_its_own() {
        let store = StateStore::memory();
        let blob = store.put_blob(b"shared").unwrap();
        store.lock().unwrap().write_root(b"before").unwrap();
        let fork = store.fork().unwrap();
        fork.lock().unwrap().write_root(b"after").unwrap();
        let own = fork.put_blob(b"own").unwrap();
        assert_eq!(fork.blob(&blob).unwrap(), b"shared");
        assert_eq!(store.lock().unwrap().root().unwrap().unwrap(), b"before");
        assert!(store.blob(&own).is_err());
    }

    #[test]
    fn clearing_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::folder(folder.path());
        let guard = store.lock().unwrap();
        let blob = store.put_blob(b"x").unwrap();
        guard.write_root(b"root").unwrap();
        guard.clear().unwrap();
        assert!(guard.root().unwrap().is_none());
        assert!(store.blob(&blob).is_err());
    }
}
