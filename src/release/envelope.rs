//! Envelopes and signatures: DSSE v1 (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>) with Ed25519 keys
//! (RFC 8032) in PEM (RFC 8410).
//!
//! What is signed is the type and the bytes together, in the pre-authentication encoding, so that a signature over one kind of
//! statement is none over another. The id of a key only helps to find it: whoever verifies brings the key.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::artifact::{base64, digest_of, unbase64};
use crate::units::Digest;

/// The type of an in-toto statement in an envelope (in-toto attestation framework v1, envelope layer).
pub const STATEMENT: &str = "application/vnd.in-toto+json";

/// What precedes the 32 bytes of an Ed25519 public key in its DER form (RFC 8410, section 4).
const PUBLIC_KEY_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A signed statement, or an unsigned one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Base64 of what is said.
    payload: String,
    /// The type of what is said.
    #[serde(rename = "payloadType")]
    payload_type: String,
    /// Who signed it; nobody may have.
    signatures: Vec<Signature>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    /// SHA-256 of the public key in DER, as a hint.
    #[serde(default)]
    keyid: String,
    /// Base64 of the signature.
    sig: String,
}

/// It is no envelope around an in-toto statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no in-toto statement in a DSSE envelope")]
pub struct UnreadableEnvelope;

/// It is no key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// Not a private one.
    #[error("is no private Ed25519 key in PEM (PKCS#8)")]
    Private,
    /// Not a public one.
    #[error("is no public Ed25519 key in PEM")]
    Public,
}

/// A private key. Never shown.
pub struct SigningKey(Ed25519KeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public().map(|key| key.id())).finish()
    }
}

impl SigningKey {
    /// Reads a private key: PKCS#8 in PEM, not encrypted, as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// It is no such key.
    pub fn from_pem(text: &str) -> Result<Self, UnusableKey> {
        let der = pem(text, "PRIVATE KEY").ok_or(UnusableKey::Private)?;
        Ed25519KeyPair::from_pkcs8(&der).map(Self).map_err(|_| UnusableKey::Private)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> Option<PublicKey> {
        self.0.public_key().as_ref().try_into().ok().map(PublicKey)
    }

    fn sign(&self, message: &[u8]) -> Option<Signature> {
        let signature = self.0.try_sign(message).ok()?;
        Some(Signature { keyid: self.public()?.id().to_string(), sig: base64(signature.as_ref()) })
    }
}

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads a public key in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// It is no such key.
    pub fn from_pem(text: &str) -> Result<Self, UnusableKey> {
        let der = pem(text, "PUBLIC KEY").ok_or(UnusableKey::Public)?;
        let key = der.strip_prefix(&PUBLIC_KEY_HEAD).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or(UnusableKey::Public)
    }

    /// SHA-256 of it in DER: what people tell keys apart by.
    #[must_use]
    pub fn id(&self) -> Digest {
        digest_of(&[PUBLIC_KEY_HEAD.as_slice(), self.0.as_slice()].concat())
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl Envelope {
    /// Puts a statement into an envelope, signed where there is a key. None where the key does not sign.
    #[must_use]
    pub fn around(statement: &[u8], key: Option<&SigningKey>) -> Option<Self> {
        let message = encoded(STATEMENT, statement);
        let signatures = match key {
            Some(key) => vec![key.sign(&message)?],
            None => Vec::new(),
        };
        Some(Self { payload: base64(statement), payload_type: STATEMENT.to_owned(), signatures })
    }

    /// Reads an envelope around an in-toto statement.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableEnvelope> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(|_| UnreadableEnvelope)?;
        let right = envelope.payload_type == STATEMENT && envelope.decoded().is_some();
        if right { Ok(envelope) } else { Err(UnreadableEnvelope) }
    }

    /// The envelope as it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts only: nothing that could not be written.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// What is said.
    #[must_use]
    pub fn statement(&self) -> Vec<u8> {
        self.decoded().unwrap_or_default()
    }

    fn decoded(&self) -> Option<Vec<u8>> {
        bytes_of(&self.payload)
    }

    /// Ids of the keys that signed it, as the envelope tells them; empty where it is unsigned.
    #[must_use]
    pub fn key_ids(&self) -> Vec<&str> {
        self.signatures.iter().map(|signature| signature.keyid.as_str()).collect()
    }

    /// Whether a key signed it, whatever the envelope tells of its keys.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = encoded(&self.payload_type, &self.statement());
        let signatures = self.signatures.iter().filter_map(|signature| bytes_of(&signature.sig));
        signatures.into_iter().any(|signature| key.verifies(&message, &signature))
    }
}

