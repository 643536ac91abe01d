//! A frozen letter as bytes: one version byte, the length of an index, the index as JSON, then head, heads of the
//! parts, and tail, one behind the other. The bytes of a letter are not text, so JSON alone would double them.

use serde::{Deserialize, Serialize};

use crate::domain::letter::{Attached, Letter, LetterPart, MsgId};
use crate::store::{Result, StoreError};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Index {
    message_id: MsgId,
    head: usize,
    parts: Vec<Part>,
    tail: usize,
}

#[derive(Serialize, Deserialize)]
struct Part {
    head: usize,
    attached: Attached,
}

/// The letter as bytes.
pub(super) fn encode(letter: &Letter) -> Result<Vec<u8>> {
    let part = |p: &LetterPart| Part { head: p.head.len(), attached: p.attached.clone() };
    let index = Index {
        message_id: letter.message_id.clone(),
        head: letter.head.len(),
        parts: letter.parts.iter().map(part).collect(),
        tail: letter.tail.len(),
    };
    let index = super::columns::json(&index)?.into_bytes();
    let length = u32::try_from(index.len())
        .map_err(|_| StoreError::Abandoned("a letter has too many parts to be kept".into()))?;
    let mut bytes = Vec::with_capacity(5 + index.len() + letter.head.len() + letter.tail.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&index);
    bytes.extend_from_slice(&letter.head);
    letter.parts.iter().for_each(|p| bytes.extend_from_slice(&p.head));
    bytes.extend_from_slice(&letter.tail);
    Ok(bytes)
}

/// The letter that these bytes are.
///
/// # Errors
/// [`StoreError::Corrupt`] when they are none.
pub(super) fn decode(bytes: &[u8]) -> Result<Letter> {
    read(bytes).ok_or_else(|| StoreError::Corrupt("a letter cannot be read".into()))
}

fn read(bytes: &[u8]) -> Option<Letter> {
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let length = u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?);
    let index: Index = serde_json::from_slice(take(&mut rest, usize::try_from(length).ok()?)?).ok()?;
    let head = take(&mut rest, index.head)?.to_vec();
    let part = |p: Part| Some(LetterPart { head: take(&mut rest, p.head)?.to_vec(), attached: p.attached });
    let parts = index.parts.into_iter().map(part).collect::<Option<Vec<_>>>()?;
    let tail = take(&mut rest, index.tail)?.to_vec();
    rest.is_empty().then_some(Letter { message_id: index.message_id, head, parts, tail })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::Hash;
    use crate::domain::letter::PartSource;

    fn letter() -> Letter {
        let attached = Attached {
            name: "sąskaita.pdf".into(),
            content_type: "application/pdf".into(),
            content_id: None,
            size_bytes: 3,
            hash: Hash([7; 32]),
            source: PartSource::Mail { raw: Hash([8; 32]), part: 2 },
        };
        Letter {
            message_id: MsgId::parse("1.ack@desk.example").expect("safe"),
            head: b"Subject: a\r\n\r\n\0\xff".to_vec(),
            parts: vec![LetterPart { head: b"--b\r\n\r\n".to_vec(), attached }],
            tail: b"--b--\r\n".to_vec(),
        }
    }

    #[test]
    fn a_letter_comes_back_as_it_was() {
        let bytes = encode(&letter()).expect("encoded");
        assert_eq!(decode(&bytes), Ok(letter()));
    }

    #[test]
    fn a_letter_that_was_cut_or_grew_is_damage() {
        let mut bytes = encode(&letter()).expect("encoded");
        for length in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..length]), Err(StoreError::Corrupt(_))), "cut at {length}");
        }
        bytes.push(0);
        assert!(matches!(decode(&bytes), Err(StoreError::Corrupt(_))));
    }
}
