//! The two names of a mail: of its very bytes, and of what it says.

use sha2::{Digest, Sha256};

use super::head::Head;
use crate::domain::hash::Hash;

/// Bytes that are gathered before they are hashed.
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

/// Fields that servers add on the way: two copies of one mail differ in them.
fn is_trace(name: &str) -> bool {
    const TRACE: &[&str] = &[
        "received",
        "return-path",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "authentication-results",
        "x-envelope-to",
        "x-envelope-from",
        "received-spf",
        "delivery-date",
        "x-uid",
        "x-uidl",
        "x-imapbase",
        "x-imap",
        "status",
        "x-status",
        "x-keywords",
        "x-sieve",
        "x-original-delivered-to",
        "x-delivered-to",
        "x-gmail-labels",
        "x-mozilla-status",
        "x-mozilla-status2",
        "x-received",
        "lines",
        "content-length",
    ];
    let name = name.to_ascii_lowercase();
    TRACE.contains(&name.as_str()) || name.starts_with("arc-") || name.starts_with("x-spam-")
}

/// Hashes the whole mail and, in the same pass over its body, the mail without trace fields and with line
/// ends evened out: `(raw, fingerprint)`. Line ends at the very end do not count: some servers add one.
pub fn both(bytes: &[u8], head: &Head<'_>, body: usize) -> (Hash, Hash) {
    let mut raw = Sha256::new();
    let mut print = Sha256::new();
    for field in head.fields.iter().filter(|f| !is_trace(f.name)) {
        print.update(field.name.to_ascii_lowercase());
        print.update(b":");
        let value: Vec<u8> = field.value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        print.update(value.trim_ascii());
        print.update(b"\n");
    }
    print.update(b"\n");
    raw.update(&bytes[..body]);
    let text_end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |p| p + 1).max(body);
    let mut even = Vec::with_capacity(PIECE_BYTES);
    for piece in bytes[body..text_end].chunks(PIECE_BYTES) {
        raw.update(piece);
        if piece.contains(&b'\r') {
            even.clear();
            even.extend(piece.iter().copied().filter(|b| *b != b'\r'));
            print.update(&even);
        } else {
            print.update(piece);
        }
    }
    raw.update(&bytes[text_end..]);
    (Hash(raw.finalize().into()), Hash(print.finalize().into()))
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
        let (raw, print) = prints("Received: a\r\nSubject: x\r\nDKIM-Signature: s\r\n\r\nbody\r\nmore\r\n");
        let (other_raw, same) = prints(
            "Return-Path: <a@b>\nReceived: z\nReceived: a\nSubject: x\nDKIM-Signature: s\n\nbody\nmore",
        );
        assert_eq!(print, same);
        assert_ne!(raw, other_raw);
        let (_, signed) = prints("Subject: x\nDKIM-Signature: other\n\nbody\nmore");
        let (_, changed) = prints("Subject: x\nDKIM-Signature: s\n\nbody\nmore!");
        assert!(print != signed && print != changed);
    }

    #[test]
    fn the_raw_name_is_the_plain_sha_256() {
        let text = "Subject: x\r\n\r\nbody\r\n\r\n";
        assert_eq!(prints(text).0, of(text.as_bytes()));
    }
}
