//! Folders themselves: open, make, delete, rename, count.

use std::num::NonZeroU32;

use imap_codec::imap_types::flag::{Flag, FlagPerm};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response::{Code, Data};
use imap_codec::imap_types::status::{StatusDataItem, StatusDataItemName};

use super::replies::Outcome;
use super::session::Session;
use super::view::{View, sequence_number};
use crate::sandbox::mailbox::{DELETED, Flags, Folder, INBOX, SEEN};

/// The longest folder name taken, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// The name a mailbox argument means, without a trailing delimiter; `None` if it is no text.
pub(super) fn name_of(mailbox: &Mailbox<'_>) -> Option<String> {
    match mailbox {
        Mailbox::Inbox => Some(INBOX.to_owned()),
        Mailbox::Other(name) => {
            let name = std::str::from_utf8(name.as_ref()).ok()?;
            Some(name.strip_suffix('/').unwrap_or(name).to_owned())
        }
    }
}

/// Whether a new folder may have this name: 7 bits, as clients write others in modified UTF-7 (RFC 3501, 5.1.3).
fn is_fit(name: &str) -> bool {
    let parts_named = name.split('/').all(|part| !part.is_empty());
    parts_named
        && name.len() <= NAME_BYTES_MAX
        && !name.contains(['*', '%'])
        && !name.contains(char::is_control)
}

/// The names above a name: `a` and `a/b` for `a/b/c`.
fn superiors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

impl Session {
    pub(super) fn account_name(&self) -> &str {
        self.account.as_deref().expect("the command was admitted for an account only")
    }

