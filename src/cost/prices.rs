//! The price table: which rate a region has for which meter, since when, and who says so.
//!
//! A rate that is not listed is unknown. It is never taken from another region and never zero.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exact::{Quantity, UnitPrice};
use super::meter::Meter;
use crate::diagnostic::{Code, Diagnostic, FilePath, Place, Span};
use crate::units::Region;

/// The version of the price files that are read and written.
pub const PRICES_VERSION: &str = "1.0";
/// The only currency that is reckoned in.
pub const CURRENCY: &str = "USD";
/// The table that is part of the binary.
const BUILT_IN: &str = include_str!("prices.json");

/// Rates by region, in the publications they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prices {
    format_version: &'static str,
    currency: &'static str,
    publications: Vec<Publication>,
}

/// Rates that were published together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// When AWS published them: `2025-11-03`, or as much of the date as is known.
    pub published: Published,
    /// AWS's page of these prices.
    pub source: Source,
    /// Rates by region and meter.
    pub regions: Unique<Region, Unique<Meter, Tiers>>,
}

/// A day, or as much of it as is known: `2025-11-03`, `2025-11`, `2025`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Published(String);

/// The address of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Source(String);

/// A rate, or several for rising quantities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers(Vec<Tier>);

/// A rate from a quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Units of a month from which on it holds.
    #[serde(with = "whole")]
    pub from: u64,
    /// Dollars for one unit.
    pub rate: UnitPrice,
}

/// A rate as it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The tiers, the first from zero.
    pub tiers: &'a [Tier],
    /// When AWS published it.
    pub published: &'a str,
    /// AWS's page.
    pub source: &'a str,
}

impl Listed<'_> {
    /// The parts into which tiers divide a quantity: from where on, how much, at which rate.
    pub fn parts(&self, quantity: Quantity) -> impl Iterator<Item = (Tier, Quantity)> + '_ {
        self.tiers.iter().enumerate().map(move |(at, tier)| {
            let next = self.tiers.get(at + 1).map(|next| Quantity::whole(next.from));
            (*tier, quantity.between(Quantity::whole(tier.from), next))
        })
    }
}

impl Prices {
    /// Returns a table of publications.
    ///
    /// # Errors
    /// Names the rate that is listed twice.
    pub fn new(publications: Vec<Publication>) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        for publication in &publications {
            for (region, rates) in &publication.regions.0 {
                if let Some(twice) = rates.0.keys().find(|meter| !seen.insert((region, *meter))) {
                    return Err(format!("the rate `{}` of {region} is listed twice", twice.key()));
                }
            }
        }
        Ok(Self { format_version: PRICES_VERSION, currency: CURRENCY, publications })
    }

    /// The table that is part of the binary.
    ///
    /// # Errors
    /// Never in a binary that passed its tests.
    pub fn built_in() -> Result<Self, Diagnostic> {
        Self::read(&FilePath::new("src/cost/prices.json"), BUILT_IN)
    }

    /// Reads a price file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its line: another shape, version or currency, a negative rate, a rate
    /// that nobody knows or that is listed twice.
    pub fn read(file: &FilePath, text: &str) -> Result<Self, Diagnostic> {
        let refuse = |error: serde_json::Error| refused(file, text, &error);
        let head: Head = serde_json::from_str(text).map_err(refuse)?;
        if head.format_version != PRICES_VERSION {
            let title = format!("price file {file} has format version {}", head.format_version);
            return Err(Diagnostic::error(Code::NewerFormat, title)
                .at_maybe(find(file, text, &head.format_version), "")
                .note(format!("this Sluice reads version {PRICES_VERSION}"))
                .help("use the Sluice that wrote it, or write it again with `sluice prices refresh`"));
        }
        let read: Strict = serde_json::from_str(text).map_err(refuse)?;
        if read.currency != CURRENCY {
            let title =
                format!("price file {file} is in {}, and amounts are reckoned in {CURRENCY} only", read.currency);
            return Err(Diagnostic::error(Code::BadPrices, title)
                .at_maybe(find(file, text, &read.currency), "")
                .note("AWS's price list is in US dollars, except for the regions in China")
                .help("write rates in US dollars"));
        }
        Self::new(read.publications)
            .map_err(|twice| Diagnostic::error(Code::BadPrices, format!("price file {file}: {twice}")).help("keep one"))
    }

    /// The rate of a meter in a region; `None` where it is not known.
    #[must_use]
    pub fn rate(&self, region: &Region, meter: &Meter) -> Option<Listed<'_>> {
        self.publications.iter().find_map(|publication| {
            let tiers = publication.regions.0.get(region)?.0.get(meter)?;
            Some(Listed { tiers: &tiers.0, published: &publication.published.0, source: &publication.source.0 })
        })
    }

    /// Every rate of a region, by meter.
    #[must_use]
    pub fn of(&self, region: &Region) -> BTreeMap<&Meter, Listed<'_>> {
        let mut rates = BTreeMap::new();
        for publication in &self.publications {
            for (meter, tiers) in publication.regions.0.get(region).iter().flat_map(|rates| &rates.0) {
                let (published, source) = (publication.published.0.as_str(), publication.source.0.as_str());
                rates.insert(meter, Listed { tiers: &tiers.0, published, source });
            }
        }
        rates
    }

    /// Every region that has a rate.
    #[must_use]
    pub fn regions(&self) -> BTreeSet<&Region> {
        self.publications.iter().flat_map(|publication| publication.regions.0.keys()).collect()
    }

    /// Instance types with a price in any region: what a slip of the pen may have meant.
    pub fn instance_types(&self) -> impl Iterator<Item = &str> {
        let rates = self.publications.iter().flat_map(|publication| publication.regions.0.values());
        rates.flat_map(|rates| rates.0.keys()).filter_map(|meter| match meter {
            Meter::Hosting(instance) => Some(instance.as_str()),
            _ => None,
        })
    }
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Head {
    format_version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(rename = "format_version")]
    _format_version: String,
    currency: String,
    publications: Vec<Publication>,
}

