//! What a saved plan was made from: whatever of it moved keeps the plan from being deployed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
}
