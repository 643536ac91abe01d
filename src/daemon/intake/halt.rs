//! Why reading a mailbox stopped, and how long to leave it alone.

use std::time::Duration;

use jiff::SignedDuration;

use super::account::NotIn;
use crate::config::{Auth, MailboxSettings, Waits};
use crate::daemon::tokens::NoToken;
use crate::mail::advice::with_advice;
use crate::mail::imap::Trouble;
use crate::store::StoreError;

/// Between two attempts that the server refuses: at most twelve an hour, so that no account is locked (A54).
pub(super) const REFUSED: SignedDuration = SignedDuration::from_mins(5);

/// What stopped the reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Halt {
    #[error("{0}")]
    Server(#[from] Trouble),
    #[error("{0}")]
    Token(#[from] NoToken),
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The disk is nearly full: mail stays on the server (A20).
    #[error("only {free} bytes are free where the mail is kept, {wanted} are wanted: no mail is taken")]
    Room { free: u64, wanted: u64 },
    /// The operator wants no mail taken (F28).
    #[error("paused by the operator: mail stays in the mailbox")]
    Paused,
    /// The mark in the mailbox names another installation (A50).
    #[error(
        "another maildesk ({0}) reads this mailbox: nothing is taken or sent here; `maildesk take-over` makes it ours"
    )]
    Owned(String),
    /// It was another's until a moment ago.
    #[error("taken over from another maildesk: nothing is taken before {0:.0}, so that it must have noticed")]
    TakenOver(jiff::Timestamp),
    /// Too long ago to be sure that the mailbox is still ours (A51).
    #[error("the mark of the owner could not be looked at for too long; it is looked at again")]
    LookedTooLongAgo,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Try again after this long.
    Again(Duration),
    /// Only the operator can help: try again after [`REFUSED`] on the house's clock.
    Slowly,
    /// When the operator says so.
    Wait,
    /// The store must not be touched any more.
    End,
}

impl From<NotIn> for Halt {
    fn from(not_in: NotIn) -> Halt {
        match not_in {
            NotIn::Token(none) => Halt::Token(none),
            NotIn::Server(trouble) => Halt::Server(trouble),
        }
    }
}

impl Halt {
    /// Should the operator look at it soon?
    pub(super) fn is_alarming(&self) -> bool {
        !matches!(
            self,
            Halt::Server(Trouble::Network(_))
                | Halt::Token(NoToken::Later(_))
                | Halt::Store(StoreError::Busy(_))
                | Halt::Paused
                | Halt::TakenOver(_)
                | Halt::LookedTooLongAgo
        )
    }

    /// One line for the operator: what is wrong and what it means.
    pub(super) fn told(&self, mailbox: &MailboxSettings) -> String {
        match self {
            Halt::Server(Trouble::Refused(text)) => format!(
                "the mail server refused us, tried again every five minutes: check user, password and certificate ({text})"
            ),
            Halt::Server(Trouble::Protocol(text)) => {
                let text = text.clone();
                Trouble::Protocol(with_advice(text, mailbox.login.auth == Auth::Xoauth2)).to_string()
            }
            Halt::Server(Trouble::Gone(text)) => {
                let folder = &mailbox.folder;
                format!("the folder {folder} does not exist, it is never made by us ({text})")
            }
            other => other.to_string(),
        }
    }
}

/// Waits that double from the first to the longest, each shortened by chance, so that many do not come at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    room: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(waits: &Waits) -> Backoff {
        let first = waits.reconnect_first;
        Backoff { first, longest: waits.reconnect_longest, room: waits.tick, next: first }
    }

    /// All went well: the next trouble starts from the beginning.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }

    /// What to do after `halt`. `chance` is anything from 0 to 255.
    pub(super) fn react(&mut self, halt: &Halt, chance: u8) -> Reaction {
        match halt {
            Halt::Server(Trouble::Refused(_)) | Halt::Token(NoToken::Operator(_)) => Reaction::Slowly,
            Halt::Store(StoreError::Corrupt(_) | StoreError::Newer { .. }) => Reaction::End,
            Halt::Room { .. } | Halt::Store(StoreError::Full(_)) => Reaction::Again(self.room),
            Halt::Paused | Halt::Owned(_) | Halt::TakenOver(_) => Reaction::Wait,
            Halt::LookedTooLongAgo => Reaction::Again(Duration::ZERO),
            _ => {
                let wait = self.next;
                self.next = (self.next * 2).min(self.longest);
                Reaction::Again(wait * (256 + u32::from(chance)) / 512)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Halt {
        Halt::Server(Trouble::Network("gone".to_owned()))
    }

    #[test]
    fn waits_double_up_to_the_longest_and_start_anew_after_success() {
        let mut backoff = Backoff::new(&Waits::default());
        let mut seconds = Vec::new();
        for _ in 0..12 {
            let Reaction::Again(wait) = backoff.react(&network(), 255) else { panic!() };
            seconds.push(wait.as_secs_f64().round() as u64);
        }
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 299, 299, 299]);
        backoff.reset();
        assert_eq!(backoff.react(&network(), 0), Reaction::Again(Duration::from_millis(500)));
    }

    #[test]
    fn each_trouble_has_its_own_reaction() {
        let mut backoff = Backoff::new(&Waits::default());
        let refused = Halt::Server(Trouble::Refused("no".to_owned()));
        let minute = Reaction::Again(Duration::from_secs(60));
        assert_eq!(backoff.react(&refused, 0), Reaction::Slowly);
        assert_eq!(backoff.react(&Halt::Store(StoreError::Full(String::new())), 0), minute);
        assert_eq!(backoff.react(&Halt::Room { free: 0, wanted: 1 }, 9), minute);
        assert_eq!(backoff.react(&Halt::Store(StoreError::Corrupt(String::new())), 0), Reaction::End);
        let busy = Halt::Store(StoreError::Busy(String::new()));
        assert!(matches!(backoff.react(&busy, 0), Reaction::Again(_)));
    }
}
