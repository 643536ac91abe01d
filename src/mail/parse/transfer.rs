//! Content transfer encodings (RFC 2045, section 6), read leniently: what can be saved is saved.

use data_encoding::BASE64_NOPAD;
use memchr::memchr;

/// Bytes handed on at once while a big part is decoded.
const PIECE_BYTES: usize = 48 * 1024;

/// How the bytes of a part are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    None,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    /// Reads a Content-Transfer-Encoding value; anything unknown counts as none.
    pub fn parse(value: &str) -> Encoding {
        let word: String = value.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        match word.to_ascii_lowercase().as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" => Encoding::Uuencode,
            _ => Encoding::None,
        }
    }

    /// Decodes `body` piece by piece, so that a big attachment can be hashed without a second copy of it.
    pub fn pieces(self, body: &[u8], mut sink: impl FnMut(&[u8])) {
        match self {
            Encoding::None => sink(body),
            Encoding::Base64 => base64_pieces(body, &mut sink),
            Encoding::QuotedPrintable => sink(&quoted_printable(body)),
            Encoding::Uuencode => sink(&uuencode(body)),
        }
    }

    /// Decodes `body` at once.
    pub fn decode(self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len());
        self.pieces(body, |piece| out.extend_from_slice(piece));
        out
    }
}

const fn base64_values() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [255u8; 256];
    let mut i = 0;
    while i < 64 {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table
}

static BASE64: [u8; 256] = base64_values();

/// Decodes base64: foreign bytes are skipped, padding may be missing, and a footer that a list added in
/// plain text (a line that no base64 could hold) ends it.
pub fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    base64_pieces(body, &mut |piece: &[u8]| out.extend_from_slice(piece));
    out
}

fn base64_pieces(body: &[u8], sink: &mut impl FnMut(&[u8])) {
    let body = &body[..footer_start(body)];
    let mut out = Vec::with_capacity(PIECE_BYTES + 4);
    let (mut bits, mut count) = (0u32, 0u8);
    let mut at = 0;
    while at < body.len() {
        if count == 0 && (at == 0 || body[at - 1] == b'\n') {
            at += whole_lines(&body[at..], &mut out);
            if out.len() >= PIECE_BYTES {
                sink(&out);
                out.clear();
            }
        }
        let Some(byte) = body.get(at) else { break };
        at += 1;
        let value = BASE64[*byte as usize];
        if value < 64 {
            bits = bits << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                (bits, count) = (0, 0);
            }
        } else if *byte == b'=' {
            tail(&mut out, bits, count);
            (bits, count) = (0, 0);
        }
    }
    tail(&mut out, bits, count);
    sink(&out);
}

/// Decodes whole lines until one is anything but groups of four of the alphabet, or a piece is full; answers how many
/// bytes of `body` that was.
fn whole_lines(body: &[u8], out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some(length) = memchr(b'\n', &body[at..]).filter(|_| out.len() < PIECE_BYTES) {
        let line = &body[at..at + length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let written = out.len();
        out.resize(written + line.len() / 4 * 3, 0);
        if line.len() % 4 != 0 || BASE64_NOPAD.decode_mut(line, &mut out[written..]).is_err() {
            out.truncate(written);
            break;
        }
        at += length + 1;
    }
    at
}

/// The bytes of an unfinished group of four.
fn tail(out: &mut Vec<u8>, bits: u32, count: u8) {
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// Where plain text behind the base64 starts: behind a line that can be the last one (padding, shorter than the
/// first, or empty), the first line with a byte that is neither of the alphabet nor blank. Only the last 16 kB
/// are looked at.
fn footer_start(body: &[u8]) -> usize {
    let window = body.len().saturating_sub(16 * 1024);
    let skipped = body[window..].iter().position(|b| *b == b'\n').map_or(0, |p| p + 1);
    let mut at = if window == 0 { 0 } else { window + skipped };
    let mut usual_length = 0;
    let mut ended_at = None;
    while at < body.len() {
        let (end, next) = super::head::line(body, at);
        let text = body[at..end].trim_ascii();
        let is_foreign = text.iter().any(|b| BASE64[*b as usize] == 255 && *b != b'=');
        match ended_at {
            Some(cut) if is_foreign => return cut,
            None if usual_length > 0 && is_prose(text) => return at,
            _ if text.is_empty() || is_foreign => {}
            _ => {
                usual_length = usual_length.max(text.len());
                let ends = text.ends_with(b"=") || text.len() < usual_length;
                ended_at = ends.then_some(next);
            }
        }
        if text.is_empty() && usual_length > 0 {
            ended_at = ended_at.or(Some(next));
        }
        at = next;
    }
    body.len()
}

/// Whether a line is words or a rule rather than base64 with a few bytes damaged.
fn is_prose(text: &[u8]) -> bool {
    let foreign = text.iter().filter(|b| BASE64[**b as usize] == 255 && **b != b'=').count();
    foreign * 2 > text.len() || text.iter().filter(|b| **b == b' ').count() >= 2
}

/// Decodes quoted-printable; an escape that is none (`==`, `=zz`) stays as it stands.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        let (end, next) = super::head::line(body, at);
        let text = body[at..end].trim_ascii_end();
        let soft = escapes(text, &mut out);
        if !soft && next > end {
            out.push(b'\n');
        }
        at = next;
    }
    out
}

