//! The mail that is being decided on, written down while it is (A43): the clerk's decision may kill the program as reading
//! may (`in_hand`), and by what was left there the next start knows which mail it was.
//!
//! The clerk decides on one mail after another, so there is one at a time for each way in. It stands in the first line of a
//! small file that stays open: two writes into the page cache for each mail, none of them synced. Below it stand those
//! that a start found there, until they are survived or set aside. The commit does not count: a power cut strikes it as
//! often as the decision takes, and the mail is innocent of that.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first line, blanks at its end; a mail is named by fewer letters.
const LINE_BYTES: usize = 96;

/// The file of one way in.
#[derive(Debug)]
pub(super) struct Deciding {
    /// `None` where it cannot be written: it is a guard, not a record.
    file: Option<File>,
    /// Mails that killed the program, and how often.
    left: Mutex<BTreeMap<String, u32>>,
}

/// A mail is being decided on as long as this lives.
pub(super) struct Underway<'a>(&'a Deciding);

impl Deciding {
    /// Reads what was left. A file that cannot be read counts as none.
    pub(super) fn open(state_dir: &Path, way: &str) -> Deciding {
        let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
        let path = state_dir.join(format!("deciding.{}", way.chars().map(safe).collect::<String>()));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut lines = text.lines().map(str::trim_end);
        let died = lines.next().unwrap_or_default().to_owned();
        let mut left: BTreeMap<String, u32> = lines.filter_map(read_line).collect();
        if !died.is_empty() {
            *left.entry(died).or_insert(0) += 1;
        }
        let file = write_anew(&path, &left);
        if let Err(error) = &file {
            tracing::warn!(path = %path.display(), %error, "what is being decided on cannot be written down");
        }
        Deciding { file: file.ok(), left: Mutex::new(left) }
    }

    /// How often deciding on this mail has killed the program.
    pub(super) fn deaths(&self, mail: &str) -> u32 {
        self.left().get(mail).copied().unwrap_or(0)
    }

    /// Why a mail is not to be decided on: it killed the program each time but for the last of so many attempts.
    pub(super) fn objection(&self, mail: &str, attempts: u32) -> Option<String> {
        let deaths = self.deaths(mail);
        (deaths > 0 && deaths + 1 >= attempts)
            .then(|| format!("deciding on it stopped the program {deaths} times"))
    }

    /// From now on this mail is being decided on.
    pub(super) fn begin(&self, mail: &str) -> Underway<'_> {
        self.put(mail);
        Underway(self)
    }

    /// These are in the store, whatever became of them.
    pub(super) fn forget<'m>(&self, mails: impl IntoIterator<Item = &'m str>) {
        let mut left = self.left();
        if left.is_empty() {
            return;
        }
        let before = left.len();
        for mail in mails {
            left.remove(mail);
        }
        if let Some(file) = self.file.as_ref().filter(|_| left.len() < before) {
            let below = LINE_BYTES as u64;
            // Too long a list errs on the side of caution, and only until the next start.
            let _ = file.set_len(below).and_then(|()| file.write_all_at(list(&left).as_bytes(), below));
        }
    }

    fn put(&self, mail: &str) {
        let Some(file) = &self.file else { return };
        let mut line = [b' '; LINE_BYTES];
        line[LINE_BYTES - 1] = b'\n';
        let count = mail.len().min(LINE_BYTES - 1);
        line[..count].copy_from_slice(&mail.as_bytes()[..count]);
        // As above: a mail that is not written down is at worst decided on once more.
        let _ = file.write_all_at(&line, 0);
    }

    fn left(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.put("");
    }
}

fn write_anew(path: &Path, left: &BTreeMap<String, u32>) -> io::Result<File> {
    // Put in place whole: a death meanwhile must not forget the earlier ones.
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let mut file = File::create(&part)?;
    file.write_all(format!("{}\n{}", " ".repeat(LINE_BYTES - 1), list(left)).as_bytes())?;
    std::fs::rename(&part, path)?;
    Ok(file)
}

fn list(left: &BTreeMap<String, u32>) -> String {
    left.iter().map(|(mail, deaths)| format!("{deaths} {mail}\n")).collect()
}

fn read_line(line: &str) -> Option<(String, u32)> {
    let (deaths, mail) = line.split_once(' ')?;
    Some((mail.to_owned(), deaths.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_that_was_being_decided_on_when_the_program_died_is_counted_and_no_other() {
        let dir = tempfile::tempdir().expect("a folder");
        let open = || Deciding::open(dir.path(), "main/inbox");
        let dies_at = |deciding: Deciding, mail: &str| std::mem::forget(deciding.begin(mail));
        let first = open();
        drop(first.begin("7 1"));
        dies_at(first, "7 2");
        let second = open();
        assert_eq!((second.objection("7 1", 3), second.objection("7 2", 3)), (None, None));
        assert_eq!(second.objection("7 2", 2).as_deref(), Some("deciding on it stopped the program 1 times"));
        drop(second.begin("7 3"));
        second.forget(["7 3"]);
        dies_at(second, "7 2");
        assert!(open().objection("7 2", 3).is_some_and(|why| why.contains("2 times")));
        let fourth = open();
        assert!(fourth.objection("7 2", 3).is_some(), "a start alone forgets nothing");
        fourth.forget(["7 2"]);
        assert_eq!(open().objection("7 2", 1), None);
    }

    #[test]
    fn a_decision_that_panics_is_survived() {
        let dir = tempfile::tempdir().expect("a folder");
        let deciding = Deciding::open(dir.path(), "lmtp");
        let panics = std::panic::AssertUnwindSafe(|| {
            let _underway = deciding.begin("ab12");
            std::panic::resume_unwind(Box::new("planted"))
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(Deciding::open(dir.path(), "lmtp").objection("ab12", 1), None);
    }

    #[test]
    fn a_damaged_file_says_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("deciding.a"), "\nx 7 5\n2 7 6\n9").expect("a file");
        let deciding = Deciding::open(dir.path(), "a");
        assert_eq!((deciding.objection("7 5", 1), deciding.objection("7 6", 3).is_some()), (None, true));
        let nowhere = Deciding::open(&dir.path().join("missing"), "a");
        drop(nowhere.begin("7 5"));
    }
}
