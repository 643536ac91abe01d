//! A frozen letter as bytes for the store: a version, an index, then the letter's own bytes as they are.

use serde::{Deserialize, Serialize};

use super::letter::{Attached, Letter, LetterPart, MsgId};

/// First byte of every encoded letter. A new form gets a new number, and old ones stay readable.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Index {
    message_id: MsgId,
    head: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartIndex>,
    #[serde(default, skip_serializing_if = "is_zero")]
    tail: usize,
}

#[derive(Serialize, Deserialize)]
struct PartIndex {
    head: usize,
    attached: Attached,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// `letter` as bytes: version, length of the index (4 bytes, big-endian), index in JSON, head, part heads, tail.
pub fn encode(letter: &Letter) -> Vec<u8> {
    let parts = letter.parts.iter();
    let index = Index {
        message_id: letter.message_id.clone(),
        head: letter.head.len(),
        parts: parts.map(|p| PartIndex { head: p.head.len(), attached: p.attached.clone() }).collect(),
        tail: letter.tail.len(),
    };
    let index = serde_json::to_vec(&index).expect("an index has string keys only");
    let heads: usize = letter.parts.iter().map(|p| p.head.len()).sum();
    let mut bytes = Vec::with_capacity(5 + index.len() + letter.head.len() + heads + letter.tail.len());
    bytes.push(VERSION);
    bytes.extend((index.len() as u32).to_be_bytes());
    bytes.extend(&index);
    bytes.extend(&letter.head);
    letter.parts.iter().for_each(|part| bytes.extend(&part.head));
    bytes.extend(&letter.tail);
    bytes
}

/// Reads what [`encode`] wrote; `None` when the bytes are not a whole letter of a known version.
pub fn decode(bytes: &[u8]) -> Option<Letter> {
    let (version, rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (index, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let index: Index = serde_json::from_slice(index).ok()?;
    let (head, mut rest) = rest.split_at_checked(index.head)?;
    let mut parts = Vec::with_capacity(index.parts.len());
    for part in index.parts {
        let (head, behind) = rest.split_at_checked(part.head)?;
        parts.push(LetterPart { head: head.to_vec(), attached: part.attached });
        rest = behind;
    }
    let whole = rest.len() == index.tail;
    whole.then(|| Letter { message_id: index.message_id, head: head.to_vec(), parts, tail: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::Hash;
    use crate::domain::letter::PartSource;

    fn letter() -> Letter {
        let attached = |name: &str, source| Attached {
            name: name.to_owned(),
            content_type: "image/png".to_owned(),
            content_id: Some("a@b".to_owned()),
            size_bytes: 3,
            hash: Hash([7; 32]),
            source,
        };
        Letter {
            message_id: MsgId::parse("1.ack@desk.example").expect("safe"),
            head: b"Subject: x\r\n\r\n\0\xff".to_vec(),
            parts: vec![
                LetterPart {
                    head: b"--b\r\n\r\n".to_vec(),
                    attached: attached("ą.png", PartSource::Blob { hash: Hash([8; 32]) }),
                },
                LetterPart {
                    head: Vec::new(),
                    attached: attached("", PartSource::Mail { raw: Hash([9; 32]), part: 4 }),
                },
            ],
            tail: b"--b--\r\n".to_vec(),
        }
    }

    #[test]
    fn a_letter_comes_back_as_it_was() {
        let letter = letter();
        assert_eq!(decode(&encode(&letter)), Some(letter.clone()));
        let plain = Letter { parts: Vec::new(), tail: Vec::new(), ..letter };
        assert_eq!(decode(&encode(&plain)), Some(plain));
    }

    #[test]
    fn the_form_on_disk_stays_as_it_is() {
        let plain =
            Letter { parts: Vec::new(), tail: Vec::new(), head: b"S: x\r\n\r\n".to_vec(), ..letter() };
        let expected = b"\x01\0\0\0\x2c{\"message_id\":\"1.ack@desk.example\",\"head\":8}S: x\r\n\r\n";
        assert_eq!(encode(&plain), expected);
    }

    #[test]
    fn cut_lengthened_or_foreign_bytes_are_refused() {
        let bytes = encode(&letter());
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "cut at {length}");
        }
        assert_eq!(decode(&[&bytes[..], b"x"].concat()), None);
        let newer = [&[2], &bytes[1..]].concat();
        assert_eq!(decode(&newer), None);
    }
}
