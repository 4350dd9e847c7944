//! Why a service refused, as a closed enum: what may be done about it is decided on this, never on text.

use std::fmt;

use serde::Serialize;

/// The kind of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// What was asked for is not there.
    NotFound,
    /// What was to be made is there.
    AlreadyExists,
    /// Nothing would change.
    NoChange,
    /// The stack or change set is in a state that forbids it.
    WrongState,
    /// Deletion protection or termination protection is on.
    Protected,
    /// Too many requests; later it may succeed.
    Throttled,
    /// A quota is used up.
    LimitExceeded,
    /// The caller may not.
    AccessDenied,
    /// There are no credentials, or they are wrong or expired.
    Credentials,
    /// A capability is missing.
    CapabilityMissing,
    /// The request or template is not valid.
    ValidationRefused,
    /// The client token was used for another request.
    TokenReused,
    /// No answer came: no connection, a time-out.
    Unreachable,
    /// The service failed by itself.
    ServiceFault,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// Whether the same request may succeed a little later without anybody doing anything.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            Self::Throttled | Self::Unreachable | Self::ServiceFault => true,
            Self::NotFound
            | Self::AlreadyExists
            | Self::NoChange
            | Self::WrongState
            | Self::Protected
            | Self::LimitExceeded
            | Self::AccessDenied
            | Self::Credentials
            | Self::CapabilityMissing
            | Self::ValidationRefused
            | Self::TokenReused
            | Self::Other => false,
        }
    }
}

/// A refusal as read: its kind, and the service's own words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// For instance `CloudFormation`.
    pub service: String,
    /// For instance `CreateChangeSet`.
    pub action: String,
    /// The service's words.
    pub message: String,
    /// What support asks for.
    pub request_id: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.service, self.action, self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
