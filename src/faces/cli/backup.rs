//! `maildesk backup FILE`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;

#[derive(Debug, Args)]
#[command(after_help = "\
The copy is one consistent state: database, raw mails, keys. It is made while a daemon goes on working, checked,
and appears under its name only when it is whole. Never copy the database with cp.

Examples:
  maildesk backup /var/backups/maildesk-$(date +%F).sqlite")]
pub struct BackupArgs {
    /// Where the copy goes; it must not be there yet
    file: PathBuf,
}

#[derive(serde::Serialize)]
struct Copied {
    file: PathBuf,
    size_bytes: u64,
}

/// Copies the database. It is read by a connection of this process, with the rights of whoever asked: the daemon's
/// own may not reach the place where backups lie.
///
/// # Errors
/// The copy is there already, or cannot be made.
pub fn run(common: &Common, args: &BackupArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    office.reader()?.backup(&args.file)?;
    let about = std::fs::metadata(&args.file).map_err(|e| Failure::io(args.file.display(), &e))?;
    let copied = Copied { file: args.file.clone(), size_bytes: about.len() };
    let text = format!("{}: {} bytes\n", copied.file.display(), copied.size_bytes);
    Ok(Page::text(&copied, text))
}
