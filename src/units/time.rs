//! Durations and moments.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::{Decimal, error, not_a_number, split, too_large};
use super::quantity::QuantityError;

/// Units of time in microseconds, longest first.
const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// Spellings that people try, and ours.
const SLIPS: [(&str, &str); 18] = [
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("µs", "us"),
    ("S", "s"),
    ("H", "h"),
];

/// A length of time in microseconds; never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }
    /// From milliseconds; saturates.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }
    /// From seconds; saturates.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }
    /// Whole microseconds.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }
    /// Whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }
    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }
    /// Whole hours, rounded down.
    #[must_use]
    pub const fn as_hours(self) -> u64 {
        self.as_secs() / 3_600
    }
    /// Whole days, rounded down.
    #[must_use]
    pub const fn as_days(self) -> u64 {
        self.as_secs() / 86_400
    }
    /// Seconds with their fraction.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Reads `250ms`, `30s`, `5m`, `2h`, `7d`, also `1h30m` and `1.5s`; `us` for microseconds.
    ///
    /// # Errors
    /// Says which units there are when the text has none or an unknown one.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let mut micros = 0_u64;
        let mut left = text;
        loop {
            let (number, rest) = split(left);
            let value = Decimal::parse(number).ok_or_else(|| not_a_number(text, "a duration", "30s"))?;
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            let (unit, rest) = rest.split_at(end);
            let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(unknown_unit(text, left, number, unit));
            };
            micros = value.times(*size).and_then(|more| micros.checked_add(more)).ok_or_else(|| too_large(text))?;
            left = rest.trim();
            if left.is_empty() {
                return Ok(Self(micros));
            }
        }
    }
}

fn unknown_unit(text: &str, left: &str, number: &str, unit: &str) -> QuantityError {
    const ALL: &str = "`us`, `ms`, `s`, `m`, `h` or `d`";
    if unit.is_empty() {
        let suggestion = if text == number { Some(format!("{number}s")) } else { None };
        return error(format!("`{text}` has no unit; durations are in {ALL}"), suggestion);
    }
    let slip = SLIPS.iter().find(|(slip, _)| *slip == unit).map(|(_, ours)| *ours);
    // `M` may be minutes or months, so it gets no suggestion.
    let suggestion = slip.map(|ours| {
        let before = text.get(..text.len() - left.len()).unwrap_or_default();
        format!("{before}{number}{ours}")
    });
    error(format!("`{unit}` is not a unit of time; use {ALL}"), suggestion)
}

impl fmt::Display for Duration {
    /// Exact, in as many units as it takes: 90 seconds are `1m30s`, 86,400 are `1d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        if left == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in UNITS {
            if left >= size {
                write!(f, "{}{unit}", left / size)?;
                left %= size;
            }
        }
        Ok(())
    }
}

/// A moment in UTC, milliseconds since 1970; written `2026-09-26T22:21:49.052Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
#[schemars(extend("format" = "date-time"))]
pub struct Timestamp(#[schemars(with = "String")] i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// This moment and `by` more; saturates.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
    /// The time from `earlier` to this moment; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
    /// Reads RFC 3339 (`2026-01-01T00:00:00Z`), or a day (`2027-01-01`, its first moment in UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Some(Self(moment.as_millisecond()));
        }
        let day: jiff::civil::Date = text.parse().ok()?;
        let zoned = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not a moment: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_in_one_unit_or_several() {
        assert_eq!(Duration::parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(Duration::parse("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(Duration::parse("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(Duration::parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn slips_get_the_unit_that_works() {
        for (slip, meant) in [("30", "30s"), ("5min", "5m"), ("7 days", "7d"), ("1h 5min", "1h 5m")] {
            assert_eq!(Duration::parse(slip).expect_err(slip).suggestion.as_deref(), Some(meant), "{slip}");
        }
        assert_eq!(Duration::parse("3M").expect_err("months or minutes").suggestion, None);
        assert!(Duration::parse("999999999999d").is_err());
    }

    #[test]
    fn moments_are_rfc_3339_or_days() {
        assert_eq!(Timestamp::parse("2027-01-01"), Timestamp::parse("2027-01-01T00:00:00Z"));
        assert_eq!(Timestamp::parse("tomorrow"), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(micros in 0_u64..=u64::MAX / 2) {
            let duration = Duration::from_micros(micros);
            prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (Duration::parse(&text), Timestamp::parse(&text));
        }
    }
}
