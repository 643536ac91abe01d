//! Folder names: modified UTF-7 on the wire (RFC 3501, section 5.1.3), and what LIST tells of them.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};
use data_encoding::BASE64_NOPAD;

use super::{Session, Trouble};

/// A folder as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The full name, decoded.
    pub name: String,
    /// What separates levels of the hierarchy; none if there are none.
    pub separator: Option<char>,
    /// Whether it can be selected at all.
    pub selectable: bool,
    /// Whether the server marks it as the place for sent mail (RFC 6154).
    pub sent: bool,
    /// Whether the server marks it as the place for unwanted mail (RFC 6154).
    pub junk: bool,
}

/// Names that sent mail goes by where the server marks none.
const SENT_NAMES: [&str; 4] = ["sent", "sent items", "sent messages", "sent mail"];

impl Session {
    /// Every folder of the account (LIST).
    ///
    /// # Errors
    /// Those of any command.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, Trouble> {
        let marks = self.has("SPECIAL-USE") && self.has("LIST-EXTENDED");
        self.list_folders(if marks { "\"*\" RETURN (SPECIAL-USE)" } else { "\"*\"" }).await
    }

    /// The folder for sent mail: the one the server marks, else one with a usual name.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn sent_folder(&mut self) -> Result<Option<String>, Trouble> {
        let folders = self.folders().await?;
        let usual = |folder: &&Folder| {
            let leaf = match folder.separator {
                Some(separator) => folder.name.rsplit(separator).next().unwrap_or_default(),
                None => &folder.name,
            };
            folder.selectable && SENT_NAMES.contains(&leaf.to_lowercase().as_str())
        };
        let found = folders.iter().find(|f| f.sent && f.selectable).or_else(|| folders.iter().find(usual));
        Ok(found.map(|folder| folder.name.clone()))
    }

    /// The folder that the server marks as the place for unwanted mail. None where it marks none.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn junk_folder(&mut self) -> Result<Option<String>, Trouble> {
        if !self.has("SPECIAL-USE") {
            return Ok(None);
        }
        let found = self.folders().await?.into_iter().find(|folder| folder.junk && folder.selectable);
        Ok(found.map(|folder| folder.name))
    }

    /// The name under which the server knows `folder`: as given, or below `INBOX`, where some servers keep
    /// everything (Courier). None if there is neither.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn find_folder(&mut self, folder: &str) -> Result<Option<String>, Trouble> {
        let folders = self.folders().await?;
        let known = |name: &str| {
            let found = folders.iter().find(|f| {
                f.name == name || (name.eq_ignore_ascii_case("INBOX") && f.name.eq_ignore_ascii_case("INBOX"))
            });
            found.map(|f| f.name.clone())
        };
        if let Some(name) = known(folder) {
            return Ok(Some(name));
        }
        let separator = folders.iter().find_map(|f| f.separator).unwrap_or('.');
        Ok(known(&format!("INBOX{separator}{folder}")))
    }

    /// Makes a folder, and answers with the name it got: as given, or below `INBOX` where the server allows
    /// none beside it. One that exists already is fine.
    ///
    /// # Errors
    /// The server refuses both names.
    pub async fn create(&mut self, folder: &str) -> Result<String, Trouble> {
        if let Some(name) = self.find_folder(folder).await? {
            return Ok(name);
        }
        let first = self.line.exec(&format!("CREATE {}", quoted_name(folder)), |_| ()).await?;
        if first.is_ok() || first.word() == "ALREADYEXISTS" {
            return Ok(folder.to_owned());
        }
        let separator = self.folders().await?.iter().find_map(|f| f.separator).unwrap_or('.');
        let below = format!("INBOX{separator}{folder}");
        let second = self.line.exec(&format!("CREATE {}", quoted_name(&below)), |_| ()).await?;
        if second.is_ok() { Ok(below) } else { Err(first.trouble("CREATE")) }
    }

    async fn list_folders(&mut self, pattern: &str) -> Result<Vec<Folder>, Trouble> {
        let mut folders = Vec::new();
        let answer = self
            .line
            .exec(&format!("LIST \"\" {pattern}"), |response| {
                if let Response::MailboxData(MailboxDatum::List(found)) = response {
                    let marked = |name: &NameAttribute<'_>| found.name_attributes.contains(name);
                    let absent = found.name_attributes.iter().any(|attribute| {
                        matches!(attribute, NameAttribute::Extension(name)
                            if name.eq_ignore_ascii_case("\\NonExistent"))
                    });
                    folders.push(Folder {
                        name: decode_name(&found.name),
                        separator: found.delimiter.as_deref().and_then(|text| text.chars().next()),
                        selectable: !absent && !marked(&NameAttribute::NoSelect),
                        sent: marked(&NameAttribute::Sent),
                        junk: marked(&NameAttribute::Junk),
                    });
                }
            })
            .await?;
        answer.expect_ok("LIST")?;
        Ok(folders)
    }
}

/// A folder name as a quoted string in modified UTF-7: always plain ASCII, whatever it is made of.
pub(super) fn quoted_name(name: &str) -> String {
    quoted(&encode_name(name))
}

/// A quoted string (RFC 9051, section 9). The text must be free of CR, LF and NUL.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn encode_name(name: &str) -> String {
    let direct = |c: char| (' '..='~').contains(&c);
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|d| direct(d) != direct(c)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        if direct(c) {
            out.push_str(&run.replace('&', "&-"));
        } else {
            let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            out.push_str(&BASE64_NOPAD.encode(&units).replace('/', ","));
            out.push('-');
        }
        rest = tail;
    }
    out
}

/// The readable name; what is not modified UTF-7 stays as it came.
fn decode_name(wire: &str) -> String {
    let mut out = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((coded, tail)) = after.split_once('-') else { return wire.to_owned() };
        match decode_run(coded) {
            Some(run) => out.push_str(&run),
            None => return wire.to_owned(),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn decode_run(coded: &str) -> Option<String> {
    if coded.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = BASE64_NOPAD.decode(coded.replace(',', "/").as_bytes()).ok()?;
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_travel_as_modified_utf7() {
        let cases = [
            ("INBOX", "INBOX"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("Išsiųsta", "I&AWE-si&AXM-sta"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
        ];
        for (name, wire) in cases {
            assert_eq!(encode_name(name), wire);
            assert_eq!(decode_name(wire), name);
        }
    }

    #[test]
    fn a_line_break_in_a_name_cannot_become_a_command() {
        let wire = quoted_name("a\"\r\nx LOGOUT");
        assert!(wire.is_ascii() && !wire.contains(['\r', '\n']) && wire.starts_with("\"a\\\""));
    }

    #[test]
    fn a_name_that_is_no_utf7_stays_as_it_came() {
        for odd in ["R&D", "a&b-", "&!!-", "&AGE"] {
            assert_eq!(decode_name(odd), odd);
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in "\\PC{0,30}") {
            let wire = encode_name(&name);
            prop_assert!(wire.is_ascii());
            prop_assert_eq!(decode_name(&wire), name);
        }
    }
}
