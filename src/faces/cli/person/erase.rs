//! `maildesk person erase`: a person is taken out, and the files are searched for what was known of him.

mod proof;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::super::Common;
use super::super::daemon::misunderstood;
use super::super::failure::Failure;
use super::super::office::Office;
use super::super::page::Page;
use crate::daemon::control::{self, Answer, AskError, Order};
use crate::desk::erase::{Kept, kept};
use crate::domain::address::Address;
use crate::faces::exit;
use crate::store::Emptied;
use proof::{Proof, Samples};

#[derive(Debug, Args)]
#[command(after_help = "\
Taken out: the person's own cases as a whole (subject, people, thread, mails in and out, files, history, texts of the
work journal), what the person wrote and was written in other people's cases, the name there, all that was learnt of
the address, and the search index, which is made anew. What stays is nobody's: numbers of cases and bills, times,
minutes, outcomes, ratings, and the content hashes of mails, by which a mail that is met again brings nothing back.

Afterwards the database is written anew, which takes its time and as much room again, and its files are searched byte
by byte for samples of what was known. Exit code 1 where one is found. Open cases must be closed first.

Not reached: backups and copies beside the database (named in the answer), the mailbox on the server, agents' own
mailboxes, what other people quote without the name, and the configuration.

Examples:
  maildesk person erase ona@client.example --dry-run
  maildesk person erase ona@client.example --yes")]
pub struct EraseArgs {
    address: String,
    /// Only say what is kept and would go
    #[arg(long)]
    dry_run: bool,
    /// Yes, there is no way back
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only write the database anew and search it: after a first time that found no room for that
    #[arg(long, requires = "yes")]
    again: bool,
}

#[derive(Serialize)]
struct Document {
    address: Address,
    done: bool,
    cases: Vec<String>,
    open: Vec<String>,
    mails: usize,
    letters: usize,
    /// Places in other people's cases.
    mentions: Vec<String>,
    emptied: Option<Emptied>,
    proof: Option<Proof>,
    /// Files that hold the person still.
    copies: Vec<PathBuf>,
}

/// Carries it out, or says what would be done.
///
/// # Errors
/// Nothing is kept of the address, a case is open, or the database cannot be written.
pub fn run(common: &Common, args: &EraseArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let address = Address::parse(&args.address)
        .ok_or_else(|| Failure::usage(format!("{:?} is not a mail address", args.address)))?;
    let desks: Vec<&str> = office.settings.desks.iter().map(|rules| &*rules.desk).collect();
    let (kept, samples) = office.read(|tx| {
        let kept = kept(tx, &address, &desks)?;
        let samples = Samples::of(tx, &address, &kept)?;
        Ok((kept, samples))
    })?;
    let mut document = document(&office, &address, &kept);
    if args.dry_run {
        return Ok(Page::text(&document, told(&document, &kept)));
    }
    if !args.yes {
        return Err(Failure::refused("there is no way back: look at --dry-run, then say --yes"));
    }
    if !args.again {
        let answer = office.give(&Order::Erase { address: address.clone() })?;
        let Answer::Erased { emptied } = answer else { return Err(misunderstood()) };
        document.emptied = Some(emptied);
    }
    compact(&office).map_err(|failure| {
        let text = format!(
            "the person is taken out, but the database was not written anew, so traces may be left in its free \
             pages; the same command with --again does that: {}",
            failure.text
        );
        Failure { text, ..failure }
    })?;
    let mut proof = samples.look_in(&files(&office.settings.database))?;
    for found in &mut proof.found {
        let sample = vec![found.sample.clone()];
        let others = office.read(|tx| tx.mentions(&sample))?;
        found.also_in = others.iter().map(|mention| office.shown(&mention.ticket)).collect();
        found.also_in.dedup();
    }
    let code =
        if proof.found.iter().all(|found| !found.also_in.is_empty()) { exit::OK } else { exit::DIFFERS };
    (document.done, document.proof) = (true, Some(proof));
    Ok(Page::text(&document, told(&document, &kept)).with_code(code))
}

fn document(office: &Office, address: &Address, kept: &Kept) -> Document {
    let mut mentions: Vec<String> =
        kept.mentions.iter().map(|mention| office.shown(&mention.ticket)).collect();
    mentions.dedup();
    Document {
        address: address.clone(),
        done: false,
        cases: kept.cases.iter().map(|key| office.shown(key)).collect(),
        open: kept.open.iter().map(|key| office.shown(key)).collect(),
        mails: kept.mails,
        letters: kept.letters,
        mentions,
        emptied: None,
        proof: None,
        copies: copies(&office.settings.database),
    }
}

/// Has the database written anew, by the daemon where one runs.
fn compact(office: &Office) -> Result<(), Failure> {
    match control::ask(&office.settings.control_socket, &Order::Compact) {
        Err(AskError::Nobody) => {
            let (_lock, mut store) = office.writer()?;
            Ok(store.compact()?)
        }
        answered => Ok(answered.map(drop)?),
    }
}

/// The database with its write-ahead log.
fn files(database: &Path) -> Vec<PathBuf> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    [database.to_owned(), PathBuf::from(log)].into_iter().filter(|path| path.exists()).collect()
}

/// Copies of the database that lie beside it: from before a migration, from before a restore.
fn copies(database: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else { return Vec::new() };
    let name = name.to_string_lossy().into_owned();
    let is_copy = |path: &PathBuf| {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        [".before-", ".lost-"].iter().any(|word| file.starts_with(&format!("{name}{word}")))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_copy).collect();
    found.sort();
    found
}

fn told(document: &Document, kept: &Kept) -> String {
    let mut text = format!("{}\n", document.address);
    let mut line = |name: &str, what: String| text += &format!("{name:<12} {what}\n");
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    line("cases", list(&document.cases));
    if !document.open.is_empty() {
        line("open", format!("{}: close them first", list(&document.open)));
    }
    for case in &kept.waiting {
        line("waits", format!("letters of {case} that may name the person: let them leave, or drop them"));
    }
    line("mails", document.mails.to_string());
    line("letters", document.letters.to_string());
    line("named in", list(&document.mentions));
    if let Some(emptied) = &document.emptied {
        let Emptied { cases, mails, letters, messages, .. } = emptied;
        line(
            "taken out",
            format!(
                "{cases} cases, {mails} mails, {letters} letters, {messages} messages in cases of others"
            ),
        );
    }
    if let Some(proof) = &document.proof {
        line("searched", format!("{} bytes for {} samples of what was known", proof.bytes, proof.samples));
        match proof.found.as_slice() {
            [] => line("proof", "none of them is there".to_owned()),
            found => {
                for found in found {
                    let sample = super::super::page::one_line(&found.sample);
                    match found.also_in.as_slice() {
                        [] => line("FOUND", format!("{} times: {sample}", found.times)),
                        cases => line("others wrote", format!("{sample}: {}", cases.join(", "))),
                    }
                }
            }
        }
    }
    line("stays", "numbers, times, minutes, bills, outcomes and content hashes".to_owned());
    line("names", format!("looked for: {}", kept.words.join(", ")));
    for copy in &document.copies {
        line("copy", format!("{} holds the person still", copy.display()));
    }
    line(
        "elsewhere",
        "backups, the mailbox on the server, agents' own mailboxes, the configuration".to_owned(),
    );
    text
}
