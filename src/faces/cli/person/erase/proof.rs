//! The proof: samples of what is kept of a person are taken before, and the files are searched for them after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;

use serde::Serialize;

use super::super::super::failure::Failure;
use crate::desk::erase::Kept;
use crate::domain::address::Address;
use crate::domain::thread::Voice;
use crate::store::{DeliveryFilter, MailFilter, Result, Tx};

/// Shorter pieces of text are other people's, too.
const SAMPLE_BYTES_MIN: usize = 16;
/// Longer ones are cut: their first bytes say enough.
const SAMPLE_BYTES_MAX: usize = 60;
/// So many samples at most, spread over all that there is.
const SAMPLES_MAX: usize = 20_000;
const PIECE_BYTES: usize = 1 << 20;

/// Pieces of bytes that must not be found afterwards.
pub struct Samples {
    pieces: BTreeSet<Vec<u8>>,
}

/// What came of the search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    pub samples: usize,
    pub bytes: u64,
    pub found: Vec<Found>,
}

/// A sample that is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub sample: String,
    pub times: usize,
    /// Cases of other people in which it stands, because they wrote the same.
    pub also_in: Vec<String>,
}

impl Samples {
    /// Lines of what the person wrote and was written, as they are kept: texts, subjects, raw mails, letters; beside the
    /// address and full names.
    pub fn of(tx: &mut dyn Tx, address: &Address, kept: &Kept) -> Result<Samples> {
        let mut samples = Samples { pieces: BTreeSet::new() };
        for word in &kept.words {
            samples.pieces.insert(word.as_bytes().to_vec());
        }
        let own = |voice: &Voice| matches!(voice, Voice::Person(mailbox) if mailbox.address == *address);
        for case in &kept.cases {
            if let Some(ticket) = tx.ticket(case)? {
                samples.add(ticket.subject.as_bytes());
            }
            // What agents write they write to others, too.
            for message in tx.messages(case)?.iter().filter(|message| own(&message.author)) {
                samples.add(message.text.as_bytes());
            }
        }
        for mention in &kept.mentions {
            let messages = tx.messages(&mention.ticket)?;
            for message in messages.iter().filter(|message| own(&message.author)) {
                samples.add(message.text.as_bytes());
            }
        }
        let mut mails = tx.mails(&MailFilter { from: Some(address.clone()), ..MailFilter::default() })?;
        let mut letters =
            tx.deliveries(&DeliveryFilter { recipient: Some(address.clone()), ..DeliveryFilter::default() })?;
        for case in &kept.cases {
            mails.extend(tx.mails(&MailFilter { ticket: Some(case.clone()), ..MailFilter::default() })?);
            let of_case = DeliveryFilter { ticket: Some(case.clone()), ..DeliveryFilter::default() };
            letters.extend(tx.deliveries(&of_case)?);
        }
        for mail in mails {
            samples.add(mail.mail.message_id.unwrap_or_default().as_bytes());
            samples.add(&tx.bytes(&mail.mail.raw)?.unwrap_or_default());
        }
        for delivery in letters {
            if let Some(row) = tx.letter(delivery.letter)? {
                samples.add_naming(&row.letter.letter.head, kept);
            }
        }
        samples.thin_out(kept);
        Ok(samples)
    }

    fn add(&mut self, text: &[u8]) {
        for line in text.split(|byte| matches!(byte, b'\r' | b'\n')) {
            let piece = line.trim_ascii();
            if piece.len() >= SAMPLE_BYTES_MIN && !is_of_anybody(piece) {
                self.pieces.insert(piece[..piece.len().min(SAMPLE_BYTES_MAX)].to_vec());
            }
        }
    }

    /// The lines of a letter that name the person: most are those of a template.
    fn add_naming(&mut self, letter: &[u8], kept: &Kept) {
        for line in letter.split(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            if kept.words.iter().any(|word| text.contains(word.as_str())) {
                self.add(line);
            }
        }
    }

    /// Keeps the words and as many of the rest, evenly, as can be looked for at once.
    fn thin_out(&mut self, kept: &Kept) {
        let step = self.pieces.len().div_ceil(SAMPLES_MAX).max(1);
        let all = std::mem::take(&mut self.pieces);
        self.pieces = all.into_iter().step_by(step).collect();
        self.pieces.extend(kept.words.iter().map(|word| word.as_bytes().to_vec()));
    }

