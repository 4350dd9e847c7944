//! Names and identifiers as types, so that one cannot be passed for another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(pub String);

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $check:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
            #[serde(transparent)]
            pub struct $name(Arc<str>);

            impl $name {
                /// Checks a text and makes it a name.
                ///
                /// # Errors
                /// Says which rule the text breaks.
                pub fn new(text: &str) -> Result<Self, NameError> {
                    let check: fn(&str) -> Result<(), String> = $check;
                    check(text).map_err(NameError)?;
                    Ok(Self(Arc::from(text)))
                }
                /// The name as text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{:?}", &*self.0)
                }
            }

            impl std::borrow::Borrow<str> for $name {
                fn borrow(&self) -> &str {
                    &self.0
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
                }
            }
        )*
    };
}

names! {
    /// A pipeline: lower-case letters, digits and single hyphens, begins with a letter, 1 to 40 characters.
    PipelineName: |text| kebab(text, 40);
    /// A stage, same rules as a pipeline.
    StageName: |text| kebab(text, 40);
    /// What a file names beside its stages (an alarm of a metric, a composite, a variant, an index, a network);
    /// same rules as a pipeline.
    LocalName: |text| kebab(text, 40);
    /// An environment: lower-case letters and digits, begins with a letter, 1 to 16 characters.
    EnvironmentName: |text| {
        let fits = text.len() <= 16 && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits { Ok(()) } else { Err("must be 1 to 16 lower-case letters and digits, beginning with a letter".to_owned()) }
    };
    /// A CloudFormation logical id: ASCII letters and digits, 1 to 255.
    LogicalId: |text| {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(()) } else { Err("must be 1 to 255 letters and digits".to_owned()) }
    };
    /// An AWS region, for instance `eu-west-1`.
    Region: |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let fits = (3..=4).contains(&parts.len())
            && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
            && parts.last().is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
        if fits { Ok(()) } else { Err("must be a region such as eu-west-1".to_owned()) }
    };
    /// An AWS account: twelve digits.
    AccountId: |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err("must be twelve digits".to_owned()) }
    };
    /// A SHA-256 digest: 64 lower-case hexadecimal digits.
    Digest: |text| {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(()) } else { Err("must be 64 lower-case hexadecimal digits".to_owned()) }
    };
}

impl LogicalId {
    /// Joins words into one id, each with its first letter raised: `consumer`, `late-score`, `Function` is
    /// `ConsumerLateScoreFunction`. Anything but letters and digits separates words and is dropped; what goes
    /// past 255 characters is cut; without a single letter or digit the id is `X`.
    #[must_use]
    pub fn from_words(words: &[&str]) -> Self {
        let mut id = String::new();
        for word in words.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric())) {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
        id.truncate(255);
        Self(Arc::from(if id.is_empty() { "X" } else { &id }))
    }
}

impl Digest {
    /// A digest from its 32 bytes.
    #[must_use]
    pub fn of_sha256(bytes: &[u8; 32]) -> Self {
        use fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(Arc::from(text))
    }

    /// The first twelve digits, enough to tell apart in names and on screens.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

fn kebab(text: &str, longest: usize) -> Result<(), String> {
    let fits = (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        Ok(())
    } else {
        Err(format!("must be 1 to {longest} lower-case letters, digits and single hyphens, beginning with a letter"))
    }
}
