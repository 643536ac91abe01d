//! The text of rich text: unpacked (MS-OXRTFCP), then read without its formatting.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::front::Front;
use super::label;

const LZFU: u32 = 0x7546_5a4c;
const MELA: u32 = 0x414c_454d;

/// What packed text may refer to from its first byte on.
const PREPARED: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \
\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\
\\f0\\fs20\\b\\i\\u\\tab\\tx";

const RING: usize = 4_096;
/// Groups within groups; deeper ones share the innermost.
const DEPTH_MAX: usize = 200;

/// Unpacks rich text, up to `most` bytes. `None` where it is packed in no known way.
pub fn unpacked(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut front = Front(bytes);
    front.u32()?;
    let most = most.min(usize::try_from(front.u32()?).ok()?);
    let kind = front.u32()?;
    front.u32()?;
    match kind {
        MELA => Some(front.0[..front.0.len().min(most)].to_vec()),
        LZFU => Some(unpack(front, most)),
        _ => None,
    }
}

fn unpack(mut front: Front<'_>, most: usize) -> Vec<u8> {
    let mut ring = [0u8; RING];
    ring[..PREPARED.len()].copy_from_slice(PREPARED);
    let mut end = PREPARED.len();
    let mut out = Vec::new();
    while out.len() < most {
        let Some(&[control]) = front.take(1) else { break };
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(&[byte]) = front.take(1) else { return out };
                ring[end] = byte;
                end = (end + 1) % RING;
                out.push(byte);
                continue;
            }
            let Some(&[high, low]) = front.take(2) else { return out };
            let reference = u16::from_be_bytes([high, low]);
            let from = usize::from(reference >> 4);
            if from == end {
                return out;
            }
            for step in 0..usize::from(reference & 0xf) + 2 {
                let byte = ring[(from + step) % RING];
                ring[end] = byte;
                end = (end + 1) % RING;
                out.push(byte);
            }
        }
    }
    out.truncate(most);
    out
}

/// What holds within a pair of braces.
#[derive(Clone, Copy)]
struct Group {
    /// Nothing in it is text.
    is_hidden: bool,
    is_font_table: bool,
    /// Characters that stand for those who cannot read the `\u` before them.
    stand_ins: usize,
    font: i32,
}

struct Reader {
    groups: Vec<Group>,
    /// Braces open beyond the deepest group.
    deeper: usize,
    /// Letters of one byte that are not decoded yet.
    pending: Vec<u8>,
    /// Units of UTF-16 likewise.
    wide: Vec<u16>,
    code_page: u32,
    /// Number of a font and its code page.
    fonts: BTreeMap<i32, u32>,
    /// Stand-ins still to be passed over.
    passing: usize,
    out: String,
}

/// The text of rich text; total. What HTML it was made from is not looked at.
pub fn text(rtf: &[u8]) -> String {
    let plain = Group { is_hidden: false, is_font_table: false, stand_ins: 1, font: 0 };
    let mut reader = Reader {
        groups: vec![plain],
        deeper: 0,
        pending: Vec::new(),
        wide: Vec::new(),
        code_page: 1252,
        fonts: BTreeMap::new(),
        passing: 0,
        out: String::new(),
    };
    let mut rest = rtf;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        match byte {
            b'{' => reader.open(),
            b'}' => reader.close(),
            b'\\' => rest = reader.control(behind),
            b'\r' | b'\n' => {}
            byte => reader.letter(*byte),
        }
    }
    reader.flush();
    reader.out
}

impl Reader {
    fn group(&mut self) -> &mut Group {
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn open(&mut self) {
        self.passing = 0;
        if self.groups.len() < DEPTH_MAX {
            let inner = *self.group();
            self.groups.push(inner);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self) {
        self.flush();
        self.passing = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if self.groups.len() > 1 {
            self.groups.pop();
        }
    }

    /// Reads what stands behind a backslash, and returns what follows it.
    fn control<'r>(&mut self, rest: &'r [u8]) -> &'r [u8] {
        let [first, behind @ ..] = rest else { return rest };
        if first.is_ascii_alphabetic() {
            return self.word(rest);
        }
        match first {
            b'\'' => {
                let digit = |at: usize| behind.get(at).and_then(|b| char::from(*b).to_digit(16));
                let (Some(high), Some(low)) = (digit(0), digit(1)) else { return behind };
                self.letter(u8::try_from(high << 4 | low).unwrap_or(b'?'));
                return &behind[2..];
            }
            b'*' => self.group().is_hidden = true,
            b'~' => self.put(' '),
            b'_' => self.put('-'),
            b'\r' | b'\n' => self.put('\n'),
            b'\\' | b'{' | b'}' => self.letter(*first),
            _ => {}
        }
        behind
    }

