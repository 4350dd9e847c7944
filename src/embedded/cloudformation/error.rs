//! Refusals as the service words them; the texts are exact (section 4 of the behaviour reference).

/// A refusal of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The code on the wire (WI-08).
    pub code: &'static str,
    /// The message.
    pub message: String,
}

pub(super) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// `ValidationError`, 400.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self { status: 400, code: "ValidationError", message: message.into() }
    }

    /// Any other code answered with 400.
    pub(super) fn coded(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// ER-01: `DescribeStacks`, `GetTemplate`, `GetTemplateSummary`.
    pub(super) fn no_stack_with_id(given: &str) -> Self {
        Self::validation(format!("Stack with id {given} does not exist"))
    }

    /// ER-02: events, updates, change sets.
    pub(super) fn no_stack(given: &str) -> Self {
        Self::validation(format!("Stack [{given}] does not exist"))
    }

    /// ER-03: resources.
    pub(super) fn no_stack_quoted(given: &str) -> Self {
        Self::validation(format!("Stack '{given}' does not exist"))
    }

    /// CS-22.
    pub(super) fn no_change_set(given: &str) -> Self {
        Self { status: 404, code: "ChangeSetNotFound", message: format!("ChangeSet [{given}] does not exist") }
    }

    /// ER-04.
    pub(super) fn stack_exists(name: &str) -> Self {
        Self::coded("AlreadyExistsException", format!("Stack [{name}] already exists"))
    }

    /// The shape checks that run before everything else (TV-21, TV-22).
    pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {rule}"
        ))
    }

    /// A required member that is missing.
    pub(super) fn missing(member: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    }
}
