//! The selected folder as this client knows it, and what it must be told.
//!
//! Sequence numbers belong to the client's view: they move only when it is told (RFC 3501, 7.4.1). So a
//! session keeps its own list and compares it with the folder when it may speak. A message that
//! another session expunged stays readable here until this client has heard of it (RFC 2180, 4.1.1).

use std::num::NonZeroU32;
use std::sync::Arc;

use imap_codec::imap_types::core::Vec1;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::Data;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use jiff::Timestamp;

use super::replies::{Replies, fetched_flags};
use crate::sandbox::mailbox::{Flags, Folder};

/// One message as the client knows it.
pub(super) struct Entry {
    pub uid: u32,
    pub flags: Flags,
    pub recent: bool,
    pub internal_date: Timestamp,
    pub bytes: Arc<[u8]>,
}

/// The selected folder.
pub(super) struct View {
    pub folder: String,
    pub uid_validity: NonZeroU32,
    pub read_only: bool,
    pub entries: Vec<Entry>,
    /// The folder's revision that the client knows in full.
    revision: Option<u64>,
    /// Messages from this UID on are not in the view yet.
    uid_next: u32,
}

/// What changed since the client last heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Update {
    Expunged(NonZeroU32),
    Flags { at: usize },
    Exists(u32),
    Recent(u32),
}

impl View {
    /// Opens a folder: everything in it is known to the client from the start.
    pub fn open(name: &str, folder: &mut Folder, read_only: bool) -> View {
        let mut view = View {
            folder: name.to_owned(),
            uid_validity: folder.uid_validity,
            read_only,
            entries: Vec::new(),
            revision: None,
            uid_next: 1,
        };
        view.refresh(folder, true);
        view
    }

    pub fn count(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    pub fn recent_count(&self) -> u32 {
        u32::try_from(self.entries.iter().filter(|entry| entry.recent).count()).unwrap_or(u32::MAX)
    }

    /// Takes over what changed. While `may_expunge` is false, gone messages keep their numbers.
    pub fn refresh(&mut self, folder: &mut Folder, may_expunge: bool) -> Vec<Update> {
        let mut updates = Vec::new();
        if self.revision == Some(folder.revision) {
            return updates;
        }
        let gone = |entry: &Entry| folder.get(entry.uid).is_none();
        let gone_left = !may_expunge && self.entries.iter().any(gone);
        if may_expunge {
            // From the end, so that each number is right when the client hears it.
            for at in (0..self.entries.len()).rev().filter(|&at| gone(&self.entries[at])).collect::<Vec<_>>()
            {
                self.entries.remove(at);
                updates.push(Update::Expunged(sequence_number(at)));
            }
        }
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if let Some(message) = folder.get(entry.uid).filter(|message| message.flags != entry.flags) {
                entry.flags = message.flags.clone();
                updates.push(Update::Flags { at });
            }
        }
        let new = folder.messages.iter().filter(|message| message.uid >= self.uid_next);
        let before = self.entries.len();
        self.entries.extend(new.map(|message| Entry {
            uid: message.uid,
            flags: message.flags.clone(),
            recent: message.uid >= folder.recent_from,
            internal_date: message.internal_date,
            bytes: message.bytes.clone(),
        }));
        self.uid_next = folder.uid_next;
        if !self.read_only {
            folder.recent_from = folder.uid_next;
        }
        if self.entries.len() > before {
            updates.push(Update::Exists(self.count()));
            updates.push(Update::Recent(self.recent_count()));
        }
        self.revision = (!gone_left).then_some(folder.revision);
        updates
    }

    /// Writes updates as untagged responses.
    pub fn tell(&self, updates: &[Update], replies: &mut Replies) {
        for update in updates {
            match *update {
                Update::Expunged(number) => replies.data(Data::Expunge(number)),
                Update::Flags { at } => self.tell_flags(at, replies),
                Update::Exists(count) => replies.data(Data::Exists(count)),
                Update::Recent(count) => replies.data(Data::Recent(count)),
            }
        }
    }

    /// The flags of one message, with its UID: also right after a UID command (RFC 3501, 6.4.8).
    pub fn tell_flags(&self, at: usize, replies: &mut Replies) {
        let entry = &self.entries[at];
        let flags = MessageDataItem::Flags(fetched_flags(&entry.flags, entry.recent));
        let uid = NonZeroU32::new(entry.uid).map(MessageDataItem::Uid);
        let items = Vec1::try_from([Some(flags), uid].into_iter().flatten().collect::<Vec<_>>());
        let items = items.expect("the flags are always there");
        replies.data(Data::Fetch { seq: sequence_number(at), items });
    }

    /// Which entries a set names, ascending. UIDs that do not exist are passed over; sequence numbers
    /// that do not exist make the command wrong: `None` (RFC 3501, 6.4.8 and 9).
    pub fn select(&self, set: &SequenceSet, by_uid: bool) -> Option<Vec<usize>> {
        let mut chosen = vec![false; self.entries.len()];
        for sequence in set.0.as_ref() {
            let (low, high) = self.bounds(sequence, by_uid);
            if by_uid {
                let from = self.entries.partition_point(|entry| entry.uid < low);
                let to = self.entries.partition_point(|entry| entry.uid <= high);
                chosen[from..to.max(from)].fill(true);
            } else {
                let (from, to) = (low as usize, high as usize);
                if from == 0 || to > self.entries.len() {
                    return None;
                }
                chosen[from - 1..to].fill(true);
            }
        }
        Some((0..chosen.len()).filter(|&at| chosen[at]).collect())
    }

    /// Whether a set names this entry; used by SEARCH, where numbers that do not exist match nothing.
    pub fn names(&self, set: &SequenceSet, at: usize, by_uid: bool) -> bool {
        let value = if by_uid { self.entries[at].uid } else { sequence_number(at).get() };
        set.0.as_ref().iter().any(|sequence| {
            let (low, high) = self.bounds(sequence, by_uid);
            (low..=high).contains(&value)
        })
    }

    /// The two ends in order; `*` is the largest number in use, 0 in an empty folder.
    fn bounds(&self, sequence: &Sequence, by_uid: bool) -> (u32, u32) {
        let largest = if by_uid { self.entries.last().map_or(0, |entry| entry.uid) } else { self.count() };
        let value = |end: &SeqOrUid| match end {
            SeqOrUid::Value(value) => value.get(),
            SeqOrUid::Asterisk => largest,
        };
        match sequence {
            Sequence::Single(end) => (value(end), value(end)),
            Sequence::Range(from, to) => (value(from).min(value(to)), value(from).max(value(to))),
        }
    }
}

/// The number of the entry at an index.
pub(super) fn sequence_number(at: usize) -> NonZeroU32 {
    u32::try_from(at + 1).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX)
}
