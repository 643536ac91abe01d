//! `maildesk check`: everything that can be tried out before a client meets it.

pub(super) mod accounts;
mod clock;
pub(super) mod finding;
mod here;
pub(super) mod probe;
pub(super) mod servers;

use std::io::IsTerminal;

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::{Office, load};
use super::page::{Page, one_line};
use crate::daemon::clock::Clock;
use crate::faces::exit;
use finding::{Finding, Verdict};

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is changed, and without --probe nothing is sent. Exit code 0 when all is well (there may be warnings), else
that of the gravest fault: 78 configuration or templates, 77 a right or a password, 74 database, 75 a server that
cannot be reached, 1 anything else.

--probe sends one letter from each desk to itself and waits for it: does a plus address arrive, does our own
Message-ID survive, is the empty sender allowed, under which name does the border server write
Authentication-Results. The letter stays in the mailbox; the daemon knows it as its own.

Examples:
  maildesk check --offline
  maildesk check
  maildesk check --probe
  maildesk check --json | jq '.findings[] | select(.verdict == \"fail\")'")]
pub struct CheckArgs {
    /// Leave the servers alone
    #[arg(long)]
    offline: bool,
    /// Send a letter to oneself and look how it arrives
    #[arg(long, conflicts_with = "offline")]
    probe: bool,
}

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Report {
    code: u8,
    findings: Vec<Finding>,
}

/// Tries everything out.
///
/// # Errors
/// None: faults of the configuration are findings, too. Without threads nothing can be tried.
pub fn run(common: &Common, args: &CheckArgs) -> Result<Page, Failure> {
    let loaded = match load(common) {
        Ok(loaded) => loaded,
        Err(failure) => {
            let faults = failure.text.lines().filter(|line| !line.ends_with("in the configuration:"));
            let faults = faults.map(|line| Finding::fail("configuration", line, failure.code));
            return Ok(page(faults.collect()));
        }
    };
    let files: Vec<String> = loaded.files.iter().map(|file| file.display().to_string()).collect();
    let mut findings = vec![Finding::ok("configuration", files.join(", "))];
    findings.extend(loaded.warnings.iter().map(|w| Finding::warn("configuration", w.to_string())));
    let office = Office { settings: loaded.settings, clock: Clock::system() };
    here::words(&office, &mut findings);
    here::state_dir(&office, &mut findings);
    here::database(&office, &mut findings);
    here::daemon(&office, &mut findings);
    clock::check(&mut findings);
    accounts::secrets(&office, &mut findings);
    if !args.offline {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Failure::io("no threads", &e))?;
        let tokens = office.tokens();
        runtime.block_on(accounts::give_tokens(&office, &tokens, &mut findings));
        runtime.block_on(servers::check(&office, &tokens, &mut findings));
        if args.probe {
            runtime.block_on(probe::check(&office, &tokens, &mut findings));
        }
    }
    Ok(page(findings))
}

fn page(findings: Vec<Finding>) -> Page {
    let code = gravest(&findings);
    let eyes = std::io::stdout().is_terminal();
    let text: String = findings.iter().map(|finding| line(finding, eyes)).collect();
    let report = Report { code, findings };
    Page::text(&report, text).with_code(code)
}

pub(super) fn line(finding: &Finding, eyes: bool) -> String {
    let mark = match (finding.verdict, eyes) {
        (Verdict::Ok, true) => "✓",
        (Verdict::Ok, false) => "OK  ",
        (Verdict::Warn, true) => "!",
        (Verdict::Warn, false) => "WARN",
        (Verdict::Fail, true) => "✗",
        (Verdict::Fail, false) => "FAIL",
    };
    format!("{mark} {}: {}\n", finding.area, one_line(&finding.text))
}

/// The configuration before the rights before the database before the servers.
pub(super) fn gravest(findings: &[Finding]) -> u8 {
    let order = [exit::CONFIG, exit::PERMISSION, exit::IO, exit::TEMPORARY, exit::DIFFERS];
    let found = |code: &u8| findings.iter().any(|f| f.verdict == Verdict::Fail && f.code == *code);
    order.into_iter().find(found).unwrap_or(exit::OK)
}
