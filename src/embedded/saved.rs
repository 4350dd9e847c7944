//! The saved form: a root that names blobs. What did not change is not written again, what is not needed is
//! not read.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EmbeddedError;
use super::services::{Files, ServiceName};
use super::time::VirtualClock;
use crate::units::{Digest, Timestamp};
use crate::workspace::StateStore;

/// Version of the saved form.
const FORMAT: u32 = 1;

/// The root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Root {
    pub format: u32,
    pub clock: VirtualClock,
    pub stacks: Option<Digest>,
    /// CloudFormation before its last change, for reads that are behind.
    pub stacks_before: Option<Digest>,
    pub world: Option<Digest>,
    pub files: Option<Digest>,
    pub services: BTreeMap<ServiceName, Digest>,
}

impl Root {
    /// A cloud with nothing in it.
    pub(crate) fn fresh(wall: Timestamp) -> Self {
        Self {
            format: FORMAT,
            clock: VirtualClock::start(wall),
            stacks: None,
            stacks_before: None,
            world: None,
            files: None,
            services: BTreeMap::new(),
        }
    }

    /// Reads a root.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, EmbeddedError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| EmbeddedError::Unreadable(error.to_string());
        let Version { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format > FORMAT {
            return Err(EmbeddedError::Newer(format));
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// Every blob that is needed.
    pub(crate) fn blobs(&self, files: &Files) -> BTreeSet<Digest> {
        let own = [&self.stacks, &self.stacks_before, &self.world, &self.files].into_iter().flatten().cloned();
        own.chain(self.services.values().cloned()).chain(files.blobs()).collect()
    }
}

/// Reads a blob as JSON; nothing saved is the default.
pub(super) fn read<T: DeserializeOwned + Default>(
    store: &StateStore,
    digest: Option<&Digest>,
) -> Result<T, EmbeddedError> {
    let Some(digest) = digest else { return Ok(T::default()) };
    let value = document(store, digest)?;
    serde_json::from_value(value).map_err(|error| EmbeddedError::Unreadable(error.to_string()))
}

/// Reads a blob as a JSON document.
pub(super) fn document(store: &StateStore, digest: &Digest) -> Result<Value, EmbeddedError> {
    let unreadable = |error: &dyn std::fmt::Display| EmbeddedError::Unreadable(error.to_string());
    let bytes = store.blob(digest)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(&error))?;
    // Parsed and printed by serde_json's own code, not by a copy made for our types: state is hundreds of kilobytes, and
    // a copy is as slow as our build is.
    text.parse().map_err(|error: serde_json::Error| unreadable(&error))
}

/// Writes a blob as JSON.
pub(super) fn write<T: Serialize>(store: &StateStore, value: &T) -> Result<Digest, EmbeddedError> {
    let value = serde_json::to_value(value).map_err(|error| EmbeddedError::Internal(error.to_string()))?;
    write_document(store, &value)
}

/// Writes a JSON document as a blob.
pub(super) fn write_document(store: &StateStore, value: &Value) -> Result<Digest, EmbeddedError> {
    Ok(store.put_blob(value.to_string().as_bytes())?)
}
