//! `maildesk ticket export`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::desk::export;
use crate::domain::rules::Rules;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::folder::Folder;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;

#[derive(Debug, Args)]
#[command(after_help = "\
The folder holds index.html to read, the mails in and out as they went, the files, the work journal and the history.

Examples:
  maildesk ticket export KL-3107 KL-3107
  maildesk ticket export 3107 /tmp/case && zip -r case.zip /tmp/case")]
pub struct ExportArgs {
    /// 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// A folder that is not there yet, or is empty
    dir: PathBuf,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct Document {
    ticket: String,
    files: Vec<String>,
    bytes: u64,
}

/// Writes a case into a folder.
///
/// # Errors
/// There is no such ticket, or the folder cannot be written.
pub fn run(office: &Office, args: &ExportArgs) -> Result<Page, Failure> {
    let key = office.ticket(&args.ticket, args.desk.as_deref())?;
    let rules: &Rules = office.desk(Some(&key.desk))?;
    let there = office.read(|tx| tx.ticket(&key))?;
    if there.is_none() {
        return Err(Failure::refused(format!("there is no ticket {}", office.shown(&key))));
    }
    let mut folder = Folder::make(&args.dir)?;
    office.read(|tx| export::ticket(tx, rules, key.number, &mut |path, bytes| folder.put(path, bytes)))?;
    let text = format!("{}: {} files, {} bytes\n", args.dir.display(), folder.files.len(), folder.bytes);
    let document = Document { ticket: office.shown(&key), files: folder.files, bytes: folder.bytes };
    Ok(Page::text(&document, text))
}
