//! `maildesk replay`: yesterday's mail through a configuration, before clients meet it. Nothing is sent or kept.

mod decisions;
mod mailbox;
mod mails;
mod numbered;
mod past;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::{Office, environment};
use super::page::{Page, one_line, plain};
use super::when::instant;
use crate::config::{self, Settings};
use crate::faces::exit;
use decisions::{Decision, Letter, decisions};
use mailbox::Wanted;
use mails::Mail;
use past::Past;

#[derive(Debug, Args)]
#[command(after_help = "\
Each mail comes at the time of its Date header (of a mailbox: when the server got it), in the order of time, to a desk
without any tickets; what falls due in between happens. The store is thrown away, the tickets of the real one are not in
it. Where there is a database, its keys are read, so that agents' tokens are believed, and requests keep their numbers;
agents' mails on requests that are not among the mails are shown as \"elsewhere\" and compared with nothing. Without a
database replies are recognised as far as their subject, sender and the letters of this replay allow. A mailbox is only
looked at: nothing is marked, moved or stored. With --against the exit code is 1 where something differs.

Examples:
  maildesk -c new.toml replay yesterday.mbox
  maildesk -c new.toml replay ~/Maildir --against /etc/maildesk/maildesk.toml
  maildesk -c new.toml replay --mailbox --since 1d --against /etc/maildesk/maildesk.toml
  maildesk -c new.toml replay mails/ --against old.toml --json")]
pub struct ReplayArgs {
    /// mbox files, single mails, Maildirs or folders of mails
    #[arg(required_unless_present = "mailbox", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Instead of files: what lies in a mailbox of the configuration, and where the daemon moves it to
    #[arg(long, value_name = "NAME", num_args = 0..=1, conflicts_with = "files")]
    mailbox: Option<Option<String>>,
    /// With --mailbox: at most so many mails, the newest
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "mailbox")]
    last: usize,
    /// With --mailbox: only what the server got since then: 2026-03-02, "2026-03-02 09:12", 2h ago as 2h
    #[arg(long, value_name = "WHEN", requires = "mailbox")]
    since: Option<String>,
    /// Another configuration: only what it decides otherwise is shown; repeat it for layers
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// The letters in full
    #[arg(long)]
    letters: bool,
    /// Only this desk: all mails are for it
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// A mail about which two configurations decide otherwise.
#[derive(Serialize)]
struct Difference {
    old: Decision,
    new: Decision,
}

/// Replays.
///
/// # Errors
/// A file or a configuration cannot be read.
pub fn run(common: &Common, args: &ReplayArgs) -> Result<Page, Failure> {
    let office = if args.mailbox.is_some() { Office::with_secrets(common)? } else { Office::open(common)? };
    let zone =
        office.desk(args.desk.as_deref().or(office.settings.desks.first().map(|d| &*d.desk)))?.zone.clone();
    let old = match args.against.as_slice() {
        [] => None,
        files => Some(config::load(files, &environment())?.settings),
    };
    let only = args.desk.as_deref();
    if only.is_some_and(|name| old.as_ref().is_some_and(|old| old.desk(name).is_none())) {
        return Err(Failure::usage("--against has no desk of that name"));
    }
    let mails = mails(&office, args, &zone)?;
    let known: Vec<&Settings> = std::iter::once(&office.settings).chain(&old).collect();
    let past = Past::of(&known, &mails)?;
    let new = decisions(&office.settings, only, &mails, &past)?;
    let show = Show { zone, letters: args.letters };
    let Some(old) = old else {
        let text: String = new.iter().map(|decision| show.decision(decision)).collect();
        return Ok(Page::text(&new, text));
    };
    let old = decisions(&old, only, &mails, &past)?;
    let (open, decided): (Vec<_>, Vec<_>) =
        old.into_iter().zip(new).partition(|(old, new)| old.is_elsewhere() || new.is_elsewhere());
    let differ: Vec<Difference> = decided
        .into_iter()
        .filter(|(old, new)| old != new)
        .map(|(old, new)| Difference { old, new })
        .collect();
    let mut text: String = differ.iter().map(|difference| show.difference(difference)).collect();
    text.push_str(&format!("{} of {} mails are decided otherwise\n", differ.len(), mails.len()));
    text.push_str(&match open.len() {
        0 => String::new(),
        1 => "1 of agents was not compared: its request is not among these mails\n".to_owned(),
        n => format!("{n} of agents were not compared: their requests are not among these mails\n"),
    });
    let code = if differ.is_empty() { exit::OK } else { exit::DIFFERS };
    Ok(Page::text(&differ, text).with_code(code))
}

