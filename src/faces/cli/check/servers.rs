//! Do the servers let us in?

use std::time::Instant;

use super::finding::Finding;
use crate::config::{After, MailboxSettings, SmtpSettings};
use crate::daemon::intake::NotIn;
use crate::daemon::tokens::{NoToken, Tokens};
use crate::daemon::{intake, outbox};
use crate::faces::cli::office::Office;
use crate::faces::exit;
use crate::mail::advice::with_advice;
use crate::mail::imap::Trouble;
use crate::mail::smtp::Refusal;

/// What makes a mailbox quicker or safer, where a server has it.
const ABILITIES: [&str; 6] = ["IDLE", "MOVE", "UIDPLUS", "CONDSTORE", "SPECIAL-USE", "ID"];

/// Logs in everywhere: to each mailbox, and to each relay once.
pub async fn check(office: &Office, tokens: &Tokens, findings: &mut Vec<Finding>) {
    for mailbox in &office.settings.mailboxes {
        let area = format!("imap {}", mailbox.name);
        if let Err(trouble) = mailbox_opens(office, tokens, mailbox, &area, findings).await {
            // What a login met, it has said itself.
            let text = match &trouble {
                NotIn::Server(Trouble::Protocol(_)) => {
                    with_advice(trouble.to_string(), mailbox.login.oauth().is_some())
                }
                _ => trouble.to_string(),
            };
            findings.push(Finding::fail(&area, text, code(&trouble)));
        }
    }
    let mut tried: Vec<&SmtpSettings> = Vec::new();
    for (desk, relay) in &office.settings.smtp {
        if tried.contains(&relay) {
            continue;
        }
        tried.push(relay);
        relay_opens(office, tokens, relay, &format!("smtp {desk}"), findings).await;
    }
}

/// The exit code of a mailbox's trouble.
pub fn code(trouble: &NotIn) -> u8 {
    match trouble {
        NotIn::Token(NoToken::Operator(_)) | NotIn::Server(Trouble::Refused(_)) => exit::PERMISSION,
        NotIn::Server(Trouble::Gone(_)) => exit::CONFIG,
        NotIn::Token(NoToken::Later(_)) | NotIn::Server(Trouble::Network(_) | Trouble::Protocol(_)) => {
            exit::TEMPORARY
        }
    }
}

async fn mailbox_opens(
    office: &Office,
    tokens: &Tokens,
    mailbox: &MailboxSettings,
    area: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), NotIn> {
    let begun = Instant::now();
    let mut session = intake::log_in(mailbox, &office.settings.waits, tokens).await?;
    let server = &mailbox.server;
    let (user, took) = (&mailbox.login.user, begun.elapsed().as_millis());
    findings
        .push(Finding::ok(area, format!("{}:{} let {user} in after {took} ms", server.host, server.port)));
    let has: Vec<&str> =
        ABILITIES.into_iter().filter(|name| session.capabilities().contains(*name)).collect();
    findings.push(match has.contains(&"IDLE") {
        true => Finding::ok(area, format!("it can {}", has.join(", "))),
        false => {
            let poll = mailbox.poll.as_secs();
            Finding::warn(area, format!("it has no IDLE: new mail is seen every {poll} s (poll_seconds)"))
        }
    });
    let folder = session.examine(&mailbox.folder).await?;
    let shown =
        format!("folder {}: {} mails, UIDVALIDITY {}", mailbox.folder, folder.exists, folder.validity);
    findings.push(Finding::ok(area, shown));
    if let After::Move(target) = &mailbox.after {
        findings.push(match session.find_folder(target).await? {
            Some(_) => Finding::ok(area, format!("folder {target} is there")),
            None => Finding::warn(area, format!("folder {target} is not there; the daemon makes it")),
        });
    }
    if let Some(name) = session.server_id().await? {
        findings.push(Finding::ok(area, format!("it calls itself {name}")));
    }
    session.logout().await;
    Ok(())
}

async fn relay_opens(
    office: &Office,
    tokens: &Tokens,
    relay: &SmtpSettings,
    area: &str,
    findings: &mut Vec<Finding>,
) {
    let server = match outbox::server(relay, &office.settings.waits) {
        Ok(server) => server,
        Err(error) => return findings.push(Finding::fail(area, error.to_string(), exit::CONFIG)),
    };
    let begun = Instant::now();
    match outbox::open(relay, &server, tokens).await {
        Ok(connection) => {
            let took = begun.elapsed().as_millis();
            let at = &relay.server;
            let who = relay.login.as_ref().map_or("us", |login| &login.user);
            findings.push(Finding::ok(area, format!("{}:{} let {who} in after {took} ms", at.host, at.port)));
            connection.close().await;
        }
        Err(refusal) => findings.push(Finding::fail(area, refusal.to_string(), refusal_code(&refusal))),
    }
}

/// The exit code of a relay's refusal.
pub fn refusal_code(refusal: &Refusal) -> u8 {
    match refusal {
        Refusal::Host { .. } => exit::TEMPORARY,
        Refusal::Held { .. } => exit::PERMISSION,
    }
}
