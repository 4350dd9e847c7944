//! What a saved plan was made from: whatever of it moved keeps the plan from being deployed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::diagnostic::FilePath;
use crate::units::{AccountId, Digest, EnvironmentName, PipelineName, Region};

/// What a saved plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Inputs {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The account that it was resolved for.
    pub account: AccountId,
    /// The region that it was resolved for.
    pub region: Region,
    /// SHA-256 of every pipeline and environment file that was read.
    pub files: BTreeMap<FilePath, Digest>,
    /// Content addresses of handlers and models, by what they are.
    pub artifacts: BTreeMap<String, String>,
    /// ARN of the change set that was reviewed; `None` where nothing would change.
    pub change_set: Option<String>,
    /// ARN of the stack that the change set is about.
    pub stack_id: Option<String>,
    /// SHA-256 of the whole document that this stands in, with sorted keys and without this digest; absent in documents
    /// of version 1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

impl Inputs {
    /// The digest of a document that these stand in, whatever digest it holds already.
    #[must_use]
    pub fn seal(document: &Value) -> Digest {
        let mut bare = document.clone();
        if let Some(saved) = bare.get_mut("saved").and_then(Value::as_object_mut) {
            saved.remove("document");
        }
        bare.sort_all_objects();
        Digest::of_sha256(&Sha256::digest(bare.to_string().as_bytes()).into())
    }
}
