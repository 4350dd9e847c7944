//! Stack and resource statuses, closed.

use std::fmt;

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $text] $variant,)*
            /// A status that this version does not know.
            Unrecognised(String),
        }

        impl $name {
            /// Every known status.
            pub const KNOWN: &'static [&'static str] = &[$($text,)*];

            /// Reads a status as AWS writes it.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Unrecognised(other.to_owned()),
                }
            }

            /// The status as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unrecognised(text) => text,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(|text| Self::parse(&text))
            }
        }
    };
}

statuses! {
    /// A stack's status (`cloudformation-behaviour.md` ST-01).
    StackStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackFailed = "ROLLBACK_FAILED",
        RollbackComplete = "ROLLBACK_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
    }
}

statuses! {
    /// A resource's status in an event or a listing.
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteSkipped = "DELETE_SKIPPED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateFailed = "UPDATE_FAILED",
        UpdateComplete = "UPDATE_COMPLETE",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportFailed = "IMPORT_FAILED",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
    }
}

/// What may be done next with a stack of some status. Exhaustive on purpose: whoever acts on a stack
/// matches on this and not on 23 statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NextAction {
    /// The name is free: a deleted stack.
    Create,
    /// A shell that only change sets have touched: a CREATE change set may be made and executed.
    Review,
    /// An UPDATE change set may be made and executed.
    Update,
    /// An operation is running; nobody may act but wait.
    Wait,
    /// The stack is being deleted; once that is over the name is free.
    WaitForDeletion,
    /// A failed first create. Nothing but deletion is possible.
    Delete,
    /// A failed operation was left as it was (rollback disabled): roll back or delete by hand.
    RollBack,
    /// A rollback failed: continue it.
    ContinueRollback,
    /// A deletion failed: delete again.
    DeleteAgain,
    /// A status that this version does not know, or that only a person can judge.
    Blocked,
}

impl StackStatus {
    /// What may be done next (behaviour table 2.2).
    #[must_use]
    pub fn next_action(&self) -> NextAction {
        match self {
            Self::DeleteComplete => NextAction::Create,
            Self::ReviewInProgress => NextAction::Review,
            Self::CreateComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete
            | Self::ImportComplete
            | Self::ImportRollbackComplete => NextAction::Update,
            Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => NextAction::Wait,
            Self::DeleteInProgress => NextAction::WaitForDeletion,
            Self::RollbackComplete | Self::RollbackFailed | Self::CreateFailed => NextAction::Delete,
            Self::UpdateFailed => NextAction::RollBack,
            Self::UpdateRollbackFailed => NextAction::ContinueRollback,
            Self::DeleteFailed => NextAction::DeleteAgain,
            Self::ImportRollbackFailed | Self::Unrecognised(_) => NextAction::Blocked,
        }
    }

    /// Whether no operation is running. A status that this version does not know counts as running when
    /// it ends in `_IN_PROGRESS`, as all of AWS's do. REVIEW_IN_PROGRESS is settled: nothing runs.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Unrecognised(text) => !text.ends_with("_IN_PROGRESS"),
            known => !matches!(known.next_action(), NextAction::Wait | NextAction::WaitForDeletion),
        }
    }

    /// Whether the last operation failed, rolled back or not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::CreateFailed
            | Self::RollbackInProgress
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::DeleteFailed
            | Self::UpdateFailed
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::UpdateRollbackComplete
            | Self::ImportRollbackInProgress
            | Self::ImportRollbackFailed
            | Self::ImportRollbackComplete => true,
            Self::CreateInProgress
            | Self::CreateComplete
            | Self::DeleteInProgress
            | Self::DeleteComplete
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateComplete
            | Self::ReviewInProgress
            | Self::ImportInProgress
            | Self::ImportComplete => false,
            Self::Unrecognised(text) => text.ends_with("_FAILED") || text.contains("ROLLBACK"),
        }
    }
}

impl ResourceStatus {
    /// Whether the step failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.as_str().ends_with("_FAILED")
    }

    /// Whether the step is still under way.
    #[must_use]
    pub fn is_in_progress(&self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = StackStatus> {
        StackStatus::KNOWN.iter().map(|text| StackStatus::parse(text))
    }

    #[test]
    fn a_status_is_written_as_it_was_read() {
        for status in all() {
            assert!(!matches!(status, StackStatus::Unrecognised(_)));
            assert_eq!(StackStatus::parse(status.as_str()), status);
        }
        assert_eq!(StackStatus::parse("NEW_STATUS").as_str(), "NEW_STATUS");
    }

    #[test]
    fn running_is_what_ends_in_progress_except_a_review() {
        for status in all() {
            let running = status.as_str().ends_with("_IN_PROGRESS") && status != StackStatus::ReviewInProgress;
            assert_eq!(status.is_settled(), !running, "{status}");
        }
        assert!(!StackStatus::parse("MENDING_IN_PROGRESS").is_settled());
    }

    #[test]
    fn failure_is_what_failed_or_rolled_back() {
        for status in all() {
            let text = status.as_str();
            assert_eq!(status.is_failure(), text.ends_with("_FAILED") || text.contains("ROLLBACK"), "{status}");
        }
    }

    #[test]
    fn nobody_acts_on_an_unknown_status() {
        assert_eq!(StackStatus::parse("SOMETHING_COMPLETE").next_action(), NextAction::Blocked);
    }
}
