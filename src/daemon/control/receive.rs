//! A mail that comes over the control socket: its bytes follow the order's line.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::order::{Answer, Handing, Refusal, RefusalKind, Reply};
use crate::daemon::house::House;
use crate::daemon::intake::handed::{Envelope, Hatch, NotTaken, desk_of};
use crate::daemon::lmtp::became;
use crate::desk::Desk;

/// Bytes that stay away for so long do not come any more.
const QUIET: Duration = Duration::from_secs(30);
/// Read at a time, where they are dropped.
const READ_BYTES: u64 = 64 * 1024;

/// Reads the mail from `stream` and takes it in.
///
/// # Errors
/// The bytes did not come: there is nobody to answer.
pub(super) async fn receive(
    house: &House,
    hatch: &Hatch,
    handing: &Handing,
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Reply> {
    let mut weight = hatch.weight();
    let size = usize::try_from(handing.bytes).unwrap_or(usize::MAX);
    let refused = if size > hatch.mail_bytes_max() {
        Some(Refusal::from(NotTaken::TooLarge(hatch.mail_bytes_max() as u64)))
    } else if !weight.grows_to(size) {
        Some(Refusal::from(NotTaken::Crowded))
    } else {
        None
    };
    if let Some(refusal) = refused {
        // Read to its end all the same: who is still writing hears no answer.
        drop_bytes(stream, handing.bytes).await?;
        return Ok(Reply::Refused(refusal));
    }
    let mail = bytes(stream, size).await?;
    Ok(match take(house, hatch, handing, &mail).await {
        Ok(answer) => Reply::Done(answer),
        Err(refusal) => Reply::Refused(refusal),
    })
}

/// Takes a mail in for each desk that it is for.
///
/// # Errors
/// It is not safe for each of them; handed over again, what is safe already is recognised.
pub async fn take(house: &House, hatch: &Hatch, handing: &Handing, mail: &[u8]) -> Result<Answer, Refusal> {
    let wanted = wanted(house, handing)?;
    let least = wanted.iter().map(|(desk, _)| desk.rules.limits.mail_bytes).min().unwrap_or(u64::MAX);
    // Before anything is kept: there is one answer for all of them.
    if mail.len() as u64 > least {
        return Err(NotTaken::TooLarge(least).into());
    }
    let taking = wanted.iter().map(|(desk, envelope)| hatch.take(desk, envelope, mail));
    let mut told = Vec::new();
    for ((desk, _), taken) in wanted.iter().zip(join_all(taking).await) {
        told.push(format!("{}: {}", desk.rules.address, became(desk, &taken?)));
    }
    Ok(Answer::Kept { told })
}

/// The desks that a mail is for, each with its part of the envelope.
fn wanted(house: &House, handing: &Handing) -> Result<Vec<(Arc<Desk>, Envelope)>, Refusal> {
    let (sender, all) = (handing.sender.clone(), &handing.recipients);
    let named = match (&handing.desk, all.is_empty()) {
        (Some(name), _) => Some(house.desks.get(name).ok_or_else(|| later(format!("no desk {name:?}")))?),
        (None, true) => {
            let mut desks = house.desks.iter();
            let first = desks.next().filter(|_| desks.next().is_none());
            Some(first.ok_or_else(|| later("which desk? Give --desk or --recipient".to_owned()))?)
        }
        (None, false) => None,
    };
    if let Some(desk) = named {
        return Ok(vec![(desk.clone(), Envelope { sender, recipients: all.clone() })]);
    }
    let mut wanted: Vec<(Arc<Desk>, Envelope)> = Vec::new();
    for recipient in all {
        let desk = addressed(house, recipient).ok_or_else(|| Refusal {
            kind: RefusalKind::NoUser,
            text: format!("no desk has the address {recipient}"),
        })?;
        match wanted.iter_mut().find(|(known, _)| known.id() == desk.id()) {
            Some((_, envelope)) => envelope.recipients.push(recipient.clone()),
            None => {
                let envelope = Envelope { sender: sender.clone(), recipients: vec![recipient.clone()] };
                wanted.push((desk.clone(), envelope));
            }
        }
    }
    Ok(wanted)
}

/// The desk that a recipient belongs to: by its address, or by an alias of `[local]` or of a mailbox.
fn addressed<'h>(house: &'h House, recipient: &str) -> Option<&'h Arc<Desk>> {
    let (settings, desks) = (&house.settings, &house.desks);
    let local = settings.local.iter().map(|local| (&local.desks, &local.aliases));
    let mut ways = local.chain(settings.mailboxes.iter().map(|mailbox| (&mailbox.desks, &mailbox.aliases)));
    ways.find_map(|(served, aliases)| desk_of(desks, served, aliases, recipient))
}

/// The call is wrong, which its writer can mend; the mail is good and waits.
fn later(text: String) -> Refusal {
    Refusal { kind: RefusalKind::Later, text }
}

impl From<NotTaken> for Refusal {
    fn from(why: NotTaken) -> Refusal {
        let kind = if why.is_final() { RefusalKind::Never } else { RefusalKind::Later };
        Refusal { kind, text: why.to_string() }
    }
}

async fn bytes(stream: &mut (impl AsyncRead + Unpin), size: usize) -> io::Result<Vec<u8>> {
    let mut mail = Vec::with_capacity(size);
    let mut rest = stream.take(size as u64);
    while mail.len() < size {
        if timeout(QUIET, rest.read_buf(&mut mail)).await?? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(mail)
}

async fn drop_bytes(stream: &mut (impl AsyncRead + Unpin), mut left: u64) -> io::Result<()> {
    let mut piece = Vec::new();
    while left > 0 {
        piece.clear();
        let mut some = (&mut *stream).take(left.min(READ_BYTES));
        let read = timeout(QUIET, some.read_buf(&mut piece)).await??;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= read as u64;
    }
    Ok(())
}
