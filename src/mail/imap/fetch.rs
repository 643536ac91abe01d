//! Looking for mail and taking it.
//!
//! Only `UID`, `FLAGS`, `INTERNALDATE`, `RFC822.SIZE` and `BODY.PEEK[]` are ever asked for: ENVELOPE and
//! BODYSTRUCTURE are where servers and parsers break, and a plain BODY would set `\Seen`.

use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, MailboxDatum, MessageSection, Response, SectionPath};
use jiff::Timestamp;

use super::uids::{lacking, sets};
use super::{Session, Trouble};

/// Size of the pieces in which [`Session::fetch_whole`] takes a big mail, in bytes.
const PIECE: u32 = 4 * 1024 * 1024;

/// What is known of a mail before it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub uid: u32,
    /// RFC822.SIZE in bytes; `u32::MAX` when the server told none that fits (4 GiB and more).
    pub size: u32,
    /// INTERNALDATE: when the server got it. None when it told nothing sensible.
    pub arrived: Option<Timestamp>,
    /// `\Deleted`: somebody withdrew it.
    pub deleted: bool,
    /// `\Seen`: somebody read it. Nothing may depend on that.
    pub seen: bool,
}

/// A mail as the server gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub listed: Listed,
    /// Never empty. May differ from `listed.size`: some servers rewrite mails on the way out.
    pub bytes: Vec<u8>,
}

/// What became of the mails that were asked for and did not come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// No longer in the folder: vanished between listing and fetching.
    pub gone: Vec<u32>,
    /// Still in the folder, but not given, or given empty: ask again, one at a time.
    pub withheld: Vec<u32>,
}

impl Session {
    /// The UIDs from `first` on, sorted, each once. `first:*` always finds the last mail, even below `first`
    /// (RFC 9051, section 6.4.8); those below are left out here.
    ///
    /// # Errors
    /// A refused search is `Protocol`, never an empty list.
    pub async fn uids_from(&mut self, first: u32) -> Result<Vec<u32>, Trouble> {
        let first = first.max(1);
        self.line.take_news();
        let found = self.search(&format!("{first}:*")).await?;
        Ok(found.into_iter().filter(|uid| *uid >= first).collect())
    }

    /// Those of `uids` that are in the folder now, sorted.
    ///
    /// # Errors
    /// As [`Session::uids_from`].
    pub async fn still_there(&mut self, uids: &[u32]) -> Result<Vec<u32>, Trouble> {
        let mut there = Vec::new();
        for (set, members) in sets(uids) {
            let found = self.search(&set).await?;
            there.extend(members.into_iter().filter(|uid| found.contains(uid)));
        }
        Ok(there)
    }