/// A map in which nothing is given twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Unique<K: Ord, V>(pub BTreeMap<K, V>);

impl<'de, K: Deserialize<'de> + Ord + fmt::Debug, V: Deserialize<'de>> Deserialize<'de> for Unique<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de> + Ord + fmt::Debug, V: Deserialize<'de>> Visitor<'de> for Reader<K, V> {
            type Value = Unique<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some(key) = fields.next_key::<K>()? {
                    if map.contains_key(&key) {
                        return Err(A::Error::custom(format!("{key:?} is given twice")));
                    }
                    map.insert(key, fields.next_value()?);
                }
                Ok(Unique(map))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

impl Published {
    /// Reads a day, a month or a year.
    ///
    /// # Errors
    /// Says how it is written.
    pub fn new(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |text: &str, digits, from, to| {
            text.len() == digits && text.parse().is_ok_and(|number: u32| (from..=to).contains(&number))
        };
        let sound = match parts.as_slice() {
            [year, rest @ ..] if number(year, 4, 2006, 9999) => match rest {
                [] => true,
                [month] => number(month, 2, 1, 12),
                [month, day] => number(month, 2, 1, 12) && number(day, 2, 1, 31),
                _ => false,
            },
            _ => false,
        };
        if sound { Ok(Self(text.to_owned())) } else { Err(format!("`{text}` is not a day, for instance `2026-08-13`")) }
    }
}

impl Source {
    /// Reads the address of a page.
    ///
    /// # Errors
    /// When it is not one that a browser opens.
    pub fn new(text: &str) -> Result<Self, String> {
        let page = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
        if page && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not the address of a page (https://…)"))
        }
    }
}

macro_rules! read_as_text {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )*};
}
read_as_text!(Published, Source);

impl Tiers {
    /// One rate for every quantity.
    #[must_use]
    pub fn flat(rate: UnitPrice) -> Self {
        Self(vec![Tier { from: 0, rate }])
    }

    /// Rates for rising quantities.
    ///
    /// # Errors
    /// When there is none, the first is not from zero, or they do not rise.
    pub fn new(tiers: Vec<Tier>) -> Result<Self, String> {
        if tiers.first().is_none_or(|first| first.from != 0) {
            return Err("the first tier is not from \"0\"".to_owned());
        }
        if tiers.windows(2).any(|pair| matches!(pair, [low, high] if low.from >= high.from)) {
            return Err("tiers do not rise".to_owned());
        }
        Ok(Self(tiers))
    }
}

impl Serialize for Tiers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.rate.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tiers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tiers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate in quotes (\"0.015\") or a list of tiers ({\"from\": \"0\", \"rate\": \"0.015\"})")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tiers, E> {
                UnitPrice::parse(text).map(Tiers::flat).map_err(E::custom)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Tiers, A::Error> {
                let mut tiers = Vec::new();
                while let Some(tier) = list.next_element()? {
                    tiers.push(tier);
                }
                Tiers::new(tiers).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Whole numbers as text, as AWS writes the ranges of its tiers.
mod whole {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not a whole number")))
    }
}

/// What the JSON reader refused, with its place.
fn refused(file: &FilePath, text: &str, error: &serde_json::Error) -> Diagnostic {
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let start = (line + error.column().saturating_sub(1)).min(text.len());
    let words = error.to_string();
    // Its own words end in the place, which the diagnostic gives in its own way.
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    Diagnostic::error(Code::BadPrices, format!("price file {file}: {words}"))
        .at(Place::locate(file, text, Span { start, end: start + 1 }), "")
        .help("`sluice prices show --output json` writes a file of the right shape")
}

/// The place of a quoted text.
fn find(file: &FilePath, text: &str, quoted: &str) -> Option<Place> {
    let start = text.find(&format!("\"{quoted}\""))?;
    Some(Place::locate(file, text, Span { start, end: start + quoted.len() + 2 }))
}
