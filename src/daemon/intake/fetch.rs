//! Takes the mails of one portion from the server.

use bytes::Bytes;

use super::plan::Portion;
use crate::mail::imap::{Listed, Mail, Session, Trouble};

/// A mail as it came.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) listed: Listed,
    pub(super) bytes: Bytes,
    /// Only the header came, of a mail of this size.
    pub(super) cut_from: Option<u32>,
}

/// What became of a portion.
#[derive(Debug, Default)]
pub(super) struct Haul {
    pub(super) taken: Vec<Taken>,
    /// No longer in the folder.
    pub(super) gone: Vec<u32>,
    /// There, but not given, or given empty.
    pub(super) withheld: Vec<u32>,
    /// What ended it before its end; those above came before and are whole.
    pub(super) trouble: Option<Trouble>,
}

/// Takes a portion; a mail over `mail_bytes_max` is never held whole, whatever size the server told.
pub(super) async fn fetch(session: &mut Session, portion: &Portion, mail_bytes_max: u64) -> Haul {
    let mut haul = Haul::default();
    let done = match portion {
        Portion::Together(listed) => together(session, listed, &mut haul).await,
        Portion::Pieces(listed) => pieces(session, listed, mail_bytes_max, &mut haul).await,
        Portion::Header(listed) => header(session, listed, &mut haul).await,
    };
    haul.trouble = done.err();
    haul
}

async fn together(session: &mut Session, listed: &[Listed], haul: &mut Haul) -> Result<(), Trouble> {
    let uids: Vec<u32> = listed.iter().map(|mail| mail.uid).collect();
    let taken = &mut haul.taken;
    let fetched = session
        .fetch(&uids, |Mail { listed: again, bytes }| {
            // What was listed first counts: some servers tell less beside a body.
            let known = listed.iter().find(|mail| mail.uid == again.uid);
            let arrived = known.and_then(|mail| mail.arrived).or(again.arrived);
            taken.push(Taken { listed: Listed { arrived, ..again }, bytes: bytes.into(), cut_from: None });
        })
        .await;
    taken.sort_by_key(|taken| taken.listed.uid);
    let fetched = fetched?;
    haul.gone = fetched.gone;
    haul.withheld = fetched.withheld;
    Ok(())
}

async fn pieces(session: &mut Session, listed: &Listed, most: u64, haul: &mut Haul) -> Result<(), Trouble> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    match session.fetch_whole(listed, most).await? {
        Some(bytes) => {
            haul.taken.push(Taken { listed: listed.clone(), bytes: bytes.into(), cut_from: None });
        }
        None => absent(session, listed.uid, haul).await?,
    }
    Ok(())
}

async fn header(session: &mut Session, listed: &Listed, haul: &mut Haul) -> Result<(), Trouble> {
    match session.fetch_header(listed.uid).await? {
        Some(bytes) => {
            let cut_from = Some(listed.size);
            haul.taken.push(Taken { listed: listed.clone(), bytes: bytes.into(), cut_from });
        }
        None => absent(session, listed.uid, haul).await?,
    }
    Ok(())
}

/// Nothing came: is the mail gone, or is it withheld?
async fn absent(session: &mut Session, uid: u32, haul: &mut Haul) -> Result<(), Trouble> {
    match session.still_there(&[uid]).await?.is_empty() {
        true => haul.gone.push(uid),
        false => haul.withheld.push(uid),
    }
    Ok(())
}
