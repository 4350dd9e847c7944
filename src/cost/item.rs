//! Lines of a bill, and how they add up.

use serde::{Deserialize, Serialize};

use super::exact::{Quantity, UnitPrice};
use super::meter::Meter;
use super::prices::Prices;
use crate::diagnostic::closest;
use crate::pipeline::StageRef;
use crate::units::{Money, Region, grouped};

/// Something at the steady and at the peak load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Range<T> {
    /// At the ordinary load.
    pub steady: T,
    /// At the highest load.
    pub peak: T,
}

impl<T> Range<T> {
    /// The same at every load.
    pub fn flat(value: T) -> Self
    where
        T: Clone,
    {
        Self { steady: value.clone(), peak: value }
    }

    /// Both, changed in the same way.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Range<U> {
        Range { steady: change(self.steady), peak: change(self.peak) }
    }

    /// Both ends of two ranges, put together.
    pub fn with<U, V>(self, other: Range<U>, join: impl Fn(T, U) -> V) -> Range<V> {
        Range { steady: join(self.steady, other.steady), peak: join(self.peak, other.peak) }
    }
}

/// Who causes a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Owner {
    /// A stage.
    Stage(StageRef),
    /// The pipeline as a whole.
    Pipeline,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stage(stage) => stage.fmt(f),
            Self::Pipeline => f.write_str("pipeline"),
        }
    }
}

/// A rate that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Dollars for one unit.
    pub per_unit: UnitPrice,
    /// Units of a month from which on it holds; zero where it holds for all.
    pub from: u64,
    /// When AWS published it.
    pub published: String,
    /// AWS's page.
    pub source: String,
}

/// What a line comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// An amount, to the cent.
    Known(Range<Money>),
    /// It cannot be told, and why.
    Unknown(String),
}

/// A line of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Who causes it.
    pub owner: Owner,
    /// What is counted.
    pub meter: Meter,
    /// How much, each month; `None` where nobody knows.
    pub quantity: Option<Range<Quantity>>,
    /// How the quantity was reckoned.
    pub how: String,
    /// The rate; `None` where the table has none for the region.
    pub rate: Option<Rate>,
    /// What it comes to.
    pub amount: Amount,
}

/// What several lines come to: at least the known ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Total {
    /// The sum of what is known.
    pub known: Range<Money>,
    /// How many lines are not.
    pub unknown: usize,
}

impl<'a> FromIterator<&'a Item> for Total {
    fn from_iter<I: IntoIterator<Item = &'a Item>>(items: I) -> Self {
        let mut total = Self::default();
        for item in items {
            match &item.amount {
                Amount::Known(amount) => total.known = total.known.with(*amount, Money::plus),
                Amount::Unknown(_) => total.unknown += 1,
            }
        }
        total
    }
}

/// Lines as they are written down, one after the other.
pub(super) struct Ledger<'a> {
    region: &'a Region,
    prices: &'a Prices,
    items: Vec<Item>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(region: &'a Region, prices: &'a Prices) -> Self {
        Self { region, prices, items: Vec::new() }
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.items
    }

    /// Writes a line for each tier that the quantity reaches; none for nothing.
    pub(super) fn add(&mut self, owner: &Owner, meter: Meter, quantity: Range<Quantity>, how: impl Into<String>) {
        let how = how.into();
        if quantity.steady.is_zero() && quantity.peak.is_zero() {
            return;
        }
        let Some(listed) = self.prices.rate(self.region, &meter) else {
            let amount = Amount::Unknown(self.no_rate(&meter));
            self.items.push(Item { owner: owner.clone(), meter, quantity: Some(quantity), how, rate: None, amount });
            return;
        };
        let parts = listed.parts(quantity.steady).zip(listed.parts(quantity.peak));
        let reached = parts.filter(|((_, steady), (_, peak))| !steady.is_zero() || !peak.is_zero());
        let lines = reached.map(|((tier, steady), (_, peak))| {
            let quantity = Range { steady, peak };
            let rate = Rate {
                per_unit: tier.rate,
                from: tier.from,
                published: listed.published.to_owned(),
                source: listed.source.to_owned(),
            };
            let amount = match (steady.at(tier.rate), peak.at(tier.rate)) {
                (Some(steady), Some(peak)) => Amount::Known(Range { steady, peak }),
                _ => Amount::Unknown("it would be more than a million million dollars".to_owned()),
            };
            let how = match tier.from {
                0 => how.clone(),
                from => format!("{how}; what is above {} {}s", grouped(from), meter.unit()),
            };
            Item { owner: owner.clone(), meter: meter.clone(), quantity: Some(quantity), how, rate: Some(rate), amount }
        });
        self.items.extend(lines);
    }

    /// Writes a line whose quantity nobody knows, with the rate if there is one.
    pub(super) fn add_unknown(&mut self, owner: &Owner, meter: Meter, why: impl Into<String>) {
        let listed = self.prices.rate(self.region, &meter);
        let rate = listed.and_then(|listed| {
            let first = listed.tiers.first()?;
            let (published, source) = (listed.published.to_owned(), listed.source.to_owned());
            Some(Rate { per_unit: first.rate, from: 0, published, source })
        });
        let amount = Amount::Unknown(why.into());
        self.items.push(Item { owner: owner.clone(), meter, quantity: None, how: String::new(), rate, amount });
    }

    /// Why there is no rate.
    fn no_rate(&self, meter: &Meter) -> String {
        let region = self.region;
        let Meter::Hosting(instance) = meter else {
            return format!("its rate in {region} is not known");
        };
        match closest(instance, self.prices.instance_types().filter(|known| known != instance)) {
            Some(close) if !self.prices.instance_types().any(|known| known == instance) => {
                format!("no rate of {instance} is known in any region; is `{close}` meant?")
            }
            _ => format!("the rate of {instance} in {region} is not known"),
        }
    }
}
