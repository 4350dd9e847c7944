//! The record of a release: what it holds, and the digest over that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::digest::ReleaseDigest;
use crate::diagnostic::FilePath;
use crate::units::{Digest, PipelineName, StageName};

/// Version of the record.
pub const RELEASE_FORMAT: u32 = 1;

/// What a release is: everything that decides what is deployed, besides the environment. Its digest is the digest of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// [`RELEASE_FORMAT`].
    pub format_version: u32,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The tool that made it: `sluice 0.1.0`.
    pub tool: String,
    /// SHA-256 of the pipeline file, byte for byte.
    pub spec: Digest,
    /// SHA-256 of the source of every template that shapes it, the built-in ones and the project's own, by name.
    pub templates: BTreeMap<String, Digest>,
    /// The key of each function's archive, which holds the digest of its bytes.
    pub code: BTreeMap<StageName, String>,
    /// The keys of each endpoint's models, which hold their digests; as in [`crate::render::Assets`].
    pub models: BTreeMap<StageName, BTreeMap<String, String>>,
}

/// A release: immutable, and named by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The digest of `content`.
    pub digest: ReleaseDigest,
    /// What it is.
    pub content: Content,
    /// The texts that `content` only has the digests of: the pipeline file, and the templates of the project's own.
    pub sources: BTreeMap<FilePath, String>,
}

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRelease {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is no release.
    #[error("it is no release that Sluice wrote")]
    Foreign,
    /// Its bytes are not what its name says.
    #[error("its content has the digest {0}, not the one that it is named by: it was altered")]
    Altered(ReleaseDigest),
    /// A text in it is not what its content says.
    #[error("`{0}` in it is not the file that was released: it was altered")]
    AlteredSource(FilePath),
}
