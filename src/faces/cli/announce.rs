//! `maildesk announce FILE`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::control::{Answer, Order};
use crate::desk::announce::{Written, plan};

#[derive(Debug, Args)]
#[command(after_help = "\
The file is TOML: effective_on = \"2026-10-01\", [title] and [text] with a text for each language, and to = [codes of
clients] where not all are meant. Each client gets one letter in its language: the responsible contact, else the
address of the contract, else the first contact. The same file never goes out twice to the same client.

Examples:
  maildesk announce --dry-run channels.toml    who would get it, in which language
  maildesk announce channels.toml")]
pub struct AnnounceArgs {
    /// What is to be said
    file: PathBuf,
    /// Show who would get it, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// One line of the dry run.
#[derive(Serialize)]
struct Line {
    to: String,
    language: String,
    title: String,
}

/// Tells all clients something.
///
/// # Errors
/// The file cannot be read or says too little; the daemon refuses.
pub fn run(common: &Common, args: &AnnounceArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let rules = office.desk(args.desk.as_deref())?;
    let text = std::fs::read_to_string(&args.file).map_err(|e| Failure::io(args.file.display(), &e))?;
    let written: Written = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: {}", args.file.display(), error.message())))?;
    if written.title.is_empty() || written.text.is_empty() {
        return Err(Failure::usage("the announcement needs a title and a text in at least one language"));
    }
    if args.dry_run {
        let (letters, unreachable) = plan(rules, &written);
        let lines: Vec<Line> = letters
            .iter()
            .map(|letter| Line {
                to: letter.to.address.to_string(),
                language: letter.language.to_string(),
                title: letter.announcement.title.clone(),
            })
            .collect();
        let mut shown: String =
            lines.iter().map(|l| format!("{} {} {}\n", l.language, l.to, l.title)).collect();
        shown.push_str(&without_address(&unreachable));
        return Ok(Page::text(&lines, shown));
    }
    let id = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..8]);
    let answer = office.give(&Order::Announce { desk: rules.desk.to_string(), id, written })?;
    let Answer::Announced { told, unreachable } = &answer else { return Err(super::daemon::misunderstood()) };
    let shown =
        format!("written to {}; see maildesk outbox list\n{}", told.len(), without_address(unreachable));
    Ok(Page::text(&answer, shown))
}

fn without_address(names: &[String]) -> String {
    names.iter().map(|name| format!("no address: {name}\n")).collect()
}
