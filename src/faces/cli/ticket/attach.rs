//! `maildesk ticket attach`.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;

use super::write::done;
use crate::daemon::control::Order;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;

#[derive(Debug, Args)]
#[command(after_help = "\
Nobody is written to, and the ticket stays as it stands. The note says what it is and where the original lies.

Examples:
  maildesk ticket attach KL-3107 report-signed.pdf --note 'Original in folder 10/2026' --as ona")]
pub struct AttachArgs {
    /// Number of the ticket
    ticket: String,
    /// The scan
    file: PathBuf,
    /// What colleagues are to know of it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// The agent who adds it: id, address or name
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// Adds the file.
///
/// # Errors
/// There is no such ticket, or the file cannot be read or is too large.
pub fn run(office: &Office, args: &AttachArgs) -> Result<Page, Failure> {
    let ticket = office.ticket(&args.ticket, args.desk.as_deref())?;
    let bytes = std::fs::read(&args.file).map_err(|e| Failure::io(args.file.display(), &e))?;
    let name = args.file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::usage("the file needs a readable name"))?;
    done(&office.give(&Order::Attach {
        ticket,
        by: args.by.clone(),
        name: name.to_owned(),
        base64: BASE64.encode(&bytes),
        note: args.note.clone(),
    })?)
}
