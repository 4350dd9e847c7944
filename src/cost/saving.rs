//! What smaller sizes would save.

use std::cmp::Reverse;

use serde::Serialize;

use super::delta::compare;
use super::estimate::{Estimate, estimate};
use super::item::Range;
use super::prices::Prices;
use crate::capacity::{Advice, Sized, Surroundings, spare};
use crate::units::Money;

/// A size that could be smaller, and what that saves in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saving {
    /// What would be chosen.
    pub advice: Advice,
    /// What a month becomes cheaper by.
    pub by: Range<Money>,
}

/// Returns what each smaller size saves by itself, most at the steady load first; what saves nothing that is known is left
/// out. The pipeline stands alone: that another reads its streams is in their declared load.
#[must_use]
pub fn savings(sized: &Sized, prices: &Prices, now: &Estimate) -> Vec<Saving> {
    let all = spare(sized, &Surroundings::default()).into_iter().filter_map(|spare| {
        let (then, _) = estimate(&spare.smaller, prices).ok()?;
        let by = compare(&then, now).known;
        (by.steady > Money::ZERO).then_some(Saving { advice: spare.advice, by })
    });
    let mut all: Vec<Saving> = all.collect();
    all.sort_by_key(|saving| Reverse(saving.by.steady));
    all
}
