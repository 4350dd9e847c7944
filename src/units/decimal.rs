//! What all quantities share: a decimal number, perhaps a space, a unit.

use super::quantity::QuantityError;

/// Most digits before or after the point; more is a slip of the hand, and is past 64 bits anyway.
const MOST_DIGITS: usize = 20;

/// Decimal multipliers of counts and rates. `B` is missing on purpose: it may be billions or bytes.
pub(super) const MULTIPLIERS: [(&str, u64); 5] =
    [("", 1), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000)];

/// A non-negative decimal number, exactly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: u128,
    scale: u32,
}

impl Decimal {
    /// Reads `12`, `1.5` or `.5`; nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= MOST_DIGITS;
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, scale: u32::try_from(fraction.len()).ok()? })
    }

    /// The number times `unit`, rounded half up; `None` where that is past 64 bits.
    pub(super) fn times(self, unit: u64) -> Option<u64> {
        let divisor = 10_u128.checked_pow(self.scale)?;
        let product = self.digits.checked_mul(u128::from(unit))?.checked_add(divisor / 2)?;
        u64::try_from(product / divisor).ok()
    }

    /// The number times `unit` if that is whole.
    pub(super) fn times_exactly(self, unit: u64) -> Option<u64> {
        let divisor = 10_u128.checked_pow(self.scale)?;
        let product = self.digits.checked_mul(u128::from(unit))?;
        if product % divisor == 0 { u64::try_from(product / divisor).ok() } else { None }
    }
}

/// Splits a text into its leading number and what follows, both trimmed.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    (number, rest.trim())
}

/// A number without trailing zeros, at most three places.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Builds the error for `text`.
pub(super) fn error(message: String, suggestion: Option<String>) -> QuantityError {
    QuantityError { message, suggestion }
}

/// The error for a text that does not begin with a number, or whose number is too long.
pub(super) fn not_a_number(text: &str, what: &str, example: &str) -> QuantityError {
    let (number, _) = split(text);
    if number.is_empty() {
        error(format!("`{text}` is not {what} (for instance `{example}`)"), None)
    } else {
        error(format!("`{number}` is not a number of at most {MOST_DIGITS} digits on either side of one point"), None)
    }
}

/// The error for a value past what 64 bits hold.
pub(super) fn too_large(text: &str) -> QuantityError {
    error(format!("`{text}` is too large"), None)
}
