//! The name of a release.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::units::Digest;

/// How many characters of a digest people are shown.
const SHORT: usize = 12;
/// How many characters of one people must type at least.
const LEAST: usize = 6;

/// The name of a release: the SHA-256 of its content, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseDigest(String);

/// It is no digest of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no digest of a release: 64 hexadecimal digits in lower case, or the first six or more of them")]
pub struct MalformedDigest;

impl ReleaseDigest {
    /// The release that has this content.
    #[must_use]
    pub fn of(content: &Digest) -> Self {
        Self(content.to_string())
    }

    /// All digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, as people are shown it.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..SHORT).unwrap_or(&self.0)
    }

    /// Whether `typed` means this one: its beginning, at least six digits.
    #[must_use]
    pub fn is_meant_by(&self, typed: &str) -> bool {
        typed.len() >= LEAST && self.0.starts_with(typed)
    }
}

impl FromStr for ReleaseDigest {
    type Err = MalformedDigest;

    fn from_str(text: &str) -> Result<Self, MalformedDigest> {
        let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if text.len() == 64 && text.chars().all(hexadecimal) { Ok(Self(text.to_owned())) } else { Err(MalformedDigest) }
    }
}

impl TryFrom<String> for ReleaseDigest {
    type Error = MalformedDigest;

    fn try_from(text: String) -> Result<Self, MalformedDigest> {
        text.parse()
    }
}

impl From<ReleaseDigest> for String {
    fn from(digest: ReleaseDigest) -> Self {
        digest.0
    }
}

impl fmt::Display for ReleaseDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_digest_is_refused_and_six_digits_name_one() {
        let digest: ReleaseDigest = "0123456789abcdef".repeat(4).parse().expect("is one");
        assert_eq!(digest.short(), "0123456789ab");
        assert!(digest.is_meant_by("012345") && !digest.is_meant_by("01234") && !digest.is_meant_by("123456"));
        for wrong in ["", "0123", &"G".repeat(64), &"A".repeat(64), &"0".repeat(65)] {
            assert_eq!(wrong.parse::<ReleaseDigest>(), Err(MalformedDigest), "{wrong}");
        }
    }
}
