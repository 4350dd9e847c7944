//! From the SDK's errors to [`FailureKind`]s: the one place that looks at codes and texts.
//!
//! CloudFormation says most things with one code, `ValidationError`, so what happened can only be told
//! from its words. The words are those of `cloudformation-behaviour.md` section 4.

use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;

use crate::diagnostic::chain;
use crate::observed::{Failure, FailureKind};

/// Turns what the SDK gave into a failure of `service` and `action`.
pub(super) fn of<E>(service: &str, action: &str, error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let request_id = error.request_id().map(str::to_owned);
    let (kind, message) = match &error {
        SdkError::ServiceError(refusal) => {
            let (code, message) = (refusal.err().code(), refusal.err().message().unwrap_or_default());
            let text = match (code, message) {
                (Some(code), "") => code.to_owned(),
                (None, "") => format!("HTTP status {}", status.unwrap_or_default()),
                (_, message) => message.to_owned(),
            };
            (classify(code, message, status), text)
        }
        SdkError::DispatchFailure(lost) => {
            let text = chain(&error);
            // What the connector itself refuses (the embedded cloud's state cannot be read) does not pass by waiting.
            let kind = if is_about_credentials(&text) {
                FailureKind::Credentials
            } else if lost.is_user() {
                FailureKind::Other
            } else {
                FailureKind::Unreachable
            };
            (kind, text)
        }
        SdkError::ConstructionFailure(_) => {
            let text = chain(&error);
            let kind =
                if is_about_credentials(&text) { FailureKind::Credentials } else { FailureKind::ValidationRefused };
            (kind, text)
        }
        SdkError::TimeoutError(_) => (FailureKind::Unreachable, chain(&error)),
        SdkError::ResponseError(_) => (FailureKind::ServiceFault, chain(&error)),
        other => (FailureKind::Other, chain(other)),
    };
    Failure { kind, service: service.to_owned(), action: action.to_owned(), message, request_id }
}

/// A missing or expired login surfaces before anything is sent; only its words tell it from a broken network.
fn is_about_credentials(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("credential") || text.contains("identity")
}

/// An answer that came but lacks what AWS promises to put in it.
pub(super) fn answer(service: &str, action: &str, message: impl Into<String>) -> Failure {
    Failure {
        kind: FailureKind::ServiceFault,
        service: service.to_owned(),
        action: action.to_owned(),
        message: message.into(),
        request_id: None,
    }
}

fn classify(code: Option<&str>, message: &str, status: Option<u16>) -> FailureKind {
    match code.unwrap_or_default() {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown" => FailureKind::Throttled,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "Forbidden" => FailureKind::AccessDenied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "AuthFailure" => FailureKind::Credentials,
        "ChangeSetNotFound"
        | "ChangeSetNotFoundException"
        | "ResourceNotFoundException"
        | "NoSuchKey"
        | "NoSuchBucket"
        | "NotFound" => FailureKind::NotFound,
        "AlreadyExistsException" | "BucketAlreadyOwnedByYou" => FailureKind::AlreadyExists,
        "InsufficientCapabilitiesException" => FailureKind::CapabilityMissing,
        "TokenAlreadyExistsException" => FailureKind::TokenReused,
        "LimitExceededException" => FailureKind::LimitExceeded,
        "InvalidChangeSetStatus"
        | "InvalidChangeSetStatusException"
        | "OperationInProgressException"
        | "ResourceInUseException"
        | "ResourceConflictException" => FailureKind::WrongState,
        "ValidationError" | "ValidationException" => by_words(message),
        _ => by_status(status),
    }
}

/// What a `ValidationError` means (ER-01..03, ER-05, ER-07, ER-41, CS-18..20, CS-23, table 2.2).
fn by_words(message: &str) -> FailureKind {
    const WRONG_STATE: [&str; 6] = [
        "state and can not be updated",
        "cannot be deleted while in status",
        "cannot be called from current stack status",
        "is currently in a non-terminal",
        "state because it contains [on-failure",
        "Follow-up operations must use the same DeploymentConfig",
    ];
    let unknown_stack = (message.starts_with("Stack with id ")
        || message.starts_with("Stack [")
        || message.starts_with("Stack '")
        || message.starts_with("ChangeSet ["))
        && message.trim_end_matches('.').ends_with("does not exist");
    if unknown_stack || message.starts_with("Could not find endpoint") {
        FailureKind::NotFound
    } else if message.contains("No updates are to be performed") {
        FailureKind::NoChange
    } else if message.contains("while TerminationProtection is enabled") {
        FailureKind::Protected
    } else if message.contains("already exists and cannot be created again") {
        FailureKind::AlreadyExists
    } else if message == "Rate exceeded" {
        FailureKind::Throttled
    } else if WRONG_STATE.iter().any(|words| message.contains(words)) {
        FailureKind::WrongState
    } else {
        FailureKind::ValidationRefused
    }
}

/// What is left when neither code nor words are known; S3 answers HEAD without either.
fn by_status(status: Option<u16>) -> FailureKind {
    match status {
        Some(404) => FailureKind::NotFound,
        Some(401 | 403) => FailureKind::AccessDenied,
        Some(429) => FailureKind::Throttled,
        Some(code) if code >= 500 => FailureKind::ServiceFault,
        Some(_) | None => FailureKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str) -> FailureKind {
        classify(Some("ValidationError"), message, Some(400))
    }

    #[test]
    fn the_many_meanings_of_a_validation_error_are_told_apart() {
        use FailureKind::{AlreadyExists, NoChange, NotFound, Protected, ValidationRefused, WrongState};
        for (message, kind) in [
            ("Stack with id fraud-local does not exist", NotFound),
            ("Stack [fraud-local] does not exist", NotFound),
            ("Stack 'fraud-local' does not exist", NotFound),
            ("No updates are to be performed.", NoChange),
            ("Stack [fraud] cannot be deleted while TerminationProtection is enabled", Protected),
            ("Stack [f] already exists and cannot be created again with the changeSet [c].", AlreadyExists),
            ("Stack:arn:aws:x is in ROLLBACK_COMPLETE state and can not be updated.", WrongState),
            ("Stack [f] cannot be deleted while in status UPDATE_IN_PROGRESS", WrongState),
            ("CancelUpdateStack cannot be called from current stack status", WrongState),
            ("Parameters: [X] do not exist in the template", ValidationRefused),
            ("S3 error: The specified bucket does not exist", ValidationRefused),
            ("Template format error: At least one Resources member must be defined.", ValidationRefused),
        ] {
            assert_eq!(words(message), kind, "{message}");
        }
    }

    #[test]
    fn codes_win_over_words_and_status_is_the_last_resort() {
        assert_eq!(classify(Some("Throttling"), "Rate exceeded", Some(400)), FailureKind::Throttled);
        assert_eq!(classify(Some("ChangeSetNotFound"), "", Some(404)), FailureKind::NotFound);
        assert_eq!(classify(None, "", Some(404)), FailureKind::NotFound);
        assert_eq!(classify(Some("Strange"), "", Some(503)), FailureKind::ServiceFault);
        assert_eq!(classify(None, "", None), FailureKind::Other);
    }
}
