//! Names and tokens that derive from what they stand for, so that a repeated call is the same call.

use sha2::{Digest, Sha256};

/// Prefix of every change set and token of ours.
const PREFIX: &str = "sluice-";
/// Digits of the digest that go into a name: 64 bits.
const DIGITS: usize = 16;

/// A digest over parts; the parts cannot run into each other because each is preceded by its length.
#[derive(Clone)]
pub(super) struct Seed(Sha256);

impl Seed {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn with(mut self, part: &str) -> Self {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part.as_bytes());
        self
    }
}

/// `sluice-` and the first digits: fits change-set names and client tokens alike (CS-27).
pub(super) fn short(seed: &Seed) -> String {
    let digits: String = seed.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).take(DIGITS / 2).collect();
    format!("{PREFIX}{digits}")
}

/// A token made of parts.
pub(super) fn token(parts: &[&str]) -> String {
    short(&parts.iter().fold(Seed::new(), |seed, part| seed.with(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(token(&["ab", "c"]), token(&["a", "bc"]));
        assert_eq!(token(&["ab", "c"]), token(&["ab", "c"]));
    }

    #[test]
    fn a_token_is_what_cloudformation_takes_for_a_name() {
        let token = token(&["x"]);
        assert!(token.len() <= 128 && token.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
}
