//! MAPI properties of a message or an attachment (MS-OXTNEF, section 2.1.3.4).

use encoding_rs::UTF_16LE;

use super::front::Front;
use super::{cut, narrow};

/// Number of a property (MS-OXPROPS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(u16);

impl Id {
    pub const SUBJECT: Id = Id(0x0037);
    pub const BODY: Id = Id(0x1000);
    pub const RTF: Id = Id(0x1009);
    pub const HTML: Id = Id(0x1013);
    pub const DISPLAY_NAME: Id = Id(0x3001);
    pub const DATA: Id = Id(0x3701);
    pub const FILE_NAME: Id = Id(0x3704);
    pub const LONG_FILE_NAME: Id = Id(0x3707);
    pub const MIME_TYPE: Id = Id(0x370e);
    pub const CONTENT_ID: Id = Id(0x3712);
    pub const INTERNET_CODE_PAGE: Id = Id(0x3fde);
    pub const HIDDEN: Id = Id(0x7ffe);

    const ALL: [Id; 12] = [
        Id::SUBJECT,
        Id::BODY,
        Id::RTF,
        Id::HTML,
        Id::DISPLAY_NAME,
        Id::DATA,
        Id::FILE_NAME,
        Id::LONG_FILE_NAME,
        Id::MIME_TYPE,
        Id::CONTENT_ID,
        Id::INTERNET_CODE_PAGE,
        Id::HIDDEN,
    ];
}

#[derive(Clone, Copy)]
enum Value<'x> {
    Number(u32),
    /// Text of one byte for each letter.
    Narrow(&'x [u8]),
    /// UTF-16.
    Wide(&'x [u8]),
    Binary(&'x [u8]),
    /// Behind its interface's number.
    Object(&'x [u8]),
}

/// Properties beyond this many are not looked at.
const PROPERTIES_MAX: u32 = 5_000;
/// An object bears the number of its interface before its content.
const INTERFACE_BYTES: usize = 16;

/// The properties that are asked for, as far as they are whole.
#[derive(Default)]
pub struct Properties<'x>(Vec<(Id, Value<'x>)>);

impl<'x> Properties<'x> {
    pub fn read(bytes: &'x [u8]) -> Properties<'x> {
        let mut front = Front(bytes);
        let mut found = Properties::default();
        for _ in 0..front.u32().unwrap_or_default().min(PROPERTIES_MAX) {
            let Some((id, value)) = property(&mut front) else { break };
            if Id::ALL.contains(&id) && found.value(id).is_none() {
                found.0.extend(value.map(|value| (id, value)));
            }
        }
        found
    }

    fn value(&self, id: Id) -> Option<Value<'x>> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, value)| *value)
    }

    /// A text, without its closing NUL.
    pub fn text(&self, id: Id, code_page: Option<u32>) -> Option<String> {
        match self.value(id)? {
            Value::Narrow(bytes) => Some(narrow(cut(bytes), code_page)),
            Value::Wide(bytes) => {
                let text = UTF_16LE.decode_without_bom_handling(cut(bytes)).0;
                Some(text.split('\0').next().unwrap_or_default().to_owned())
            }
            Value::Number(_) | Value::Binary(_) | Value::Object(_) => None,
        }
    }

    pub fn number(&self, id: Id) -> Option<u32> {
        match self.value(id)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Bytes that are no object: a text as it stands, too.
    pub fn bytes(&self, id: Id) -> Option<&'x [u8]> {
        match self.value(id)? {
            Value::Narrow(bytes) | Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// What an object holds: a message within the message.
    pub fn object(&self, id: Id) -> Option<&'x [u8]> {
        match self.value(id)? {
            Value::Object(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// The next property; `None` where it is cut off or of no known type. Of several values the first counts.
fn property<'x>(front: &mut Front<'x>) -> Option<(Id, Option<Value<'x>>)> {
    const SEVERAL: u16 = 0x1000;
    let kind = front.u16()?;
    let id = front.u16()?;
    if id >= 0x8000 {
        named(front)?;
    }
    let plain = kind & !SEVERAL;
    let is_variable = matches!(plain, 0x0d | 0x1e | 0x1f | 0x102);
    let count = if is_variable || kind & SEVERAL != 0 { front.u32()? } else { 1 };
    let mut first = None;
    for _ in 0..count {
        let value = if is_variable {
            let length = front.u32()?;
            variable(plain, front.padded(length)?)
        } else {
            fixed(plain, front)?
        };
        first = first.or(Some(value));
    }
    Some((Id(id), first))
}

/// Passes over the name of a property that has one.
fn named(front: &mut Front<'_>) -> Option<()> {
    front.take(16)?;
    if front.u32()? == 0 {
        front.u32()?;
    } else {
        let length = front.u32()?;
        front.padded(length)?;
    }
    Some(())
}

fn variable(kind: u16, bytes: &[u8]) -> Value<'_> {
    match kind {
        0x1e => Value::Narrow(bytes),
        0x1f => Value::Wide(bytes),
        0x0d => Value::Object(bytes.get(INTERFACE_BYTES..).unwrap_or_default()),
        _ => Value::Binary(bytes),
    }
}

/// A value of a fixed length; each takes at least four bytes, so that no count makes this long.
fn fixed<'x>(kind: u16, front: &mut Front<'x>) -> Option<Value<'x>> {
    match kind {
        0x02 | 0x03 | 0x04 | 0x0a | 0x0b => front.u32().map(Value::Number),
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => front.take(8).map(Value::Binary),
        0x48 => front.take(16).map(Value::Binary),
        _ => None,
    }
}