    /// A word of control with its number, and the blank behind it.
    fn word<'r>(&mut self, rest: &'r [u8]) -> &'r [u8] {
        let end = rest.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_negative = behind.first() == Some(&b'-');
        let figures = &behind[usize::from(is_negative)..];
        let count = figures.iter().take_while(|b| b.is_ascii_digit()).count();
        let value = std::str::from_utf8(&figures[..count]).ok().and_then(|text| text.parse::<i32>().ok());
        let number = value.map(|value| if is_negative { -value } else { value });
        let behind = if count == 0 { behind } else { &figures[count..] };
        let behind = behind.strip_prefix(b" ").unwrap_or(behind);
        if word == b"bin" {
            let skipped = number.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
            return &behind[skipped.min(behind.len())..];
        }
        self.obey(word, number);
        behind
    }

    fn obey(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"par" | b"line" | b"sect" | b"page" | b"row" => self.put('\n'),
            b"tab" | b"cell" => self.put('\t'),
            b"emdash" => self.put('—'),
            b"endash" => self.put('–'),
            b"lquote" => self.put('‘'),
            b"rquote" => self.put('’'),
            b"ldblquote" => self.put('“'),
            b"rdblquote" => self.put('”'),
            b"bullet" => self.put('•'),
            b"u" => self.unicode(number.unwrap_or_default()),
            b"uc" => {
                let stand_ins = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
                self.group().stand_ins = stand_ins.min(8);
            }
            b"ansicpg" => self.code_page = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(1252),
            b"fonttbl" => {
                self.group().is_font_table = true;
                self.group().is_hidden = true;
            }
            b"f" => {
                self.flush();
                self.group().font = number.unwrap_or_default();
            }
            b"fcharset" if self.group().is_font_table => {
                let font = self.group().font;
                if let Some(code_page) = number.and_then(code_page_of) {
                    self.fonts.insert(font, code_page);
                }
            }
            b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" | b"header" | b"footer"
            | b"themedata" | b"datastore" => self.group().is_hidden = true,
            _ => {}
        }
    }

    /// A character by its number, followed by stand-ins.
    fn unicode(&mut self, number: i32) {
        let stand_ins = self.group().stand_ins;
        if self.group().is_hidden {
            return;
        }
        self.decode();
        self.wide.push(u16::try_from(number & 0xffff).unwrap_or(0xfffd));
        self.passing = stand_ins;
    }

    fn letter(&mut self, byte: u8) {
        if self.passing > 0 {
            self.passing -= 1;
        } else if !self.group().is_hidden {
            self.widen();
            self.pending.push(byte);
        }
    }

    fn put(&mut self, c: char) {
        if self.passing > 0 {
            self.passing -= 1;
        } else if !self.group().is_hidden {
            self.flush();
            self.out.push(c);
        }
    }

    fn flush(&mut self) {
        self.decode();
        self.widen();
    }

    fn widen(&mut self) {
        self.out.extend(char::decode_utf16(self.wide.drain(..)).map(|c| c.unwrap_or('\u{fffd}')));
    }

    /// Decodes the letters of one byte by the font that they stand in.
    fn decode(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let font = self.group().font;
        let name = label(self.fonts.get(&font).copied().unwrap_or(self.code_page));
        let encoding = name.and_then(|name| Encoding::for_label(name.as_bytes())).unwrap_or(WINDOWS_1252);
        self.out.push_str(&encoding.decode_without_bom_handling(&self.pending).0);
        self.pending.clear();
    }
}

/// The code page of a font's charset; `None` where the document's holds.
fn code_page_of(charset: i32) -> Option<u32> {
    Some(match charset {
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
