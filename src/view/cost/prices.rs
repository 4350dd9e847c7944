//! The price table itself.

use super::text::right;
use crate::cost::{FromPriceList, Prices};
use crate::units::{Region, grouped};
use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::{plural, printable, wrap};

/// Returns the table as a file that `--prices` reads.
#[must_use]
pub fn prices_to_json(prices: &Prices) -> String {
    let text = serde_json::to_string_pretty(prices);
    text.map_or_else(|error| format!("{{\"unwritable\": \"{error}\"}}\n"), |text| format!("{text}\n"))
}

/// Returns the regions that have prices, and how many.
#[must_use]
pub fn regions_to_text(look: &Look, prices: &Prices) -> String {
    let mut table = Table::with_headings(&["REGION", "RATES", "PUBLISHED"]);
    for region in prices.regions() {
        let rates = prices.of(region);
        let days = || rates.values().map(|listed| listed.published);
        let published = match (days().min(), days().max()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (first, _) => first.unwrap_or_default().to_owned(),
        };
        table.row([
            Cell::plain(region.as_str()),
            Cell::plain(right(&rates.len().to_string(), 5)),
            Cell::plain(published),
        ]);
    }
    table.render(look, 0)
}

/// Returns the rates of a region.
#[must_use]
pub fn rates_to_text(look: &Look, prices: &Prices, region: &Region) -> String {
    let rates = prices.of(region);
    let width =
        rates.values().flat_map(|listed| listed.tiers).map(|tier| tier.rate.to_string().len()).max().unwrap_or(0);
    let mut table = Table::with_headings(&["RATE", &right("USD", width), "FOR ONE", "PUBLISHED", "SOURCE"]);
    for (meter, listed) in rates {
        for tier in listed.tiers {
            let unit = match tier.from {
                0 => meter.unit().to_owned(),
                from => format!("{} above {}", meter.unit(), grouped(from)),
            };
            table.row([
                Cell::plain(meter.key()),
                Cell::plain(right(&tier.rate.to_string(), width)),
                Cell::plain(unit),
                Cell::new(Label::Faint, listed.published),
                Cell::new(Label::Faint, listed.source),
            ]);
        }
    }
    format!("{}  US dollars\n\n{}", look.paint(Label::Heading, region), table.render(look, 0))
}

/// Returns what a refresh brought, and what it did not.
#[must_use]
pub fn refreshed_to_text(look: &Look, region: &Region, file: &str, found: &FromPriceList) -> String {
    let mut out = format!("wrote {} of {region} to {}\n", plural(found.rates, "rate"), printable(file));
    if !found.missing.is_empty() {
        let missing = format!("not listed, or in several ways, so unknown: {}", found.missing.join(", "));
        out.extend(wrap(&missing, look.columns()).iter().map(|line| format!("{}\n", look.paint(Label::Warning, line))));
    }
    out
}
