//! What a signed S/MIME mail holds: the content that stands within its signature (RFC 5652, section 5; RFC 8551,
//! section 3.5.2). Nothing is verified. Only so much of BER is read as leads there.

use std::borrow::Cow;

/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;

/// Elements of unknown length within each other that are passed over.
const DEPTH_MAX: usize = 16;

/// The content; `None` where the bytes are no signed data or hold none.
pub fn signed_content(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut info = Elements(bytes).inside(SEQUENCE)?;
    if info.value(OBJECT_ID)? != SIGNED_DATA {
        return None;
    }
    let mut signed = info.inside(EXPLICIT)?.inside(SEQUENCE)?;
    // Version and algorithms.
    signed.pass(0)?;
    signed.pass(0)?;
    let mut enclosed = signed.inside(SEQUENCE)?;
    enclosed.value(OBJECT_ID)?;
    enclosed.inside(EXPLICIT)?.octets()
}

/// Elements that stand one behind the other.
struct Elements<'x>(&'x [u8]);

impl<'x> Elements<'x> {
    fn take(&mut self, count: usize) -> Option<&'x [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    /// Tag and length of the next element; no length where an end is marked instead.
    fn head(&mut self) -> Option<(u8, Option<usize>)> {
        let &[tag, first] = self.take(2)? else { return None };
        let has_long_tag = tag & 0x1f == 0x1f;
        let length = match first {
            0..0x80 => Some(usize::from(first)),
            0x80 => None,
            _ => {
                let figures = self.take(usize::from(first & 0x7f))?;
                let known = figures.len() <= 4;
                Some(known.then(|| figures.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)))?)
            }
        };
        (!has_long_tag).then_some((tag, length))
    }

    /// What the next element holds, if it has this tag. Where its end is marked, what follows it is there, too.
    fn inside(&mut self, tag: u8) -> Option<Elements<'x>> {
        let (found, length) = self.head()?;
        if found != tag {
            return None;
        }
        Some(Elements(match length {
            Some(length) => self.take(length)?,
            None => self.0,
        }))
    }

    /// The bytes of the next element, if it has this tag.
    fn value(&mut self, tag: u8) -> Option<&'x [u8]> {
        let (found, length) = self.head()?;
        self.take(length.filter(|_| found == tag)?)
    }

    /// Passes over the next element.
    fn pass(&mut self, depth: usize) -> Option<()> {
        let (_, length) = self.head()?;
        if let Some(length) = length {
            return self.take(length).map(|_| ());
        }
        if depth >= DEPTH_MAX {
            return None;
        }
        while !self.0.starts_with(&[0, 0]) {
            self.pass(depth + 1)?;
        }
        self.take(2).map(|_| ())
    }

    /// A string of bytes, whole or in pieces; of one that is cut off what there is.
    fn octets(&mut self) -> Option<Cow<'x, [u8]>> {
        let (tag, length) = self.head()?;
        let within = match length {
            Some(length) => self.take(length.min(self.0.len()))?,
            None => self.0,
        };
        match tag {
            OCTETS => Some(Cow::Borrowed(within)),
            OCTETS_IN_PIECES => {
                let mut pieces = Elements(within);
                let mut all = Vec::new();
                while let Some(piece) = pieces.value(OCTETS) {
                    all.extend_from_slice(piece);
                }
                Some(Cow::Owned(all))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn open_ended(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    fn signed(kind: &[u8], octets: &[u8], nest: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let algorithms = nest(0x31, &nest(SEQUENCE, &element(OBJECT_ID, b"\x2a")));
        let content = [element(OBJECT_ID, b"\x2a"), nest(EXPLICIT, octets)].concat();
        let parts = [element(2, b"\x01"), algorithms, nest(SEQUENCE, &content), b"\x31\x01x".to_vec()];
        let data = nest(EXPLICIT, &nest(SEQUENCE, &parts.concat()));
        nest(SEQUENCE, &[element(OBJECT_ID, kind), data].concat())
    }

    #[test]
    fn the_content_is_found_whole_and_in_pieces() {
        let pieces = [element(OCTETS, b"Content-Type: "), element(OCTETS, b"text/plain")].concat();
        for nest in [element, open_ended] {
            let whole = signed(SIGNED_DATA, &element(OCTETS, b"text"), nest);
            assert_eq!(signed_content(&whole).as_deref(), Some(b"text".as_slice()));
            let split = signed(SIGNED_DATA, &nest(OCTETS_IN_PIECES, &pieces), nest);
            assert_eq!(signed_content(&split).as_deref(), Some(b"Content-Type: text/plain".as_slice()));
            let encrypted = signed(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", &element(OCTETS, b"text"), nest);
            assert_eq!(signed_content(&encrypted), None);
        }
    }

    #[test]
    fn no_bytes_make_it_fail_or_nest_without_end() {
        let whole = signed(SIGNED_DATA, &element(OCTETS, b"text"), open_ended);
        for end in 0..whole.len() {
            let _ = signed_content(&whole[..end]);
        }
        let mut nested = [SEQUENCE, 0x80].repeat(200_000);
        nested.extend(vec![0; 400_000]);
        let bomb = signed(SIGNED_DATA, b"", open_ended);
        assert_eq!(signed_content(&bomb), None);
        assert_eq!(Elements(&nested).pass(0), None);
        assert_eq!(signed_content(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
