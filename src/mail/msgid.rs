//! Message-IDs of our own letters: the same for the same cause, and recognised without a database.
//!
//! `3107.ack.HASH.SEAL@desk.example`: ticket, purpose, what the letter is for, and a signature over all of it.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use super::idn::ascii_domain;
use super::keys::Keys;
use crate::domain::letter::MsgId;

const USED_FOR: &str = "message-id";

/// What an id of ours says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The desk among those asked about.
    pub desk: String,
    pub number: u64,
    pub purpose: String,
}

/// The Message-ID of the letter that `cause` made the desk write. Who asks again with the same words gets the
/// same id (RFC 5322, section 3.6.4, wants it unique: cause, purpose and letter together are).
///
/// * `cause`: what made us write, such as the fingerprint of a mail or the name of a timer with its instant.
/// * `purpose`: a short word; only its letters, digits and dashes are kept, at most 24.
/// * `letter`: which of the letters of this cause and purpose, such as the recipient.
/// * `domain`: the desk's mail domain.
pub fn own(
    keys: &Keys,
    cause: &str,
    purpose: &str,
    letter: &str,
    desk: &str,
    number: u64,
    domain: &str,
) -> MsgId {
    let purpose = word(purpose);
    let domain = safe_domain(domain);
    let number = number.to_string();
    let hash = short_hash(&[cause, &purpose, letter, desk, &number]);
    let seal = keys.seal(USED_FOR, &[desk, &number, &purpose, &hash, &domain]);
    MsgId::parse(&format!("{number}.{purpose}.{hash}.{seal}@{domain}"))
        .expect("digits, a short word, base32 and an ASCII domain of at most 150 bytes")
}

/// Recognises an id of ours, with or without angle brackets, of one of `desks`.
///
/// Whoever has had a letter of ours knows its id: this says which ticket is meant, not who speaks.
pub fn verify<'a>(keys: &Keys, desks: impl IntoIterator<Item = &'a str>, id: &str) -> Option<Own> {
    let id = MsgId::parse(id)?;
    let folded = id.as_str().to_ascii_lowercase();
    let (left, domain) = folded.split_once('@')?;
    let mut fields = left.split('.');
    let (number, purpose) = (fields.next()?, fields.next()?);
    let (hash, seal) = (fields.next()?, fields.next()?);
    if fields.next().is_some() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let desk =
        desks.into_iter().find(|desk| keys.holds(USED_FOR, &[desk, number, purpose, hash, domain], seal))?;
    Some(Own { desk: desk.to_owned(), number: number.parse().ok()?, purpose: purpose.to_owned() })
}

fn word(purpose: &str) -> String {
    let kept = purpose.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(24);
    let kept: String = kept.map(|c| c.to_ascii_lowercase()).collect();
    if kept.is_empty() { "mail".to_owned() } else { kept }
}

fn safe_domain(domain: &str) -> String {
    let short = ascii_domain(domain).filter(|domain| domain.len() <= 150);
    short.unwrap_or_else(|| "maildesk.invalid".to_owned())
}

fn short_hash(fields: &[&str]) -> String {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    BASE32_NOPAD.encode(&hash.finalize()[..10]).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::keys::Key;

    fn keys() -> Keys {
        Keys::new(Key::new(1, [7; 32]), vec![])
    }

    fn id(cause: &str, purpose: &str, letter: &str, number: u64) -> MsgId {
        own(&keys(), cause, purpose, letter, "support", number, "desk.example")
    }

    #[test]
    fn the_same_cause_gives_the_same_id_and_another_another() {
        let first = id("mail-1", "ack", "ona@client.example", 3107);
        assert_eq!(first, id("mail-1", "ack", "ona@client.example", 3107));
        assert!(first.as_str().starts_with("3107.ack.") && first.as_str().ends_with("@desk.example"));
        for other in [
            id("mail-2", "ack", "ona@client.example", 3107),
            id("mail-1", "new", "ona@client.example", 3107),
            id("mail-1", "ack", "petr@client.example", 3107),
            id("mail-1", "ack", "ona@client.example", 3108),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn our_own_id_is_known_without_a_database() {
        let own = id("mail-1", "ack", "ona", 3107);
        let expected = Own { desk: "support".to_owned(), number: 3107, purpose: "ack".to_owned() };
        for text in [own.to_string(), format!("<{own}>"), own.to_string().to_uppercase()] {
            assert_eq!(verify(&keys(), ["sales", "support"], &text), Some(expected.clone()), "{text}");
        }
    }

    #[test]
    fn a_changed_or_foreign_id_is_not_ours() {
        let own = id("mail-1", "ack", "ona", 3107).to_string();
        for text in [
            own.replace("3107.", "3108."),
            own.replace(".ack.", ".new."),
            own.replace("@desk", "@disk"),
            format!("x.{own}"),
            "CAB+1@mail.example".to_owned(),
            String::new(),
        ] {
            assert_eq!(verify(&keys(), ["support"], &text), None, "{text}");
        }
        assert_eq!(verify(&keys(), ["sales"], &own), None, "another desk");
        assert_eq!(verify(&Keys::new(Key::new(1, [8; 32]), vec![]), ["support"], &own), None, "another key");
    }

    #[test]
    fn hostile_words_and_domains_still_give_a_safe_id() {
        for (purpose, domain) in [
            ("a\r\nBcc: x@y", "desk.example"),
            ("", ""),
            ("ąč", "paštas.example"),
            ("ack", "a b\r\n"),
            ("ack", &"d.".repeat(200)),
        ] {
            let id = own(&keys(), "c", purpose, "l", "support", u64::MAX, domain);
            assert!(id.as_str().len() <= 250);
            assert!(verify(&keys(), ["support"], id.as_str()).is_some(), "{id}");
        }
    }
}
