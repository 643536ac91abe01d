//! FETCH and UID FETCH (RFC 3501, 6.4.5).

use std::cell::OnceCell;
use std::num::NonZeroU32;

use imap_codec::imap_types::core::{NString, Vec1};
use imap_codec::imap_types::datetime::DateTime;
use imap_codec::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName as Name, Section,
};
use imap_codec::imap_types::response::Data;
use imap_codec::imap_types::sequence::SequenceSet;
use jiff::Timestamp;

use super::replies::{Outcome, fetched_flags, nstring};
use super::sections::{Part, section};
use super::session::Session;
use super::structure::{body_structure, envelope};
use super::view::{Entry, sequence_number};
use crate::sandbox::mailbox::SEEN;

impl Session {
    pub(super) fn fetch(
        &mut self,
        set: &SequenceSet,
        asked: &MacroOrMessageDataItemNames<'_>,
        by_uid: bool,
    ) -> Outcome {
        let mut names = match asked {
            MacroOrMessageDataItemNames::Macro(names) => names.expand(),
            MacroOrMessageDataItemNames::MessageDataItemNames(names) => names.clone(),
        };
        if names.iter().any(|name| matches!(name, Name::Binary { .. } | Name::BinarySize { .. })) {
            return Outcome::bad("BINARY is not offered here");
        }
        if by_uid && !names.contains(&Name::Uid) {
            names.insert(0, Name::Uid);
        }
        let view = self.open_view();
        let Some(chosen) = view.select(set, by_uid) else { return Outcome::bad("No such message number") };
        let mut newly_seen = Vec::new();
        if !view.read_only && names.iter().any(marks_seen) {
            newly_seen.extend(chosen.iter().copied().filter(|&at| !view.entries[at].flags.contains(SEEN)));
            if !newly_seen.is_empty() {
                self.change_flags(&newly_seen, |flags| _ = flags.insert(SEEN));
            }
        }
        let view = self.view.as_ref().expect("it was open above");
        for at in chosen {
            let entry = &view.entries[at];
            let mail = Mail { entry, parts: OnceCell::new() };
            let mut items: Vec<_> = names.iter().filter_map(|name| mail.item(name)).collect();
            // A flag that this FETCH set is told with it.
            if newly_seen.binary_search(&at).is_ok() && !names.contains(&Name::Flags) {
                items.extend(mail.item(&Name::Flags));
            }
            if let Ok(items) = Vec1::try_from(items) {
                self.replies.data(Data::Fetch { seq: sequence_number(at), items });
            }
        }
        Outcome::ok("Fetched")
    }
}

/// Reading the text marks a mail as read; peeking, headers and sizes do not.
fn marks_seen(name: &Name<'_>) -> bool {
    matches!(name, Name::BodyExt { peek: false, .. } | Name::Rfc822 | Name::Rfc822Text)
}

/// A mail that is taken apart only if an item asks for it.
struct Mail<'v> {
    entry: &'v Entry,
    parts: OnceCell<Part<'v>>,
}

impl<'v> Mail<'v> {
    fn parts(&self) -> &Part<'v> {
        self.parts.get_or_init(|| Part::read(&self.entry.bytes))
    }

    fn item<'n>(&self, name: &'n Name<'n>) -> Option<MessageDataItem<'n>>
    where
        'v: 'n,
    {
        let entry = self.entry;
        let text = |wanted: Option<&Section<'_>>| {
            section(&entry.bytes, wanted).map_or(NString::NIL, |t| nstring(&t))
        };
        Some(match name {
            Name::Uid => MessageDataItem::Uid(NonZeroU32::new(entry.uid)?),
            Name::Flags => MessageDataItem::Flags(fetched_flags(&entry.flags, entry.recent)),
            Name::InternalDate => MessageDataItem::InternalDate(internal_date(entry.internal_date)?),
            Name::Rfc822Size => {
                MessageDataItem::Rfc822Size(u32::try_from(entry.bytes.len()).unwrap_or(u32::MAX))
            }
            Name::Envelope => MessageDataItem::Envelope(envelope(self.parts())),
            Name::Body => MessageDataItem::Body(body_structure(self.parts(), false)),
            Name::BodyStructure => MessageDataItem::BodyStructure(body_structure(self.parts(), true)),
            Name::Rfc822 => MessageDataItem::Rfc822(text(None)),
            Name::Rfc822Header => MessageDataItem::Rfc822Header(text(Some(&Section::Header(None)))),
            Name::Rfc822Text => MessageDataItem::Rfc822Text(text(Some(&Section::Text(None)))),
            Name::BodyExt { section: wanted, partial, .. } => {
                let whole = section(&entry.bytes, wanted.as_ref());
                let data = whole.map_or(NString::NIL, |whole| nstring(cut(&whole, *partial)));
                MessageDataItem::BodyExt {
                    section: wanted.clone(),
                    origin: partial.map(|(from, _)| from),
                    data,
                }
            }
            _ => return None,
        })
    }
}

/// The octets a partial FETCH asks for; beyond the end there are none.
fn cut(whole: &[u8], partial: Option<(u32, NonZeroU32)>) -> &[u8] {
    let Some((from, count)) = partial else { return whole };
    let from = (from as usize).min(whole.len());
    let to = from.saturating_add(count.get() as usize).min(whole.len());
    &whole[from..to]
}

/// A time as INTERNALDATE shows it, in UTC to the second.
fn internal_date(at: Timestamp) -> Option<DateTime> {
    let at = chrono::DateTime::from_timestamp(at.as_second(), 0)?;
    DateTime::try_from(at.fixed_offset()).ok()
}
