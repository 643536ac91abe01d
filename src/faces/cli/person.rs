//! `maildesk person`: what is kept of an address.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::folder::Folder;
use super::office::Office;
use super::page::Page;
use crate::desk::export;
use crate::domain::address::Address;

mod erase;

#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Write all that is kept of an address into a folder
    Export(ExportArgs),
    /// Take a person out of everything that is kept, and prove it
    Erase(erase::EraseArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
For people who ask what is stored of them: their mails, what was written to them, and the public part of their cases.
Internal notes, the history and other people's mails are left out; read it before you hand it over.

Examples:
  maildesk person export ona@client.example /tmp/ona")]
pub struct ExportArgs {
    address: String,
    /// A folder that is not there yet, or is empty
    dir: PathBuf,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct Document {
    address: Address,
    tickets: Vec<String>,
    files: Vec<String>,
    bytes: u64,
}

/// Carries one of them out.
///
/// # Errors
/// Nothing is known of the address, or the folder cannot be written.
pub fn run(common: &Common, command: PersonCommand) -> Result<Page, Failure> {
    let args = match command {
        PersonCommand::Export(args) => args,
        PersonCommand::Erase(args) => return erase::run(common, &args),
    };
    let office = Office::open(common)?;
    let rules = office.desk(args.desk.as_deref())?;
    let address = Address::parse(&args.address)
        .ok_or_else(|| Failure::usage(format!("{:?} is not a mail address", args.address)))?;
    let mut folder = Folder::make(&args.dir)?;
    let numbers =
        office.read(|tx| export::person(tx, rules, &address, &mut |path, bytes| folder.put(path, bytes)))?;
    let text = format!(
        "{}: {} tickets, {} files, {} bytes\n",
        args.dir.display(),
        numbers.len(),
        folder.files.len(),
        folder.bytes
    );
    let tickets = numbers.iter().map(|number| rules.tag.shown(*number)).collect();
    let document = Document { address, tickets, files: folder.files, bytes: folder.bytes };
    Ok(Page::text(&document, text))
}
