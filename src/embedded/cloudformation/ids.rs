//! Identifiers: the shapes AWS uses, derived from time, counters and content, never from chance.

use sha2::{Digest as _, Sha256};

use crate::units::Timestamp;

/// Milliseconds between 1582-10-15 and 1970-01-01, the epochs of UUID version 1 and of Unix.
const GREGORIAN_OFFSET_MS: i64 = 12_219_292_800_000;

/// A version-4 UUID from what it stands for; the same parts give the same id.
pub(super) fn uuid4(parts: &[&str]) -> String {
    let mut bytes = digest(parts);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    dashed(&bytes)
}

/// A version-1 UUID (stack ids, event ids: ST-10, EV-01) from a moment and a counter that never repeats.
pub(super) fn uuid1(at: Timestamp, counter: u64, node: &str) -> String {
    let millis = u64::try_from(at.as_millis().saturating_add(GREGORIAN_OFFSET_MS)).unwrap_or(0);
    let ticks = millis.wrapping_mul(10_000).wrapping_add(counter % 10_000);
    let sequence = u16::try_from((counter / 10_000) % 0x4000).unwrap_or(0) | 0x8000;
    let mut bytes = [0_u8; 16];
    let [t0, t1, t2, t3, t4, t5, t6, t7] = ticks.to_be_bytes();
    bytes[..8].copy_from_slice(&[t4, t5, t6, t7, t2, t3, (t0 & 0x0f) | 0x10, t1]);
    bytes[8..10].copy_from_slice(&sequence.to_be_bytes());
    bytes[10..].copy_from_slice(&digest(&["node", node])[..6]);
    dashed(&bytes)
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes
}

fn dashed(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_carry_their_version_and_never_repeat_for_another_counter() {
        let at = Timestamp::from_millis(1_790_461_305_477);
        let first = uuid1(at, 1, "123456789012");
        let second = uuid1(at, 2, "123456789012");
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(first.as_bytes()[14], b'1');
        let fourth = uuid4(&["a", "b"]);
        assert_eq!(fourth.as_bytes()[14], b'4');
        assert_eq!(fourth, uuid4(&["a", "b"]));
        assert_ne!(fourth, uuid4(&["ab", ""]));
    }
}
