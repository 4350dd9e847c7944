//! Drift as data.

use serde::Serialize;

use crate::pipeline::Origin;
use crate::units::LogicalId;

/// What is otherwise than it was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The differences, the most dangerous first.
    pub drifted: Vec<Drifted>,
    /// How many resources CloudFormation checked.
    pub checked: usize,
    /// What it did not check.
    pub unchecked: Vec<Unchecked>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// Logical id.
    pub logical_id: LogicalId,
    /// `AWS::…::…`.
    pub type_name: String,
    /// Physical id, of the resource that was deployed.
    pub physical_id: Option<String>,
    /// The property, as a path (`/RetentionPeriodHours`); none where the resource itself is gone.
    pub path: Option<String>,
    /// What was deployed, as text; none where nothing was.
    pub expected: Option<String>,
    /// What is there, as text; none where nothing is.
    pub actual: Option<String>,
    /// What to make of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Who saw it.
    pub seen_by: SeenBy,
    /// Where it comes from in the pipeline file.
    pub origin: Option<Origin>,
}

impl Drifted {
    /// Whether it is a reader that is switched off.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        self.type_name == "AWS::Lambda::EventSourceMapping"
            && self.path.as_deref() == Some("/Enabled")
            && self.actual.as_deref() == Some("false")
    }
}

/// What to make of a difference. In the order in which they are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Records, secrets, or that somebody is told, are at risk.
    Dangerous {
        /// What it means for the flow of records.
        meaning: String,
    },
    /// Somebody changed it, and nothing is at risk by that.
    Unexpected {
        /// What it means for the flow of records.
        meaning: String,
    },
    /// Something is meant to move it, and moved it within its bounds.
    Intended {
        /// What moves it.
        reason: String,
    },
}

impl Verdict {
    /// Somebody should see it now.
    pub(super) fn dangerous(meaning: impl Into<String>) -> Self {
        Self::Dangerous { meaning: meaning.into() }
    }

    /// Somebody should know.
    pub(super) fn unexpected(meaning: impl Into<String>) -> Self {
        Self::Unexpected { meaning: meaning.into() }
    }

    /// It is meant to be so.
    pub(super) fn intended(reason: impl Into<String>) -> Self {
        Self::Intended { reason: reason.into() }
    }

    /// Its place among the others: the worst first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Dangerous { .. } => 0,
            Self::Unexpected { .. } => 1,
            Self::Intended { .. } => 2,
        }
    }

    /// Whether nobody meant it.
    #[must_use]
    pub fn is_unintended(&self) -> bool {
        match self {
            Self::Dangerous { .. } | Self::Unexpected { .. } => true,
            Self::Intended { .. } => false,
        }
    }
}

/// Who saw a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// CloudFormation's drift detection.
    CloudFormation,
    /// The resource's own service, where CloudFormation does not look.
    Service,
}

/// A type that CloudFormation did not check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// `AWS::…::…`.
    pub type_name: String,
    /// Its resources in the stack.
    pub resources: Vec<LogicalId>,
    /// Whether Sluice asked their service instead.
    pub asked: bool,
    /// CloudFormation's reason, where it gives one; else it has no way to read the type.
    pub reason: Option<String>,
}

impl Drift {
    /// The differences that nobody meant.
    pub fn unintended(&self) -> impl Iterator<Item = &Drifted> {
        self.drifted.iter().filter(|drifted| drifted.verdict.is_unintended())
    }

    /// How many differences are dangerous, unexpected and intended.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |of: fn(&Verdict) -> bool| self.drifted.iter().filter(|drifted| of(&drifted.verdict)).count();
        (
            count(|verdict| matches!(verdict, Verdict::Dangerous { .. })),
            count(|verdict| matches!(verdict, Verdict::Unexpected { .. })),
            count(|verdict| matches!(verdict, Verdict::Intended { .. })),
        )
    }
}