    /// SELECT and EXAMINE (RFC 3501, 6.3.1 and 6.3.2). A failure leaves nothing selected.
    pub(super) fn select(&mut self, mailbox: &Mailbox<'_>, read_only: bool) -> Outcome {
        self.view = None;
        let shared = self.shared.clone();
        let mut state = shared.look();
        let name = name_of(mailbox).unwrap_or_default();
        let Some(folder) = state.folder_mut(self.account_name(), &name) else {
            return Outcome::no("No such folder").with_word("NONEXISTENT");
        };
        let uid_next = NonZeroU32::new(folder.uid_next);
        let view = View::open(&name, folder, read_only);
        drop(state);
        let first_unseen = view.entries.iter().position(|entry| !entry.flags.contains(SEEN));
        let replies = &mut self.replies;
        let mut flags = vec![Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
        let keywords: Flags = view.entries.iter().flat_map(|entry| entry.flags.iter()).collect();
        flags.extend(
            keywords
                .iter()
                .filter(|name| !name.starts_with('\\'))
                .filter_map(|name| Flag::try_from(name).ok()),
        );
        replies.data(Data::Flags(flags.clone()));
        replies.data(Data::Exists(view.count()));
        replies.data(Data::Recent(view.recent_count()));
        if let Some(at) = first_unseen {
            replies.note(Code::Unseen(sequence_number(at)), "First unseen");
        }
        replies.note(Code::UidValidity(view.uid_validity), "UIDs valid");
        if let Some(uid) = uid_next {
            replies.note(Code::UidNext(uid), "Next UID");
        }
        let mut kept: Vec<FlagPerm<'_>> = Vec::new();
        if !read_only {
            kept.extend(flags.into_iter().map(FlagPerm::Flag));
            kept.push(FlagPerm::Asterisk);
        }
        replies.note(Code::PermanentFlags(kept), "Flags kept");
        self.view = Some(view);
        Outcome::ok("Selected").with(if read_only { Code::ReadOnly } else { Code::ReadWrite })
    }

    /// CREATE, with the folders above the new one (RFC 3501, 6.3.3).
    pub(super) fn create(&mut self, mailbox: &Mailbox<'_>) -> Outcome {
        let Some(name) = name_of(mailbox).filter(|name| is_fit(name)) else {
            return Outcome::no("Not a name for a folder").with_word("CANNOT");
        };
        self.shared.change(|state| {
            if state.account_mut(self.account_name()).folders.contains_key(&name) {
                return Outcome::no("There is one").with_word("ALREADYEXISTS");
            }
            for name in superiors(&name).chain([name.as_str()]) {
                let folder = state.new_folder();
                state.account_mut(self.account_name()).folders.entry(name.to_owned()).or_insert(folder);
            }
            Outcome::ok("Created")
        })
    }

    /// DELETE. A folder with others inside stays, as their names would hang in the air.
    pub(super) fn delete(&mut self, mailbox: &Mailbox<'_>) -> Outcome {
        let name = name_of(mailbox).unwrap_or_default();
        if name == INBOX {
            return Outcome::no("INBOX stays").with_word("CANNOT");
        }
        self.shared.change(|state| {
            let folders = &mut state.account_mut(self.account_name()).folders;
            let inside = format!("{name}/");
            if folders.keys().any(|other| other.starts_with(&inside)) {
                return Outcome::no("There are folders inside").with_word("HASCHILDREN");
            }
            match folders.remove(&name) {
                Some(_) => Outcome::ok("Deleted"),
                None => Outcome::no("No such folder").with_word("NONEXISTENT"),
            }
        })
    }

    /// RENAME with everything inside; of INBOX only the messages move (RFC 3501, 6.3.5).
    pub(super) fn rename(&mut self, from: &Mailbox<'_>, to: &Mailbox<'_>) -> Outcome {
        let from = name_of(from).unwrap_or_default();
        let Some(to) = name_of(to).filter(|name| is_fit(name)) else {
            return Outcome::no("Not a name for a folder").with_word("CANNOT");
        };
        let inside = format!("{from}/");
        if to.starts_with(&inside) {
            return Outcome::no("A folder cannot move into itself").with_word("CANNOT");
        }
        self.shared.change(|state| {
            let account = self.account_name();
            let folders = &mut state.account_mut(account).folders;
            if folders.contains_key(&to) {
                return Outcome::no("There is one").with_word("ALREADYEXISTS");
            }
            if !folders.contains_key(&from) {
                return Outcome::no("No such folder").with_word("NONEXISTENT");
            }
            for name in superiors(&to) {
                let folder = state.new_folder();
                state.account_mut(account).folders.entry(name.to_owned()).or_insert(folder);
            }
            if from == INBOX {
                let folder = state.new_folder();
                state.account_mut(account).empty_inbox_into(&to, folder);
                return Outcome::ok("Renamed");
            }
            let folders = &mut state.account_mut(account).folders;
            let moving: Vec<String> =
                folders.keys().filter(|name| **name == from || name.starts_with(&inside)).cloned().collect();
            for name in moving {
                if let Some(folder) = folders.remove(&name) {
                    folders.insert(format!("{to}{}", &name[from.len()..]), folder);
                }
            }
            Outcome::ok("Renamed")
        })
    }

    /// SUBSCRIBE and UNSUBSCRIBE; a name may be subscribed before its folder exists.
    pub(super) fn subscribe(&mut self, mailbox: &Mailbox<'_>, on: bool) -> Outcome {
        let Some(name) = name_of(mailbox).filter(|name| is_fit(name)) else {
            return Outcome::no("Not a name for a folder").with_word("CANNOT");
        };
        self.shared.change(|state| {
            let subscriptions = &mut state.account_mut(self.account_name()).subscriptions;
            if on {
                subscriptions.insert(name);
                Outcome::ok("Subscribed")
            } else {
                subscriptions.remove(&name);
                Outcome::ok("Unsubscribed")
            }
        })
    }

    /// STATUS (RFC 3501, 6.3.10).
    pub(super) fn status(&mut self, mailbox: &Mailbox<'_>, names: &[StatusDataItemName]) -> Outcome {
        let shared = self.shared.clone();
        let mut state = shared.look();
        let folder = name_of(mailbox).and_then(|name| state.folder_mut(self.account_name(), &name));
        let Some(folder) = folder else {
            return Outcome::no("No such folder").with_word("NONEXISTENT");
        };
        let mut items = Vec::with_capacity(names.len());
        for name in names {
            match status_item(folder, name) {
                Some(item) => items.push(item),
                None => return Outcome::bad("Not offered here"),
            }
        }
        self.replies.data(Data::Status { mailbox: mailbox.clone(), items: items.into() });
        Outcome::ok("Counted")
    }
}

fn status_item(folder: &Folder, name: &StatusDataItemName) -> Option<StatusDataItem> {
    let count = |wanted: &dyn Fn(&Flags) -> bool| {
        let messages = folder.messages.iter().filter(|message| wanted(&message.flags));
        u32::try_from(messages.count()).unwrap_or(u32::MAX)
    };
    Some(match name {
        StatusDataItemName::Messages => StatusDataItem::Messages(count(&|_| true)),
        StatusDataItemName::Recent => {
            StatusDataItem::Recent(u32::try_from(folder.recent_count()).unwrap_or(u32::MAX))
        }
        StatusDataItemName::UidNext => StatusDataItem::UidNext(NonZeroU32::new(folder.uid_next)?),
        StatusDataItemName::UidValidity => StatusDataItem::UidValidity(folder.uid_validity),
        StatusDataItemName::Unseen => StatusDataItem::Unseen(count(&|flags| !flags.contains(SEEN))),
        StatusDataItemName::Deleted => StatusDataItem::Deleted(count(&|flags| flags.contains(DELETED))),
        StatusDataItemName::DeletedStorage => return None,
    })
}
