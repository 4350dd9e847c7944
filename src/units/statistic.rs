//! What one number a period's data points become.

use std::fmt;

/// A CloudWatch statistic. Shown as CloudWatch spells it; files write `average`, `sample-count`, `p99.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// The mean.
    Average,
    /// The sum.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// How many there are.
    SampleCount,
    /// A percentile, in hundredths of a percent: 9,950 is `p99.5`.
    Percentile(u16),
}

impl Statistic {
    /// Reads what files write: `average`, `sum`, `minimum`, `maximum`, `sample-count`, or `p` and a number from 0 to
    /// 100 with up to two decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "average" => Some(Self::Average),
            "sum" => Some(Self::Sum),
            "minimum" => Some(Self::Minimum),
            "maximum" => Some(Self::Maximum),
            "sample-count" => Some(Self::SampleCount),
            _ => percentile(text.strip_prefix('p')?),
        }
    }
}

fn percentile(text: &str) -> Option<Statistic> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, longest| (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 3) || !digits(part, 2) {
        return None;
    }
    let hundredths = whole.parse::<u32>().ok()? * 100 + format!("{part:0<2}").parse::<u32>().ok()?;
    u16::try_from(hundredths).ok().filter(|hundredths| *hundredths <= 10_000).map(Statistic::Percentile)
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
            Self::SampleCount => "SampleCount",
            Self::Percentile(hundredths) => {
                let (whole, part) = (hundredths / 100, format!("{:02}", hundredths % 100));
                return match part.trim_end_matches('0') {
                    "" => write!(f, "p{whole}"),
                    part => write!(f, "p{whole}.{part}"),
                };
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statistic_is_read_as_files_write_it_and_shown_as_cloudwatch_spells_it() {
        for (written, shown) in [
            ("average", "Average"),
            ("sample-count", "SampleCount"),
            ("p99", "p99"),
            ("p99.5", "p99.5"),
            ("p100", "p100"),
        ] {
            assert_eq!(Statistic::parse(written).map(|statistic| statistic.to_string()).as_deref(), Some(shown));
        }
        for wrong in ["Average", "p", "p101", "p999", "p-1", "p99.999", "p1e2", "99", "p099.", ""] {
            assert_eq!(Statistic::parse(wrong), None, "{wrong}");
        }
    }
}
