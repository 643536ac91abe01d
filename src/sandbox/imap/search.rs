//! SEARCH and UID SEARCH (RFC 3501, 6.4.4).

use std::cell::OnceCell;
use std::num::NonZeroU32;

use chrono::NaiveDate;
use imap_codec::imap_types::core::{Charset, Vec1};
use imap_codec::imap_types::response::{Code, Data};
use imap_codec::imap_types::search::SearchKey;
use mail_parser::{HeaderForm, HeaderName, Message, MessageParser};

use super::replies::Outcome;
use super::sections::{field, fields, split};
use super::session::Session;
use super::view::{Entry, View, sequence_number};
use crate::sandbox::mailbox::{DELETED, SEEN};

impl Session {
    pub(super) fn search(
        &mut self,
        charset: Option<&Charset<'_>>,
        criteria: &Vec1<SearchKey<'_>>,
        by_uid: bool,
    ) -> Outcome {
        let known = ["US-ASCII", "UTF-8"];
        if charset.is_some_and(|charset| !known.iter().any(|own| own.eq_ignore_ascii_case(charset.as_ref())))
        {
            let allowed = known.iter().filter_map(|name| Charset::try_from(*name).ok()).collect();
            return Outcome::no("Unknown charset").with(Code::BadCharset { allowed });
        }
        let view = self.open_view();
        let found = (0..view.entries.len()).filter(|&at| {
            let mail = Candidate { view, at, entry: &view.entries[at], parsed: OnceCell::new() };
            criteria.as_ref().iter().all(|key| mail.fits(key))
        });
        let numbers: Vec<NonZeroU32> = found
            .filter_map(|at| {
                if by_uid { NonZeroU32::new(view.entries[at].uid) } else { Some(sequence_number(at)) }
            })
            .collect();
        self.replies.data(Data::Search(numbers));
        Outcome::ok("Searched")
    }
}

/// One mail that may fit.
struct Candidate<'v> {
    view: &'v View,
    at: usize,
    entry: &'v Entry,
    parsed: OnceCell<Option<Message<'v>>>,
}

impl<'v> Candidate<'v> {
    fn fits(&self, key: &SearchKey<'_>) -> bool {
        let has = |flag: &str| self.entry.flags.contains(flag);
        match key {
            SearchKey::All => true,
            SearchKey::And(keys) => keys.as_ref().iter().all(|key| self.fits(key)),
            SearchKey::Or(one, other) => self.fits(one) || self.fits(other),
            SearchKey::Not(key) => !self.fits(key),
            SearchKey::SequenceSet(set) => self.view.names(set, self.at, false),
            SearchKey::Uid(set) => self.view.names(set, self.at, true),
            SearchKey::Answered => has("\\Answered"),
            SearchKey::Unanswered => !has("\\Answered"),
            SearchKey::Deleted => has(DELETED),
            SearchKey::Undeleted => !has(DELETED),
            SearchKey::Draft => has("\\Draft"),
            SearchKey::Undraft => !has("\\Draft"),
            SearchKey::Flagged => has("\\Flagged"),
            SearchKey::Unflagged => !has("\\Flagged"),
            SearchKey::Seen => has(SEEN),
            SearchKey::Unseen => !has(SEEN),
            SearchKey::Recent => self.entry.recent,
            SearchKey::Old => !self.entry.recent,
            SearchKey::New => self.entry.recent && !has(SEEN),
            SearchKey::Keyword(word) => has(word.inner()),
            SearchKey::Unkeyword(word) => !has(word.inner()),
            SearchKey::Larger(size) => self.entry.bytes.len() > *size as usize,
            SearchKey::Smaller(size) => self.entry.bytes.len() < *size as usize,
            other => self.fits_text(other) || self.fits_date(other),
        }
    }

    fn fits_text(&self, key: &SearchKey<'_>) -> bool {
        match key {
            SearchKey::From(text) => self.header_has("From", text.as_ref()),
            SearchKey::To(text) => self.header_has("To", text.as_ref()),
            SearchKey::Cc(text) => self.header_has("Cc", text.as_ref()),
            SearchKey::Bcc(text) => self.header_has("Bcc", text.as_ref()),
            SearchKey::Subject(text) => self.header_has("Subject", text.as_ref()),
            SearchKey::Header(name, text) => {
                std::str::from_utf8(name.as_ref()).is_ok_and(|name| self.header_has(name, text.as_ref()))
            }
            SearchKey::Body(text) => self.body_has(text.as_ref()),
            SearchKey::Text(text) => {
                let (header, _) = split(&self.entry.bytes);
                contains(header, text.as_ref()) || self.body_has(text.as_ref())
            }
            _ => false,
        }
    }

    /// Dates are compared without time and zone: internal dates as shown (UTC), Date as written.
    fn fits_date(&self, key: &SearchKey<'_>) -> bool {
        let seconds = self.entry.internal_date.as_second();
        let internal = chrono::DateTime::from_timestamp(seconds, 0).map(|at| at.date_naive());
        let sent = || self.date();
        match key {
            SearchKey::Before(date) => internal.is_some_and(|own| own < *date.as_ref()),
            SearchKey::On(date) => internal.is_some_and(|own| own == *date.as_ref()),
            SearchKey::Since(date) => internal.is_some_and(|own| own >= *date.as_ref()),
            SearchKey::SentBefore(date) => sent().is_some_and(|own| own < *date.as_ref()),
            SearchKey::SentOn(date) => sent().is_some_and(|own| own == *date.as_ref()),
            SearchKey::SentSince(date) => sent().is_some_and(|own| own >= *date.as_ref()),
            _ => false,
        }
    }

    fn parsed(&self) -> Option<&Message<'v>> {
        self.parsed.get_or_init(|| MessageParser::default().parse(&self.entry.bytes[..])).as_ref()
    }

    fn date(&self) -> Option<NaiveDate> {
        let date = self.parsed()?.date()?;
        NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
    }

    /// Whether a field of this name holds the text, as written or decoded; empty text: whether there is one.
    fn header_has(&self, name: &str, text: &[u8]) -> bool {
        let (header, _) = split(&self.entry.bytes);
        let Some(first) = field(header, name) else { return false };
        let mut own = fields(header).filter(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()));
        if text.is_empty() || contains(&first, text) || own.any(|(_, whole)| contains(whole, text)) {
            return true;
        }
        let Some(message) = self.parsed() else { return false };
        let Some(name) = HeaderName::parse(name.to_owned()) else { return false };
        let decoded = message.header_as(name, HeaderForm::Text);
        decoded.iter().filter_map(|value| value.as_text()).any(|value| contains(value.as_bytes(), text))
    }

    /// Whether the body holds the text, as written or in a decoded text part.
    fn body_has(&self, text: &[u8]) -> bool {
        let (_, body) = split(&self.entry.bytes);
        let decoded = |message: &Message<'_>| {
            message
                .parts
                .iter()
                .filter_map(|part| part.text_contents())
                .any(|own| contains(own.as_bytes(), text))
        };
        contains(body, text) || self.parsed().is_some_and(decoded)
    }
}

/// Whether text is in there, without regard to case.
fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let (bytes, text) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(text));
    bytes.to_lowercase().contains(&text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_without_regard_to_case() {
        assert!(contains("Paldies, JĀNIS".as_bytes(), "jānis".as_bytes()));
        assert!(contains(b"abc", b""));
        assert!(!contains(b"abc", b"d"));
    }
}
