//! Where things lie in the artifact bucket.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::units::Digest;

/// The key of a handler's zip.
#[must_use]
pub fn function_key(stage: &str, digest: &Digest) -> String {
    format!("functions/{stage}/{digest}.zip")
}

/// The prefix below which all model files of an endpoint lie, with its closing slash.
///
/// A multi-model endpoint sees one prefix and names models by what follows it, so that the set as a whole is
/// what is addressed: another file, or the same file under another name, gives another prefix and with it a new
/// immutable model. Nothing below a prefix is ever overwritten, because a busy endpoint may go on serving the
/// old bytes of an overwritten model (`stream-behaviour.md` SM-7).
#[must_use]
pub fn model_prefix(stage: &str, files: &BTreeMap<String, Digest>) -> String {
    let mut hash = Sha256::new();
    for (name, digest) in files {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name.as_bytes());
        hash.update(digest.as_str().as_bytes());
    }
    format!("models/{stage}/{}/", hex(&hash.finalize()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: &str) -> Digest {
        Digest::new(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn another_name_or_another_content_is_another_prefix() {
        let set = |name: &str, digit: &str| BTreeMap::from([(name.to_owned(), digest(digit))]);
        let base = model_prefix("scoring", &set("a.tar.gz", "1"));
        assert_eq!(base, model_prefix("scoring", &set("a.tar.gz", "1")));
        assert_ne!(base, model_prefix("scoring", &set("b.tar.gz", "1")));
        assert_ne!(base, model_prefix("scoring", &set("a.tar.gz", "2")));
        assert!(base.ends_with('/'));
    }
}
