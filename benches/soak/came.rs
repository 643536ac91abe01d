//! What came to the mailboxes of people: each letter, how often the mail server took it, and how often it lies there.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use crate::support::maildir::Letter;

/// A mailbox that is emptied while it is watched.
pub struct Inbox {
    pub address: String,
    new: PathBuf,
}

impl Inbox {
    /// The mailbox of `address` in this Maildir.
    pub fn at(address: &str, maildir: PathBuf) -> Inbox {
        Inbox { address: address.to_owned(), new: maildir.join("new") }
    }

    /// Takes out what came since.
    pub fn take(&self) -> Vec<Letter> {
        let entries = fs::read_dir(&self.new).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        let mut letters = Vec::new();
        for path in paths {
            let bytes = fs::read(&path).expect("nobody else reads this mailbox");
            fs::remove_file(&path).expect("nobody else reads this mailbox");
            letters.push(Letter { path, bytes });
        }
        letters
    }
}

/// A letter and one of its recipients.
pub type Delivered = (String, String);

/// All that came.
#[derive(Default)]
pub struct Came {
    letters: BTreeMap<Delivered, Copies>,
}

/// How often the same letter came.
#[derive(Default)]
pub struct Copies {
    /// By the number that the mail server gave it when it took it: how often that one was delivered. More than one
    /// number: we sent it more than once. More than one delivery of a number: the mail server did.
    taken: BTreeMap<String, u32>,
    /// All texts were the same to the byte.
    pub same: bool,
    text: u64,
}

impl Came {
    /// Counts it; false where the same letter came before.
    pub fn count(&mut self, letter: &Letter) -> bool {
        let id = letter.header("Message-ID").unwrap_or_default();
        let to = letter.header("X-Original-To").unwrap_or_default();
        let copies = self.letters.entry((bare(&id), to)).or_default();
        let (number, text) = (queue_number(letter), hash_of_text(&letter.bytes));
        copies.same = copies.taken.is_empty() || (copies.same && copies.text == text);
        copies.text = text;
        *copies.taken.entry(number).or_default() += 1;
        copies.taken.values().sum::<u32>() == 1
    }

    /// What came of this letter to this recipient.
    pub fn of(&self, delivered: &Delivered) -> Option<&Copies> {
        self.letters.get(delivered)
    }

    /// Everything that came, in no order of time.
    pub fn all(&self) -> impl Iterator<Item = (&Delivered, &Copies)> {
        self.letters.iter()
    }
}

impl Copies {
    /// How often the mail server took it from us.
    pub fn times_taken(&self) -> usize {
        self.taken.len()
    }

    /// How often the mail server delivered it beyond that.
    pub fn doubled_behind(&self) -> usize {
        self.taken.values().map(|times| *times as usize - 1).sum()
    }
}

/// A Message-ID without its brackets.
pub fn bare(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// The number and the moment with which Postfix took it: numbers alone come again after an hour.
fn queue_number(letter: &Letter) -> String {
    let text = String::from_utf8_lossy(&letter.bytes[..letter.bytes.len().min(8 * 1024)]).into_owned();
    let head = text.split("\n\n").next().unwrap_or_default().replace("\n\t", " ").replace("\n ", " ");
    let line = head.lines().find(|line| line.starts_with("Received:") && line.contains("(Postfix)"));
    let line = line.unwrap_or_default();
    let number = line.split_once(" id ").map_or("", |(_, rest)| rest);
    format!(
        "{} {}",
        number.split([' ', ';']).next().unwrap_or_default(),
        line.rsplit(';').next().unwrap_or_default().trim()
    )
}

fn hash_of_text(bytes: &[u8]) -> u64 {
    let head = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(0);
    let mut hasher = DefaultHasher::new();
    bytes[head..].hash(&mut hasher);
    hasher.finish()
}
