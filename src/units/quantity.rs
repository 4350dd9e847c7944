//! Sizes, shares, counts and money.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::{self, Decimal, MULTIPLIERS, error, not_a_number, split, too_large};

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuantityError {
    /// What is wrong with it.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Binary units of bytes, as files write them.
pub(super) const BYTE_UNITS: [(&str, u64); 5] =
    [("bytes", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// From bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }
    /// From mebibytes; saturates.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }
    /// Bytes.
    #[must_use]
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
    /// Whole mebibytes, rounded down.
    #[must_use]
    pub const fn as_mib(self) -> u64 {
        self.0 >> 20
    }

    /// Reads `512 bytes`, `1.2 KiB`, `64MiB`, `1 GiB`, `2 TiB`; rounds to a whole byte.
    ///
    /// # Errors
    /// Says which unit was probably meant; `kB`, `MB` and the like are refused, for people mean two things by them.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (number, unit) = split(text);
        let value = Decimal::parse(number).ok_or_else(|| not_a_number(text, "a size", "1.2 KiB"))?;
        if let Some((_, size)) = BYTE_UNITS.iter().find(|(name, _)| *name == unit) {
            return value.times(*size).map(Self).ok_or_else(|| too_large(text));
        }
        let first = unit.chars().next().map(|c| c.to_ascii_uppercase());
        let meant = match unit.to_ascii_lowercase().as_str() {
            "" | "b" | "byte" => Some("bytes"),
            other if other.len() <= 3 => {
                BYTE_UNITS.iter().skip(1).find(|(name, _)| name.chars().next() == first).map(|(name, _)| *name)
            }
            _ => None,
        };
        let message = if unit.is_empty() {
            format!("`{text}` has no unit; sizes are in `bytes`, `KiB`, `MiB`, `GiB` or `TiB`")
        } else {
            format!("`{unit}` is not a unit of size; use `bytes`, `KiB`, `MiB`, `GiB` or `TiB`")
        };
        Err(error(message, meant.map(|name| format!("{number} {name}"))))
    }
}

impl fmt::Display for ByteSize {
    /// The largest unit in which at most three places are exact; with a precision (`{:.1}`), rounded to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in BYTE_UNITS.iter().rev().filter(|(_, size)| self.0 >= *size) {
            let number = self.0 as f64 / *size as f64;
            let text = match f.precision() {
                Some(places) if *size > 1 => return write!(f, "{number:.places$} {unit}"),
                Some(_) | None => format!("{} {unit}", decimal::short(number)),
            };
            if Self::parse(&text) == Ok(*self) {
                return f.write_str(&text);
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

/// A share, in percent: `0.3%` is 0.3.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(f64);

impl Percent {
    /// From percent points.
    #[must_use]
    pub const fn new(percent: f64) -> Self {
        Self(percent)
    }
    /// Percent points.
    #[must_use]
    pub const fn as_percent(self) -> f64 {
        self.0
    }
    /// The share as a fraction of one.
    #[must_use]
    pub fn as_fraction(self) -> f64 {
        self.0 / 100.0
    }

    /// Reads `0.3%`.
    ///
    /// # Errors
    /// When the sign is missing, or there is no number before it.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (number, unit) = split(text);
        if Decimal::parse(number).is_none() {
            return Err(not_a_number(text, "a share", "0.3%"));
        }
        match (unit, number.parse()) {
            ("%", Ok(percent)) => Ok(Self(percent)),
            _ => Err(error(format!("`{text}` has no `%`; shares are in percent"), Some(format!("{number}%")))),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// How many of something: `2M` is two million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(pub u64);

impl Count {
    /// Reads `1500`, `30k`, `2M`, `1.5G`, `1T`.
    ///
    /// # Errors
    /// When it is not whole, or the multiplier is unknown; `B` is refused, for it also means bytes.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (number, unit) = split(text);
        let value = Decimal::parse(number).ok_or_else(|| not_a_number(text, "a count", "2M"))?;
        if let Some((_, multiplier)) = MULTIPLIERS.iter().find(|(name, _)| *name == unit) {
            return value
                .times_exactly(*multiplier)
                .map(Self)
                .ok_or_else(|| error(format!("`{text}` is not a whole number"), None));
        }
        let meant = match unit {
            "B" | "b" | "bn" => Some("G"),
            other => {
                MULTIPLIERS.iter().skip(1).find(|(name, _)| name.eq_ignore_ascii_case(other)).map(|(name, _)| *name)
            }
        };
        let message = if unit == "B" {
            format!("`{text}` is ambiguous: `B` may be billions or bytes; billions are `G`")
        } else {
            format!("`{unit}` is not a multiplier; use `k`, `M`, `G` or `T`")
        };
        Err(error(message, meant.map(|name| format!("{number}{name}"))))
    }
}

impl fmt::Display for Count {
    /// The largest multiplier in which at most one place is exact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in MULTIPLIERS.iter().skip(1).rev() {
            let tenth = size / 10;
            if self.0 >= *size && self.0.is_multiple_of(tenth) {
                let (whole, tenths) = (self.0 / size, self.0 % size / tenth);
                return if tenths == 0 { write!(f, "{whole}{unit}") } else { write!(f, "{whole}.{tenths}{unit}") };
            }
        }
        write!(f, "{}", self.0)
    }
}

/// US dollars in millionths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Reads `250 USD` or `12.50 USD`, down to a millionth.
    ///
    /// # Errors
    /// For another currency, a missing one, or more than six places.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (sign, amount) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let bare = amount.strip_prefix('$').unwrap_or(amount);
        let (number, unit) = split(bare);
        let value = Decimal::parse(number).ok_or_else(|| not_a_number(text, "an amount", "250 USD"))?;
        if unit != "USD" || bare.len() != amount.len() {
            let message = format!("`{text}` is not in US dollars; amounts are written `{number} USD`");
            return Err(error(message, Some(format!("{number} USD"))));
        }
        let micros = value.times_exactly(1_000_000).and_then(|micros| i64::try_from(micros).ok());
        micros
            .map(|micros| Self(sign * micros))
            .ok_or_else(|| error(format!("`{text}` is too large, or has more than six places"), None))
    }
}

