//! What a unit of work did, to be told once its commit is safe: to the log, the journal, the figures.
//!
//! A fact names tickets, mails and letters by their numbers. It never holds a subject, an address or a text that
//! somebody wrote.

use jiff::Timestamp;

use super::rows::{DeliveryId, DeliveryState, LetterId, MailId, Outcome, Place};
use crate::domain::thread::Kind;
use crate::domain::ticket::{Status, TicketKey};

/// One thing that became of a mail, a ticket or a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A mail was taken in, or is known already; or no mail could be had from a place.
    Received {
        /// `None`: nothing of it is kept.
        mail: Option<MailId>,
        /// Where it lies on a server; `None` where it came another way.
        place: Option<Place>,
        /// When it reached the mailbox.
        arrived: Option<Timestamp>,
        outcome: Outcome,
    },
    /// The operator had a mail that was set aside looked at again.
    Reviewed { mail: MailId, outcome: Outcome },
    /// A ticket was opened or changed.
    Moved {
        ticket: TicketKey,
        /// What happened, as history has it.
        event: String,
        /// `None`: it is new.
        before: Option<Status>,
        after: Status,
        /// What joined its thread.
        kept: Option<Kind>,
        /// A promise was broken by this.
        broke: bool,
    },
    /// A letter was put into the outbox.
    Queued { letter: LetterId, ticket: Option<TicketKey>, purpose: String, recipients: usize },
    /// An attempt at a letter has come to its end, or it is not tried at all.
    Tried {
        delivery: DeliveryId,
        letter: LetterId,
        ticket: Option<TicketKey>,
        purpose: String,
        attempt: u32,
        state: DeliveryState,
        /// It says something about this letter, not about the server or ourselves.
        counts: bool,
        next_at: Option<Timestamp>,
        /// The server's reply, or our reason.
        text: String,
    },
}

impl Fact {
    /// Words of [`Fact::word`] for mails.
    pub const OF_MAILS: [&'static str; 4] = ["received", "set_aside", "duplicate", "reviewed"];
    /// Words of [`Fact::word`] for tickets.
    pub const OF_TICKETS: [&'static str; 10] = [
        "opened",
        "commented",
        "answered",
        "noted",
        "resolved",
        "reopened",
        "closed",
        "merged",
        "rejected",
        "changed",
    ];
    /// Words of [`Fact::word`] for letters.
    pub const OF_LETTERS: [&'static str; 8] =
        ["queued", "sent", "deferred", "uncertain", "refused", "expired", "cancelled", "waits"];

    /// The fact in one word, the same in log, journal and figures.
    pub fn word(&self) -> &'static str {
        match self {
            Fact::Received { outcome: Outcome::Quarantined { .. }, .. } => "set_aside",
            Fact::Received { outcome: Outcome::Duplicate { .. }, .. } => "duplicate",
            Fact::Received { .. } => "received",
            Fact::Reviewed { .. } => "reviewed",
            Fact::Moved { before, after, kept, .. } => moved(*before, *after, *kept),
            Fact::Queued { .. } => "queued",
            Fact::Tried { state, counts, .. } => tried(*state, *counts),
        }
    }

    /// The ticket that it is about.
    pub fn ticket(&self) -> Option<&TicketKey> {
        match self {
            Fact::Received { outcome, .. } | Fact::Reviewed { outcome, .. } => outcome.ticket(),
            Fact::Moved { ticket, .. } => Some(ticket),
            Fact::Queued { ticket, .. } | Fact::Tried { ticket, .. } => ticket.as_ref(),
        }
    }
}

fn moved(before: Option<Status>, after: Status, kept: Option<Kind>) -> &'static str {
    let done = |status| matches!(status, Status::Resolved | Status::Closed);
    match (before, after) {
        (None, _) => "opened",
        (Some(before), after) if before != after => match after {
            Status::Resolved => "resolved",
            Status::Closed => "closed",
            Status::Merged => "merged",
            Status::Rejected => "rejected",
            _ if done(before) => "reopened",
            _ => joined(kept),
        },
        _ => joined(kept),
    }
}

fn joined(kept: Option<Kind>) -> &'static str {
    match kept {
        Some(Kind::Request | Kind::Comment | Kind::Held | Kind::Automatic) => "commented",
        Some(Kind::Reply) => "answered",
        Some(Kind::Note) => "noted",
        None => "changed",
    }
}

fn tried(state: DeliveryState, counts: bool) -> &'static str {
    match state {
        DeliveryState::Queued | DeliveryState::Attempting => "waits",
        DeliveryState::Deferred if !counts => "waits",
        DeliveryState::Deferred => "deferred",
        DeliveryState::Uncertain => "uncertain",
        DeliveryState::Sent => "sent",
        DeliveryState::Failed => "refused",
        DeliveryState::Expired => "expired",
        DeliveryState::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_told_by_where_it_came_to_or_else_by_what_joined_it() {
        for (before, after, kept, expected) in [
            (None, Status::New, Some(Kind::Request), "opened"),
            (Some(Status::New), Status::Open, Some(Kind::Reply), "answered"),
            (Some(Status::Open), Status::Resolved, Some(Kind::Reply), "resolved"),
            (Some(Status::Resolved), Status::Open, Some(Kind::Comment), "reopened"),
            (Some(Status::Resolved), Status::Closed, None, "closed"),
            (Some(Status::Open), Status::Open, Some(Kind::Note), "noted"),
            (Some(Status::Waiting), Status::Open, Some(Kind::Comment), "commented"),
            (Some(Status::Open), Status::Open, None, "changed"),
            (Some(Status::Open), Status::Merged, None, "merged"),
        ] {
            let word = moved(before, after, kept);
            assert_eq!(word, expected, "{before:?} to {after:?}");
            assert!(Fact::OF_TICKETS.contains(&word));
        }
    }

    #[test]
    fn every_state_of_a_delivery_has_a_word_that_is_listed() {
        for state in DeliveryState::ALL {
            assert!(Fact::OF_LETTERS.contains(&tried(state, true)), "{state:?}");
        }
        assert_eq!(tried(DeliveryState::Deferred, false), "waits");
    }
}
