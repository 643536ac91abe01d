//! The word for each recipient after his mail (RFC 2033, section 4.2): 250 only for what is in the store.

use crate::daemon::intake::handed::NotTaken;
use crate::desk::Desk;
use crate::store::{Outcome, StoreError};

/// The reply line for one recipient.
pub(super) fn line(recipient: &str, desk: &Desk, taken: &Result<Outcome, NotTaken>) -> String {
    match taken {
        Ok(outcome) => format!("250 2.0.0 <{recipient}> {}", became(desk, outcome)),
        Err(why) => format!("{} <{recipient}> {}", code(why), said(why)),
    }
}

/// What became of a mail, for the mail server's log.
pub fn became(desk: &Desk, outcome: &Outcome) -> String {
    let number = outcome.ticket().map(|key| desk.rules.tag.shown(key.number));
    match (outcome, number) {
        (Outcome::Duplicate { .. }, _) => "is here already".to_owned(),
        (Outcome::Quarantined { .. }, _) => "is kept and set aside".to_owned(),
        (_, Some(number)) => format!("is kept with request {number}"),
        (_, None) => "is kept".to_owned(),
    }
}

/// 5yz only for what will never work.
pub(super) fn code(why: &NotTaken) -> &'static str {
    match why {
        NotTaken::TooLarge(_) => "552 5.3.4",
        NotTaken::Crowded | NotTaken::Room | NotTaken::Store(StoreError::Full(_)) => "452 4.3.1",
        NotTaken::Paused => "451 4.3.2",
        NotTaken::Store(_) => "451 4.3.0",
    }
}

/// No more than the sender may know, should it come back to him.
pub(super) fn said(why: &NotTaken) -> &'static str {
    match why {
        NotTaken::TooLarge(_) => "is larger than this desk takes",
        NotTaken::Crowded => "comes with too much other mail, try again",
        NotTaken::Room | NotTaken::Store(StoreError::Full(_)) => "finds no room, try again",
        NotTaken::Paused | NotTaken::Store(_) => "cannot be kept just now, try again",
    }
}
