//! How often to look, and how long to wait after a refusal that may pass.

use crate::observed::FailureKind;
use crate::units::Duration;

/// How often a running operation is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// The pause after something happened.
    pub first: Duration,
    /// The longest pause while nothing happens.
    pub longest: Duration,
    /// The longest pause where answers are waited for.
    pub slowest: Duration,
}

/// How much of the time one look may take from others: a quarter.
const CROWDED: u64 = 3;

impl Cadence {
    /// For AWS: quick at first, slow while nothing happens, far below the API's rate limits.
    pub const AWS: Self =
        Self { first: Duration::from_millis(1_500), longest: Duration::from_secs(8), slowest: Duration::from_secs(30) };

    /// The pause after `quiet` looks in a row that brought nothing: half as long again each time, and no shorter than three
    /// times what the last answer was waited for. So the looks of many side by side add up to no more than AWS allows.
    pub(super) fn pause(self, quiet: u32, waited: Duration) -> Duration {
        let mut micros = self.first.as_micros();
        for _ in 0..quiet.min(32) {
            micros = micros.saturating_add(micros / 2).min(self.longest.as_micros());
        }
        let crowded = waited.as_micros().saturating_mul(CROWDED).min(self.slowest.as_micros());
        Duration::from_micros(micros.max(crowded))
    }
}

/// Refusals in a row that are borne before giving up.
pub(super) fn patience(kind: FailureKind) -> u32 {
    if kind == FailureKind::Throttled { 40 } else { 10 }
}

/// The pause after the `tries`-th refusal in a row: 1 s, 2 s, 4 s … 30 s.
pub(super) fn back_off(tries: u32) -> Duration {
    Duration::from_secs((1_u64 << tries.saturating_sub(1).min(5)).min(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_no_further() {
        let cadence = Cadence {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(5),
            slowest: Duration::from_secs(20),
        };
        let pauses: Vec<u64> = (0..7).map(|quiet| cadence.pause(quiet, Duration::ZERO).as_millis()).collect();
        assert_eq!(pauses, [1_000, 1_500, 2_250, 3_375, 5_000, 5_000, 5_000]);
        let crowded: Vec<u64> =
            [0, 1, 4, 60].map(|waited| cadence.pause(0, Duration::from_secs(waited)).as_secs()).to_vec();
        assert_eq!(crowded, [1, 3, 12, 20]);
        assert_eq!(back_off(1), Duration::from_secs(1));
        assert_eq!(back_off(99), Duration::from_secs(30));
    }
}
