//! The two names of a mail: of its very bytes, and of what it says.

use memchr::memchr_iter;
use sha2::{Digest, Sha256};

use super::head::Head;
use crate::domain::hash::Hash;

/// Bytes that are hashed twice while they are near at hand.
const PIECE_BYTES: usize = 64 * 1024;

/// SHA-256 of `bytes`.
pub fn of(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// Hashes a stream of pieces.
#[derive(Default)]
pub struct Running(Sha256);

impl Running {
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    pub fn end(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

/// Fields that the author's program writes. Everything else may be added, changed or left out on the way, so that
/// two copies of one mail that came by different ways differ in it (A12, A15).
fn is_authored(name: &str) -> bool {
    const AUTHORED: &[&str] = &[
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
    ];
    let name = name.to_ascii_lowercase();
    AUTHORED.contains(&name.as_str()) || name.starts_with("content-")
}

/// Hashes the whole mail and, in the same pass over its body, what its author wrote, with line ends evened out:
/// `(raw, fingerprint)`. Of a mail without a Message-ID
/// every field counts (A14). Line ends at the very end do not count: some servers add one.
pub fn both(bytes: &[u8], head: &Head<'_>, body: usize) -> (Hash, Hash) {
    let mut raw = Sha256::new();
    let mut print = Sha256::new();
    let has_id = head.fields.iter().any(|f| f.name.eq_ignore_ascii_case("message-id"));
    for field in head.fields.iter().filter(|f| !has_id || is_authored(f.name)) {
        print.update(field.name.to_ascii_lowercase());
        print.update(b":");
        let value: Vec<u8> = field.value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        print.update(value.trim_ascii());
        print.update(b"\n");
    }
    print.update(b"\n");
    raw.update(&bytes[..body]);
    let text_end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |p| p + 1).max(body);
    for piece in bytes[body..text_end].chunks(PIECE_BYTES) {
        raw.update(piece);
        let mut from = 0;
        for at in memchr_iter(b'\r', piece) {
            print.update(&piece[from..at]);
            from = at + 1;
        }
        print.update(&piece[from..]);
    }
    raw.update(&bytes[text_end..]);
    let raw = Hash(raw.finalize().into());
    (raw, Hash(print.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::super::head::block_end;
    use super::*;

    fn prints(text: &str) -> (Hash, Hash) {
        let (end, body) = block_end(text.as_bytes(), 0);
        both(text.as_bytes(), &Head::read(&text.as_bytes()[..end], 1_000_000, 1_000), body)
    }

    #[test]
    fn copies_that_travelled_differently_have_one_fingerprint() {
        let (raw, print) = prints("Received: a\r\nSubject: x\r\nMessage-ID: <1@a>\r\n\r\nbody\r\nmore\r\n");
        for added in ["Received: z\n", "X-Virus-Scanned: yes\n", "List-Id: <all.a>\n", "DKIM-Signature: s\n"]
        {
            let text = format!("Return-Path: <a@b>\n{added}Subject: x\nMessage-ID: <1@a>\n\nbody\nmore");
            let (other_raw, same) = prints(&text);
            assert_eq!(print, same, "{added}");
            assert_ne!(raw, other_raw);
        }
        let (_, changed) = prints("Subject: x\nMessage-ID: <1@a>\n\nbody\nmore!");
        let (_, other) = prints("Subject: y\nMessage-ID: <1@a>\n\nbody\nmore");
        assert!(print != changed && print != other);
    }

    #[test]
    fn a_mail_without_a_message_id_is_known_by_all_of_its_fields() {
        let (_, print) = prints("Received: a\nSubject: x\n\nbody");
        let (_, other) = prints("Received: b\nSubject: x\n\nbody");
        let (_, same) = prints("Received: a\r\nSubject: x\r\n\r\nbody");
        assert!(print != other && print == same);
    }

    #[test]
    fn the_raw_name_is_the_plain_sha_256() {
        let text = "Subject: x\r\n\r\nbody\r\n\r\n";
        assert_eq!(prints(text).0, of(text.as_bytes()));
    }
}
