//! Money: what a pipeline costs in a month, line by line, from its declared loads and a table of AWS's list prices.
//!
//! Sums are exact decimals. What is not known (a rate of a region, a volume that nobody declared) stays unknown through
//! every total: "at least so much, and three things that cannot be told". Steady is a month at the ordinary load, peak a
//! month in which the highest load never ends: between them lies the bill.

mod archive;
mod delta;
mod endpoint;
mod estimate;
mod exact;
mod function;
mod item;
mod listing;
mod load;
mod meter;
mod prices;
mod rates;
mod saving;
mod storage;
mod stream;
#[cfg(test)]
mod tests;
mod watching;

pub use delta::{Change, Delta, Verdict, compare, within};
pub use estimate::{Estimate, estimate};
pub use exact::{HOURS, Quantity, UnitPrice};
pub use item::{Amount, Item, Owner, Range, Rate, Total};
pub use listing::{FromPriceList, from_price_list, price_list_codes};
pub use load::reckonable;
pub use meter::{Meter, Service};
pub use prices::{CURRENCY, Listed, PRICES_VERSION, Prices, Publication, Tier};
pub use rates::stream_rates;
pub use saving::{Saving, savings};
