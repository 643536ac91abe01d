//! A letter: a mail of ours, frozen when it was decided. Assembling it gives the same bytes for ever.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::hash::Hash;

/// A Message-ID that is safe to write into a header: `left@right` of printable ASCII, at most 250 bytes.
///
/// Message-IDs of received mail are untrusted text (they may hold line breaks); only through this type do they
/// reach In-Reply-To and References (RFC 5322, section 3.6.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MsgId(String);

impl MsgId {
    /// Reads an id with or without angle brackets; `None` when it is not safe.
    pub fn parse(text: &str) -> Option<MsgId> {
        let text = text.trim();
        let text = text.strip_prefix('<').unwrap_or(text);
        let text = text.strip_suffix('>').unwrap_or(text);
        let sound = text.len() <= 250
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
            && matches!(text.split_once('@'), Some((l, r)) if !l.is_empty() && !r.is_empty() && !r.contains('@'));
        sound.then(|| MsgId(text.to_owned()))
    }

    /// The id without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MsgId {
    type Error = String;

    fn try_from(text: String) -> Result<MsgId, String> {
        MsgId::parse(&text).ok_or_else(|| format!("{text:?} is not a safe Message-ID"))
    }
}

impl From<MsgId> for String {
    fn from(id: MsgId) -> String {
        id.0
    }
}

/// Where the bytes of an attached part lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartSource {
    /// Part `part` of a received mail, kept raw under `raw`.
    Mail { raw: Hash, part: u32 },
    /// A blob of its own (a statement as CSV, a text that was too long).
    Blob { hash: Hash },
}

/// An attachment of a letter: bytes that are not copied but named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub name: String,
    pub content_type: String,
    /// For inline pictures.
    pub content_id: Option<String>,
    pub size_bytes: u64,
    /// SHA-256 of the decoded bytes: checked when the letter is assembled.
    pub hash: Hash,
    pub source: PartSource,
}

/// A frozen letter. `head`, then each part's own head and its bytes in base64, then `tail`.
///
/// Without attachments `parts` and `tail` are empty and `head` is the whole mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub message_id: MsgId,
    /// Headers and text parts, CRLF line ends, 7-bit.
    pub head: Vec<u8>,
    pub parts: Vec<LetterPart>,
    pub tail: Vec<u8>,
}

/// One attached part of a frozen letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterPart {
    /// Boundary line and headers of the part, with the empty line behind them.
    pub head: Vec<u8>,
    pub attached: Attached,
}

impl Letter {
    /// Size of the assembled letter in bytes, but for a few bytes a part.
    pub fn size_bytes(&self) -> u64 {
        let parts: u64 =
            self.parts.iter().map(|p| p.head.len() as u64 + p.attached.size_bytes * 78 / 57).sum();
        self.head.len() as u64 + parts + self.tail.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_that_could_write_a_header_of_its_own_is_refused() {
        for bad in ["a\r\n b@c", "a@c\rd", "a b@c", "a@b@c", "@c", "a@", "no-at", "<a@b", "ą@b"] {
            let read = MsgId::parse(bad);
            assert!(read.is_none() || bad == "<a@b", "{bad:?} was read as {read:?}");
        }
        assert_eq!(MsgId::parse(" <1.ack@desk.example> ").expect("safe").as_str(), "1.ack@desk.example");
    }
}
