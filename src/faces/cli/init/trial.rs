//! The answers tried out: nothing is kept while the servers do not let us in.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::InitArgs;
use super::answers::{Answers, SecretIn, ask, ask_secret, ask_servers};
use super::console::Console;
use super::draft::Draft;
use crate::config;
use crate::daemon::clock::Clock;
use crate::faces::cli::check::finding::{Finding, Verdict};
use crate::faces::cli::check::{accounts, gravest, line, probe, servers};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::{Office, environment};
use crate::faces::cli::page::Page;
use crate::faces::exit;

/// What was written.
#[derive(Serialize)]
struct Written {
    file: PathBuf,
    password_file: Option<PathBuf>,
    findings: Vec<Finding>,
}

/// What to do after the servers refused.
enum Next {
    Again,
    Keep,
    GiveUp,
}

/// Asks, tries out, writes.
///
/// # Errors
/// An answer is missing, a file is there already, the servers do not let us in.
pub fn run(args: &InitArgs) -> Result<Page, Failure> {
    let console = Console::new(args.yes);
    let place = Draft::place(args.file.as_deref());
    // Before anybody has answered five questions for nothing.
    if place.try_exists().unwrap_or(false) {
        let text = format!("{}: it is there already, and nothing is overwritten", place.display());
        return Err(Failure { code: exit::IO, text });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("no threads", &error))?;
    runtime.block_on(begin(args, &console, &place))
}

async fn begin(args: &InitArgs, console: &Console, place: &Path) -> Result<Page, Failure> {
    let mut answers = ask(console, &args.wishes).await?;
    let mut mended = Vec::new();
    loop {
        let draft = Draft::write(place, &answers, &mended)?;
        let office = open(&draft.config)?;
        let mut findings = Vec::new();
        // Without a login there is nothing to try yet.
        if !args.offline && !matches!(answers.secret, SecretIn::Later) {
            console.say("Trying the servers …");
            let tokens = office.tokens();
            accounts::give_tokens(&office, &tokens, &mut findings).await;
            servers::check(&office, &tokens, &mut findings).await;
            if gravest(&findings) == exit::OK && !args.no_probe && mended.is_empty() {
                console.say("Sending a letter from the desk to itself …");
                probe::check(&office, &tokens, &mut findings).await;
            }
        }
        tell(console, &findings);
        let found: Vec<_> = findings.iter().filter_map(|finding| finding.mend.clone()).collect();
        if !found.is_empty() && mended.is_empty() {
            console.say("The configuration takes account of that.");
            mended = found;
            continue;
        }
        // Whether tokens come back is no reason to write nothing.
        let refused = findings.iter().any(|f| f.verdict == Verdict::Fail && !f.area.starts_with("probe"));
        if !refused {
            return Ok(written(draft, &answers, findings));
        }
        match next(console, args, &mut answers).await? {
            Next::Again => {}
            Next::Keep => return Ok(written(draft, &answers, findings)),
            Next::GiveUp => {
                let text =
                    "nothing was written, for the servers do not let us in; --offline writes all the same";
                return Err(Failure { code: gravest(&findings), text: text.to_owned() });
            }
        }
    }
}

fn open(config: &Path) -> Result<Office, Failure> {
    let loaded = config::load(&[config.to_owned()], &environment())?;
    Ok(Office { settings: loaded.settings, clock: Clock::system() })
}

fn tell(console: &Console, findings: &[Finding]) {
    for finding in findings {
        console.say(line(finding, true).trim_end());
        if finding.verdict == Verdict::Fail {
            console.say(&format!("  {}", advice(&finding.area, &finding.text)));
        }
    }
}

/// What to try next, in plain words.
fn advice(area: &str, text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["lookup", "Name or service not known", "No address"]) {
        "No such server is known: is its name spelt right? Providers write it under \"IMAP and SMTP settings\"."
    } else if has(&["certificate", "Certificate"]) {
        "Its certificate is not for this name, or by an authority that is not known here: write the name that stands in \
         the certificate; where it is your own authority, --ca-file FILE."
    } else if has(&["refused (os error", "Connection refused"]) {
        "Nobody listens there: another port? The mailbox has 993 (tls) or 143 (starttls), letters 465 (tls) or 587 \
         (starttls)."
    } else if has(&["no answer in", "timed out", "unreachable"]) {
        "Nothing answers: a wrong name, or a firewall in between. Some networks block these ports."
    } else if area.starts_with("imap") && has(&["refused:"]) || has(&["does not let us send"]) {
        "The server does not take this name and password. Try the whole address as name (--user); where there is a \
         second factor, an app password; and see whether IMAP and SMTP are switched on for the mailbox."
    } else if has(&["TLS", "protocol"]) {
        "Something else than a mail server with TLS answers there: another port, or --security starttls?"
    } else if area.starts_with("probe") {
        "Letters can be sent, but not all came back as they should; maildesk check --probe tries it again."
    } else {
        "See the server's own log, or ask the provider."
    }
}

async fn next(console: &Console, args: &InitArgs, answers: &mut Answers) -> Result<Next, Failure> {
    if args.yes {
        return Ok(Next::GiveUp);
    }
    let question = "Again with another (p)assword or (s)erver, (w)rite it as it is, or (q)uit";
    let word = match console.ask(question, Some("q"), "--yes") {
        Ok(word) => word,
        // A pipe that has no more answers.
        Err(_) => return Ok(Next::GiveUp),
    };
    let fresh = super::Wishes {
        security: args.wishes.security.clone(),
        ca_file: args.wishes.ca_file.clone(),
        ..Default::default()
    };
    match word.chars().next() {
        Some('p') => answers.secret = ask_secret(console, &fresh, answers.provider, &answers.user)?,
        Some('s') => {
            (answers.provider, answers.imap, answers.smtp) =
                ask_servers(console, &fresh, &answers.address).await?;
        }
        Some('w') => return Ok(Next::Keep),
        _ => return Ok(Next::GiveUp),
    }
    Ok(Next::Again)
}

fn written(draft: Draft, answers: &Answers, findings: Vec<Finding>) -> Page {
    let file = draft.config.clone();
    let password_file = draft.keep();
    let shown = file.display();
    let mut text = format!("{shown}: written\n");
    if let Some(path) = &password_file {
        text += &format!("{}: the password, for its owner alone\n", path.display());
    }
    let login = match answers.secret {
        SecretIn::Later => format!("  maildesk login --config {shown}\n"),
        _ => String::new(),
    };
    text += &format!(
        "\nNext:\n{login}  maildesk check --config {shown}\n  maildesk run --config {shown}      then write a mail to the desk\n"
    );
    Page::text(&Written { file, password_file, findings }, text)
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn each_refusal_has_its_next_step() {
        for (area, text, expected) in [
            ("imap mailbox", "refused: LOGIN: [AUTHENTICATIONFAILED] Authentication failed.", "app password"),
            ("smtp desk", "the mail server does not let us send: 535 5.7.8 Error", "app password"),
            ("imap mailbox", "network: connecting: Connection refused (os error 111)", "Nobody listens"),
            ("imap mailbox", "network: connecting: failed to lookup address information", "spelt right"),
            ("imap mailbox", "refused: TLS: the certificate is not trusted: UnknownIssuer", "--ca-file"),
            ("smtp desk", "the mail server cannot be used: connecting: no answer in 10s", "firewall"),
            ("smtp desk", "the mail server cannot be used: TLS: received corrupt message", "starttls"),
        ] {
            let said = advice(area, text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
