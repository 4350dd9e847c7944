//! The bytes of S3 objects: an index of paths over content-addressed blobs.
//!
//! Writing a path puts the blob first and the index entry after; the index is saved with the rest of the
//! state, so a kill between the two leaves a blob that nobody names.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, Cursor};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use winterbaume_core::{Vfs, VfsEntry, VfsError, VfsStat};

use crate::units::Digest;
use crate::workspace::StateStore;

/// The index; the saved form of [`Files`].
pub(crate) type Index = BTreeMap<String, FileEntry>;

/// One entry of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    /// Where the bytes are.
    pub digest: Digest,
    /// How many there are.
    pub size: u64,
}

/// The files, shared with the S3 service.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    store: StateStore,
    index: Arc<Mutex<Index>>,
}

impl Files {
    /// No files yet, over a store of blobs.
    #[must_use]
    pub(crate) fn new(store: StateStore) -> Self {
        Self { store, index: Arc::default() }
    }

    /// Puts a saved index back.
    pub(crate) fn restore(&self, index: Index) {
        *self.hold() = index;
    }

    /// The index, to be saved.
    #[must_use]
    pub(crate) fn index(&self) -> Index {
        self.hold().clone()
    }

    /// Every blob that a file needs.
    #[must_use]
    pub(crate) fn blobs(&self) -> BTreeSet<Digest> {
        self.hold().values().map(|entry| entry.digest.clone()).collect()
    }

    fn hold(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, VfsError>> + Send + 'a>>;

impl Vfs for Files {
    fn put<'a>(&'a self, path: &'a str, data: &'a mut (dyn AsyncRead + Unpin + Send)) -> Answer<'a, u64> {
        Box::pin(async move {
            let mut bytes = Vec::new();
            data.read_to_end(&mut bytes).await?;
            let digest = self.store.put_blob(&bytes).map_err(|error| VfsError::Io(io::Error::other(error)))?;
            let size = bytes.len() as u64;
            self.hold().insert(path.to_owned(), FileEntry { digest, size });
            Ok(size)
        })
    }

    fn get<'a>(&'a self, path: &'a str) -> Answer<'a, Box<dyn AsyncRead + Send + Unpin>> {
        Box::pin(async move {
            let entry = self.hold().get(path).cloned().ok_or_else(|| VfsError::NotFound(path.to_owned()))?;
            let bytes = self.store.blob(&entry.digest).map_err(|error| VfsError::Io(io::Error::other(error)))?;
            let reader: Box<dyn AsyncRead + Send + Unpin> = Box::new(Cursor::new(bytes));
            Ok(reader)
        })
    }

    fn delete<'a>(&'a self, path: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let removed = self.hold().remove(path);
            removed.map(|_| ()).ok_or_else(|| VfsError::NotFound(path.to_owned()))
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<VfsEntry>> {
        Box::pin(async move {
            let index = self.hold();
            let within = index.range(prefix.to_owned()..).take_while(|(path, _)| path.starts_with(prefix));
            Ok(within.map(|(path, entry)| VfsEntry { key: path.clone(), size: entry.size }).collect())
        })
    }

    fn stat<'a>(&'a self, path: &'a str) -> Answer<'a, Option<VfsStat>> {
        Box::pin(async move { Ok(self.hold().get(path).map(|entry| VfsStat { size: entry.size })) })
    }
}
