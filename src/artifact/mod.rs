//! Artifacts: deterministic zips and content addresses. Bytes in, bytes out.
//!
//! The same files give the same zip on every machine and on every day, so that the key of an object, which
//! contains the digest of its content, changes exactly when the content does. Reading files and sending them is
//! other rooms' work.

mod address;
mod ignore;
mod zip;

pub use address::{function_key, model_prefix};
pub use zip::{Artifact, ArtifactError, ArtifactFile, zip};
