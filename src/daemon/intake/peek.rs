//! Mails read for a look only: whoever opened the folder with EXAMINE leaves nothing behind.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::fetch::fetch;
use super::plan::{Bounds, portions};
use super::think;
use crate::config::Pace;
use crate::domain::message::Incoming;
use crate::mail::imap::{Listed, Session, Trouble};
use crate::mail::parse::Limits;

/// A mail as it lies in a folder.
pub struct Peeked {
    pub listed: Listed,
    pub raw: Bytes,
    /// Of a mail over the limit only the header.
    pub mail: Incoming,
}

/// Takes and parses these mails of the open folder as the daemon would, at most `mail_bytes` of each. With them
/// come the UIDs that the server has and does not give; what vanished meanwhile is left out.
///
/// # Errors
/// Those of any command.
pub async fn peek(
    session: &mut Session,
    listed: &[Listed],
    pace: &Pace,
    mail_bytes: u64,
) -> Result<(Vec<Peeked>, Vec<u32>), Trouble> {
    let mails = usize::try_from(pace.commit_mails).unwrap_or(usize::MAX);
    let bounds = Bounds { mails, piece_bytes: pace.fetch_piece_bytes, mail_bytes };
    let limits =
        Limits { mail_bytes: usize::try_from(mail_bytes).unwrap_or(usize::MAX), ..Limits::default() };
    let (mut mails, mut withheld) = (Vec::new(), Vec::new());
    for portion in portions(listed, &BTreeSet::new(), bounds) {
        let haul = fetch(session, &portion, mail_bytes).await;
        if let Some(trouble) = haul.trouble {
            return Err(trouble);
        }
        withheld.extend(haul.withheld);
        mails.extend(haul.taken.into_iter().map(|taken| {
            let read = think::read(taken, &limits, None);
            Peeked { listed: read.taken.listed, raw: read.taken.bytes, mail: read.mail }
        }));
    }
    Ok((mails, withheld))
}
