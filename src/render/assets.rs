//! Where the bytes are that a template points at.

use std::collections::BTreeMap;

use crate::units::StageName;

/// The content-addressed objects of a pipeline in the artifact bucket. Keys contain the digest of what they
/// hold, so a changed handler or model is a changed template and an unchanged one is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The artifact bucket of the account and region.
    pub bucket: String,
    /// Key of each function's code archive. Consumers and workers share their names, which are those of functions.
    pub code: BTreeMap<StageName, String>,
    /// Of each endpoint, by the artifact's name ([`crate::pipeline::Artifact`]): the key of the artifact. Of a
    /// multi-model endpoint, under the empty name: the prefix, closed by `/`, below which its artifacts lie as
    /// [`target_model`] says.
    pub models: BTreeMap<StageName, BTreeMap<String, String>>,
}

/// The name of a model's artifact below its endpoint's prefix, which callers send as `TargetModel`. It follows from
/// the model's name, not from its file's: two files in two folders may have one name.
#[must_use]
pub fn target_model(model: &str) -> String {
    format!("{model}.tar.gz")
}