    /// Searches the files byte by byte.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn look_in(&self, files: &[PathBuf]) -> std::result::Result<Proof, Failure> {
        let mut times: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut searched = 0;
        let by_start = self.by_start();
        for path in files {
            let failed = |error: std::io::Error| Failure::io(path.display(), &error);
            let mut file = BufReader::new(File::open(path).map_err(failed)?);
            // The end of a piece is looked through with the next one, which begins with what stands before it.
            let (mut held, mut from): (Vec<u8>, usize) = (Vec::new(), 0);
            loop {
                let before = held.len();
                held.resize(before + PIECE_BYTES, 0);
                let read = file.read(&mut held[before..]).map_err(failed)?;
                held.truncate(before + read);
                searched += read as u64;
                let until =
                    if read == 0 { held.len() } else { held.len().saturating_sub(SAMPLE_BYTES_MAX * 4) };
                for at in from..until {
                    let Some(start) = held[at..].first_chunk::<START>() else { break };
                    for piece in by_start.get(start).into_iter().flatten() {
                        if held[at..].starts_with(piece) {
                            *times.entry(whole(&held, at, piece)).or_default() += 1;
                        }
                    }
                }
                if read == 0 {
                    break;
                }
                let done = until.max(from);
                let kept = done.saturating_sub(LOCAL_PART_MAX);
                held.drain(..kept);
                from = done - kept;
            }
        }
        let shown = |(piece, times): (Vec<u8>, usize)| Found {
            sample: String::from_utf8_lossy(&piece).into_owned(),
            times,
            also_in: Vec::new(),
        };
        let found = times.into_iter().map(shown).collect();
        Ok(Proof { samples: self.pieces.len(), bytes: searched, found })
    }

    fn by_start(&self) -> std::collections::HashMap<[u8; START], Vec<&[u8]>> {
        let mut by_start: std::collections::HashMap<[u8; START], Vec<&[u8]>> = Default::default();
        for piece in &self.pieces {
            if let Some(start) = piece.first_chunk::<START>() {
                by_start.entry(*start).or_default().push(piece);
            }
        }
        by_start
    }
}

/// What was found, with what belongs to it: `jona@client.example` has another person's address in it.
fn whole(held: &[u8], at: usize, piece: &[u8]) -> Vec<u8> {
    let is_address = piece.contains(&b'@') && !piece.contains(&b' ');
    let joins = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let before = held[..at].iter().rev().take(LOCAL_PART_MAX).take_while(|byte| is_address && joins(byte));
    held[at - before.count()..at + piece.len()].to_vec()
}

/// Longest part of an address before its `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;

/// So many bytes are compared at first. Every sample has as many.
const START: usize = 5;

/// Lines that stand in every mail: of headers and of the frame of a letter.
fn is_of_anybody(line: &[u8]) -> bool {
    const NAMES: [&str; 13] = [
        "content-",
        "mime-version",
        "date:",
        "received:",
        "from: ",
        "to: ",
        "auto-submitted",
        "x-auto-response",
        "x-maildesk",
        "precedence",
        "reply-to",
        "return-path",
        "delivered-to",
    ];
    let folded = String::from_utf8_lossy(line).to_lowercase();
    NAMES.iter().any(|name| folded.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(pieces: &[&str]) -> Samples {
        Samples { pieces: pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect() }
    }

    #[test]
    fn a_sample_is_found_wherever_it_lies_and_one_that_is_not_there_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for at in [0, 100, PIECE_BYTES - 7, PIECE_BYTES, 2 * PIECE_BYTES - 240, 2 * PIECE_BYTES + 50] {
            let mut bytes = vec![b' '; 2 * PIECE_BYTES + 100];
            bytes[at..at + 18].copy_from_slice(b"ona@client.example");
            std::fs::write(&path, &bytes).expect("written");
            let samples = samples(&["ona@client.example", "petr@desk.example"]);
            let proof = samples.look_in(std::slice::from_ref(&path)).expect("read");
            let found =
                vec![Found { sample: "ona@client.example".to_owned(), times: 1, also_in: Vec::new() }];
            assert_eq!(proof, Proof { samples: 2, bytes: bytes.len() as u64, found }, "at {at}");
        }
    }

    #[test]
    fn an_address_within_another_one_is_told_as_the_other_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, b"<jona@client.example>,ona@client.example").expect("written");
        let proof = samples(&["ona@client.example"]).look_in(&[path]).expect("read");
        let told: Vec<&str> = proof.found.iter().map(|found| found.sample.as_str()).collect();
        assert_eq!(told, ["jona@client.example", "ona@client.example"]);
    }
}
