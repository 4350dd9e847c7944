//! How a command ends when it does not end well: what a person must know, and which kind of ending it is.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::workspace::WorkspaceError;

/// The kind of an ending; `cli` gives each its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// An error, or a declined question.
    Error,
    /// What was typed is not what the command takes.
    Usage,
    /// Something stands in the way that a person must lift: consent, protection, a lock.
    Refused,
    /// The deployment failed and the old state is live again.
    RolledBack,
    /// The stack is in a state that needs a person.
    NeedsAttention,
    /// Somebody pressed Ctrl-C before anything was started.
    Interrupted,
}

/// A command that did not end well.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The kind of ending.
    pub kind: FailureKind,
    /// Why, and what to do next.
    pub diagnostics: Diagnostics,
}

impl Failure {
    /// An ordinary error; one of what was typed where its code says so.
    #[must_use]
    pub fn error(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }

    /// What was typed leaves something open.
    #[must_use]
    pub fn usage(diagnostic: Diagnostic) -> Self {
        Self { kind: FailureKind::Usage, diagnostics: diagnostic.into() }
    }

    /// A refusal that a person can lift.
    #[must_use]
    pub fn refused(diagnostic: Diagnostic) -> Self {
        Self { kind: FailureKind::Refused, diagnostics: diagnostic.into() }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        let typed = |found: &Diagnostic| matches!(found.code, Code::BadArgument | Code::OutNeeded);
        let usage = !diagnostics.is_empty() && diagnostics.iter().all(typed);
        Self { kind: if usage { FailureKind::Usage } else { FailureKind::Error }, diagnostics }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::error(diagnostic)
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        let text = error.to_string();
        Self::error(match error {
            WorkspaceError::NoProject { .. } => Diagnostic::error(Code::NoProject, text)
                .help("change into a project, name one with `-C FOLDER`, or start one with `sluice init my-project`"),
            WorkspaceError::Io { .. } | WorkspaceError::TooManyFiles { .. } | WorkspaceError::NotUtf8 { .. } => {
                Diagnostic::error(Code::FileTrouble, text)
            }
        })
    }
}
