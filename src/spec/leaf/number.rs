//! Numbers and quantities within bounds.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::{Node, excerpt};
use super::{out_of_range, text};
use crate::units::{ByteSize, Count, Duration, Money, Percent, Rate};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Decode for Whole<MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a whole number")?;
        let digits = written.strip_prefix('-').unwrap_or(written);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return reader.wrong_type(node, "a whole number");
        }
        match written.parse() {
            Ok(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            Ok(_) | Err(_) => out_of_range(reader, node, &excerpt(written), format!("{MIN} to {MAX}")),
        }
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// A duration of whole units of `UNIT` seconds, from `MIN` to `MAX` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<const UNIT: u64, const MIN: u64, const MAX: u64>(pub Duration);

/// Whole seconds.
pub type Seconds<const MIN: u64, const MAX: u64> = Between<1, MIN, MAX>;
/// Whole hours.
pub type Hours<const MIN: u64, const MAX: u64> = Between<3_600, MIN, MAX>;
/// Whole minutes.
pub type Minutes<const MIN: u64, const MAX: u64> = Between<60, MIN, MAX>;
/// Whole days.
pub type Days<const MIN: u64, const MAX: u64> = Between<86_400, MIN, MAX>;

impl<const UNIT: u64, const MIN: u64, const MAX: u64> Decode for Between<UNIT, MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let duration = Duration::decode(node, reader)?;
        let at = |units: u64| Duration::from_secs(units * UNIT);
        if duration < at(MIN) || duration > at(MAX) {
            return out_of_range(reader, node, &format!("`{duration}`"), format!("{} to {}", at(MIN), at(MAX)));
        }
        if duration.as_micros() % at(1).as_micros() != 0 {
            let unit = match UNIT {
                1 => "seconds",
                60 => "minutes",
                3_600 => "hours",
                _ => "days",
            };
            return out_of_range(reader, node, &format!("`{duration}`"), format!("whole {unit}"));
        }
        Some(Self(duration))
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        let at = |units: u64| Duration::from_secs(units * UNIT);
        commented(Duration::schema(definitions), format!("{} to {}", at(MIN), at(MAX)))
    }
}

/// A size of whole units of `UNIT` mebibytes, from `MIN` to `MAX` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeBetween<const UNIT: u64, const MIN: u64, const MAX: u64>(pub ByteSize);

/// Whole mebibytes.
pub type Mib<const MIN: u64, const MAX: u64> = SizeBetween<1, MIN, MAX>;
/// Whole gibibytes.
pub type Gib<const MIN: u64, const MAX: u64> = SizeBetween<1_024, MIN, MAX>;

impl<const UNIT: u64, const MIN: u64, const MAX: u64> Decode for SizeBetween<UNIT, MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let size = ByteSize::decode(node, reader)?;
        let (least, most) = (ByteSize::from_mib(MIN * UNIT), ByteSize::from_mib(MAX * UNIT));
        if size < least || size > most {
            return out_of_range(reader, node, &format!("`{size}`"), format!("{least} to {most}"));
        }
        if size.as_bytes() % ByteSize::from_mib(UNIT).as_bytes() != 0 {
            let unit = if UNIT == 1 { "mebibytes" } else { "gibibytes" };
            return out_of_range(reader, node, &format!("`{size}`"), format!("whole {unit}"));
        }
        Some(Self(size))
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        let bounds = format!("{} to {}", ByteSize::from_mib(MIN * UNIT), ByteSize::from_mib(MAX * UNIT));
        commented(ByteSize::schema(definitions), bounds)
    }
}

/// A schema whose bounds JSON Schema cannot say.
fn commented(mut schema: JsonValue, bounds: String) -> JsonValue {
    if let Some(object) = schema.as_object_mut() {
        object.insert("$comment".to_owned(), json!(bounds));
    }
    schema
}

/// A share from `MIN` % to `MAX` %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PercentFrom<const MIN: u32, const MAX: u32>(pub Percent);

impl<const MIN: u32, const MAX: u32> Decode for PercentFrom<MIN, MAX> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let share = Percent::decode(node, reader)?;
        if (f64::from(MIN)..=f64::from(MAX)).contains(&share.as_percent()) {
            return Some(Self(share));
        }
        out_of_range(reader, node, &format!("`{share}`"), format!("{MIN}% to {MAX}%"))
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        commented(Percent::schema(definitions), format!("{MIN}% to {MAX}%"))
    }
}

/// A share above 0 % and up to 100 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub Percent);

impl Decode for Share {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let share = Percent::decode(node, reader)?;
        if share.as_percent() > 0.0 && share.as_percent() <= 100.0 {
            return Some(Self(share));
        }
        out_of_range(reader, node, &format!("`{share}`"), "above 0% and up to 100%".to_owned())
    }
    fn schema(definitions: &mut Definitions) -> JsonValue {
        Percent::schema(definitions)
    }
}

/// A plain decimal number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal(pub f64);

impl Decimal {
    /// Reads digits with an optional sign and decimal point; no exponent, no `inf`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain =
            digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.bytes().any(|b| b.is_ascii_digit());
        if plain && digits.len() <= 30 { text.parse().ok().map(Self) } else { None }
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Decode for Decimal {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "a number")?;
        Self::parse(written).or_else(|| reader.wrong_type(node, "a number"))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"type": "number"})
    }
}

/// A quantity above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positive<T>(pub T);

macro_rules! positives {
    ($($type:ident: $is_zero:expr;)*) => {$(
        impl Decode for Positive<$type> {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                let value = $type::decode(node, reader)?;
                let is_zero: fn(&$type) -> bool = $is_zero;
                if is_zero(&value) {
                    return out_of_range(reader, node, &format!("`{value}`"), "more than nothing".to_owned());
                }
                Some(Self(value))
            }
            fn schema(definitions: &mut Definitions) -> JsonValue {
                $type::schema(definitions)
            }
        }
    )*};
}

positives! {
    Duration: |duration| duration.as_micros() == 0;
    ByteSize: |size| size.as_bytes() == 0;
    Count: |count| count.0 == 0;
    Decimal: |number| number.0 <= 0.0;
    Money: |money| money.0 <= 0;
    Rate: |rate| rate.per_second() <= 0.0;
}
