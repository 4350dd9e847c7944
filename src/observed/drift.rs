//! What drift detection tells of a stack's resources.

use serde::Serialize;

use crate::units::LogicalId;

/// How far a drift detection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    /// It runs.
    Running,
    /// It is done.
    Done,
    /// It failed, with CloudFormation's reason. What it checked until then may be read.
    Failed(String),
}

/// What was found of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDrift {
    /// Logical id.
    pub logical_id: LogicalId,
    /// `AWS::…::…`.
    pub type_name: String,
    /// Physical id.
    pub physical_id: Option<String>,
    /// What was found.
    pub status: DriftStatus,
    /// Where it differs; only of one that is [`DriftStatus::Modified`].
    pub differences: Vec<SeenDifference>,
    /// Why it could not be checked, where CloudFormation says so.
    pub reason: Option<String>,
}

/// How a resource compares with the deployed template (`cloudformation-behaviour.md` DR-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftStatus {
    /// It is as deployed.
    InSync,
    /// Properties differ.
    Modified,
    /// It is gone.
    Deleted,
    /// It was not checked, could not be, or its type cannot be.
    NotChecked,
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDifference {
    /// Its path, `/RetentionPeriodHours`.
    pub path: String,
    /// What the template says, as text; none where it says nothing.
    pub expected: Option<String>,
    /// What is there, as text; none where nothing is.
    pub actual: Option<String>,
}
