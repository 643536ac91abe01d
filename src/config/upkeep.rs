//! What the daemon does for itself: `[retention]` and `[canary]`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::reader::Table;
use crate::domain::rules::DeskId;
use crate::domain::ticket::TicketKey;

/// How long what is done is kept with its words; nothing said: for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days after a case has come to its end.
    pub case_days: Option<u32>,
    /// Days after a mail came that belongs to no case.
    pub loose_days: Option<u32>,
    /// Cases that are kept whatever their age.
    pub hold: Vec<TicketKey>,
}

impl Retention {
    pub(super) fn read(table: &Table<'_>, desks: &[DeskId]) -> Retention {
        let days = |key| Some(table.whole(key, 0..=36_500, 0)).filter(|days| *days > 0);
        let mut hold = Vec::new();
        for item in table.get("hold").map(|item| item.items()).unwrap_or_default() {
            let Some(text) = item.text() else { continue };
            match held(&text, desks) {
                Some(key) => hold.push(key),
                None => {
                    item.refuse(format!("\"{text}\" is no case"), "write the desk and the number: desk/17")
                }
            }
        }
        Retention { case_days: days("case_days"), loose_days: days("loose_days"), hold }
    }

    /// Is anything emptied at all?
    pub fn is_wanted(&self) -> bool {
        self.case_days.is_some() || self.loose_days.is_some()
    }

    /// Cases that ended before this are old enough.
    pub fn cases_before(&self, now: Timestamp) -> Option<Timestamp> {
        before(self.case_days, now)
    }

    /// Mails that came before this are old enough.
    pub fn loose_before(&self, now: Timestamp) -> Option<Timestamp> {
        before(self.loose_days, now)
    }
}

fn before(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(SignedDuration::from_hours(i64::from(days?) * 24)).ok()
}

fn held(text: &str, desks: &[DeskId]) -> Option<TicketKey> {
    let (desk, number) = text.split_once('/')?;
    let desk = desks.iter().find(|known| &***known == desk)?;
    Some(TicketKey::new(desk, number.parse().ok()?))
}

/// `[canary]`: a letter to ourselves this often; `None`: none.
pub(super) fn canary(table: &Table<'_>) -> Option<Duration> {
    let minutes = table.whole("every_minutes", 0..=1440, 0);
    (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
}
