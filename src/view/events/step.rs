//! What a resource status means to a person who watches: a word, a symbol, and whether it is over.

use crate::observed::ResourceStatus;
use crate::view::style::{Label, Look};

/// Where a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its turn has not come.
    Waiting,
    /// Something is being done to it.
    Busy,
    /// It is as wanted.
    Done,
    /// It is gone, as wanted.
    Gone,
    /// It left the stack and is still there.
    Kept,
    /// It is back to what it was.
    Undone,
    /// It was not tried, or stopped, because another one failed.
    Cancelled,
    /// It failed by itself.
    Failed,
}

impl State {
    /// Whether nothing more is going on with the resource for now.
    pub(super) fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Busy => false,
            Self::Done | Self::Gone | Self::Kept | Self::Undone | Self::Cancelled | Self::Failed => true,
        }
    }

    /// Its symbol; `tick` turns the symbol of work in progress.
    pub(super) fn symbol(self, look: &Look, tick: usize) -> &'static str {
        const TURNING: [(&str, &str); 8] =
            [("⣷", "|"), ("⣯", "/"), ("⣟", "-"), ("⡿", "\\"), ("⢿", "|"), ("⣻", "/"), ("⣽", "-"), ("⣾", "\\")];
        match self {
            Self::Waiting => look.symbol("·", "."),
            Self::Busy => TURNING.get(tick % TURNING.len()).map_or("*", |(unicode, ascii)| look.symbol(unicode, ascii)),
            Self::Done => look.symbol("✔", "+"),
            Self::Gone => look.symbol("−", "-"),
            Self::Kept => look.symbol("⚓", "="),
            Self::Undone => look.symbol("↩", "<"),
            Self::Cancelled => look.symbol("○", "o"),
            Self::Failed => look.symbol("✘", "x"),
        }
    }

    /// Its label.
    pub(super) fn label(self) -> Label {
        match self {
            Self::Waiting | Self::Cancelled => Label::Faint,
            Self::Busy => Label::Busy,
            Self::Done => Label::Good,
            Self::Gone => Label::Removed,
            Self::Kept | Self::Undone => Label::Warning,
            Self::Failed => Label::Bad,
        }
    }
}

/// Whether a reason only says that another resource failed first.
pub(super) fn is_cancellation(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| {
        let reason = reason.trim_end_matches('.');
        reason.ends_with("cancelled") && reason.starts_with("Resource ")
    })
}

/// Reads a status.
pub(super) fn read(status: &ResourceStatus, reason: Option<&str>) -> (State, &'static str) {
    use ResourceStatus as R;
    let failed = |word| if is_cancellation(reason) { (State::Cancelled, "cancelled") } else { (State::Failed, word) };
    match status {
        R::CreateInProgress => (State::Busy, "creating"),
        R::CreateFailed => failed("not created"),
        R::CreateComplete => (State::Done, "created"),
        R::DeleteInProgress => (State::Busy, "deleting"),
        R::DeleteFailed => (State::Failed, "not deleted"),
        R::DeleteComplete => (State::Gone, "deleted"),
        R::DeleteSkipped => (State::Kept, "kept"),
        R::UpdateInProgress => (State::Busy, "updating"),
        R::UpdateFailed => failed("not updated"),
        R::UpdateComplete => (State::Done, "updated"),
        R::ImportInProgress => (State::Busy, "importing"),
        R::ImportFailed => failed("not imported"),
        R::ImportComplete => (State::Done, "imported"),
        R::ImportRollbackInProgress | R::RollbackInProgress | R::UpdateRollbackInProgress => (State::Busy, "undoing"),
        R::ImportRollbackFailed | R::RollbackFailed | R::UpdateRollbackFailed => (State::Failed, "not undone"),
        R::ImportRollbackComplete | R::RollbackComplete | R::UpdateRollbackComplete => (State::Undone, "undone"),
        R::Unrecognised(_) => (State::Busy, "in an unknown state"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_resource_did_not_fail_by_itself() {
        for reason in ["Resource creation cancelled", "Resource update cancelled"] {
            assert_eq!(read(&ResourceStatus::CreateFailed, Some(reason)).0, State::Cancelled);
        }
        assert_eq!(read(&ResourceStatus::CreateFailed, Some("cancelled by quota")).0, State::Failed);
        assert_eq!(read(&ResourceStatus::CreateFailed, None).0, State::Failed);
    }
}
