//! A person's mailbox, looked at in the files that Dovecot keeps of it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mail_parser::{Message, MessageParser};

use super::child::until;

/// One folder of one mailbox.
#[derive(Clone)]
pub struct Maildir {
    dir: PathBuf,
}

/// A mail that lies there.
#[derive(Clone)]
pub struct Letter {
    pub path: PathBuf,
    /// As it lies on the disk; Dovecot keeps lines with LF alone.
    pub bytes: Vec<u8>,
}

impl Maildir {
    /// The folder at `dir`, which need not exist yet.
    pub fn at(dir: &Path) -> Maildir {
        Maildir { dir: dir.to_owned() }
    }

    /// A folder below the inbox, by its IMAP name (`Sent`, `Archive.2026`).
    pub fn folder(&self, name: &str) -> Maildir {
        Maildir { dir: self.dir.join(format!(".{name}")) }
    }

    /// All mails, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        let mut paths: Vec<_> = self.paths().into_iter().collect();
        // SECONDS.M<microseconds>...: by arrival, not by directory.
        paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        let mut letters = Vec::new();
        for path in paths {
            // Between listing and reading a client may have moved it or set a flag: the next look sees it.
            if let Ok(bytes) = fs::read(&path) {
                letters.push(Letter { path, bytes });
            }
        }
        letters
    }

    /// Number of mails.
    pub fn count(&self) -> usize {
        self.paths().len()
    }

    /// Each Message-ID that lies there, once.
    pub fn message_ids(&self) -> BTreeSet<String> {
        self.letters().iter().filter_map(|letter| letter.header("Message-ID")).collect()
    }

    /// Waits for a mail that pleases, and answers with it.
    ///
    /// # Panics
    /// At the end of `limit`: with what lies there instead.
    pub fn wait_for(&self, what: &str, limit: Duration, pleases: impl Fn(&Letter) -> bool) -> Letter {
        let mut found = None;
        until(limit, || {
            found = self.letters().into_iter().find(|letter| pleases(letter));
            found.is_some()
        });
        found.unwrap_or_else(|| {
            let there: Vec<_> = self.letters().iter().map(Letter::summary).collect();
            panic!("no {what} in {} after {limit:?}; there is: {there:#?}", self.dir.display())
        })
    }

    /// Waits until `count` mails lie there.
    ///
    /// # Panics
    /// At the end of `limit`.
    pub fn wait_for_count(&self, count: usize, limit: Duration) {
        let came = until(limit, || self.count() >= count);
        assert!(came.is_some(), "{} of {count} mails after {limit:?}", self.count());
    }

    /// Puts a mail there byte for byte, past SMTP and LMTP: for mails that no server would let through.
    ///
    /// The folder must exist (a mail was delivered before, or somebody logged in).
    pub fn put(&self, bytes: &[u8]) {
        self.put_long_ago(bytes, Duration::ZERO);
    }

    /// As [`Maildir::put`], as if it had come so long ago (INTERNALDATE).
    pub fn put_long_ago(&self, bytes: &[u8], age: Duration) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}.{}.test", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (unfinished, new) = (self.dir.join("tmp").join(&name), self.dir.join("new").join(&name));
        fs::write(&unfinished, bytes).unwrap();
        let owner = fs::metadata(&self.dir).unwrap();
        chown(&unfinished, Some(owner.uid()), Some(owner.gid())).unwrap();
        let file = fs::File::options().append(true).open(&unfinished).unwrap();
        file.set_modified(file.metadata().unwrap().modified().unwrap() - age).unwrap();
        fs::rename(unfinished, new).unwrap();
    }

    /// Makes the folder anew, as an administrator does who restores a mailbox: empty, with the next UIDVALIDITY.
    pub fn recreate(&self) {
        let owner = fs::metadata(&self.dir).unwrap();
        let list = fs::read_to_string(self.dir.join("dovecot-uidlist")).unwrap();
        let old =
            list.split_whitespace().find_map(|word| word.strip_prefix('V')).expect("V and the validity");
        let validity = old.parse::<u32>().unwrap() + 1;
        // At one stroke: Dovecot may be writing there.
        let away = self.dir.with_extension(format!("was{old}"));
        fs::rename(&self.dir, away).unwrap();
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(self.dir.join(sub)).unwrap();
        }
        fs::write(self.dir.join("dovecot-uidlist"), format!("3 V{validity} N1 G{validity:032x}\n")).unwrap();
        for name in ["", "cur", "new", "tmp", "dovecot-uidlist"] {
            chown(self.dir.join(name), Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }

    fn paths(&self) -> BTreeSet<PathBuf> {
        let dirs = ["new", "cur"].map(|sub| fs::read_dir(self.dir.join(sub)));
        dirs.into_iter().flatten().flatten().flatten().map(|entry| entry.path()).collect()
    }
}

impl Letter {
    /// The letter read by mail-parser.
    ///
    /// # Panics
    /// When it has no header at all.
    pub fn parsed(&self) -> Message<'_> {
        MessageParser::default().parse(&self.bytes).expect("a mail with a header")
    }

    /// A header's raw value, unfolded; the first where there are several.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut found: Option<String> = None;
        for line in text.lines().take_while(|line| !line.is_empty()) {
            match &mut found {
                Some(value) if line.starts_with([' ', '\t']) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                Some(_) => break,
                None => {
                    let value = line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
                    found = value.map(|(_, value)| value.trim().to_owned());
                }
            }
        }
        found
    }

    /// The decoded subject.
    pub fn subject(&self) -> String {
        self.parsed().subject().unwrap_or_default().to_owned()
    }

    /// The first plain text, decoded.
    pub fn text(&self) -> String {
        self.parsed().body_text(0).map(|text| text.into_owned()).unwrap_or_default()
    }

    /// Maildir's flag letters (S seen, R answered, F flagged, T deleted, D draft).
    pub fn flags(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
    }

    fn summary(&self) -> String {
        format!(
            "{} | {}",
            self.header("From").unwrap_or_default(),
            self.header("Subject").unwrap_or_default()
        )
    }
}
