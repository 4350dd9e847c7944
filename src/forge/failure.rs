//! Why a code host did not take a comment.

use crate::units::Duration;

/// Why a code host did not take a comment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// The token is not one, or not any more.
    #[error("it does not take the token: {said}")]
    Unauthorised {
        /// What it said.
        said: String,
    },
    /// The token may not do this.
    #[error("the token may not do this: {said}")]
    Forbidden {
        /// What it said.
        said: String,
    },
    /// There is no such request, or the token may not see it.
    #[error("there is no such repository or request, or the token may not see it: {said}")]
    NotFound {
        /// What it said.
        said: String,
    },
    /// It is somewhere else now.
    #[error("it has moved to {to}")]
    Moved {
        /// Where to.
        to: String,
    },
    /// The request itself is refused.
    #[error("it refuses the comment (HTTP {status}): {said}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What it said.
        said: String,
    },
    /// Too many calls were made.
    #[error("too many calls were made{}", wait.map(|wait| format!("; it takes more in {wait}")).unwrap_or_default())]
    Limited {
        /// When it takes more, if it said so.
        wait: Option<Duration>,
    },
    /// It has trouble of its own.
    #[error("it has trouble of its own (HTTP {status}), {attempts} times: {said}")]
    Fault {
        /// The status of the last answer.
        status: u16,
        /// What it said.
        said: String,
        /// How often it was asked.
        attempts: u32,
    },
    /// It does not answer.
    #[error("it does not answer: {why}")]
    Unreachable {
        /// Why.
        why: String,
    },
    /// It answered something that is not understood.
    #[error("its answer is not understood: {why}")]
    NotUnderstood {
        /// Why.
        why: String,
    },
}
