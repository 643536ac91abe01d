//! `maildesk retention`: what is old enough to be emptied, before it is.

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::retention::{cases, loose};

#[derive(Debug, Args)]
#[command(after_help = "\
The daemon empties what is older than [retention] says, some cases a minute. This reads only. A case that must stay,
for a dispute or a court, is named in hold.

Examples:
  maildesk retention
  maildesk retention --limit 0")]
pub struct RetentionArgs {
    /// So many cases at most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

#[derive(Serialize)]
struct Document {
    case_days: Option<u32>,
    loose_days: Option<u32>,
    held: Vec<String>,
    cases: Vec<String>,
    loose_mails: usize,
}

/// Lists it.
///
/// # Errors
/// The database cannot be read.
pub fn run(common: &Common, args: &RetentionArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let (settings, now) = (&office.settings.retention, office.now());
    let limit = if args.limit == 0 { usize::MAX / 4 } else { args.limit };
    let (cases, loose) =
        office.read(|tx| Ok((cases(tx, settings, now, limit)?, loose(tx, settings, now, limit)?)))?;
    let document = Document {
        case_days: settings.case_days,
        loose_days: settings.loose_days,
        held: settings.hold.iter().map(|key| office.shown(key)).collect(),
        cases: cases.iter().map(|key| office.shown(key)).collect(),
        loose_mails: loose.len(),
    };
    let days = |days: Option<u32>| days.map_or("for ever".to_owned(), |days| format!("{days} days"));
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let text = format!(
        "cases        kept {} after their end; old enough now: {}\nheld         {}\n\
         mails        without a case kept {}; old enough now: {}\n",
        days(document.case_days),
        list(&document.cases),
        list(&document.held),
        days(document.loose_days),
        document.loose_mails
    );
    Ok(Page::text(&document, text))
}
