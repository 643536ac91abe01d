//! Opens `winmail.dat`, in which Outlook and Exchange wrap text and files (MS-OXTNEF).
//!
//! Linear in its length and bounded in number and depth; whatever the bytes are, what is whole comes out.

mod front;
mod properties;
mod rtf;

use std::borrow::Cow;

use front::Front;
use properties::{Id, Properties};

use super::{charset, html};

/// The first four bytes, little-endian.
const SIGNATURE: u32 = 0x223E_9F78;
/// More attributes, and more files, are not looked at.
const ATTRIBUTES_MAX: usize = 10_000;
const FILES_MAX: usize = 200;
/// Messages within messages.
const DEPTH_MAX: usize = 4;
/// Bytes of a text that are read.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// An attribute without content: level, number, length, checksum.
const ATTRIBUTE_BYTES_MIN: usize = 11;

/// What was wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened<'x> {
    /// The message's text; empty where there is none.
    pub text: String,
    pub files: Vec<File<'x>>,
    /// Nothing was damaged, and nothing left out.
    pub is_whole: bool,
    subject: String,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File<'x> {
    /// As the sender's program wrote it: not made safe. Empty where there is none.
    pub name: String,
    /// Empty where there is none.
    pub content_type: String,
    pub content_id: Option<String>,
    /// Shown within the text rather than attached.
    pub is_hidden: bool,
    pub bytes: Cow<'x, [u8]>,
}

/// Opens it; `None` where the bytes are nothing of the kind.
pub fn open(bytes: &[u8]) -> Option<Opened<'_>> {
    message(bytes, 0)
}

fn message(bytes: &[u8], depth: usize) -> Option<Opened<'_>> {
    let mut front = Front(bytes);
    if front.u32()? != SIGNATURE {
        return None;
    }
    front.take(2)?;
    let mut reading = Reading::default();
    let mut is_whole = false;
    for _ in 0..ATTRIBUTES_MAX {
        if front.0.len() < ATTRIBUTE_BYTES_MIN {
            is_whole = true;
            break;
        }
        if reading.attribute(&mut front).is_none() {
            break;
        }
    }
    Some(reading.finish(depth, is_whole))
}

/// One attachment on its way.
#[derive(Default)]
struct Piece<'x> {
    title: &'x [u8],
    data: &'x [u8],
    properties: Properties<'x>,
}

#[derive(Default)]
struct Reading<'x> {
    code_page: Option<u32>,
    subject: &'x [u8],
    body: &'x [u8],
    properties: Properties<'x>,
    pieces: Vec<Piece<'x>>,
    too_many: bool,
}

impl<'x> Reading<'x> {
    /// Takes the next attribute (MS-OXTNEF, section 2.1.3.1); `None` where it is cut off.
    fn attribute(&mut self, front: &mut Front<'x>) -> Option<()> {
        front.take(1)?;
        let id = front.u32()? & 0xffff;
        let length = usize::try_from(front.u32()?).ok()?;
        let data = front.take(length)?;
        front.take(2)?;
        match id {
            0x9007 => self.code_page = Front(data).u32(),
            0x8004 => self.subject = data,
            0x800c => self.body = data,
            0x9003 => self.properties = Properties::read(data),
            // attAttachRendData is the first of each attachment.
            0x9002 => self.begin(),
            0x8010 => self.piece().title = data,
            0x800f => self.piece().data = data,
            0x9005 => self.piece().properties = Properties::read(data),
            _ => {}
        }
        Some(())
    }

    fn begin(&mut self) {
        if self.pieces.len() < FILES_MAX {
            self.pieces.push(Piece::default());
        } else {
            self.too_many = true;
        }
    }

    fn piece(&mut self) -> &mut Piece<'x> {
        if self.pieces.is_empty() {
            self.pieces.push(Piece::default());
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }

