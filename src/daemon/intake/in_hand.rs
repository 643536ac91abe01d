//! The mails that are being read, written down before they are: what kills the program is then known by name (A43).
//!
//! A small file in the state directory, one line a mail: UIDVALIDITY, UID, how often reading it has begun. A mail that
//! is in it at the start of the program was in hand when the last one died; such mails are read one at a time, and one
//! whose last attempt is reached is not read at all but kept raw.
//!
//! A mail is in hand only while it is parsed and thought over: there its content decides what the program does. Were
//! it in hand until its commit, two power cuts soon after a start would set the oldest mail aside, which is innocent.
//! For the same reason nothing is synced: what a mail kills is the program, and the page cache survives that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The file of one mailbox.
#[derive(Debug)]
pub(super) struct InHand {
    path: PathBuf,
    /// Stays open from the first mail on.
    file: Option<File>,
    /// Its length in bytes. It never becomes shorter while it is open: blank lines stand for what went.
    length: usize,
    /// What the program before this one left: (UIDVALIDITY, UID) and attempts begun.
    left: BTreeMap<(u32, u32), u32>,
    /// What is being read now.
    begun: BTreeSet<(u32, u32)>,
}

impl InHand {
    /// Reads what was left. A file that cannot be read counts as none: it is a guard, not a record.
    pub(super) fn open(state_dir: &Path, mailbox: &str) -> InHand {
        let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = mailbox.chars().map(safe).collect();
        let path = state_dir.join(format!("in-hand.{name}"));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let left = text.lines().filter_map(read_line).collect();
        InHand { path, file: None, length: text.len(), left, begun: BTreeSet::new() }
    }

    /// How often reading this mail has killed the program.
    pub(super) fn deaths(&self, validity: u32, uid: u32) -> u32 {
        self.left.get(&(validity, uid)).copied().unwrap_or(0)
    }

    /// Writes down that reading these begins. What is left of before stays in the file.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn begin(&mut self, validity: u32, uids: &[u32]) -> io::Result<()> {
        self.begun.extend(uids.iter().map(|uid| (validity, *uid)));
        self.write()
    }

    /// These came to their end, so the program survived them.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn end(&mut self, validity: u32, uids: &[u32]) -> io::Result<()> {
        for uid in uids {
            self.left.remove(&(validity, *uid));
            self.begun.remove(&(validity, *uid));
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        let mut all = self.left.clone();
        for mail in &self.begun {
            *all.entry(*mail).or_insert(0) += 1;
        }
        let mut text = String::new();
        for ((validity, uid), count) in &all {
            text.push_str(&format!("{validity} {uid} {count}\n"));
        }
        text.extend(std::iter::repeat_n('\n', self.length.saturating_sub(text.len())));
        let file = match &self.file {
            Some(file) => file,
            None => self
                .file
                .insert(OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?),
        };
        file.write_all_at(text.as_bytes(), 0)?;
        self.length = text.len();
        Ok(())
    }
}

fn read_line(line: &str) -> Option<((u32, u32), u32)> {
    let mut numbers = line.split(' ').map(|word| word.parse().ok());
    let mut next = || numbers.next().flatten();
    Some(((next()?, next()?), next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_hand_when_the_program_died_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let open = || InHand::open(dir.path(), "main/inbox");
        open().begin(7, &[1, 2, 3]).unwrap();
        let mut second = open();
        assert_eq!([1, 2, 3, 4].map(|uid| second.deaths(7, uid)), [1, 1, 1, 0]);
        second.begin(7, &[1]).unwrap();
        second.end(7, &[1]).unwrap();
        second.begin(7, &[2]).unwrap();
        let third = open();
        assert_eq!([1, 2, 3].map(|uid| third.deaths(7, uid)), [0, 2, 1]);
        assert_eq!(third.deaths(8, 2), 0, "another numbering");
    }

    #[test]
    fn a_damaged_file_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("in-hand.a"), "7 x\n\n7 5 1\n9").unwrap();
        let hand = InHand::open(dir.path(), "a");
        assert_eq!((hand.deaths(7, 5), hand.left.len()), (1, 1));
    }
}
