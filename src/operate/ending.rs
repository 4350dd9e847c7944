//! The end of a roll-out that did not end well, in words for a person.

use super::denied::denied;
use super::failure::{Failure, FailureKind};
use crate::cloud::CloudError;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::{OperationResult, RootCause};
use crate::observed::{self, Objection};
use crate::pipeline::Origins;
use crate::rollout::{Advice, Outcome};
use crate::units::LogicalId;

/// Makes a refusal by AWS a diagnostic.
impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        use observed::FailureKind as Kind;
        let code = match error.kind {
            Kind::Unreachable => Code::AwsUnreachable,
            Kind::AccessDenied => Code::AwsDenied,
            Kind::Credentials => Code::AwsCredentials,
            Kind::NotFound
            | Kind::AlreadyExists
            | Kind::NoChange
            | Kind::WrongState
            | Kind::Protected
            | Kind::Throttled
            | Kind::LimitExceeded
            | Kind::CapabilityMissing
            | Kind::ValidationRefused
            | Kind::TokenReused
            | Kind::ServiceFault
            | Kind::Other => Code::AwsRefused,
        };
        if code == Code::AwsDenied {
            return Self::error(denied(&error));
        }
        let diagnostic = Diagnostic::error(code, error.to_string());
        Self::error(match code {
            Code::AwsUnreachable => {
                diagnostic.help("check the network and the environment's `target`, then run the command again")
            }
            Code::AwsCredentials => diagnostic.help("sign in again, or set AWS_PROFILE"),
            _ => diagnostic,
        })
    }
}

/// Says what a roll-out came to: `Ok` with its result where that is good news.
///
/// # Errors
/// What went wrong, what is live now, and what to do next.
pub fn judge(stack: &str, outcome: &Outcome, origins: &Origins) -> Result<OperationResult, Failure> {
    match outcome {
        Outcome::Finished { result, status, advice, .. } => match result {
            OperationResult::Succeeded | OperationResult::NothingToDo | OperationResult::Detached => Ok(result.clone()),
            OperationResult::RolledBack { root_cause } => {
                let what = format!("the deployment of {stack} failed, {}", live_now(status.as_ref()));
                Err(ended(
                    FailureKind::RolledBack,
                    Code::DeploymentFailed,
                    what,
                    root_cause.as_ref(),
                    advice,
                    stack,
                    origins,
                ))
            }
            OperationResult::Stuck { root_cause } => {
                let status = status.as_ref().map_or("an unknown state", |status| status.as_str());
                let what = format!("{stack} is in {status} and needs a person");
                Err(ended(
                    FailureKind::NeedsAttention,
                    Code::StackStuck,
                    what,
                    root_cause.as_ref(),
                    advice,
                    stack,
                    origins,
                ))
            }
        },
        Outcome::Settled => Ok(OperationResult::NothingToDo),
        Outcome::ChangeSetFailed { reason } => Err(change_set_refused(reason)),
        Outcome::NotApproved { losses } => {
            let list: Vec<String> = losses
                .iter()
                .map(|loss| format!("{} {}", if loss.replaced { "replace" } else { "remove" }, loss.logical_id))
                .collect();
            Err(Failure::refused(
                Diagnostic::error(
                    Code::LossNotApproved,
                    format!("the change set would {}, which the approved plan does not", list.join(", ")),
                )
                .help("run `sluice plan` to see why"),
            ))
        }
        Outcome::WorldMoved => Err(Failure::refused(
            Diagnostic::error(Code::PlanStale, format!("{stack} changed after the plan was made"))
                .help("run the command again: it plans against what is there now"),
        )),
        Outcome::Blocked { status, reason, advice } => {
            let what = format!("{stack} is in {status}, which allows no deployment");
            let mut failure =
                ended(FailureKind::NeedsAttention, Code::StackBlocked, what, None, advice, stack, origins);
            if let Some(reason) = reason {
                failure.diagnostics =
                    failure.diagnostics.into_iter().map(|d| d.note(reason.trim().to_owned())).collect();
            }
            Err(failure)
        }
        Outcome::Protected => Err(Failure::refused(
            Diagnostic::error(Code::StackProtected, format!("{stack} is protected against deletion"))
                .help("add `--unprotect` to lift the protection and delete it"),
        )),
        Outcome::Failed(failure) => Err(failure.clone().into()),
        Outcome::Interrupted => Err(Failure {
            kind: FailureKind::Interrupted,
            diagnostics: Diagnostic::error(Code::Declined, "interrupted before anything was started").into(),
        }),
    }
}

