//! Where reading stands in a folder: the cursor, and what a first start or a renumbered folder means for it.
//!
//! A first start takes what `adopt` says. With `new` the cursor is set behind the newest mail, and what lies before
//! it gets no rows; with `since` older mails get a row that says why they were left. When the server numbers its
//! mails anew (UIDVALIDITY changed, or UIDNEXT went down), the folder is walked from its first mail, and the content
//! decides what is known (A4, A5). What lay there before the first start stays left out then, by INTERNALDATE.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::config::Adopt;
use crate::store::{Cursor, Result, StoreError, Tx};

/// Reading of one folder, as far as it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footing {
    pub(super) cursor: Cursor,
    pub(super) walk: Walk,
}

/// What holds for the mails that were there when the folder was first met, or met anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walk {
    validity: u32,
    /// Mail that arrived before this instant was there before we were.
    from: Option<Timestamp>,
    /// UIDs up to here were there when the folder was met.
    met_up_to: u32,
    /// UIDs up to here may have rows that are about other mails: only their content tells.
    by_content_up_to: u32,
    /// Mails up to `met_up_to` have no rows, and need none.
    unwritten: bool,
}

/// What the folder turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// Never seen before.
    First,
    /// As it was left.
    Again,
    /// UIDVALIDITY is another.
    Renumbered,
    /// The newest UID is below the cursor.
    WentBack,
}

/// What the server says of the folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) validity: u32,
    /// The highest UID given so far: UIDNEXT less one, or the newest mail's where the server tells no UIDNEXT.
    pub(super) highest: u32,
}

impl Footing {
    /// Decides from what was written and what the server shows.
    pub(super) fn find(
        kept: Option<(Cursor, Option<Walk>)>,
        shown: Shown,
        adopt: Adopt,
        zone: &TimeZone,
        now: Timestamp,
    ) -> (Footing, Met) {
        let Shown { validity, highest } = shown;
        let Some((cursor, walk)) = kept else { return (Footing::first(shown, adopt, zone, now), Met::First) };
        let from = walk.and_then(|w| w.from);
        if cursor.validity != validity {
            // The number may have been in use before, so that rows of that time are about other mails.
            let walk =
                Walk { validity, from, met_up_to: highest, by_content_up_to: u32::MAX, unwritten: false };
            return (Footing { cursor: Cursor { validity, uid: 0 }, walk }, Met::Renumbered);
        }
        if highest < cursor.uid {
            let known = walk.map_or(0, |w| w.by_content_up_to).max(cursor.uid);
            let walk = Walk { validity, from, met_up_to: highest, by_content_up_to: known, unwritten: false };
            return (Footing { cursor: Cursor { validity, uid: 0 }, walk }, Met::WentBack);
        }
        let plain = Walk { validity, from, met_up_to: 0, by_content_up_to: 0, unwritten: false };
        (Footing { cursor, walk: walk.filter(|w| w.validity == validity).unwrap_or(plain) }, Met::Again)
    }

    fn first(shown: Shown, adopt: Adopt, zone: &TimeZone, now: Timestamp) -> Footing {
        let Shown { validity, highest } = shown;
        let (uid, from, unwritten) = match adopt {
            Adopt::New => (highest, Some(now), true),
            Adopt::All => (0, None, false),
            Adopt::Since(date) => (0, date.to_zoned(zone.clone()).ok().map(|day| day.timestamp()), false),
        };
        let walk = Walk { validity, from, met_up_to: highest, by_content_up_to: 0, unwritten };
        Footing { cursor: Cursor { validity, uid }, walk }
    }

    /// Was this mail there before the desk was, so that it is left alone?
    pub(super) fn is_from_before(&self, uid: u32, arrived: Option<Timestamp>) -> bool {
        let before = |from: Timestamp| arrived.is_some_and(|at| at < from);
        uid <= self.walk.met_up_to && self.walk.from.is_some_and(before)
    }

    /// May the row of this UID be about another mail?
    pub(super) fn by_content(&self, uid: u32) -> bool {
        uid <= self.walk.by_content_up_to
    }

    /// Must a UID have a row, once the cursor has passed it?
    pub(super) fn has_row(&self, uid: u32) -> bool {
        uid <= self.cursor.uid && !(self.walk.unwritten && uid <= self.walk.met_up_to)
    }

    /// Reads what was written of a mailbox.
    pub(super) fn kept(tx: &mut dyn Tx, mailbox: &str) -> Result<Option<(Cursor, Option<Walk>)>> {
        let Some(cursor) = tx.cursor(mailbox)? else { return Ok(None) };
        let walk = tx.value(&name(mailbox))?;
        let walk = walk.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        let walk = walk.map_err(|error| StoreError::Corrupt(format!("{}: {error}", name(mailbox))))?;
        Ok(Some((cursor, walk)))
    }

    /// Writes it down.
    pub(super) fn keep(&self, tx: &mut dyn Tx, mailbox: &str) -> Result<()> {
        tx.set_cursor(mailbox, &self.cursor)?;
        let walk =
            serde_json::to_vec(&self.walk).map_err(|error| StoreError::Abandoned(error.to_string()))?;
        tx.set_value(&name(mailbox), &walk)
    }
}

fn name(mailbox: &str) -> String {
    format!("intake.{mailbox}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn find(kept: Option<&Footing>, validity: u32, highest: u32, adopt: Adopt) -> (Footing, Met) {
        let kept = kept.map(|f| (f.cursor, Some(f.walk)));
        let zone = TimeZone::get("Europe/Vilnius").unwrap();
        Footing::find(kept, Shown { validity, highest }, adopt, &zone, at("2026-03-02T07:00:00Z"))
    }

    #[test]
    fn a_first_start_takes_what_the_operator_said() {
        let old = Some(at("2026-02-28T21:59:59Z"));
        let (new, met) = find(None, 7, 40, Adopt::New);
        assert_eq!((new.cursor.uid, met), (40, Met::First));
        assert!(!new.has_row(40) && !new.has_row(41));
        let (all, _) = find(None, 7, 40, Adopt::All);
        assert!(all.cursor.uid == 0 && !all.is_from_before(1, old));
        let (since, _) = find(None, 7, 40, Adopt::Since("2026-03-01".parse().unwrap()));
        assert!(since.cursor.uid == 0 && since.is_from_before(3, old));
        assert!(!since.is_from_before(3, Some(at("2026-02-28T22:00:00Z"))), "midnight in Vilnius");
        assert!(!since.is_from_before(41, old), "what comes later is taken, however old");
    }

    #[test]
    fn a_folder_numbered_anew_is_walked_by_content_and_old_mail_stays_left_out() {
        let (start, _) = find(None, 7, 40, Adopt::New);
        let (walked, met) = find(Some(&start), 8, 12, Adopt::New);
        assert_eq!((walked.cursor, met), (Cursor { validity: 8, uid: 0 }, Met::Renumbered));
        assert!(walked.is_from_before(12, Some(at("2026-03-02T06:59:59Z"))));
        assert!(!walked.is_from_before(12, Some(at("2026-03-02T07:00:00Z"))) && walked.by_content(9));
    }

    #[test]
    fn a_newest_uid_below_the_cursor_is_suspicious() {
        let (mut start, _) = find(None, 7, 0, Adopt::All);
        start.cursor.uid = 50;
        let (back, met) = find(Some(&start), 7, 9, Adopt::All);
        assert_eq!((back.cursor.uid, met), (0, Met::WentBack));
        assert!(back.by_content(50) && !back.by_content(51), "rows up to 50 are about other mails");
        assert_eq!(find(Some(&start), 7, 50, Adopt::All).1, Met::Again);
    }
}
