//! Mails of a mailbox of the configuration, which stays as it is: EXAMINE and BODY.PEEK.

use jiff::Timestamp;

use super::mails::Mail;
use crate::config::{After, MailboxSettings};
use crate::daemon::intake::{self, NotIn, Peeked, peek};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::print_error;
use crate::mail::imap::{Listed, Session, Trouble};

/// Which mails of a mailbox are played.
pub struct Wanted {
    /// At most so many, the newest.
    pub last: usize,
    /// What the server got earlier is left out.
    pub since: Option<Timestamp>,
}

/// The mailbox of that name, or the only one.
///
/// # Errors
/// There is no such mailbox, or there are several and none is named.
pub fn named<'a>(office: &'a Office, name: Option<&str>) -> Result<&'a MailboxSettings, Failure> {
    let all = office.settings.mailboxes.as_slice();
    let known = || all.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, all) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format!("which mailbox? There are {}", known()))),
        (Some(name), _) => all
            .iter()
            .find(|mailbox| mailbox.name == name)
            .ok_or_else(|| Failure::usage(format!("there is no mailbox {name:?}; there are {}", known()))),
    }
}

/// Reads the mails that are wanted, in the order of time: of the folder that is watched, and of the one into which
/// the daemon moves what it has read.
///
/// # Errors
/// 77 where the server does not let us in, 75 where it is away, 78 where the folder is not there.
pub fn mails(office: &Office, mailbox: &MailboxSettings, wanted: &Wanted) -> Result<Vec<Mail>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("no threads", &error))?;
    let (mut mails, withheld) = runtime.block_on(read(office, mailbox, wanted))?;
    if !withheld.is_empty() {
        print_error(&format!("maildesk: the server did not give {}\n", withheld.join(", ")));
    }
    mails.sort_by_key(|mail| mail.at);
    Ok(mails)
}

/// The mails, and the names of those that are there and were not given.
async fn read(
    office: &Office,
    mailbox: &MailboxSettings,
    wanted: &Wanted,
) -> Result<(Vec<Mail>, Vec<String>), NotIn> {
    let mut session = intake::log_in(mailbox, &office.settings.waits, &office.tokens()).await?;
    let mut folders = vec![mailbox.folder.clone()];
    if let After::Move(target) = &mailbox.after {
        folders.extend(session.find_folder(target).await?);
    }
    let mut found: Vec<(usize, Listed)> = Vec::new();
    for (n, folder) in folders.iter().enumerate() {
        found.extend(listed(&mut session, folder, wanted).await?.into_iter().map(|one| (n, one)));
    }
    found.sort_by_key(|(_, listed)| listed.arrived);
    found.drain(..found.len().saturating_sub(wanted.last));
    let limits = mailbox.desks.iter().filter_map(|id| office.settings.desk(id)).map(|d| d.limits.mail_bytes);
    let mail_bytes = limits.max().unwrap_or(u64::MAX);
    let (mut mails, mut withheld) = (Vec::new(), Vec::new());
    for (n, folder) in folders.iter().enumerate() {
        let mut here: Vec<Listed> = found.iter().filter(|(of, _)| *of == n).map(|(_, l)| l.clone()).collect();
        if here.is_empty() {
            continue;
        }
        here.sort_by_key(|listed| listed.uid);
        session.examine(folder).await?;
        let (peeked, lacking) = peek(&mut session, &here, &office.settings.pace, mail_bytes).await?;
        mails.extend(peeked.into_iter().map(|peeked| mail(peeked, folder, office.now())));
        withheld.extend(lacking.into_iter().map(|uid| format!("{folder}/{uid}")));
    }
    session.logout().await;
    Ok((mails, withheld))
}

/// The newest mails of a folder that nobody withdrew.
async fn listed(session: &mut Session, folder: &str, wanted: &Wanted) -> Result<Vec<Listed>, Trouble> {
    session.examine(folder).await?;
    let mut uids = session.uids_from(1).await?;
    uids.drain(..uids.len().saturating_sub(wanted.last));
    let mut listed = session.list(&uids).await?;
    let is_early = |arrived: Timestamp| wanted.since.is_some_and(|since| arrived < since);
    listed.retain(|mail| !mail.deleted && !mail.arrived.is_some_and(is_early));
    Ok(listed)
}

/// A mail counts from when the server got it, as with the daemon.
fn mail(peeked: Peeked, folder: &str, now: Timestamp) -> Mail {
    let at = peeked.listed.arrived.or(peeked.mail.date).unwrap_or(now);
    Mail { name: format!("{folder}/{}", peeked.listed.uid), raw: peeked.raw, read: peeked.mail, at }
}
