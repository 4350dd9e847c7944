//! Loads: how much arrives at a stage, at which level.

use super::report::Level;
use crate::pipeline::Traffic;
use crate::units::Rate;

/// Ten times the steady load: what the source text asks a design to be thought through for.
const TENFOLD: f64 = 10.0;

/// One load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// Records per second.
    pub(super) records: f64,
    /// Bytes per second.
    pub(super) bytes: f64,
}

impl Load {
    pub(super) fn of(traffic: &Traffic, rate: Rate) -> Self {
        let record = (traffic.record.as_bytes().max(1)) as f64;
        match rate {
            Rate::Records(records) => Self { records, bytes: records * record },
            Rate::Bytes(bytes) => Self { records: bytes / record, bytes },
        }
    }

    /// The load at a level of declared traffic.
    pub(super) fn at(traffic: &Traffic, level: Level) -> Self {
        match level {
            Level::Steady => Self::of(traffic, traffic.steady),
            Level::Peak => Self::of(traffic, traffic.peak),
            Level::Tenfold => Self::of(traffic, traffic.steady).times(TENFOLD),
        }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { records: self.records * factor, bytes: self.bytes * factor }
    }
}

/// A number for each level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    pub(super) steady: f64,
    pub(super) peak: f64,
    pub(super) tenfold: f64,
}

impl Levels {
    /// The same sum at every level.
    pub(super) fn of(sum: impl Fn(Level) -> f64) -> Self {
        Self { steady: sum(Level::Steady), peak: sum(Level::Peak), tenfold: sum(Level::Tenfold) }
    }

    pub(super) fn at(self, level: Level) -> f64 {
        match level {
            Level::Steady => self.steady,
            Level::Peak => self.peak,
            Level::Tenfold => self.tenfold,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::of(|level| self.at(level) + other.at(level))
    }
}

/// How many of what: `1 shard`, `15 shards`, `0.5 records`.
pub(super) fn counted(value: f64, noun: &str) -> String {
    let shown = number(value);
    if shown == "1" { format!("1 {noun}") } else { format!("{shown} {noun}s") }
}

/// A number as people read it in a sum: no more digits than matter, thousands parted.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e15 {
        return format!("{value:.2e}");
    }
    let places = match magnitude {
        m if m >= 100.0 => 0,
        m if m >= 10.0 => 1,
        m if m >= 0.1 => 2,
        _ => 4,
    };
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut parted = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 && digit.is_ascii_digit() && !parted.ends_with('-') {
            parted.push(',');
        }
        parted.push(digit);
    }
    if fraction.is_empty() { parted } else { format!("{parted}.{fraction}") }
}

/// Bytes, or bytes per second, as people read them: decimal, as AWS's limits are.
pub(super) fn bytes(value: f64) -> String {
    const UNITS: [(f64, &str); 5] = [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    match UNITS.iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{} {unit}", number(value / size)),
        None => format!("{} bytes", number(value)),
    }
}

/// Seconds as people read them in a sum.
pub(super) fn time(seconds: f64) -> String {
    if seconds >= 1.0 {
        format!("{} s", number(seconds))
    } else if seconds >= 1e-3 {
        format!("{} ms", number(seconds * 1e3))
    } else {
        format!("{} us", number(seconds * 1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_everything_else_is_many() {
        let shown = [1.0, 15.0, 0.5, 1.001].map(|value| counted(value, "shard"));
        assert_eq!(shown, ["1 shard", "15 shards", "0.5 shards", "1 shard"]);
    }

    #[test]
    fn numbers_are_as_exact_as_people_need_them() {
        let shown: Vec<String> = [0.0, 0.014, 0.5, 5.36, 54.04, 999.6, 43_402_777.8, 1e18, -1234.0].map(number).into();
        assert_eq!(shown, ["0", "0.014", "0.5", "5.36", "54", "1,000", "43,402,778", "1.00e18", "-1,234"]);
        assert_eq!((bytes(1.2e6), bytes(12.0), bytes(7.11e9)), ("1.2 MB".into(), "12 bytes".into(), "7.11 GB".into()));
        assert_eq!((time(0.0051), time(0.00002), time(3.0)), ("5.1 ms".into(), "20 us".into(), "3 s".into()));
    }
}
