//! Keys in the artifact bucket: content addresses, so that a key never stands for two contents.

use sha2::{Digest as _, Sha256};

use crate::units::{Digest, StageName};

/// SHA-256 of some bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest::of_sha256(&Sha256::digest(bytes).into())
}

/// SHA-256 of what comes in parts.
#[derive(Clone, Debug, Default)]
pub struct Digesting(Sha256);

impl Digesting {
    /// Takes the next part in.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::of_sha256(&self.0.finalize().into())
    }
}

/// SHA-256 of an archive in base64, as Lambda tells it (`CodeSha256`).
#[must_use]
pub fn base64_sha256(bytes: &[u8]) -> String {
    base64(&Sha256::digest(bytes))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What [`base64`] was made from; none where it is no such text. Only the one text that [`base64`] writes is taken for some
/// bytes: with padding, without line breaks, with no bits left over.
#[must_use]
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in body.bytes() {
        let sextet = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(sextet).ok()?) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    (base64(&bytes) == text).then_some(bytes)
}

/// Base64 with padding (RFC 4648, section 4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = [0, 1, 2].map(|at| usize::from(chunk.get(at).copied().unwrap_or(0)));
        let [a, b, c] = group;
        let sextets = [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63];
        for (at, sextet) in sextets.into_iter().enumerate() {
            text.push(if at <= chunk.len() {
                ALPHABET.get(sextet).map_or('=', |letter| char::from(*letter))
            } else {
                '='
            });
        }
    }
    text
}

/// Key of a function's archive.
#[must_use]
pub fn function_key(consumer: &StageName, digest: &Digest) -> String {
    format!("functions/{consumer}/{digest}.zip")
}

/// Key of a template that is too long for a request.
#[must_use]
pub fn template_key(stack: &str, digest: &Digest) -> String {
    format!("templates/{stack}/{digest}.json")
}

/// Key of a single model's artifact: SageMaker wants it to end in `.tar.gz`.
#[must_use]
pub fn model_key(digest: &Digest) -> String {
    format!("models/{digest}/model.tar.gz")
}

/// One artifact of a multi-model endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelFile {
    /// The name callers give as `TargetModel`, for instance `fraud-v7.tar.gz`.
    pub name: String,
    /// SHA-256 of the artifact.
    pub digest: Digest,
}

/// Prefix below which all artifacts of a multi-model endpoint lie under their names, closed by `/`.
///
/// The prefix is the content hash of the whole set: SageMaker models are immutable, and an object that changes
/// under a stable prefix would be served by some instances and not by others until their caches turn over. The
/// order of the files does not matter.
#[must_use]
pub fn model_set_prefix(files: &[ModelFile]) -> String {
    let mut sorted: Vec<&ModelFile> = files.iter().collect();
    sorted.sort();
    let mut hasher = Sha256::new();
    for file in sorted {
        // Names hold no line break, so no two sets write the same lines.
        hasher.update(format!("{}  {}\n", file.digest, file.name).as_bytes());
    }
    format!("models/{}/", Digest::of_sha256(&hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, content: &str) -> ModelFile {
        ModelFile { name: name.to_owned(), digest: digest_of(content.as_bytes()) }
    }

    #[test]
    fn a_set_of_models_has_one_prefix_in_any_order_and_another_when_anything_changes() {
        let (a, b) = (model("a.tar.gz", "1"), model("b.tar.gz", "2"));
        let prefix = model_set_prefix(&[a.clone(), b.clone()]);
        assert_eq!(prefix, model_set_prefix(&[b.clone(), a.clone()]));
        assert_ne!(prefix, model_set_prefix(&[model("a.tar.gz", "3"), b.clone()]));
        assert_ne!(prefix, model_set_prefix(&[model("c.tar.gz", "1"), b]));
        assert_ne!(prefix, model_set_prefix(&[a]));
        assert!(prefix.starts_with("models/") && prefix.ends_with('/'));
    }

    #[test]
    fn keys_carry_the_digest() {
        let digest = digest_of(b"");
        let name = StageName::new("score").expect("a name");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(function_key(&name, &digest), format!("functions/score/{empty}.zip"));
        assert_eq!(model_key(&digest), format!("models/{empty}/model.tar.gz"));
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
        for text in ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "+/8="] {
            assert_eq!(unbase64(text).map(|bytes| base64(&bytes)).as_deref(), Some(text));
        }
        for wrong in ["Zg", "Zh==", "Zm9v\n", "Z", "=", "Zg===", "Zm9-", "Zg==Zg=="] {
            assert_eq!(unbase64(wrong), None, "{wrong}");
        }
        assert_eq!(base64_sha256(b""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
