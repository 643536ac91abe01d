//! What is done to messages: flags, copies, moves, removal, APPEND.

use std::num::NonZeroU32;

use imap_codec::imap_types::core::Vec1;
use imap_codec::imap_types::datetime::DateTime;
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::extensions::uidplus::{UidElement, UidSet};
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response::Code;
use imap_codec::imap_types::sequence::SequenceSet;
use jiff::Timestamp;

use super::folders::name_of;
use super::replies::Outcome;
use super::session::Session;
use super::view::View;
use crate::sandbox::mailbox::{DELETED, Flags, Message};

const NO_SUCH_NUMBER: &str = "No such message number";
const READ_ONLY: &str = "Opened for reading only";

/// The flags a client names; `\Recent` is not its to set (RFC 3501, 2.3.2).
fn named_flags(flags: &[Flag<'_>]) -> Flags {
    flags.iter().map(Flag::to_string).filter(|name| !name.eq_ignore_ascii_case("\\Recent")).collect()
}

impl Session {
    /// The open folder.
    pub(super) fn open_view(&self) -> &View {
        self.view.as_ref().expect("the command was admitted for an open folder only")
    }

    /// STORE (RFC 3501, 6.4.6).
    pub(super) fn store(
        &mut self,
        set: &SequenceSet,
        kind: StoreType,
        response: StoreResponse,
        flags: &[Flag<'_>],
        by_uid: bool,
    ) -> Outcome {
        let view = self.open_view();
        let Some(chosen) = view.select(set, by_uid) else { return Outcome::bad(NO_SUCH_NUMBER) };
        if view.read_only {
            return Outcome::no(READ_ONLY);
        }
        let named = named_flags(flags);
        let change = |flags: &mut Flags| match kind {
            StoreType::Replace => *flags = named.clone(),
            StoreType::Add => named.iter().for_each(|flag| _ = flags.insert(flag)),
            StoreType::Remove => named.iter().for_each(|flag| _ = flags.remove(flag)),
        };
        self.change_flags(&chosen, change);
        if response == StoreResponse::Answer {
            let view = self.view.as_ref().expect("it was open above");
            for at in chosen {
                view.tell_flags(at, &mut self.replies);
            }
        }
        Outcome::ok("Stored")
    }

    /// Changes flags in the folder and in the view alike, so that the client is not told of its own doing.
    pub(super) fn change_flags(&mut self, chosen: &[usize], change: impl Fn(&mut Flags)) {
        let (Some(view), Some(account)) = (&mut self.view, &self.account) else { return };
        self.shared.change(|state| {
            let Some(folder) = state.folder_mut(account, &view.folder) else { return };
            for &at in chosen {
                let entry = &mut view.entries[at];
                if let Some(flags) = folder.change_flags(entry.uid, &change) {
                    entry.flags = flags;
                }
            }
        });
    }

    /// COPY with COPYUID (RFC 3501, 6.4.7; RFC 4315, 3). All or nothing.
    pub(super) fn copy(&mut self, set: &SequenceSet, to: &Mailbox<'_>, by_uid: bool) -> Outcome {
        match self.copy_chosen(set, to, by_uid, false) {
            Ok(Some(code)) => Outcome::ok("Copied").with(code),
            Ok(None) => Outcome::ok("Nothing to copy"),
            Err(outcome) => outcome,
        }
    }

    /// MOVE: COPYUID first, then the EXPUNGEs that the refresh after each command tells (RFC 6851, 4.3).
    pub(super) fn move_away(&mut self, set: &SequenceSet, to: &Mailbox<'_>, by_uid: bool) -> Outcome {
        if self.open_view().read_only {
            return Outcome::no(READ_ONLY);
        }
        match self.copy_chosen(set, to, by_uid, true) {
            Ok(Some(code)) => {
                self.replies.note(code, "Moved");
                Outcome::ok("Moved")
            }
            Ok(None) => Outcome::ok("Nothing to move"),
            Err(outcome) => outcome,
        }
    }

    fn copy_chosen(
        &mut self,
        set: &SequenceSet,
        to: &Mailbox<'_>,
        by_uid: bool,
        and_remove: bool,
    ) -> Result<Option<Code<'static>>, Outcome> {
        let view = self.open_view();
        let chosen = view.select(set, by_uid).ok_or(Outcome::bad(NO_SUCH_NUMBER))?;
        let uids: Vec<u32> = chosen.iter().map(|&at| view.entries[at].uid).collect();
        let account = self.account_name();
        let to = name_of(to).unwrap_or_default();
        self.shared.change(|state| {
            if state.folder_mut(account, &to).is_none() {
                return Err(Outcome::no("No such folder").with(Code::TryCreate));
            }
            let Some(source) = state.folder_mut(account, &view.folder) else { return Ok(None) };
            // What another session expunged meanwhile is not copied.
            let taken: Vec<Message> = uids.iter().filter_map(|&uid| source.get(uid).cloned()).collect();
            if and_remove {
                source.remove(|message| uids.binary_search(&message.uid).is_ok());
            }
            let target = state.folder_mut(account, &to).expect("it was there above");
            let mut pairs = Vec::with_capacity(taken.len());
            for message in taken {
                pairs.push((message.uid, target.add(message.bytes, message.flags, message.internal_date)));
            }
            Ok(copy_uid(target.uid_validity, &pairs))
        })
    }

    /// EXPUNGE and UID EXPUNGE (RFC 4315, 2.1); the refresh after the command tells the numbers.
    pub(super) fn expunge(&mut self, only: Option<&SequenceSet>) -> Outcome {
        let view = self.open_view();
        if view.read_only {
            return Outcome::no(READ_ONLY);
        }
        // Without a set this takes what is marked in the folder, seen by this client or not.
        let only: Option<Vec<u32>> = only.map(|set| {
            let chosen = view.select(set, true).unwrap_or_default();
            chosen.into_iter().map(|at| view.entries[at].uid).collect()
        });
        let account = self.account_name();
        self.shared.change(|state| {
            if let Some(folder) = state.folder_mut(account, &view.folder) {
                folder.remove(|message| {
                    let meant = only.as_ref().is_none_or(|uids| uids.binary_search(&message.uid).is_ok());
                    meant && message.flags.contains(DELETED)
                });
            }
        });
        Outcome::ok("Expunged")
    }

    /// CLOSE: removes what is marked without a word (RFC 3501, 6.4.2).
    pub(super) fn close(&mut self) -> Outcome {
        if !self.open_view().read_only {
            self.expunge(None);
        }
        self.view = None;
        Outcome::ok("Closed")
    }

    /// APPEND with APPENDUID (RFC 3501, 6.3.11; RFC 4315, 3). The bytes are kept as they came.
    pub(super) fn append(
        &mut self,
        mailbox: &Mailbox<'_>,
        flags: &[Flag<'_>],
        date: Option<DateTime>,
        message: LiteralOrLiteral8<'_>,
    ) -> Outcome {
        let LiteralOrLiteral8::Literal(message) = message else {
            return Outcome::bad("BINARY is not offered here");
        };
        let given = date.and_then(|date| Timestamp::from_second(date.as_ref().timestamp()).ok());
        let internal_date = given.unwrap_or_else(|| (self.shared.clock)());
        let name = name_of(mailbox).unwrap_or_default();
        let added = self.shared.change(|state| {
            let folder = state.folder_mut(self.account_name(), &name)?;
            let uid = folder.add(message.data().into(), named_flags(flags), internal_date);
            Some((folder.uid_validity, uid))
        });
        match added {
            Some((uid_validity, uid)) => {
                let uid = NonZeroU32::new(uid).expect("UIDs start at one");
                Outcome::ok("Appended").with(Code::AppendUid { uid_validity, uid })
            }
            None => Outcome::no("No such folder").with(Code::TryCreate),
        }
    }
}

/// COPYUID for pairs of old and new UID in ascending order; none for no pair.
fn copy_uid(uid_validity: NonZeroU32, pairs: &[(u32, u32)]) -> Option<Code<'static>> {
    let source = uid_set(pairs.iter().map(|pair| pair.0))?;
    let destination = uid_set(pairs.iter().map(|pair| pair.1))?;
    Some(Code::CopyUid { uid_validity, source, destination })
}

/// Ascending UIDs as a set, runs drawn together.
fn uid_set(uids: impl Iterator<Item = u32>) -> Option<UidSet> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == uid => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let elements: Option<Vec<UidElement>> = runs
        .into_iter()
        .map(|(first, last)| {
            let (first, last) = (NonZeroU32::new(first)?, NonZeroU32::new(last)?);
            Some(if first == last { UidElement::Single(first) } else { UidElement::Range(first, last) })
        })
        .collect();
    Vec1::try_from(elements?).ok().map(UidSet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_uids_are_drawn_together() {
        let one = |n: u32| UidElement::Single(NonZeroU32::new(n).unwrap());
        let run =
            |a: u32, b: u32| UidElement::Range(NonZeroU32::new(a).unwrap(), NonZeroU32::new(b).unwrap());
        let set = uid_set([2, 3, 4, 7, 9, 10].into_iter()).unwrap();
        assert_eq!(set.0.into_inner(), vec![run(2, 4), one(7), run(9, 10)]);
        assert!(uid_set(std::iter::empty()).is_none());
    }
}