/// Decodes the escapes of one line; whether it ends in a soft line break.
fn escapes(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut i = 0;
    while i < text.len() {
        if text[i] != b'=' {
            out.push(text[i]);
            i += 1;
        } else if i + 1 == text.len() {
            return true;
        } else if let Some(byte) = text.get(i + 1..i + 3).and_then(hex) {
            out.push(byte);
            i += 3;
        } else {
            out.push(b'=');
            i += 1;
        }
    }
    false
}

/// The payload of a Q word (RFC 2047, section 4.2): `_` is a blank.
pub fn q_word(payload: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> = payload.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
    let mut out = Vec::with_capacity(blanks.len());
    if escapes(&blanks, &mut out) {
        out.push(b'=');
    }
    out
}

/// Two hexadecimal digits, either case.
pub fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    }
}

fn uuencode(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut inside = false;
    let mut at = 0;
    while at < body.len() {
        let (end, next) = super::head::line(body, at);
        let text = &body[at..end];
        at = next;
        if !inside {
            inside = text.starts_with(b"begin ");
            continue;
        }
        if text == b"end" {
            break;
        }
        let Some((length, groups)) = text.split_first() else { continue };
        let length = usize::from(length.wrapping_sub(32) & 63);
        let from = out.len();
        for group in groups.chunks(4) {
            let six = |i: usize| u32::from(group.get(i).copied().unwrap_or(32).wrapping_sub(32) & 63);
            let bits = six(0) << 18 | six(1) << 12 | six(2) << 6 | six(3);
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        out.truncate(from + length);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_without_padding_keeps_its_last_byte() {
        assert_eq!(base64(b"bGFiYSBkaWVuYQ"), b"laba diena");
        assert_eq!(base64(b"bGFiYSBkaWVuYQ=="), b"laba diena");
    }

    #[test]
    fn a_footer_behind_base64_is_not_decoded() {
        let body = b"bGFiYSBkaWVuYQ==\r\n_______________\r\nlist mailing list\r\nlist@l.example\r\n";
        assert_eq!(base64(body), b"laba diena");
        assert_eq!(base64(b"bGFiYSBkaWVu\n_______\nlist of all\n"), b"laba dien");
        assert_eq!(base64(b"bGFiYSBkaWVu\nThis list is long\n"), b"laba dien");
    }

    #[test]
    fn base64_broken_over_lines_with_foreign_bytes_is_read_on() {
        assert_eq!(base64(b"bGFi\r\n YSBk!aWVu\r\nYQ=="), b"laba diena");
        assert_eq!(base64(b"!!!!"), b"");
    }

    #[test]
    fn two_equal_signs_do_not_spoil_quoted_printable() {
        assert_eq!(
            quoted_printable(b"a == b =C4=85 =zz=\r\n end  \r\n"),
            "a == b \u{105} =zz end\n".as_bytes()
        );
    }

    #[test]
    fn uuencode_is_read() {
        assert_eq!(uuencode(b"begin 644 a.txt\n#0V%T\n`\nend\n"), b"Cat");
    }
}
