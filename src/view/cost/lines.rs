//! The words and numbers of an estimate, before anybody decides how they are laid out.

use std::collections::{BTreeMap, BTreeSet};

use crate::capacity::Advice;
use crate::cost::{Amount, Change, Item, Quantity, Range, Saving, Total, Verdict};
use crate::units::{Money, grouped};
use crate::view::plural;

/// A line of the table in words.
pub(super) struct Line {
    pub(super) what: String,
    pub(super) quantity: String,
    pub(super) rate: String,
    pub(super) steady: String,
    pub(super) peak: String,
    pub(super) how: String,
    pub(super) known: bool,
}

pub(super) const UNKNOWN: &str = "unknown";

pub(super) fn line(item: &Item) -> Line {
    let (steady, peak, why) = match &item.amount {
        Amount::Known(amount) => (amount.steady.to_cents(), amount.peak.to_cents(), ""),
        Amount::Unknown(why) => (UNKNOWN.to_owned(), UNKNOWN.to_owned(), why.as_str()),
    };
    let tier = item.rate.as_ref().map_or(0, |rate| rate.from);
    let what = match tier {
        0 => item.meter.to_string(),
        from => format!("{} above {}", item.meter, grouped(from)),
    };
    Line {
        what,
        quantity: item.quantity.map(|quantity| counted(quantity, item.meter.unit())).unwrap_or_default(),
        rate: item.rate.as_ref().map_or_else(|| UNKNOWN.to_owned(), |rate| rate.per_unit.to_string()),
        steady,
        peak,
        how: [item.how.as_str(), why].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "),
        known: why.is_empty(),
    }
}

/// A quantity with its unit; abbreviations have no plural.
fn counted(quantity: Range<Quantity>, unit: &str) -> String {
    let number = if quantity.steady == quantity.peak {
        quantity.steady.to_string()
    } else {
        format!("{} to {}", quantity.steady, quantity.peak)
    };
    let plural = number != "1" && unit.ends_with(|c: char| c.is_ascii_lowercase());
    format!("{number} {unit}{}", if plural { "s" } else { "" })
}

/// Amounts at the steady and at the peak load; `steady` alone where they are the same.
pub(super) fn amounts(known: Range<Money>) -> String {
    if known.steady == known.peak {
        format!("{} USD", known.steady.to_cents())
    } else {
        format!("{} USD at the steady load, {} USD at the peak", known.steady.to_cents(), known.peak.to_cents())
    }
}

/// `at least 12.00 USD at the steady load, 30.00 USD at the peak, and 3 amounts that are not known`.
pub(crate) fn total(total: Total) -> String {
    match total.unknown {
        0 => amounts(total.known),
        unknown => format!("at least {}, plus {}", amounts(total.known), plural(unknown, "unknown amount")),
    }
}

/// What could be smaller: the setting, what it saves, and why.
pub(super) fn saving(saving: &Saving) -> String {
    let Saving { advice, by } = saving;
    let Advice { spec_path, from, to, why } = advice;
    format!("`{spec_path}`: {to} instead of {from} saves {} a month; {why}", amounts(*by))
}

/// What changes by how much: `+12.00`, `-3.50`, `unknown`.
pub(super) fn difference(by: Option<Money>) -> String {
    match by {
        None => UNKNOWN.to_owned(),
        Some(by) => signed(by),
    }
}

pub(super) fn signed(by: Money) -> String {
    if by > Money::ZERO { format!("+{}", by.to_cents()) } else { by.to_cents() }
}

/// One side of a change at the steady load.
pub(super) fn side(total: Option<Total>) -> String {
    match total {
        None => "-".to_owned(),
        Some(Total { unknown: 0, known }) => known.steady.to_cents(),
        Some(_) => UNKNOWN.to_owned(),
    }
}

/// The steady and the peak difference of a change.
pub(super) fn differences(change: &Change) -> (String, String) {
    (difference(change.by.map(|by| by.steady)), difference(change.by.map(|by| by.peak)))
}

/// What a budget says.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Within => "within it",
        Verdict::WithinAsFarAsKnown => "within it as far as amounts are known",
        Verdict::AboveAtPeak => "above it at the peak load",
        Verdict::Above => "above it",
    }
}

/// Where the rates come from: each page with the days of its publications.
pub(super) fn sources(items: &[Item]) -> Vec<String> {
    let mut pages: BTreeMap<&str, BTreeSet<&str>> = Default::default();
    for rate in items.iter().filter_map(|item| item.rate.as_ref()) {
        pages.entry(&rate.source).or_default().insert(&rate.published);
    }
    let of =
        |(page, days): (&str, BTreeSet<&str>)| format!("{page} ({})", days.into_iter().collect::<Vec<_>>().join(", "));
    pages.into_iter().map(of).collect()
}