    /// No `* SEARCH` line at all means none, if the command ended with OK.
    async fn search(&mut self, set: &str) -> Result<BTreeSet<u32>, Trouble> {
        let mut found = BTreeSet::new();
        let answer = self
            .line
            .exec(&format!("UID SEARCH UID {set}"), |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    found.extend(uids.iter().copied());
                }
            })
            .await?;
        answer.expect_ok("UID SEARCH")?;
        Ok(found)
    }

    /// Sizes, dates and flags of these mails, sorted by UID; those no longer there are left out.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn list(&mut self, uids: &[u32]) -> Result<Vec<Listed>, Trouble> {
        let mut listed = BTreeMap::new();
        for (set, members) in sets(uids) {
            let asked: BTreeSet<u32> = members.into_iter().collect();
            let command = format!("UID FETCH {set} (UID RFC822.SIZE INTERNALDATE FLAGS)");
            let answer = self
                .line
                .exec(&command, |response| {
                    if let Some(item) = read_item(response)
                        && asked.contains(&item.listed.uid)
                        && item.sized
                    {
                        listed.insert(item.listed.uid, item.listed);
                    }
                })
                .await?;
            answer.expect_ok("UID FETCH")?;
        }
        Ok(listed.into_values().collect())
    }

    /// Takes whole mails and gives each to `sink` as it comes, at most once. Ask for at most some 64 mails or
    /// 8 MB at a time, and for bigger ones with [`Session::fetch_whole`]. `\Seen` stays as it is.
    ///
    /// A mail with neither `Message-ID` nor `Received` is given only after a fresh search still finds it:
    /// Courier invents such a mail in place of one that is gone.
    ///
    /// # Errors
    /// Those of any command. Mails given to `sink` before are whole and may be kept.
    pub async fn fetch(&mut self, uids: &[u32], mut sink: impl FnMut(Mail)) -> Result<Fetched, Trouble> {
        let mut came: Vec<u32> = Vec::new();
        let mut doubtful: Vec<Mail> = Vec::new();
        for (set, members) in sets(uids) {
            let mut open: BTreeSet<u32> = members.into_iter().collect();
            let command = format!("UID FETCH {set} (UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[])");
            let answer = self
                .line
                .exec(&command, |response| {
                    let Some(item) = read_item(response) else { return };
                    let Some(body) = item.body.filter(|body| !body.is_empty()) else { return };
                    if !open.remove(&item.listed.uid) {
                        return;
                    }
                    let mail = Mail { listed: item.listed, bytes: body.to_vec() };
                    if has_trace(&mail.bytes) {
                        came.push(mail.listed.uid);
                        sink(mail);
                    } else {
                        doubtful.push(mail);
                    }
                })
                .await?;
            if answer.word() != "EXPUNGEISSUED" {
                answer.expect_ok("UID FETCH")?;
            }
        }
        let missing = lacking(uids, &came);
        if missing.is_empty() {
            return Ok(Fetched::default());
        }
        let there = self.still_there(&missing).await?;
        let gone = lacking(&missing, &there);
        for mail in doubtful.into_iter().filter(|mail| there.contains(&mail.listed.uid)) {
            came.push(mail.listed.uid);
            sink(mail);
        }
        Ok(Fetched { withheld: lacking(&there, &came), gone })
    }

    /// At most `length` bytes of a mail from `offset` on; fewer at its end. None when the mail is gone or
    /// empty.
    ///
    /// # Errors
    /// Those of any command; `Protocol` when the server gives another piece than asked for.
    pub async fn fetch_partial(
        &mut self,
        uid: u32,
        offset: u32,
        length: u32,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let mut piece = None;
        let mut wrong = false;
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{length}>)");
        let answer = self
            .line
            .exec(&command, |response| {
                let Some(item) = read_item(response).filter(|item| item.listed.uid == uid) else { return };
                let Some(body) = item.body else { return };
                wrong |= item.origin.unwrap_or(0) != offset || body.len() > length as usize;
                piece.get_or_insert_with(|| body.to_vec());
            })
            .await?;
        if answer.word() != "EXPUNGEISSUED" {
            answer.expect_ok("UID FETCH")?;
        }
        if wrong {
            return Err(Trouble::protocol("UID FETCH: another piece of the mail than asked for"));
        }
        Ok(piece.filter(|bytes: &Vec<u8>| offset > 0 || !bytes.is_empty()))
    }

    /// A big mail, taken in pieces, so that it is held once and each piece has its own deadline. `most` is the
    /// limit in bytes; a longer mail is cut there. None when it is gone, or goes while it is read: whatever
    /// looks odd is given only after a fresh search still finds it, as with [`Session::fetch`].
    ///
    /// # Errors
    /// As [`Session::fetch_partial`].
    pub async fn fetch_whole(&mut self, listed: &Listed, most: u32) -> Result<Option<Vec<u8>>, Trouble> {
        let mut bytes = Vec::with_capacity(listed.size.min(most) as usize);
        loop {
            let offset = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let length = PIECE.min(most.saturating_sub(offset));
            if length == 0 {
                break;
            }
            // Behind the end some servers give an empty piece, some give none.
            let piece = self.fetch_partial(listed.uid, offset, length).await?.unwrap_or_default();
            bytes.extend_from_slice(&piece);
            // A piece may be short before the end; the size that was told decides then.
            let short = piece.len() < length as usize;
            if piece.is_empty() || short && bytes.len() >= listed.size as usize {
                break;
            }
        }
        let as_told = bytes.len() == listed.size.min(most) as usize && has_trace(&bytes);
        if bytes.is_empty() || !as_told && self.still_there(&[listed.uid]).await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(bytes))
    }

    /// The header block of a mail alone; None when the mail is gone or has none.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn fetch_header(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Trouble> {
        let mut header = None;
        let answer = self
            .line
            .exec(&format!("UID FETCH {uid} (UID BODY.PEEK[HEADER])"), |response| {
                if let Some(item) = read_item(response).filter(|item| item.listed.uid == uid) {
                    header = header.take().or(item.header.map(<[u8]>::to_vec));
                }
            })
            .await?;
        if answer.word() != "EXPUNGEISSUED" {
            answer.expect_ok("UID FETCH")?;
        }
        Ok(header.filter(|bytes| !bytes.is_empty()))
    }
}