/// CloudFormation would not make the change set.
pub(super) fn change_set_refused(reason: &str) -> Failure {
    Failure::error(refused(reason))
}

fn refused(reason: &str) -> Diagnostic {
    Diagnostic::error(Code::ChangeSetRefused, format!("CloudFormation refused the change set: {}", reason.trim()))
}

/// A change set that did not pass early validation: each objection at the stage that its resource comes from.
pub(super) fn objected(objections: &[Objection], origins: &Origins) -> Failure {
    let all = objections.iter().map(|objection| {
        let Objection { logical_id, validation, reason, path } = objection;
        let origin = logical_id.as_ref().and_then(|id| origins.get(id));
        let found =
            refused(reason).at_maybe(origin.and_then(|origin| origin.place.clone()), "the resource comes from here");
        let found =
            found.note(format!("{validation}{}", path.as_ref().map(|path| format!(" of {path}")).unwrap_or_default()));
        match validation.as_str() {
            "NAME_CONFLICT_VALIDATION" => {
                found.help("give the stage another name, or remove what has its name outside this stack")
            }
            _ => found,
        }
    });
    Failure::from(all.collect::<Diagnostics>())
}

/// Puts a diagnostic at the stage that a resource comes from.
pub(super) fn at_origin(diagnostic: Diagnostic, id: &LogicalId, origins: &Origins) -> Diagnostic {
    let place = origins.get(id).and_then(|origin| origin.place.clone());
    diagnostic.at_maybe(place, "the resource comes from here")
}

fn live_now(status: Option<&observed::StackStatus>) -> &'static str {
    match status {
        None | Some(observed::StackStatus::RollbackComplete | observed::StackStatus::DeleteComplete) => {
            "nothing is left of it"
        }
        Some(_) => "what was live before is live again",
    }
}

fn ended(
    kind: FailureKind,
    code: Code,
    what: String,
    cause: Option<&RootCause>,
    advice: &[Advice],
    stack: &str,
    origins: &Origins,
) -> Failure {
    let mut diagnostic = Diagnostic::error(code, what);
    if let Some(cause) = cause {
        diagnostic = diagnostic.note(format!("{} ({}): {}", cause.logical_id, cause.type_name, cause.reason.trim()));
        if let Ok(id) = LogicalId::new(&cause.logical_id) {
            diagnostic = at_origin(diagnostic, &id, origins);
        }
        if let Some(known) = cause.known {
            diagnostic = diagnostic.note(format!("{} {} (`sluice explain {}`)", known.cause, known.fix, known.id));
        }
    }
    for advice in advice {
        diagnostic = diagnostic.help(words(advice, stack));
    }
    Failure { kind, diagnostics: diagnostic.into() }
}

/// A piece of advice in words.
#[must_use]
pub fn words(advice: &Advice, stack: &str) -> String {
    let list = |ids: &[String]| ids.join(" ");
    // No environment's name has a hyphen.
    let target =
        stack.rsplit_once('-').map_or_else(|| stack.to_owned(), |(pipeline, env)| format!("{pipeline} --env {env}"));
    match advice {
        Advice::CorrectAndDeploy => "mend what failed, then deploy again".to_owned(),
        Advice::DeployAgainRemoving { with_resources: false } => {
            "deploy again: the empty stack of the failed first attempt is removed first".to_owned()
        }
        Advice::DeployAgainRemoving { with_resources: true } => {
            "remove what the failed first attempt left with `sluice destroy`, then deploy again".to_owned()
        }
        Advice::ContinueRollback { skip } if skip.is_empty() => {
            format!("mend what stopped the rollback, then: sluice recover {target}")
        }
        Advice::ContinueRollback { skip } => format!(
            "mend what stopped the rollback, then: sluice recover {target} (or go on without {}: add --without)",
            list(skip)
        ),
        Advice::RollBack => format!("put the last good state back: sluice recover {target}"),
        Advice::DeleteAgain { retain } if retain.is_empty() => {
            format!("mend what stopped the deletion, then: sluice recover {target}")
        }
        Advice::DeleteAgain { retain } => format!(
            "mend what stopped the deletion, then: sluice recover {target} (or leave {} behind: add --without)",
            list(retain)
        ),
        Advice::Reattach => format!("follow it: sluice watch {target}"),
        Advice::CancelUpdate => format!("call it off: sluice cancel {target}"),
        Advice::LookAtConsole => {
            "look at the stack in the AWS console; this version does not know its state".to_owned()
        }
    }
}
