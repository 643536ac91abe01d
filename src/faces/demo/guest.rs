//! After the story: the desk stays up, and whoever sits at the terminal may write to it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::cast::{DESK_ADDRESS, PASSWORD, Role};
use super::play::arrival;
use super::script::{config_path, example_path, mbsyncrc_path, muttrc_path};
use super::stage::{Stage, Trouble};
use super::teller::Teller;
use crate::mail::parse::{Limits, parse};
use crate::mail::quote;
use crate::sandbox::Delivery;

/// Says how to take part and tells what happens, until Ctrl-C or SIGTERM.
///
/// # Errors
/// The daemon, the sandbox or the terminal cannot go on.
pub async fn takes_part<W: Write>(
    stage: &mut Stage,
    teller: &mut Teller<W>,
    dir: &Path,
) -> Result<(), Trouble> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    invite(stage, teller, dir)?;
    loop {
        let delivery = tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            delivery = stage.next_delivery() => delivery,
        };
        match delivery {
            Some(delivery) => tell(stage, teller, delivery).await?,
            None => break,
        }
    }
    teller.gap()?;
    teller.paragraph(&format!("The desk is closed. Its database and its log stay in {}.", dir.display()))?;
    Ok(())
}

/// What can be pasted into another terminal.
fn invite<W: Write>(stage: &Stage, teller: &mut Teller<W>, dir: &Path) -> Result<(), Trouble> {
    let (imap, smtp) = (stage.sandbox.imap_addr(), stage.sandbox.smtp_addr());
    let (guest, petr) = (Role::Guest.address(), Role::Petr.address());
    let show = |path: std::path::PathBuf| path.display().to_string();
    let config = show(config_path(dir));
    let program = program();
    teller.gap()?;
    teller.paragraph(
        "Now the clock runs as everywhere, and the desk stays up: take part from another terminal. Ctrl-C ends it.",
    )?;
    teller.recipe(
        "Write to the desk (the acknowledgement comes at once)",
        &[
            format!("swaks --server {smtp} --from {guest} --to {DESK_ADDRESS} \\"),
            "  --header 'Subject: No network' --body 'The network is down on the second floor.'".to_owned(),
        ],
    )?;
    teller.recipe(
        &format!("Read the answer as {guest}; answer it as the agent {petr}"),
        &[
            format!("mutt -F {}", show(muttrc_path(dir, Role::Guest))),
            format!("mutt -F {}", show(muttrc_path(dir, Role::Petr))),
            format!("mbsync -c {} -a", show(mbsyncrc_path(dir, Role::Guest))),
            format!("curl -s -u {guest}:{PASSWORD} 'imap://{imap}/INBOX;MAILINDEX=1'"),
        ],
    )?;
    teller.recipe(
        "Look at the tickets as the operator",
        &[
            format!("{program} --config {config} ticket list"),
            format!("{program} --config {config} ticket show 1"),
            format!("{program} --config {config} ledger"),
            format!("{program} --config {config} explain {}", show(example_path(dir))),
        ],
    )?;
    teller.gap()?;
    Ok(())
}

/// This program as one may call it from the present folder.
fn program() -> String {
    let Ok(path) = std::env::current_exe() else { return "maildesk".to_owned() };
    let here = std::env::current_dir().ok();
    let near = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    near.unwrap_or(path).display().to_string()
}

/// Tells of a mail and of all that follows from it: the letters, and how the ticket stands.
async fn tell<W: Write>(
    stage: &mut Stage,
    teller: &mut Teller<W>,
    first: Arc<Delivery>,
) -> Result<(), Trouble> {
    let at = first.received;
    let rested = stage.comes_to_rest().await;
    let all: Vec<Arc<Delivery>> = std::iter::once(first).chain(stage.delivered()).collect();
    teller.scene(&stage.week.shown(at), "")?;
    let (mut letters, mut asked) = (Vec::new(), Vec::new());
    for delivery in &all {
        if let Some(letter) = arrival(stage, delivery).await? {
            letters.push(letter);
            continue;
        }
        let mail = parse(&delivery.bytes, &Limits::default());
        let from = mail.from.mailbox().map_or("somebody", |mailbox| mailbox.shown());
        teller.mail(from, &delivery.recipient, &mail.subject, &quote::split(&mail.text, None).new)?;
        asked.extend(mail.message_id);
    }
    letters.sort_by_key(|letter| letter.to);
    teller.letters(&stage.week, at, &letters)?;
    match rested {
        Err(Trouble::Stuck(what)) => teller.faint(&what)?,
        other => other?,
    }
    for id in asked {
        let Some(outcome) = stage.outcome(&id).await? else { continue };
        match outcome.ticket().map(|key| key.number) {
            Some(number) => teller.standing(&stage.week, &(number, stage.ticket(number).await?))?,
            None => teller.faint(&format!("the ledger says: {}", outcome.word()))?,
        }
    }
    Ok(())
}
