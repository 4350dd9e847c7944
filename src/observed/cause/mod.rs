//! Why services refuse, as people who have met it before know it: the cause in our words, the way out, where in the
//! pipeline file it is set, and whether it pays to run again.
//!
//! What a service says of a failure is text for people. Nothing is decided on it: an entry explains a failure, and a
//! failure that no entry knows is told in the service's own words alone. The entries are data, in `table`, each with the
//! messages that it was made from.

mod table;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::units::Duration;

/// Whether the same command may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "when")]
pub enum RunAgain {
    /// At once: what stood in the way passes by itself within seconds.
    AsItIs,
    /// After a while, without a change.
    Later {
        /// How long.
        #[serde(rename = "wait_micros")]
        wait: Duration,
    },
    /// Not before something is changed.
    WhenMended,
}

/// A message as a service gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The type of the resource that failed.
    pub type_name: &'static str,
    /// The reason of its event, shortened where `…` stands.
    pub reason: &'static str,
    /// Where it was seen: an issue, or a row of `docs/embedded.md`; `COM` is quoted in many places and recorded in none.
    pub source: &'static str,
}

/// A cause that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownCause {
    /// Its name, which `sluice explain` takes.
    pub id: &'static str,
    /// What happened, in a sentence.
    pub cause: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Where in the pipeline file it is set, for instance `consumers.NAME.concurrency.reserved`; none where no field does.
    pub field: Option<&'static str>,
    /// Whether to run the command again.
    pub again: RunAgain,
    /// Types of resources that it happens to; all where none is named.
    #[serde(skip)]
    pub types: &'static [&'static str],
    /// CloudFormation's handler error codes (ER-37) of which one says enough.
    #[serde(skip)]
    pub codes: &'static [&'static str],
    /// Texts of which one says enough; each is made of parts, divided by `…`, that follow each other in the reason.
    #[serde(skip)]
    pub texts: &'static [&'static str],
    /// What it was made from.
    #[serde(skip)]
    pub recorded: &'static [Recorded],
}

impl KnownCause {
    /// Every cause, the narrow ones before the wide ones.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        table::TABLES.iter().copied().flatten()
    }

    /// What a failure is known to be.
    #[must_use]
    pub fn of(type_name: &str, reason: &str) -> Option<&'static Self> {
        let code = handler_code(reason);
        let text = reason.to_lowercase();
        Self::all().find(|cause| cause.explains(type_name, code, &text))
    }

    /// Finds a cause by its name, in any case.
    #[must_use]
    pub fn parse(id: &str) -> Option<&'static Self> {
        Self::all().find(|cause| cause.id.eq_ignore_ascii_case(id.trim()))
    }

    fn explains(&self, type_name: &str, code: Option<&str>, text: &str) -> bool {
        let typed = self.types.is_empty() || self.types.contains(&type_name);
        let coded = code.is_some_and(|code| self.codes.contains(&code));
        typed && (coded || self.texts.iter().any(|wanted| holds(text, wanted)))
    }
}

/// The handler error code at the end of a reason (ER-36).
fn handler_code(reason: &str) -> Option<&str> {
    let (_, after) = reason.rsplit_once("HandlerErrorCode: ")?;
    let end = after.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
    after.get(..end)
}

/// Whether a text, in small letters, holds all parts of another one after the other.
fn holds(text: &str, wanted: &str) -> bool {
    let mut rest = Some(text);
    for part in wanted.split('…') {
        rest = rest.and_then(|rest| rest.split_once(&part.to_lowercase())).map(|(_, after)| after);
    }
    rest.is_some()
}
