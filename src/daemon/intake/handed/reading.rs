//! The mails that were handed over and are being read, written down before they are (A43; see `in_hand`).
//!
//! They have no UID: a mail is known by the hash of its bytes, which are the same when it is handed over again. Several
//! are read at a time, and of those that were in hand when the program died one may be bad; so they are read alone from
//! then on, and only a death that a mail was alone with is counted as its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::hash::Hash;

/// The file of one way in.
#[derive(Debug)]
pub(super) struct Reading {
    path: PathBuf,
    /// What the program before this one left, with the deaths that each was alone with.
    left: BTreeMap<String, u32>,
    /// In hand now; `true`: alone.
    now: BTreeMap<String, bool>,
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
        Reading { path, left: text.lines().filter_map(line).collect(), now: BTreeMap::new() }
    }

    /// Is this mail to be read alone?
    pub(super) fn suspects(&self, mail: &Hash) -> bool {
        self.left.contains_key(&mail.to_string())
    }

    /// How often reading this mail alone has killed the program.
    pub(super) fn deaths(&self, mail: &Hash) -> u32 {
        self.left.get(&mail.to_string()).copied().unwrap_or(0)
    }

    /// Writes down that reading this mail begins.
    pub(super) fn begin(&mut self, mail: &Hash, alone: bool) {
        self.now.insert(mail.to_string(), alone);
        self.write();
    }

    /// Writes down that reading it goes on later.
    pub(super) fn pause(&mut self, mail: &Hash) {
        self.now.remove(&mail.to_string());
        self.write();
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
        for (key, alone) in &self.now {
            *all.entry(key.clone()).or_insert(0) += u32::from(*alone);
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
    fn a_death_counts_for_the_mail_that_was_alone_with_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let open = || Reading::open(dir.path(), "lmtp");
        let [good, bad, other] = [Hash([1; 32]), Hash([2; 32]), Hash([3; 32])];
        let mut first = open();
        first.begin(&good, false);
        first.begin(&bad, false);
        first.begin(&other, false);
        first.end(&other);
        let mut second = open();
        let suspects = |reading: &Reading| [good, bad, other].map(|mail| reading.suspects(&mail));
        assert_eq!((suspects(&second), second.deaths(&bad)), ([true, true, false], 0));
        second.begin(&good, true);
        second.pause(&good);
        second.begin(&bad, true);
        let mut third = open();
        assert_eq!((third.deaths(&good), third.deaths(&bad)), (0, 1));
        third.begin(&bad, true);
        let mut fourth = open();
        assert_eq!((fourth.deaths(&good), fourth.deaths(&bad)), (0, 2));
        fourth.end(&bad);
        fourth.end(&good);
        assert_eq!(suspects(&open()), [false; 3], "they were survived");
    }
}
