//! How an operation is carried out: standard, or express, which waits for nothing (RB-11 to RB-13).

use serde::{Deserialize, Serialize};

use super::error::{Answer, Refusal};
use super::wire::QueryRequest;

/// What a resource's last event says of an operation that did not wait for it (SQ-33).
pub(super) const COMPLETED: &str =
    "Resource operation completed using Express Mode. It may continue becoming available in the background.";

/// `DeploymentConfig` as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mode {
    /// `EXPRESS`.
    pub express: bool,
    /// Whether a failure is kept, where that was said.
    pub disable_rollback: Option<bool>,
}

impl Mode {
    /// What a request asks for, `DisableRollback` beside the configuration included.
    pub(super) fn of(request: &QueryRequest) -> Answer<Self> {
        let express = match request.text("DeploymentConfig.Mode") {
            None | Some("STANDARD") => false,
            Some("EXPRESS") => true,
            Some(other) => {
                let rule = "satisfy enum value set: [STANDARD, EXPRESS]";
                return Err(Refusal::constraint(other, "deploymentConfig.mode", rule));
            }
        };
        let disable_rollback =
            request.flag("DeploymentConfig.DisableRollback").or_else(|| request.flag("DisableRollback"));
        Ok(Self { express, disable_rollback })
    }

    /// Whether a failure is kept: in express mode unless told otherwise (RB-12).
    pub(super) fn keeps_failures(self) -> bool {
        self.disable_rollback.unwrap_or(self.express)
    }
}