/// What is signed: type and content, each with its length (DSSE protocol, "Signature definition").
fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Base64 of either alphabet, as whoever verifies must take both (DSSE protocol, "Protocol").
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    unbase64(&text.replace('-', "+").replace('_', "/"))
}

/// The bytes of the first block of a label.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    unbase64(&body)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The key of RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED_NOTHING: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("is hex")).collect()
    }

    fn private_pem(seed: &[u8]) -> String {
        let der = [hex("302e020100300506032b657004220420"), seed.to_vec()].concat();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64(&der))
    }

    fn public_pem(key: &PublicKey) -> String {
        let der = [PUBLIC_KEY_HEAD.as_slice(), key.0.as_slice()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64(&der))
    }

    pub(crate) fn key(seed: u8) -> SigningKey {
        SigningKey::from_pem(&private_pem(&[seed; 32])).expect("is a key")
    }

    #[test]
    fn keys_and_signatures_are_those_of_rfc_8032() {
        let key = SigningKey::from_pem(&private_pem(&hex(SEED))).expect("is a key");
        let public = key.public().expect("has one");
        assert_eq!(public.0.to_vec(), hex(PUBLIC));
        assert_eq!(PublicKey::from_pem(&public_pem(&public)), Ok(public));
        assert_eq!(key.sign(b"").map(|signature| signature.sig), Some(base64(&hex(SIGNED_NOTHING))));
        assert!(public.verifies(b"", &hex(SIGNED_NOTHING)) && !public.verifies(b"x", &hex(SIGNED_NOTHING)));
        assert!(!format!("{key:?}").contains("9d61b1"));
    }

    #[test]
    fn the_encoding_that_is_signed_is_that_of_the_protocol() {
        let wanted = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(encoded("http://example.com/HelloWorld", b"hello world"), wanted);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let public = public_pem(&key(1).public().expect("has one"));
        assert_eq!(SigningKey::from_pem(&public).err(), Some(UnusableKey::Private));
        assert_eq!(PublicKey::from_pem(&private_pem(&[1; 32])), Err(UnusableKey::Public));
        for wrong in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", &private_pem(&[1; 31])] {
            assert_eq!(SigningKey::from_pem(wrong).err(), Some(UnusableKey::Private), "{wrong}");
        }
    }

    #[test]
    fn a_signature_holds_for_its_key_and_its_bytes_only() {
        let (mine, theirs) = (key(1), key(2));
        let sealed = Envelope::around(b"{}", Some(&mine)).expect("signs");
        let read = Envelope::read(&sealed.to_bytes()).expect("is one");
        let [mine, theirs] = [&mine, &theirs].map(|key| key.public().expect("has one"));
        assert!(read.is_signed_by(&mine) && !read.is_signed_by(&theirs));
        assert_eq!(read.key_ids(), [mine.id().as_str()]);
        let altered = Envelope { payload: base64(b"{ }"), ..read.clone() };
        assert!(!altered.is_signed_by(&mine));
        let retyped = Envelope { payload_type: "text/plain".to_owned(), ..read.clone() };
        assert!(!retyped.is_signed_by(&mine));
        // The id is only a hint.
        let mut renamed = read;
        renamed.signatures[0].keyid = theirs.id().to_string();
        assert!(renamed.is_signed_by(&mine) && !renamed.is_signed_by(&theirs));
    }

    #[test]
    fn an_unsigned_envelope_is_signed_by_nobody() {
        let open = Envelope::around(b"{}", None).expect("needs no key");
        assert!(open.key_ids().is_empty() && !open.is_signed_by(&key(1).public().expect("has one")));
        for wrong in ["", "{}", r#"{"payload":"e30=","payloadType":"text/plain","signatures":[]}"#] {
            assert_eq!(Envelope::read(wrong.as_bytes()), Err(UnreadableEnvelope), "{wrong}");
        }
    }

    #[test]
    fn both_alphabets_of_base64_are_read() {
        let statement = [0xfb, 0xff, 0xfe];
        let sealed = Envelope::around(&statement, Some(&key(1))).expect("signs");
        let text = String::from_utf8(sealed.to_bytes()).expect("is text").replace('+', "-");
        let read = Envelope::read(text.replace("//", "__").as_bytes()).expect("is one");
        assert_eq!(read.statement(), statement);
        assert!(read.is_signed_by(&key(1).public().expect("has one")));
    }
}
