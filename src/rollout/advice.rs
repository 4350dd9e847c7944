//! What to do after an end, as data; the words are the view's.

use serde::Serialize;

use crate::event::OperationResult;
use crate::observed::{NextAction, ResourceStatus, StackStatus};

/// One thing that a person can do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Advice {
    /// Mend what the root cause names, and deploy again.
    CorrectAndDeploy,
    /// Deploy again with consent to remove what the failed first create left.
    DeployAgainRemoving {
        /// Whether resources are still there.
        with_resources: bool,
    },
    /// Mend what stopped the rollback and continue it, or continue without these resources.
    ContinueRollback {
        /// Resources that could not be put back.
        skip: Vec<String>,
    },
    /// Roll the stack back to its last good state.
    RollBack,
    /// Mend what stopped the deletion and delete again, or leave these resources behind.
    DeleteAgain {
        /// Resources that could not be deleted.
        retain: Vec<String>,
    },
    /// Call the same command again to follow the operation that is still running.
    Reattach,
    /// Cancel the update that is still running; CloudFormation then puts the old state back.
    CancelUpdate,
    /// Look at the stack in the console; this version does not know its status.
    LookAtConsole,
}

/// Advice for a stack at rest, from its status and the statuses of its resources by logical id.
#[must_use]
pub fn advise<'a>(
    status: &StackStatus,
    resources: impl IntoIterator<Item = (&'a str, &'a ResourceStatus)>,
) -> Vec<Advice> {
    let with = |wanted: ResourceStatus| -> Vec<String> {
        resources.into_iter().filter(|(_, status)| **status == wanted).map(|(id, _)| id.to_owned()).collect()
    };
    match status.next_action() {
        NextAction::Create | NextAction::Review | NextAction::Update => {
            if status.is_failure() {
                vec![Advice::CorrectAndDeploy]
            } else {
                Vec::new()
            }
        }
        NextAction::Wait | NextAction::WaitForDeletion => {
            let mut advice = vec![Advice::Reattach];
            if *status == StackStatus::UpdateInProgress {
                advice.push(Advice::CancelUpdate);
            }
            advice
        }
        NextAction::Delete => {
            let with_resources = *status != StackStatus::RollbackComplete;
            vec![Advice::CorrectAndDeploy, Advice::DeployAgainRemoving { with_resources }]
        }
        NextAction::RollBack => vec![Advice::RollBack],
        NextAction::ContinueRollback => vec![Advice::ContinueRollback { skip: with(ResourceStatus::UpdateFailed) }],
        NextAction::DeleteAgain => vec![Advice::DeleteAgain { retain: with(ResourceStatus::DeleteFailed) }],
        NextAction::Blocked => vec![Advice::LookAtConsole],
    }
}

/// Advice after an operation.
pub(super) fn after<'a>(
    result: &OperationResult,
    status: Option<&StackStatus>,
    resources: impl IntoIterator<Item = (&'a str, &'a ResourceStatus)>,
) -> Vec<Advice> {
    match (result, status) {
        (OperationResult::Succeeded | OperationResult::NothingToDo, _) => Vec::new(),
        (OperationResult::Detached, Some(StackStatus::UpdateInProgress)) => {
            vec![Advice::Reattach, Advice::CancelUpdate]
        }
        (OperationResult::Detached, _) => vec![Advice::Reattach],
        (OperationResult::RolledBack { .. } | OperationResult::Stuck { .. }, Some(status)) => {
            let advice = advise(status, resources);
            if advice.is_empty() { vec![Advice::CorrectAndDeploy] } else { advice }
        }
        (OperationResult::RolledBack { .. } | OperationResult::Stuck { .. }, None) => vec![Advice::CorrectAndDeploy],
    }
}
