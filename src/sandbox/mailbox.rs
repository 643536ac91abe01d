//! Accounts, folders, messages and flags, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::Timestamp;

/// The folder every account has and nobody can delete (RFC 3501, 5.1).
pub(super) const INBOX: &str = "INBOX";

/// Folders every account starts with beside INBOX, and their special use (RFC 6154).
pub(super) const SPECIAL_USE: [(&str, &str); 4] =
    [("Archive", "Archive"), ("Junk", "Junk"), ("Sent", "Sent"), ("Trash", "Trash")];

/// The flag of a message that was read.
pub(super) const SEEN: &str = "\\Seen";
/// The flag of a message that the next EXPUNGE removes.
pub(super) const DELETED: &str = "\\Deleted";

/// The flags of one message: system flags (`\Seen`) and keywords, compared without regard to ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(BTreeSet<String>);

impl Flags {
    /// Whether `flag` is set; case does not matter.
    pub fn contains(&self, flag: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }

    /// The flags in byte order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Sets `flag`; says whether that changed anything.
    pub(super) fn insert(&mut self, flag: &str) -> bool {
        !self.contains(flag) && self.0.insert(flag.to_owned())
    }

    /// Clears `flag`; says whether that changed anything.
    pub(super) fn remove(&mut self, flag: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|own| !own.eq_ignore_ascii_case(flag));
        self.0.len() != before
    }
}

impl<S: AsRef<str>> FromIterator<S> for Flags {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut flags = Flags::default();
        for name in names {
            flags.insert(name.as_ref());
        }
        flags
    }
}

/// One message in a folder, as IMAP shows it.
#[derive(Clone, Debug)]
pub struct Message {
    /// The UID: above zero, never used twice in its folder.
    pub uid: u32,
    /// The flags now.
    pub flags: Flags,
    /// When it came (by the sandbox's clock), or what APPEND said.
    pub internal_date: Timestamp,
    /// The whole mail, byte for byte.
    pub bytes: Arc<[u8]>,
}

/// A folder: messages in the order of their UIDs.
#[derive(Debug)]
pub(super) struct Folder {
    pub uid_validity: NonZeroU32,
    pub uid_next: u32,
    /// Messages from this UID on were shown to no session yet: they are `\Recent` for the first one.
    pub recent_from: u32,
    /// Grows with every change, so that a session sees at a glance that there is nothing to tell.
    pub revision: u64,
    pub messages: Vec<Message>,
}

impl Folder {
    pub fn new(uid_validity: NonZeroU32) -> Folder {
        Folder { uid_validity, uid_next: 1, recent_from: 1, revision: 0, messages: Vec::new() }
    }

    /// Takes a message in and gives its UID.
    pub fn add(&mut self, bytes: Arc<[u8]>, flags: Flags, internal_date: Timestamp) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        self.revision += 1;
        self.messages.push(Message { uid, flags, internal_date, bytes });
        uid
    }

    pub fn get(&self, uid: u32) -> Option<&Message> {
        self.messages.binary_search_by_key(&uid, |message| message.uid).ok().map(|at| &self.messages[at])
    }

    /// Changes the flags of one message, if it is still there; gives the flags it has then.
    pub fn change_flags(&mut self, uid: u32, change: impl FnOnce(&mut Flags)) -> Option<Flags> {
        let at = self.messages.binary_search_by_key(&uid, |message| message.uid).ok()?;
        let flags = &mut self.messages[at].flags;
        let before = flags.clone();
        change(flags);
        if *flags != before {
            self.revision += 1;
        }
        Some(flags.clone())
    }

    /// Removes every message that `doomed` names.
    pub fn remove(&mut self, mut doomed: impl FnMut(&Message) -> bool) {
        let before = self.messages.len();
        self.messages.retain(|message| !doomed(message));
        if self.messages.len() != before {
            self.revision += 1;
        }
    }

    pub fn recent_count(&self) -> usize {
        self.messages.iter().filter(|message| message.uid >= self.recent_from).count()
    }
}

/// One account: its password and its folders by name.
#[derive(Debug)]
pub(super) struct Account {
    pub password: String,
    pub folders: BTreeMap<String, Folder>,
    pub subscriptions: BTreeSet<String>,
}

impl Account {
    /// Moves every message of the INBOX into a new folder; the INBOX itself stays as it is.
    pub fn empty_inbox_into(&mut self, name: &str, mut folder: Folder) {
        if let Some(inbox) = self.folders.get_mut(INBOX) {
            for message in inbox.messages.clone() {
                folder.add(message.bytes, message.flags, message.internal_date);
            }
            inbox.remove(|_| true);
        }
        self.folders.insert(name.to_owned(), folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(count: usize) -> Folder {
        let mut folder = Folder::new(NonZeroU32::MIN);
        for _ in 0..count {
            folder.add(Arc::from(&b"x"[..]), Flags::default(), Timestamp::UNIX_EPOCH);
        }
        folder
    }

    #[test]
    fn a_uid_is_never_used_twice() {
        let mut folder = folder_with(3);
        folder.remove(|message| message.uid == 3);
        let uid = folder.add(Arc::from(&b"y"[..]), Flags::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(uid, 4);
        assert!(folder.get(3).is_none());
    }

    #[test]
    fn flags_are_compared_without_case_and_only_a_change_counts() {
        let mut folder = folder_with(1);
        let quiet = folder.revision;
        let flags = folder.change_flags(1, |flags| _ = flags.insert("$Done")).unwrap();
        assert!(flags.contains("$done"));
        assert!(folder.revision > quiet);
        let quiet = folder.revision;
        folder.change_flags(1, |flags| _ = flags.insert("$DONE"));
        assert_eq!(folder.revision, quiet);
        assert!(folder.change_flags(9, |_| ()).is_none());
    }
}