/// Those of the mailbox, or those of the files.
fn mails(office: &Office, args: &ReplayArgs, zone: &TimeZone) -> Result<Vec<Mail>, Failure> {
    let Some(name) = &args.mailbox else {
        return mails::mails(&args.files, office.now()).map_err(|error| Failure::io("a mail", &error));
    };
    let since = args.since.as_deref().map(|text| instant(text, zone, office.now())).transpose()?;
    let wanted = Wanted { last: args.last, since };
    mailbox::mails(office, mailbox::named(office, name.as_deref())?, &wanted)
}

struct Show {
    zone: TimeZone,
    letters: bool,
}

impl Show {
    fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn head(&self, decision: &Decision) -> String {
        let (from, subject) = (one_line(&decision.from), one_line(&decision.subject));
        format!("{}  {from}  {subject:?}  ({})\n", self.local(decision.at), one_line(&decision.mail))
    }

    fn decision(&self, decision: &Decision) -> String {
        let lines: String = self.lines(decision).iter().map(|line| format!("  {line}\n")).collect();
        self.head(decision) + &lines
    }

    /// What both say is left out.
    fn difference(&self, difference: &Difference) -> String {
        let (old, new) = (self.lines(&difference.old), self.lines(&difference.new));
        let mut text = self.head(&difference.new);
        for line in old.iter().filter(|line| !new.contains(line)) {
            text.push_str(&format!("  - {line}\n"));
        }
        for line in new.iter().filter(|line| !old.contains(line)) {
            text.push_str(&format!("  + {line}\n"));
        }
        if old == new {
            text.push_str("  the words of a letter differ: see --letters\n");
        }
        text
    }

    fn lines(&self, decision: &Decision) -> Vec<String> {
        let mut lines: Vec<String> =
            decision.meanwhile.iter().flat_map(|letter| self.letter("meanwhile", letter)).collect();
        let on = decision.ticket.as_ref().map(|ticket| format!(" {}", ticket.number)).unwrap_or_default();
        lines.push(format!("{}{on}: {}", decision.outcome, one_line(&decision.reason)));
        if let Some(ticket) = &decision.ticket {
            let mut facts = vec![ticket.status.clone(), ticket.severity.clone()];
            facts.extend(ticket.urgent.then(|| "urgent".to_owned()));
            facts.extend(ticket.kind.as_ref().map(|kind| format!("type {kind}")));
            facts.extend(ticket.client.as_ref().map(|client| format!("client {client}")));
            facts.extend(ticket.assignee.as_ref().map(|agent| format!("agent {agent}")));
            facts.push(ticket.language.clone());
            facts.extend(ticket.answer_by.map(|at| format!("answer by {}", self.local(at))));
            facts.extend(ticket.solve_by.map(|at| format!("solve by {}", self.local(at))));
            lines.push(facts.join(", "));
            if !ticket.missing.is_empty() {
                lines.push(format!("lacks {}", ticket.missing.join(", ")));
            }
            lines.extend(ticket.fields.iter().map(|(name, value)| format!("{name}: {}", one_line(value))));
        }
        lines.extend(decision.letters.iter().flat_map(|letter| self.letter("letter", letter)));
        lines
    }

    fn letter(&self, when: &str, letter: &Letter) -> Vec<String> {
        let to = letter.to.join(", ");
        let mut lines = vec![format!("{when} {} to {to}: {}", letter.template, one_line(&letter.subject))];
        if self.letters {
            lines.extend(plain(&letter.text).lines().map(|line| format!("    {line}").trim_end().to_owned()));
        }
        lines
    }
}
