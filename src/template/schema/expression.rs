//! The regular expressions of the schemas.

use std::fmt;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde::Deserialize;

/// A regular expression, compiled when a value first meets it: a template asks a few of them, hundreds of times.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Expression {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    /// Whether it matches somewhere in a text. One that cannot be compiled excludes nothing (a test rules that out
    /// for the embedded schemas).
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled().is_none_or(|regex| regex.is_match(text))
    }

    /// The expression as a machine; none if it is no regular expression.
    pub(super) fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_anywhere_and_a_broken_one_excludes_nothing() {
        let letters = Expression::from("^[a-z]+$".to_owned());
        assert!(letters.matches("abc") && !letters.matches("a1"));
        assert!(Expression::from("b".to_owned()).matches("abc"));
        assert!(Expression::from("(".to_owned()).matches("anything"));
    }
}
