//! What is wrapped within one part: by Outlook in `winmail.dat`, by S/MIME within a signature. Its files are attachments
//! of the mail, its text stands in for one that lacks.

use super::text::encoding;
use super::tree::{Part, Tree};
use super::{Limits, digest, file_name, text};
use crate::domain::message::Attachment;
use crate::mail::{cms, tnef};

/// Files within part `n` are numbered from `(n + 1) << PLACES` on; parts themselves stay far below (see `Limits`).
const PLACES: u32 = 16;

/// What a part wrapped.
pub struct Wrapped {
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// Everything in it is told: the part itself needs no showing.
    pub is_whole: bool,
}

/// Opens part `number` where something that can be read is wrapped in it.
pub fn open(part: &Part<'_>, number: u32, limits: &Limits) -> Option<Wrapped> {
    if is_tnef(part) {
        return from_tnef(&encoding(part).decode(part.body), number);
    }
    is_smime(part).then(|| signed(&encoding(part).decode(part.body), number, limits))?
}

fn is_tnef(part: &Part<'_>) -> bool {
    let is_named = |name: &str| name.eq_ignore_ascii_case("winmail.dat");
    let name = part.disposition.param("filename").or_else(|| part.content.param("name"));
    part.content.main.ends_with("ms-tnef") || name.is_some_and(is_named)
}

fn is_smime(part: &Part<'_>) -> bool {
    matches!(part.content.main.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

/// Is it signed, and not encrypted, whatever its label says?
pub fn is_signed(part: &Part<'_>) -> bool {
    is_smime(part) && cms::signed_content(&encoding(part).decode(part.body)).is_some()
}

fn from_tnef(bytes: &[u8], number: u32) -> Option<Wrapped> {
    let opened = tnef::open(bytes)?;
    if opened.files.is_empty() && opened.text.trim().is_empty() {
        return None;
    }
    let attachments = (0u32..).zip(&opened.files).map(|(place, file)| {
        let given = &file.content_type;
        let content_type = if given.contains('/') { given.as_str() } else { "application/octet-stream" };
        let name = file_name::safe(&file.name);
        Attachment {
            name: name.unwrap_or_else(|| file_name::invented(content_type, place + 1)),
            content_type: content_type.to_owned(),
            size_bytes: file.bytes.len() as u64,
            hash: digest::of(&file.bytes),
            part: within(number, place),
            inline: file.is_hidden,
            content_id: file.content_id.clone(),
        }
    });
    Some(Wrapped { attachments: attachments.collect(), text: opened.text, is_whole: opened.is_whole })
}

/// The mail that stands within a signature; what is wrapped in it in turn stays a file.
fn signed(bytes: &[u8], number: u32, limits: &Limits) -> Option<Wrapped> {
    let content = cms::signed_content(bytes)?;
    let opened = super::open(&content);
    let tree = Tree::read(&opened.bytes, opened.from, opened.head_end, opened.body, limits);
    let reading = text::read(&tree, None, limits);
    let files = super::files(&tree, &reading).take(limits.attachments);
    let attachments = files.filter_map(|(place, part)| {
        let place = u32::try_from(place).ok()?;
        let attachment = super::attachment(part, place, &reading);
        Some(Attachment { part: within(number, place), ..attachment })
    });
    Some(Wrapped { attachments: attachments.collect(), text: reading.text.clone(), is_whole: true })
}

fn within(number: u32, place: u32) -> u32 {
    (number + 1) << PLACES | place
}

/// The part, and the place within it, that the number of an attachment names; `None` for one that is a part itself.
pub fn place(number: u32) -> Option<(usize, usize)> {
    let part = usize::try_from((number >> PLACES).checked_sub(1)?).ok()?;
    Some((part, usize::try_from(number & ((1 << PLACES) - 1)).ok()?))
}

/// The bytes of a file within a part.
pub fn file(part: &Part<'_>, place: usize, limits: &Limits) -> Option<Vec<u8>> {
    let bytes = encoding(part).decode(part.body);
    if is_tnef(part) {
        return Some(tnef::open(&bytes)?.files.into_iter().nth(place)?.bytes.into_owned());
    }
    let content = cms::signed_content(&bytes)?;
    let opened = super::open(&content);
    let tree = Tree::read(&opened.bytes, opened.from, opened.head_end, opened.body, limits);
    let inner = tree.parts.get(place)?;
    Some(encoding(inner).decode(inner.body))
}
