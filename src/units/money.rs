//! Arithmetic with money: sums are whole millionths of a dollar, so no order of adding changes them.

use super::quantity::Money;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From whole cents; `None` past 64 bits of millionths.
    #[must_use]
    pub fn from_cents(cents: i128) -> Option<Self> {
        cents.checked_mul(10_000).and_then(|micros| i64::try_from(micros).ok()).map(Self)
    }

    /// Both together; saturates at nine million million dollars.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without `other`; saturates.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a bill writes it: thousands apart and two places, rounded half up: `1,234.50`.
    #[must_use]
    pub fn to_cents(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs().saturating_add(5_000) / 10_000;
        format!("{}{}.{:02}", if cents == 0 { "" } else { sign }, grouped(cents / 100), cents % 100)
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

/// A number with its thousands apart: `1,234`.
#[must_use]
pub fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_shows_thousands_apart_and_two_places() {
        for (micros, shown) in [
            (0, "0.00"),
            (146_000_000, "146.00"),
            (1_234_567_895_000, "1,234,567.90"),
            (-12_340_000, "-12.34"),
            (-4_999, "0.00"),
            (5_000, "0.01"),
        ] {
            assert_eq!(Money(micros).to_cents(), shown, "{micros}");
        }
    }

    #[test]
    fn sums_stop_at_the_largest_amount_instead_of_turning_negative() {
        assert_eq!([Money(i64::MAX), Money(1)].into_iter().sum::<Money>(), Money(i64::MAX));
        assert_eq!(Money(i64::MIN).minus(Money(1)), Money(i64::MIN));
        assert_eq!(Money::from_cents(i128::MAX), None);
        assert_eq!(Money::from_cents(-12_345), Some(Money(-123_450_000)));
    }
}
