//! What a person could type next. Which steps make sense is decided elsewhere.

use super::style::{Label, Look};
use super::table::{Cell, Table};

/// A command and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NextStep {
    /// The whole command, as typed.
    pub command: String,
    /// What it does or when to use it, a few words.
    pub why: String,
}

impl NextStep {
    /// Returns a step.
    #[must_use]
    pub fn new(command: impl Into<String>, why: impl Into<String>) -> Self {
        Self { command: command.into(), why: why.into() }
    }
}

/// Returns a heading and one line per step; empty for none.
#[must_use]
pub fn to_text(look: &Look, steps: &[NextStep]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    for step in steps {
        table.row([Cell::new(Label::Command, &step.command), Cell::new(Label::Faint, &step.why)]);
    }
    format!("\n{}\n{}", look.paint(Label::Heading, "Next"), table.render(look, 2))
}
