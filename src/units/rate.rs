//! Rates: records, or bytes, per unit of time.

use std::fmt;

use serde::Serialize;

use super::decimal::{self, Decimal, MULTIPLIERS, error, not_a_number, split};
use super::quantity::{BYTE_UNITS, QuantityError};

/// A load: records per second, or bytes per second where the file gives bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Records per second.
    Records(f64),
    /// Bytes per second.
    Bytes(f64),
}

const PERIODS: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("day", 86_400.0)];

/// Spellings of periods that people try, and ours.
const PERIOD_SLIPS: [(&str, &str); 11] = [
    ("sec", "s"),
    ("second", "s"),
    ("m", "min"),
    ("minute", "min"),
    ("mins", "min"),
    ("hr", "h"),
    ("hour", "h"),
    ("d", "day"),
    ("days", "day"),
    ("S", "s"),
    ("H", "h"),
];

impl Rate {
    /// Reads records per time (`1200/s`, `30k/min`, `500G/day`) or bytes per time (`20 MiB/s`). Multipliers of
    /// records are decimal (`G` is 10⁹), units of bytes are binary; periods are `s`, `min`, `h`, `day`.
    ///
    /// # Errors
    /// Says what is missing or unknown. `B` is refused, for it may be billions of records or bytes.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (number, rest) = split(text);
        if Decimal::parse(number).is_none() {
            return Err(not_a_number(text, "a rate", "1200/s"));
        }
        let value: f64 = number.parse().map_err(|_| not_a_number(text, "a rate", "1200/s"))?;
        let Some((unit, period)) = rest.split_once('/').map(|(unit, period)| (unit.trim(), period.trim())) else {
            let message = format!("`{text}` has no time; a rate is per `s`, `min`, `h` or `day`");
            return Err(error(message, Some(format!("{text}/s"))));
        };
        let Some((_, seconds)) = PERIODS.iter().find(|(name, _)| *name == period) else {
            let slip = PERIOD_SLIPS.iter().find(|(slip, _)| *slip == period).map(|(_, ours)| ours);
            let suggestion = slip.map(|ours| format!("{number}{}/{ours}", spaced(unit)));
            return Err(error(format!("`{period}` is not a period; use `s`, `min`, `h` or `day`"), suggestion));
        };
        if let Some((_, multiplier)) = MULTIPLIERS.iter().find(|(name, _)| *name == unit) {
            return Ok(Self::Records(value * *multiplier as f64 / seconds));
        }
        if let Some((_, size)) = BYTE_UNITS.iter().find(|(name, _)| *name == unit) {
            return Ok(Self::Bytes(value * *size as f64 / seconds));
        }
        Err(unknown_unit(number, unit, period))
    }

    /// The number per second, of records or of bytes.
    #[must_use]
    pub fn per_second(self) -> f64 {
        match self {
            Self::Records(rate) | Self::Bytes(rate) => rate,
        }
    }
}

fn spaced(unit: &str) -> String {
    if unit.len() > 1 { format!(" {unit}") } else { unit.to_owned() }
}

fn unknown_unit(number: &str, unit: &str, period: &str) -> QuantityError {
    if unit == "B" || unit == "b" {
        let message = format!(
            "`{unit}` is ambiguous: write `{number}G/{period}` for billions of records, or `{number} bytes/{period}`"
        );
        return error(message, Some(format!("{number}G/{period}")));
    }
    let decimal = MULTIPLIERS.iter().find(|(name, _)| !name.is_empty() && name.eq_ignore_ascii_case(unit));
    let first = unit.chars().next().map(|c| c.to_ascii_uppercase());
    let binary = BYTE_UNITS.iter().find(|(name, _)| name.len() == 3 && name.chars().next() == first);
    let suggestion = match (decimal, binary) {
        (Some((name, _)), _) => Some(format!("{number}{name}/{period}")),
        (None, Some((name, _))) if unit.to_ascii_lowercase().ends_with('b') => {
            Some(format!("{number} {name}/{period}"))
        }
        (None, _) => None,
    };
    let message = format!(
        "`{unit}` is not a unit of a rate; records take none or `k`, `M`, `G`, `T`, bytes take `bytes`, `KiB`, `MiB`, `GiB`, `TiB`"
    );
    error(message, suggestion)
}

impl fmt::Display for Rate {
    /// The shortest form with at most three places that reads back as the same rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, units, gap): (f64, &[(&str, u64)], &str) = match self {
            Self::Records(value) => (*value, &MULTIPLIERS, ""),
            Self::Bytes(value) => (*value, &BYTE_UNITS, " "),
        };
        let candidates = PERIODS.iter().flat_map(|(period, seconds)| {
            units.iter().map(move |(unit, size)| {
                format!("{}{gap}{unit}/{period}", decimal::short(value * seconds / *size as f64))
            })
        });
        let same = |text: &String| Self::parse(text) == Ok(*self);
        // Few digits read best: 9000/s rather than 9k/s, but 500G/day rather than 5787037.037/s.
        let best = candidates.filter(same).min_by_key(|text| if text.len() <= 8 { 8 } else { text.len() });
        match (best, self) {
            (Some(text), _) => f.write_str(&text),
            (None, Self::Records(value)) => write!(f, "{value}/s"),
            (None, Self::Bytes(value)) => write!(f, "{value} bytes/s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_of_records_and_of_bytes_are_read_per_second() {
        assert_eq!(Rate::parse("1200/s"), Ok(Rate::Records(1200.0)));
        assert_eq!(Rate::parse("30k/min"), Ok(Rate::Records(500.0)));
        assert_eq!(Rate::parse("86.4G/day"), Ok(Rate::Records(1e6)));
        assert_eq!(Rate::parse("1 MiB/s"), Ok(Rate::Bytes(1_048_576.0)));
    }

    #[test]
    fn a_capital_b_is_ambiguous_and_both_readings_are_offered() {
        let refused = Rate::parse("500B/day").expect_err("ambiguous");
        assert!(refused.message.contains("`500G/day`") && refused.message.contains("`500 bytes/day`"));
    }

    #[test]
    fn slips_get_the_spelling_that_works() {
        for (slip, meant) in [("30k/m", "30k/min"), ("10 mb/s", "10 MiB/s"), ("9K/s", "9k/s"), ("1200", "1200/s")] {
            assert_eq!(Rate::parse(slip).expect_err(slip).suggestion.as_deref(), Some(meant), "{slip}");
        }
    }

    #[test]
    fn the_shortest_exact_form_is_shown() {
        for text in ["1200/s", "9000/s", "500G/day", "20 MiB/s"] {
            assert_eq!(Rate::parse(text).map(|rate| rate.to_string()), Ok(text.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(whole in 0_u64..1_000_000, thousandths in 0_u32..1000, unit in 0_usize..5, period in 0_usize..4, bytes: bool) {
            let units = if bytes { BYTE_UNITS } else { MULTIPLIERS };
            let text = format!("{whole}.{thousandths:03}{}/{}", units[unit].0, PERIODS[period].0);
            let rate = Rate::parse(&text).expect("a rate");
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Rate::parse(&text);
        }
    }
}