impl fmt::Display for Money {
    /// Whole dollars, or as many places as it takes, at least two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, micros) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if micros == 0 {
            return write!(f, "{sign}{whole} USD");
        }
        let places = format!("{micros:06}");
        let kept = places.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{whole}.{} USD", places.get(..kept).unwrap_or(&places))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_binary_and_slips_get_the_unit_that_works() {
        assert_eq!(ByteSize::parse("1.2 KiB"), Ok(ByteSize::from_bytes(1229)));
        assert_eq!(ByteSize::parse("64MiB"), Ok(ByteSize::from_mib(64)));
        for (slip, meant) in [("1.2 kb", "1.2 KiB"), ("1 GB", "1 GiB"), ("500B", "500 bytes"), ("12", "12 bytes")] {
            assert_eq!(ByteSize::parse(slip).expect_err(slip).suggestion.as_deref(), Some(meant), "{slip}");
        }
        assert_eq!(ByteSize::parse("1 parsec").expect_err("no unit").suggestion, None);
    }

    #[test]
    fn a_precision_rounds_a_size_for_screens() {
        assert_eq!(format!("{:.1}", ByteSize::from_bytes(1_234_567)), "1.2 MiB");
        assert_eq!(ByteSize::from_mib(1024).to_string(), "1 GiB");
    }

    #[test]
    fn counts_shares_and_money_refuse_what_is_ambiguous() {
        assert_eq!(Count::parse("2M"), Ok(Count(2_000_000)));
        assert_eq!(Count::parse("2B").expect_err("ambiguous").suggestion.as_deref(), Some("2G"));
        assert!(Count::parse("1.5").is_err());
        assert_eq!(Percent::parse("0.3").expect_err("no sign").suggestion.as_deref(), Some("0.3%"));
        assert_eq!(Money::parse("$250").expect_err("not ours").suggestion.as_deref(), Some("250 USD"));
        assert_eq!(Money::parse("12.5 USD").map(|money| money.to_string()), Ok("12.50 USD".to_owned()));
        assert!(Money::parse("1 EUR").is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(number: u64, money: i32, thousandths in 0_u32..100_000) {
            let size = ByteSize::from_bytes(number >> 14);
            prop_assert_eq!(ByteSize::parse(&size.to_string()), Ok(size));
            let count = Count(number >> 14);
            prop_assert_eq!(Count::parse(&count.to_string()), Ok(count));
            let money = Money(i64::from(money) * 10);
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
            let percent = Percent::new(f64::from(thousandths) / 1000.0);
            prop_assert_eq!(Percent::parse(&percent.to_string()), Ok(percent));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (ByteSize::parse(&text), Count::parse(&text), Percent::parse(&text), Money::parse(&text));
        }
    }
}