/// One FETCH response that names its UID.
struct Item<'a> {
    listed: Listed,
    /// Whether RFC822.SIZE stood in it, or something in its place: an unsolicited change of flags has neither.
    sized: bool,
    body: Option<&'a [u8]>,
    header: Option<&'a [u8]>,
    /// Where a partial body begins.
    origin: Option<u32>,
}

fn read_item<'a>(response: &'a Response<'_>) -> Option<Item<'a>> {
    let Response::Fetch(_, attributes) = response else { return None };
    let uid = attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })?;
    let listed = Listed { uid, size: u32::MAX, arrived: None, deleted: false, seen: false };
    let mut item = Item { listed, sized: false, body: None, header: None, origin: None };
    for attribute in attributes {
        match attribute {
            AttributeValue::Rfc822Size(size) => (item.listed.size, item.sized) = (*size, true),
            AttributeValue::Unknown => item.sized = true,
            AttributeValue::InternalDate(date) => item.listed.arrived = read_date(date),
            AttributeValue::Flags(flags) => {
                item.listed.deleted = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Deleted"));
                item.listed.seen = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
            }
            AttributeValue::BodySection { section: None, index, data } => {
                (item.body, item.origin) = (data.as_deref(), *index);
            }
            AttributeValue::BodySection {
                section: Some(SectionPath::Full(MessageSection::Header)),
                data,
                ..
            } => item.header = data.as_deref(),
            _ => {}
        }
    }
    Some(item)
}

/// INTERNALDATE (RFC 9051, section 9, `date-time`), such as `17-Jul-2026 02:44:25 +0300`.
fn read_date(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim_start()).ok()
}

/// Whether the header block holds a `Message-ID` or a `Received`, as every mail that travelled does.
fn has_trace(mail: &[u8]) -> bool {
    mail.split(|b| *b == b'\n').take_while(|line| !matches!(line, [] | [b'\r'])).any(|line| {
        let name = line.split(|b| *b == b':').next().unwrap_or_default().trim_ascii_end();
        name.eq_ignore_ascii_case(b"message-id") || name.eq_ignore_ascii_case(b"received")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_dates_are_read() {
        let cases = [
            ("17-Jul-2026 02:44:25 +0300", "2026-07-16T23:44:25Z"),
            (" 1-Mar-2026 00:00:00 +0000", "2026-03-01T00:00:00Z"),
            ("01-Mar-2026 00:00:00 -0500", "2026-03-01T05:00:00Z"),
        ];
        for (text, instant) in cases {
            assert_eq!(read_date(text), Some(instant.parse().unwrap()), "{text}");
        }
        for odd in ["", "31-Feb-2026 00:00:00 +0000", "yesterday", "01-Mär-2026 00:00:00 +0000"] {
            assert_eq!(read_date(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_mail_that_travelled_is_known_by_its_header() {
        assert!(has_trace(b"From: ona@client.example\r\nMESSAGE-id : <a@b>\r\n\r\nlabas"));
        assert!(has_trace(b"Received: by mx.example\n\nlabas"));
        assert!(!has_trace(b"Subject: message unavailable\r\n\r\nMessage-ID: <in the text>"));
    }
}
