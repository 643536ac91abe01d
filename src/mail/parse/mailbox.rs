//! Address lists (RFC 5322, section 3.4), read strictly where identity hangs on them.

use super::{head, word};
use crate::domain::address::{Address, Mailbox};
use crate::domain::message::Sender;

/// One entry of an address list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// What stands where the address belongs, as written.
    pub address: String,
    /// Stood within a group.
    pub in_group: bool,
    /// A bare address that others may read in another way: good enough to write to, not to believe.
    pub is_veiled: bool,
}

impl Entry {
    /// The mailbox, where the address is sound.
    pub fn mailbox(&self) -> Option<Mailbox> {
        Address::parse(&self.address).map(|address| Mailbox::new(&limited(&self.name), address))
    }
}

/// No honest name is longer.
fn limited(name: &str) -> String {
    name.chars().take(200).collect()
}

/// Reads at most `max` entries; whether more stood there comes second.
pub fn list(value: &[u8], max: usize) -> (Vec<Entry>, bool) {
    let value = head::unfold(value);
    let mut reader = Reader { value: &value, at: 0, entries: Vec::new(), draft: Draft::default() };
    while reader.at < value.len() {
        if reader.entries.len() >= max {
            return (reader.entries, true);
        }
        reader.step();
    }
    reader.close();
    (reader.entries, false)
}

#[derive(Default)]
struct Draft {
    phrase: Vec<u8>,
    angle: Option<Vec<u8>>,
    comment: Vec<u8>,
    in_group: bool,
    /// Something follows the closing bracket that is no comment, or brackets repeat.
    is_odd: bool,
    /// A comment follows what was read so far.
    is_parted: bool,
    /// A quoted string or an encoded word stands there, or a comment and more behind it. In a name that is common; a bare
    /// address of this kind is read in different ways (RFC 5322, section 3.4.1; RFC 2047, section 5).
    is_veiled: bool,
}

impl Draft {
    /// Anything but blanks was read so far.
    fn says(&self) -> bool {
        self.phrase.iter().any(|byte| !byte.is_ascii_whitespace())
    }
}

struct Reader<'v> {
    value: &'v [u8],
    at: usize,
    entries: Vec<Entry>,
    draft: Draft,
}

impl Reader<'_> {
    fn step(&mut self) {
        let byte = self.value[self.at];
        match byte {
            b'"' => {
                let inner = self.until(b'"');
                self.draft.is_veiled = true;
                self.draft.phrase.push(b' ');
                self.draft.phrase.extend(inner);
            }
            b'(' => {
                let inner = self.comment();
                self.draft.is_parted |= self.draft.says();
                self.draft.comment.extend(inner);
            }
            b'<' => {
                let from = self.at + 1;
                let end = self.value[from..].iter().position(|b| *b == b'>').map(|p| from + p);
                let inner = self.value[from..end.unwrap_or(self.value.len())].to_vec();
                self.draft.is_odd |= self.draft.angle.is_some() || end.is_none();
                self.draft.angle = Some(inner);
                self.at = end.map_or(self.value.len(), |e| e + 1);
            }
            b'=' if self.value[self.at..].starts_with(b"=?") => {
                self.draft.is_veiled = true;
                self.word();
            }
            b',' => {
                self.close();
                self.at += 1;
            }
            b';' => {
                self.close();
                self.draft.in_group = false;
                self.at += 1;
            }
            b':' if self.draft.angle.is_none() && !self.draft.phrase.contains(&b'@') => {
                self.draft = Draft { in_group: true, ..Draft::default() };
                // An empty group is an entry without an address, so that it is not taken for nothing.
                self.entries.push(Entry { in_group: true, ..Entry::default() });
                self.at += 1;
            }
            _ => {
                let shows = !byte.is_ascii_whitespace();
                self.draft.is_odd |= self.draft.angle.is_some() && shows;
                self.draft.is_veiled |= shows && self.draft.is_parted;
                self.draft.phrase.push(byte);
                self.at += 1;
            }
        }
    }

    /// An encoded word is one thing, whatever commas or brackets bad programs leave in it.
    fn word(&mut self) {
        let rest = &self.value[self.at..];
        let ends = |from: usize| {
            rest.get(from..).and_then(|r| r.windows(2).position(|w| w == b"?=").map(|p| from + p))
        };
        let marks: Vec<usize> =
            rest.iter().enumerate().filter(|(_, b)| **b == b'?').map(|(i, _)| i).take(3).collect();
        let end = match marks.as_slice() {
            [_, _, payload] => ends(payload + 1).map(|e| e + 2),
            _ => None,
        };
        let end = end.filter(|e| *e < 2_000).unwrap_or(2).min(rest.len());
        self.draft.phrase.extend_from_slice(&rest[..end]);
        self.at += end;
    }

    /// The inside of a quoted string that starts here; the position moves behind it.
    fn until(&mut self, close: u8) -> Vec<u8> {
        let mut out = Vec::new();
        self.at += 1;
        while let Some(byte) = self.value.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' if self.at < self.value.len() => {
                    out.push(self.value[self.at]);
                    self.at += 1;
                }
                b if *b == close => break,
                b => out.push(*b),
            }
        }
        out
    }

    fn comment(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut depth = 0usize;
        while let Some(byte) = self.value.get(self.at) {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => break,
                b')' => depth -= 1,
                b => out.push(*b),
            }
        }
        out
    }

    fn close(&mut self) {
        let in_group = self.draft.in_group;
        let draft = std::mem::replace(&mut self.draft, Draft { in_group, ..Draft::default() });
        let phrase = word::decode(&draft.phrase, None);
        let (name, address) = match &draft.angle {
            Some(angle) if draft.is_odd => (phrase, format!("{} (unclear)", String::from_utf8_lossy(angle))),
            Some(angle) => (phrase, String::from_utf8_lossy(angle).trim().to_owned()),
            None => (String::new(), phrase),
        };
        if address.is_empty() && name.is_empty() && draft.angle.is_none() {
            return;
        }
        let name = name.trim().trim_matches(['"', '\'']).trim().to_owned();
        let name = if name.is_empty() { word::decode(&draft.comment, None) } else { name };
        let is_veiled = draft.is_veiled && draft.angle.is_none();
        self.entries.push(Entry { name, address, in_group, is_veiled });
    }
}

