//! Encoded words in header values (RFC 2047), with the damage that mail programs do to them.

use super::transfer;
use crate::mail::charset;

/// Reads a header value: encoded words decoded, raw 8-bit text guessed, controls made blanks, runs of blanks
/// made one. `tld` is the sender's top level domain, a hint for guessing.
///
/// Neighbouring words of one charset are joined before they are decoded, for many programs cut a character
/// in two (against RFC 2047, section 5).
pub fn decode(value: &[u8], tld: Option<&str>) -> String {
    let mut out = String::with_capacity(value.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut at = 0;
    let mut plain_from = 0;
    while at < value.len() {
        if value[at..].starts_with(b"=?")
            && let Some(word) = Word::read(&value[at..])
        {
            let between = &value[plain_from..at];
            if pending.is_none() || !between.trim_ascii().is_empty() {
                flush(&mut out, &mut pending);
                out.push_str(&charset::guess(between, tld));
            }
            pending = match pending {
                Some((label, mut bytes)) if label.eq_ignore_ascii_case(&word.charset) => {
                    bytes.extend(word.bytes);
                    Some((label, bytes))
                }
                earlier => {
                    flush(&mut out, &mut { earlier });
                    Some((word.charset, word.bytes))
                }
            };
            at += word.length;
            plain_from = at;
        } else {
            at += 1;
        }
    }
    flush(&mut out, &mut pending);
    out.push_str(&charset::guess(&value[plain_from..], tld));
    one_line(&out)
}

fn flush(out: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((label, bytes)) = pending.take() {
        out.push_str(&charset::decode(&bytes, Some(&label), None).text);
    }
}

/// One line: controls and line breaks become blanks, runs of blanks one, invisible characters go.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if crate::domain::address::is_invisible(c) {
            continue;
        }
        if c.is_control() || c == ' ' {
            blank = true;
            continue;
        }
        if blank && !out.is_empty() {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    out
}

struct Word {
    charset: String,
    bytes: Vec<u8>,
    /// Bytes of the value that the word takes.
    length: usize,
}

impl Word {
    /// Reads the word at the start of `value`; a missing `?=` at the very end is forgiven.
    fn read(value: &[u8]) -> Option<Word> {
        let question = |from: usize, within: usize| {
            let rest = value.get(from..)?;
            rest.iter().take(within).position(|b| *b == b'?').map(|p| from + p)
        };
        let charset_end = question(2, 60)?;
        let encoding_end = question(charset_end + 1, 3)?;
        let label = std::str::from_utf8(&value[2..charset_end]).ok()?;
        let label = label.split('*').next().unwrap_or_default().trim();
        if label.is_empty() || !label.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let payload_from = encoding_end + 1;
        let payload = &value[payload_from..];
        let is_q = match value[charset_end + 1..encoding_end].trim_ascii() {
            b"q" | b"Q" => true,
            b"b" | b"B" => false,
            _ => return None,
        };
        let (end, length) = payload_end(payload, is_q)?;
        let payload = &payload[..end];
        let bytes = if is_q { transfer::q_word(payload) } else { transfer::base64(payload) };
        Some(Word { charset: label.to_owned(), bytes, length: payload_from + length })
    }
}

/// Where the payload ends and where the word does. `?=` directly before a hexadecimal digit pair may be a
/// raw question mark before an escape in Q; it ends the word only when no better end follows.
fn payload_end(payload: &[u8], is_q: bool) -> Option<(usize, usize)> {
    let mut at = 0;
    let limit = payload.len().min(8_000);
    while at < limit {
        match payload[at] {
            b'?' if payload.get(at + 1) == Some(&b'=') => {
                let escape = is_q
                    && payload.get(at + 2..at + 4).is_some_and(|p| p.iter().all(u8::is_ascii_hexdigit))
                    && payload[at + 2..].windows(2).take(200).any(|w| w == b"?=");
                if !escape {
                    return Some((at, at + 2));
                }
                at += 1;
            }
            b'=' if payload[at + 1..].starts_with(b"?") && !payload[at + 1..].starts_with(b"?=") && !is_q => {
                return None;
            }
            b'<' | b'\n' if !is_q => return None,
            _ => at += 1,
        }
    }
    let last = payload.last() == Some(&b'?');
    (payload.len() == limit && !payload.is_empty())
        .then(|| (payload.len() - usize::from(last), payload.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read_with_the_damage_that_programs_do() {
        for (value, expected) in [
            ("=?utf-8?B?xaA=?= =?utf-8?B?xb4=?=", "Šž"),
            // A character cut in two.
            ("=?UTF-8?B?xQ==?= =?utf-8?B?oA==?=", "Š"),
            ("=?utf-8?Q?=C5?=\t=?utf-8?Q?=A0i?=", "Ši"),
            ("Re: =?windows-1251?Q?=CF=F0=E8=E2=E5=F2?= text", "Re: Привет text"),
            ("\"=?utf-8?q?=C4=85?=\" x", "\"ą\" x"),
            ("=?utf-8?B?xaA?=", "Š"),
            ("=?utf-8?B?xaA=", "Š"),
            ("=?utf-8*lt?Q?a_b?=", "a b"),
            ("=?utf-8?Q?with blanks =C4=85?=", "with blanks ą"),
            ("=?x-unknown?Q?abc?=", "abc"),
            ("=?nothing", "=?nothing"),
            ("=?utf-8?Q?a=0D=0ABcc:_evil?=", "a Bcc: evil"),
            ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ] {
            assert_eq!(decode(value.as_bytes(), None), expected, "{value}");
        }
    }

    #[test]
    fn raw_eight_bit_text_is_guessed() {
        assert_eq!(decode("Žemė".as_bytes(), None), "Žemė");
        assert_eq!(
            decode(b"\xcd\xe5 \xf0\xe0\xe1\xee\xf2\xe0\xe5\xf2 \xef\xf0\xe8\xed\xf2\xe5\xf0", Some("ru")),
            "Не работает принтер"
        );
    }
}
