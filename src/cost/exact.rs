//! Exact numbers: quantities in millionths, rates in million-millionths of a dollar. No amount ever passes through a float.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{Money, grouped};

/// Hours of a month, as AWS's calculator counts them (365 × 24 / 12).
pub const HOURS: u64 = 730;
/// Seconds of a month.
pub const SECONDS: u64 = HOURS * 3_600;
/// Bytes of a GB, as AWS bills it (aws-facts.md 3.1).
pub const GB: u128 = 1 << 30;
/// The most that is reckoned for one line: what is above is a slip of the pen, not a bill.
const MOST_CENTS: i128 = 100_000_000_000_000;

const MILLION: u128 = 1_000_000;
/// Places of a rate.
const PLACES: usize = 12;

/// How much of something is billed, in millionths of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u128);

impl Quantity {
    /// None.
    pub const ZERO: Self = Self(0);

    /// So many whole units; saturates.
    #[must_use]
    pub fn whole(units: impl Into<u128>) -> Self {
        Self(units.into().saturating_mul(MILLION))
    }

    /// `numerator / denominator` units, rounded half up to a millionth; saturates. A denominator of zero counts as one.
    #[must_use]
    pub fn ratio(numerator: u128, denominator: u128) -> Self {
        let denominator = denominator.max(1);
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        let part = rest.saturating_mul(MILLION).saturating_add(denominator / 2) / denominator;
        Self(whole.saturating_mul(MILLION).saturating_add(part))
    }

    /// What of it lies between `from` and `to` units, as tiers divide it.
    #[must_use]
    pub fn between(self, from: Self, to: Option<Self>) -> Self {
        Self(to.map_or(self.0, |to| self.0.min(to.0)).saturating_sub(from.0))
    }

    /// The smaller of the two.
    #[must_use]
    pub fn most(self, bound: Self) -> Self {
        self.min(bound)
    }

    /// Both together; saturates.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without `other`; never below none.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether it is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What it costs at a rate, rounded half up to the cent; `None` above a million million dollars.
    #[must_use]
    pub fn at(self, rate: UnitPrice) -> Option<Money> {
        /// Millionths × million-millionths in a cent.
        const CENT: u128 = 10_u128.pow(16);
        let product = self.0.checked_mul(u128::from(rate.0))?.checked_add(CENT / 2)?;
        let cents = i128::try_from(product / CENT).ok()?;
        if cents > MOST_CENTS { None } else { Money::from_cents(cents) }
    }
}

impl fmt::Display for Quantity {
    /// Thousands apart; as many places as make three digits, at most six, none above a hundred.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self.0 {
            0 => 0,
            few if few < MILLION / 100 => 6,
            some if some < MILLION * 100 => 3,
            _ => 0,
        };
        let unit = 10_u128.pow(6 - places);
        let rounded = (self.0 + unit / 2) / unit;
        let scale = 10_u128.pow(places);
        let part = format!("{:0width$}", rounded % scale, width = places as usize);
        f.write_str(&grouped(rounded / scale))?;
        match part.trim_end_matches('0') {
            "" => Ok(()),
            part => write!(f, ".{part}"),
        }
    }
}

impl Serialize for Quantity {
    /// An exact decimal, as text: JSON's numbers are floats to most who read them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&decimal(self.0, 6))
    }
}

/// US dollars for one unit, exactly, down to a million-millionth; never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitPrice(u64);

impl UnitPrice {
    /// Nothing.
    pub const FREE: Self = Self(0);

    /// Roughly, for comparisons; sums of money are reckoned exactly.
    #[must_use]
    pub fn roughly(self) -> f64 {
        self.0 as f64 / 10_f64.powi(PLACES as i32)
    }

    /// Reads `0.0000166667`.
    ///
    /// # Errors
    /// Says what is wrong: a sign, another notation, more than twelve places, more than ten million dollars.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('-') {
            return Err(format!("`{text}` is negative; nobody is paid for using AWS"));
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || text.ends_with('.') {
            return Err(format!(
                "`{text}` is not a rate; write plain decimals in quotes, for instance \"0.0000166667\""
            ));
        }
        let part = part.trim_end_matches('0');
        if part.len() > PLACES {
            return Err(format!("`{text}` has more than {PLACES} places"));
        }
        let too_large = || format!("`{text}` is too large for a rate; the most is 10000000");
        if whole.len() > 8 {
            return Err(too_large());
        }
        let value: u64 = format!("{whole}{part:0<PLACES$}").parse().map_err(|_| too_large())?;
        if value > 10_000_000 * 10_u64.pow(12) { Err(too_large()) } else { Ok(Self(value)) }
    }
}

impl fmt::Display for UnitPrice {
    /// As many places as it takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(u128::from(self.0), PLACES))
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A fixed-point number without trailing zeros.
fn decimal(value: u128, places: usize) -> String {
    let digits = format!("{value:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_plain_decimals_and_nothing_else() {
        assert_eq!(UnitPrice::parse("0.0000166667").map(|rate| rate.to_string()), Ok("0.0000166667".to_owned()));
        assert_eq!(UnitPrice::parse("3.0000000000000").map(|rate| rate.to_string()), Ok("3".to_owned()));
        for wrong in ["-1", "", ".5", "1.", "1e-7", "0,5", "$1", "0.1234567890123", "10000001", "99999999999999999999"]
        {
            assert!(UnitPrice::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_amount_is_rounded_half_up_to_the_cent_once() {
        let rate = UnitPrice::parse("0.005").unwrap();
        assert_eq!(Quantity::whole(1_u32).at(rate), Some(Money(10_000)));
        assert_eq!(Quantity::ratio(999_999, MILLION).at(rate), Some(Money(0)));
        assert_eq!(Quantity::whole(u128::MAX).at(rate), None);
        assert_eq!(Quantity::whole(u64::MAX).at(rate), None, "no bill is that high");
    }

    #[test]
    fn quantities_show_no_more_places_than_anybody_reads() {
        for (quantity, shown) in [
            (Quantity::whole(11_680_u32), "11,680"),
            (Quantity::ratio(1, 3), "0.333"),
            (Quantity::ratio(1, 3_000), "0.000333"),
            (Quantity::ratio(123_456, 1_000), "123"),
            (Quantity::ratio(12_340, 1_000), "12.34"),
            (Quantity::ZERO, "0"),
        ] {
            assert_eq!(quantity.to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn a_rate_reads_back_as_it_is_shown(value in 0..10_000_000 * 10_u64.pow(12)) {
            prop_assert_eq!(UnitPrice::parse(&UnitPrice(value).to_string()), Ok(UnitPrice(value)));
        }

        #[test]
        fn tiers_take_a_quantity_apart_without_losing_any(all: u64, first: u32, second: u32) {
            let (all, one, two) = (Quantity::whole(all), Quantity::whole(first), Quantity::whole(u64::from(first) + u64::from(second)));
            let parts = all.between(Quantity::ZERO, Some(one)).plus(all.between(one, Some(two))).plus(all.between(two, None));
            prop_assert_eq!(parts, all);
        }

        #[test]
        fn more_never_costs_less(a: u64, more: u32, rate in 0..10_000_000_000_000_u64) {
            let (few, many) = (Quantity(u128::from(a)), Quantity(u128::from(a) + u128::from(more)));
            if let (Some(few), Some(many)) = (few.at(UnitPrice(rate)), many.at(UnitPrice(rate))) {
                prop_assert!(few <= many);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,30}") {
            let _ = UnitPrice::parse(&text);
        }
    }
}
