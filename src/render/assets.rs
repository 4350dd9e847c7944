//! Where the bytes are that a template points at.

use std::collections::BTreeMap;

use crate::units::StageName;

/// The content-addressed objects of a pipeline in the artifact bucket. Keys contain the digest of what they
/// hold, so a changed handler or model is a changed template and an unchanged one is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The artifact bucket of the account and region.
    pub bucket: String,
    /// Key of each consumer's code archive.
    pub code: BTreeMap<StageName, String>,
    /// Of each endpoint: the prefix below which all its artifacts lie under their file names (multi-model), or the
    /// key of its one artifact (single).
    pub models: BTreeMap<StageName, String>,
}
