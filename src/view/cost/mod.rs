//! Estimates as text, Markdown and JSON; all three read the same lines.

mod json;
mod lines;
mod markdown;
mod prices;
mod text;

pub use json::to_json;
pub(super) use lines::{total as total_in_words, verdict as verdict_in_words};
pub use markdown::to_markdown;
pub use prices::{prices_to_json, rates_to_text, refreshed_to_text, regions_to_text};
pub use text::to_text;

use crate::cost::{Delta, Estimate, Saving, Verdict};
use crate::units::Money;

/// What one page of `sluice cost` is about.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The estimate.
    pub estimate: &'a Estimate,
    /// What could be smaller, and what that saves, most first.
    pub savings: &'a [Saving],
    /// The pipeline's budget, and whether the estimate is within it.
    pub budget: Option<(Money, Verdict)>,
    /// What it is compared with.
    pub compared: Option<Comparison<'a>>,
}

/// What an estimate is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The estimate before.
    pub before: &'a Estimate,
    /// What it is, in words: `in staging`.
    pub called: &'a str,
    /// What changes.
    pub delta: &'a Delta,
    /// The most that a month may become dearer in the environment, and whether it does.
    pub increase: Option<(Money, Verdict)>,
}

#[cfg(test)]
mod tests;
