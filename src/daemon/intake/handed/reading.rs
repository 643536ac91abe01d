//! The mails that were handed over and are being read, written down before they are (A43; see `in_hand`).
//!
//! They have no UID: a mail is known by the hash of its bytes, which are the same when it is handed over again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::domain::hash::Hash;

/// The file of one way in.
#[derive(Debug)]
pub(super) struct Reading {
    path: PathBuf,
    /// What the program before this one left, and how often reading it was begun.
    left: BTreeMap<String, u32>,
    now: BTreeSet<String>,
}

impl Reading {
    /// Reads what was left. A file that cannot be read counts as none: it is a guard, not a record.
    pub(super) fn open(state_dir: &Path, way: &str) -> Reading {
        let path = state_dir.join(format!("handed-over.{way}"));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let line = |line: &str| {
            let (key, count) = line.split_once(' ')?;
            Some((key.to_owned(), count.parse().ok()?))
        };
        Reading { path, left: text.lines().filter_map(line).collect(), now: BTreeSet::new() }
    }

    /// Writes down that reading this mail begins; answers how often that killed the program before.
    pub(super) fn begin(&mut self, mail: &Hash) -> u32 {
        let key = mail.to_string();
        let deaths = self.left.get(&key).copied().unwrap_or(0);
        self.now.insert(key);
        self.write();
        deaths
    }

    /// The program survived it.
    pub(super) fn end(&mut self, mail: &Hash) {
        let key = mail.to_string();
        self.now.remove(&key);
        self.left.remove(&key);
        self.write();
    }

    fn write(&self) {
        let mut all = self.left.clone();
        for key in &self.now {
            *all.entry(key.clone()).or_insert(0) += 1;
        }
        let text: String = all.iter().map(|(key, count)| format!("{key} {count}\n")).collect();
        if let Err(error) = std::fs::write(&self.path, text) {
            tracing::warn!(%error, "the file of mails in hand cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_read_when_the_program_died_is_counted() {
        let dir = tempfile::tempdir().expect("a folder");
        let open = || Reading::open(dir.path(), "lmtp");
        let [good, bad] = [Hash([1; 32]), Hash([2; 32])];
        let mut first = open();
        assert_eq!((first.begin(&good), first.begin(&bad)), (0, 0));
        first.end(&good);
        let mut second = open();
        assert_eq!(second.begin(&bad), 1);
        let mut third = open();
        assert_eq!((third.begin(&good), third.begin(&bad)), (0, 2));
        third.end(&bad);
        third.end(&good);
        assert_eq!(open().begin(&bad), 0, "it was survived");
    }
}