    fn finish(mut self, depth: usize, is_whole: bool) -> Opened<'x> {
        let mut opened = Opened { is_whole: is_whole && !self.too_many, ..Opened::default() };
        opened.subject = self.properties.text(Id::SUBJECT, self.code_page).unwrap_or_default();
        if opened.subject.is_empty() {
            opened.subject = narrow(self.subject, self.code_page);
        }
        opened.text = self.text();
        for piece in std::mem::take(&mut self.pieces) {
            piece.put(&mut opened, self.code_page, depth);
        }
        if opened.files.len() > FILES_MAX {
            opened.files.truncate(FILES_MAX);
            opened.is_whole = false;
        }
        opened
    }

    /// The text in the plainest form that there is.
    fn text(&self) -> String {
        let plain = narrow(cut(self.body), self.code_page);
        if !plain.trim().is_empty() {
            return plain;
        }
        if let Some(text) =
            self.properties.text(Id::BODY, self.code_page).filter(|text| !text.trim().is_empty())
        {
            return text;
        }
        if let Some(page) = self.properties.bytes(Id::HTML) {
            let page = cut(page);
            let label = self.properties.number(Id::INTERNET_CODE_PAGE).and_then(label);
            let declared = html::charset(page).or(label);
            return html::to_text(&charset::decode(page, declared.as_deref(), None).text);
        }
        let rtf = self.properties.bytes(Id::RTF).and_then(|packed| rtf::unpacked(packed, TEXT_BYTES_MAX));
        rtf.map(|rtf| rtf::text(&rtf)).unwrap_or_default()
    }
}

impl<'x> Piece<'x> {
    /// Adds the file, or the message with its files.
    fn put(self, opened: &mut Opened<'x>, code_page: Option<u32>, depth: usize) {
        let known = &self.properties;
        let names = [Id::LONG_FILE_NAME, Id::FILE_NAME, Id::DISPLAY_NAME];
        let name = names.iter().find_map(|id| known.text(*id, code_page).filter(|name| !name.is_empty()));
        let name = name.unwrap_or_else(|| narrow(self.title, code_page));
        if let Some(within) = known.object(Id::DATA).filter(|_| depth < DEPTH_MAX)
            && let Some(message) = message(within, depth + 1)
        {
            opened.is_whole &= message.is_whole;
            let title = if message.subject.is_empty() { &name } else { &message.subject };
            opened.files.push(File {
                name: format!("{title}.txt"),
                content_type: "text/plain".to_owned(),
                bytes: Cow::Owned(message.text.into_bytes()),
                ..File::default()
            });
            opened.files.extend(message.files);
            return;
        }
        let inside = || known.object(Id::DATA).or_else(|| known.bytes(Id::DATA)).unwrap_or_default();
        let bytes = if self.data.is_empty() { inside() } else { self.data };
        let content_id = known.text(Id::CONTENT_ID, code_page).filter(|id| !id.is_empty());
        opened.files.push(File {
            name,
            content_type: known.text(Id::MIME_TYPE, code_page).unwrap_or_default().to_ascii_lowercase(),
            content_id,
            is_hidden: known.number(Id::HIDDEN).is_some_and(|hidden| hidden & 0xff != 0),
            bytes: Cow::Borrowed(bytes),
        });
    }
}

fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(TEXT_BYTES_MAX)]
}

/// Text of one byte for each letter, up to its closing NUL.
fn narrow(bytes: &[u8], code_page: Option<u32>) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    charset::decode(&bytes[..end], code_page.and_then(label).as_deref(), None).text
}

/// The name of a Windows code page.
fn label(code_page: u32) -> Option<String> {
    Some(match code_page {
        874 | 1250..=1258 => format!("windows-{code_page}"),
        866 => "ibm866".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        20866 => "koi8-r".to_owned(),
        21866 => "koi8-u".to_owned(),
        28591..=28605 => format!("iso-8859-{}", code_page - 28590),
        65001 => "utf-8".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
