//! Headers as mail programs write them: names and subjects in encoded words (RFC 2047).

use data_encoding::BASE64;
use encoding_rs::Encoding;

/// Bytes of text in one encoded word, so that it stays under 75 characters.
const WORD_BYTES_MAX: usize = 36;

/// A header block in the making; lines end in LF.
pub struct Head {
    charset: &'static Encoding,
    label: String,
    lines: Vec<(String, String)>,
}

impl Head {
    pub fn new(charset: &'static Encoding, label: &str) -> Head {
        Head { charset, label: label.to_owned(), lines: Vec::new() }
    }

    /// Adds a header that is ASCII already.
    pub fn add(&mut self, name: &str, value: &str) -> &mut Head {
        self.lines.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces a header, or adds it at the top, for a mail server would write it there.
    pub fn replace(&mut self, name: &str, value: &str) -> Result<(), String> {
        let value =
            if value.is_ascii() { value.to_owned() } else { words(value, self.charset, &self.label)? };
        match self.lines.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some(line) => line.1 = value,
            None => self.lines.insert(1, (name.to_owned(), value)),
        }
        Ok(())
    }

    /// [`Head::replace`] with an ASCII value, where it is to be.
    pub fn replace_if(&mut self, is: bool, name: &str, value: &str) {
        if is && let Some(line) = self.lines.iter_mut().find(|(known, _)| known == name) {
            line.1 = value.to_owned();
        }
    }

    pub fn add_text(&mut self, name: &str, text: &str) -> Result<(), String> {
        let value = if text.is_ascii() { text.to_owned() } else { words(text, self.charset, &self.label)? };
        self.add(name, &value);
        Ok(())
    }

    /// Adds people, each `Name <address>` or an address alone; nothing where there are none.
    pub fn add_people(&mut self, name: &str, people: &[String]) -> Result<(), String> {
        let mut written = Vec::new();
        for person in people {
            written.push(self.person(person)?);
        }
        if !written.is_empty() {
            self.add(name, &written.join(",\n "));
        }
        Ok(())
    }

    fn person(&self, person: &str) -> Result<String, String> {
        let Some((name, rest)) = person.split_once('<') else { return Ok(person.to_owned()) };
        let name = name.trim().trim_matches('"');
        Ok(if name.is_empty() {
            format!("<{rest}")
        } else if name.is_ascii() {
            format!("\"{}\" <{rest}", name.replace('\\', "\\\\").replace('"', "\\\""))
        } else {
            format!("{}\n <{rest}", words(name, self.charset, &self.label)?)
        })
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.lines.iter().flat_map(|(name, value)| format!("{name}: {value}\n").into_bytes()).collect()
    }
}

/// The address of `Name <address>`, or the whole.
pub fn address_of(person: &str) -> &str {
    person.split_once('<').map_or(person, |(_, rest)| rest.trim_end_matches('>')).trim()
}

/// Text in a charset.
///
/// # Errors
/// The charset has no such character.
pub fn encoded(text: &str, charset: &'static Encoding, label: &str) -> Result<Vec<u8>, String> {
    let (bytes, _, lossy) = charset.encode(text);
    if lossy {
        return Err(format!("the text cannot be written in {label}"));
    }
    Ok(bytes.into_owned())
}

fn words(text: &str, charset: &'static Encoding, label: &str) -> Result<String, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES_MAX {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let mut written = Vec::new();
    for word in words {
        written.push(format!("=?{label}?B?{}?=", BASE64.encode(&encoded(&word, charset, label)?)));
    }
    Ok(written.join("\n "))
}

/// Encoded words of UTF-8.
pub fn utf8_words(text: &str) -> String {
    words(text, encoding_rs::UTF_8, "utf-8").unwrap_or_default().replace('\n', "")
}

/// An attribute value of RFC 2231, section 4.
pub fn percent(text: &str) -> String {
    let byte = |b: u8| {
        if b.is_ascii_alphanumeric() || b == b'.' { char::from(b).to_string() } else { format!("%{b:02X}") }
    };
    text.bytes().map(byte).collect()
}
