//! After the story: the desk stays up, and whoever sits at the terminal may write to it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::cast::{DESK_ADDRESS, PASSWORD, Role};
use super::play::arrival;
use super::script::{config_path, mbsyncrc_path, muttrc_path};
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
            Some(delivery) => tell(stage, teller, &delivery).await?,
            None => break,
        }
    }
    teller.paragraph("")?;
    teller.paragraph(&format!("The desk is closed. Its database and its log stay in {}.", dir.display()))?;
    Ok(())
}

/// What can be pasted into another terminal.
fn invite<W: Write>(stage: &Stage, teller: &mut Teller<W>, dir: &Path) -> Result<(), Trouble> {
    let (imap, smtp) = (stage.sandbox.imap_addr(), stage.sandbox.smtp_addr());
    let (guest, petr) = (Role::Guest.address(), Role::Petr.address());
    let show = |path: std::path::PathBuf| path.display().to_string();
    let config = show(config_path(dir));
    let program = std::env::current_exe().map_or("maildesk".to_owned(), show);
    teller.paragraph("")?;
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
        &format!("Read and answer as {guest}, and as the agent {petr} (password: {PASSWORD})"),
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
        ],
    )?;
    teller.paragraph("")?;
    Ok(())
}

/// Tells of one mail. One to the desk is told with what became of it.
async fn tell<W: Write>(
    stage: &Stage,
    teller: &mut Teller<W>,
    delivery: &Arc<Delivery>,
) -> Result<(), Trouble> {
    let time = stage.week.shown(delivery.received);
    if let Some(arrived) = arrival(stage, delivery).await? {
        teller.scene(&time, "")?;
        teller.letter(&arrived)?;
        return Ok(());
    }
    let mail = parse(&delivery.bytes, &Limits::default());
    let from = mail.from.mailbox().map_or("somebody", |mailbox| mailbox.shown());
    teller.scene(&time, "")?;
    teller.mail(from, &delivery.recipient, &mail.subject, &quote::split(&mail.text, None).new)?;
    match stage.comes_to_rest().await {
        Ok(()) => {}
        Err(Trouble::Stuck(what)) => teller.faint(&what)?,
        Err(trouble) => return Err(trouble),
    }
    let outcome = match &mail.message_id {
        Some(id) => stage.outcome(id).await?,
        None => None,
    };
    let Some(outcome) = outcome else { return Ok(()) };
    match outcome.ticket().map(|key| key.number) {
        Some(number) => teller.standing(&stage.week, &(number, stage.ticket(number).await?))?,
        None => teller.faint(&format!("the ledger says: {}", outcome.word()))?,
    }
    Ok(())
}
