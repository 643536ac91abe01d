//! Keys that sign what comes back to us: reply addresses, subject codes, Message-IDs.

use std::fmt;

use data_encoding::BASE32_NOPAD_NOCASE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a signature that are kept: 80 bits.
const KEPT_BYTES: usize = 10;

/// Characters of a seal: the key's number and the signature, in base32.
pub(super) const SEAL_CHARS: usize = 18;

/// One signing key with its number, by which a seal names it.
#[derive(Clone)]
pub struct Key {
    id: u8,
    keyed: Hmac<Sha256>,
}

impl Key {
    /// A key from 256 random bits. The number must be another for each key that is still believed.
    pub fn new(id: u8, bytes: [u8; 32]) -> Key {
        Key { id, keyed: Hmac::new_from_slice(&bytes).expect("HMAC takes keys of any length") }
    }

    fn mac(&self, used_for: &str, fields: &[&str]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        // Lengths go in too, so that two fields cannot lend each other characters.
        for field in std::iter::once(&used_for).chain(fields) {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field.as_bytes());
        }
        mac
    }
}

/// The key that signs now, and older ones whose seals are still believed.
#[derive(Clone)]
pub struct Keys {
    current: Key,
    older: Vec<Key>,
}

impl Keys {
    /// `current` signs; `older` only verify.
    pub fn new(current: Key, older: Vec<Key>) -> Keys {
        Keys { current, older }
    }

    /// 18 lower-case letters and digits: one byte key number and 80 bits HMAC-SHA256 in base32.
    pub(super) fn seal(&self, used_for: &str, fields: &[&str]) -> String {
        let signed = self.current.mac(used_for, fields).finalize().into_bytes();
        let mut bytes = [self.current.id; 1 + KEPT_BYTES];
        bytes[1..].copy_from_slice(&signed[..KEPT_BYTES]);
        BASE32_NOPAD_NOCASE.encode(&bytes).to_ascii_lowercase()
    }

    /// Whether `seal` was made for the same fields with one of our keys. Letter case does not matter, for mail
    /// systems change it; the comparison takes the same time for every wrong seal.
    pub(super) fn holds(&self, used_for: &str, fields: &[&str], seal: &str) -> bool {
        if seal.len() != SEAL_CHARS {
            return false;
        }
        let Ok(bytes) = BASE32_NOPAD_NOCASE.decode(seal.as_bytes()) else { return false };
        let Some((id, signature)) = bytes.split_first() else { return false };
        std::iter::once(&self.current)
            .chain(&self.older)
            .filter(|key| key.id == *id)
            .any(|key| key.mac(used_for, fields).verify_truncated_left(signature).is_ok())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<u8> = std::iter::once(&self.current).chain(&self.older).map(|key| key.id).collect();
        write!(f, "Keys{ids:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_own_fields_only() {
        let keys = Keys::new(Key::new(1, [7; 32]), vec![]);
        let seal = keys.seal("token", &["desk", "3107", "ona"]);
        assert_eq!(seal.len(), SEAL_CHARS);
        assert!(keys.holds("token", &["desk", "3107", "ona"], &seal));
        assert!(keys.holds("token", &["desk", "3107", "ona"], &seal.to_uppercase()));
        for other in [["desk", "3108", "ona"], ["desk", "310", "7ona"], ["desk", "3107", "petr"]] {
            assert!(!keys.holds("token", &other, &seal), "{other:?}");
        }
        assert!(!keys.holds("id", &["desk", "3107", "ona"], &seal));
        assert!(!keys.holds("token", &["desk", "3107", "ona"], ""));
        assert!(!keys.holds("token", &["desk", "3107", "ona"], &seal[..8]), "a shortened seal");
    }

    #[test]
    fn every_changed_character_breaks_a_seal() {
        let keys = Keys::new(Key::new(1, [7; 32]), vec![]);
        let seal = keys.seal("token", &["desk"]);
        for at in 0..seal.len() {
            for other in "abcdefghijklmnopqrstuvwxyz234567".chars() {
                let mut changed = seal.clone();
                changed.replace_range(at..=at, &other.to_string());
                assert_eq!(keys.holds("token", &["desk"], &changed), changed == seal, "{changed}");
            }
        }
    }

    #[test]
    fn an_older_key_is_believed_until_it_is_taken_away() {
        let old = Key::new(1, [7; 32]);
        let seal = Keys::new(old.clone(), vec![]).seal("token", &["desk"]);
        assert!(Keys::new(Key::new(2, [8; 32]), vec![old]).holds("token", &["desk"], &seal));
        assert!(!Keys::new(Key::new(2, [8; 32]), vec![]).holds("token", &["desk"], &seal));
        assert!(!Keys::new(Key::new(1, [8; 32]), vec![]).holds("token", &["desk"], &seal));
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(
            format!("{:?}", Keys::new(Key::new(2, [8; 32]), vec![Key::new(1, [7; 32])])),
            "Keys[2, 1]"
        );
    }
}
