//! What changes from one bill to another, and whether a budget allows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::item::{Amount, Item, Owner, Range, Total};
use super::meter::Meter;
use crate::units::Money;

/// What two bills differ in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delta {
    /// Every kind of line that changes, by who causes it.
    pub changes: Vec<Change>,
    /// What the known lines change by.
    pub known: Range<Money>,
    /// Kinds of lines that change by what nobody knows.
    pub unknown: usize,
}

/// A kind of line, before and after; tiers and users of one meter are put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Who causes it.
    pub owner: Owner,
    /// What is counted.
    pub meter: Meter,
    /// What it came to; `None` where there was no such line.
    pub before: Option<Total>,
    /// What it comes to; `None` where there is no such line.
    pub after: Option<Total>,
    /// The difference; `None` where one of the two is not known.
    pub by: Option<Range<Money>>,
}

impl Delta {
    /// Whether the bills are the same.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.changes.is_empty()
    }
}

/// The lines of a bill by what makes two lines the same.
type Lines<'a> = BTreeMap<(&'a Owner, &'a Meter), Vec<&'a Item>>;

fn lines(estimate: &Estimate) -> Lines<'_> {
    let mut lines = Lines::new();
    for item in &estimate.items {
        lines.entry((&item.owner, &item.meter)).or_default().push(item);
    }
    lines
}

/// Compares two bills. Lines that are unknown in the same way on both sides do not change.
#[must_use]
pub fn compare(before: &Estimate, after: &Estimate) -> Delta {
    let (before, after) = (lines(before), lines(after));
    let mut kinds: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let changes = kinds.into_iter().filter_map(|(owner, meter)| {
        let (old, new) = (before.get(&(owner, meter)), after.get(&(owner, meter)));
        let same = match (old, new) {
            (Some(old), Some(new)) => same(old, new),
            _ => false,
        };
        (!same).then(|| change(owner, meter, old, new))
    });
    let changes: Vec<Change> = changes.collect();
    let known = changes.iter().filter_map(|change| change.by);
    let known = known.fold(Range::default(), |sum: Range<Money>, by| sum.with(by, Money::plus));
    let unknown = changes.iter().filter(|change| change.by.is_none()).count();
    Delta { changes, known, unknown }
}

/// Whether lines come to the same. An unknown amount of an unknown quantity is the same as another.
fn same(old: &[&Item], new: &[&Item]) -> bool {
    let said = |items: &[&Item]| -> Vec<_> {
        let unknown = |amount: &Amount| match amount {
            Amount::Known(amount) => Some(*amount),
            Amount::Unknown(_) => None,
        };
        items.iter().map(|item| (item.quantity, unknown(&item.amount))).collect()
    };
    said(old) == said(new)
}

fn change(owner: &Owner, meter: &Meter, old: Option<&Vec<&Item>>, new: Option<&Vec<&Item>>) -> Change {
    let total = |items: Option<&Vec<&Item>>| items.map(|items| items.iter().copied().collect::<Total>());
    let (before, after) = (total(old), total(new));
    let (was, is) = (before.unwrap_or_default(), after.unwrap_or_default());
    let by = (was.unknown == 0 && is.unknown == 0).then(|| is.known.with(was.known, Money::minus));
    Change { owner: owner.clone(), meter: meter.clone(), before, after, by }
}

/// What a budget says of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "BudgetVerdict")]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything is known, and within it at every load.
    Within,
    /// What is known is within it; the rest nobody knows.
    WithinAsFarAsKnown,
    /// Within it at the ordinary load, above it at the highest.
    AboveAtPeak,
    /// Above it at the ordinary load already.
    Above,
}

/// Compares an amount with a budget.
#[must_use]
pub fn within(known: Range<Money>, unknown: usize, budget: Money) -> Verdict {
    if known.steady > budget {
        Verdict::Above
    } else if known.peak > budget {
        Verdict::AboveAtPeak
    } else if unknown > 0 {
        Verdict::WithinAsFarAsKnown
    } else {
        Verdict::Within
    }
}