/// The one sender of a mail (C20, C21): exactly one From field with exactly one sound address.
pub fn sender<'x>(mut values: impl Iterator<Item = &'x [u8]>) -> Sender {
    let Some(value) = values.next() else {
        return Sender::Unreadable("there is no From field".to_owned());
    };
    if values.next().is_some() {
        return Sender::Unreadable("there are several From fields".to_owned());
    }
    let (entries, _) = list(value, 3);
    match entries.as_slice() {
        [] => Sender::Unreadable("the From field is empty".to_owned()),
        [one] if !one.in_group => match one.mailbox().filter(|_| !one.is_veiled) {
            Some(mailbox) => Sender::Known(mailbox),
            None => {
                Sender::Unreadable(format!("the From field holds no sound address: {}", shown(&one.address)))
            }
        },
        [..] if entries.iter().any(|e| e.in_group) => {
            Sender::Unreadable("the From field names a group".to_owned())
        }
        [..] => Sender::Unreadable("the From field names several addresses".to_owned()),
    }
}

fn shown(address: &str) -> String {
    word::one_line(address).chars().take(100).collect()
}

/// A bare address as trace fields have it: `<a@b>` or `a@b`.
pub fn bare(value: &[u8]) -> Option<Address> {
    let (entries, _) = list(value, 1);
    entries.first().and_then(|e| Address::parse(&e.address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Sender {
        sender(std::iter::once(value.as_bytes()))
    }

    #[test]
    fn one_sound_address_is_the_sender() {
        for (value, name, address) in [
            ("Ona Petraitė <ona@client.example>", "Ona Petraitė", "ona@client.example"),
            ("\"Petraitė, Ona\" <Ona@Client.example>", "Petraitė, Ona", "ona@client.example"),
            ("=?utf-8?Q?Petrait=C4=97,_Ona?= <ona@client.example>", "Petraitė, Ona", "ona@client.example"),
            ("=?utf-8?B?T25hIDxh?= =?utf-8?B?QGI+?= <ona@client.example>", "Ona <a@b>", "ona@client.example"),
            ("ona@client.example (Ona Petraitė)", "Ona Petraitė", "ona@client.example"),
            ("ona@client.example", "", "ona@client.example"),
            ("(Ona) ona@client.example", "Ona", "ona@client.example"),
            ("Ona (first floor) Petraitė <ona@client.example>", "Ona Petraitė", "ona@client.example"),
            ("=?utf-8?Q?Ona=0D=0ABcc:_x?= <ona@client.example>", "Ona Bcc: x", "ona@client.example"),
            ("Ona: Petraitė <ona@client.example>", "?", "?"),
        ] {
            match read(value) {
                Sender::Known(mailbox) => {
                    assert_eq!((mailbox.name.as_str(), mailbox.address.as_str()), (name, address), "{value}");
                }
                Sender::Unreadable(_) => assert_eq!(name, "?", "{value}"),
            }
        }
    }

    #[test]
    fn anything_but_one_sound_address_is_no_sender() {
        for value in [
            "",
            "a@b.example, c@d.example",
            "team: a@b.example, c@d.example;",
            "undisclosed-recipients:;",
            "<@bad.example,@x.example:ona@client.example>",
            "<ona@client.example\0@bad.example>",
            "ona@client.example <x@bad.example> <ona@client.example>",
            "<ona@client.example",
            "<ona@client.example> trailing@bad.example",
            "Ona Petraitė",
            "\"ona@client.example\"",
            "=?utf-8?Q?ona=40client.example?=",
            "=?utf-8?Q?ona?=@client.example",
            "ona@client(.bad).example",
        ] {
            assert!(read(value).mailbox().is_none(), "{value}");
        }
        let two = [b"a@b.example".as_slice(), b"c@d.example"];
        assert_eq!(sender(two.into_iter()), Sender::Unreadable("there are several From fields".to_owned()));
    }

    #[test]
    fn a_list_is_read_up_to_its_limit() {
        let many = "a@b.example, ".repeat(1000);
        let (entries, more) = list(many.as_bytes(), 500);
        assert_eq!((entries.len(), more), (500, true));
        let (entries, more) = list(b"\"A, B\" <a@b.example>, c@d.example; team: e@f.example;", 500);
        let mailboxes: Vec<String> =
            entries.iter().filter_map(Entry::mailbox).map(|m| m.address.to_string()).collect();
        assert_eq!(mailboxes, ["a@b.example", "c@d.example", "e@f.example"]);
        assert!(!more);
    }
}
