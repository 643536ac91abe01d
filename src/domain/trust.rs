//! How far the sender of a mail is believed: four levels, by what speaks for him beside his own word.
//!
//! A level says who somebody probably is. What he may do is decided where it is done: anybody may ask, who takes part
//! may write in his ticket, a statement goes to a registered address whoever asks for it. An agent acts with his own
//! address and a token of his own; a failed authentication refuses him, a passed one is not demanded, for most small
//! desks have a server that writes none.

use super::digest::{Authentication, Digest, Holder};
use super::event::Standing;
use super::people::AgentId;
use super::route::{Known, is_copy_of, is_for, standing};
use super::rules::Rules;

/// From nobody to one who holds what only he was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// T0: a stranger, nobody that can be read, or one whom our own mail server disowns.
    Stranger,
    /// T1: an address that the desk knows. Anybody can write it into a From.
    Named,
    /// T2: such an address, and our own mail server confirms its domain.
    Confirmed,
    /// T3: confirmed, with a token or a letter of ours that was given to him for this ticket.
    Holder,
}

impl Trust {
    /// As the documents call it.
    pub fn word(self) -> &'static str {
        match self {
            Trust::Stranger => "T0",
            Trust::Named => "T1",
            Trust::Confirmed => "T2",
            Trust::Holder => "T3",
        }
    }
}

/// How far the sender of this mail is believed.
pub fn trust(digest: &Digest, known: &Known, rules: &Rules) -> Trust {
    if !is_known(digest, known, rules) {
        return Trust::Stranger;
    }
    match &digest.authentication {
        Authentication::Fail(_) => Trust::Stranger,
        Authentication::Unknown => Trust::Named,
        Authentication::Pass if holds(digest, known, rules) => Trust::Holder,
        Authentication::Pass => Trust::Confirmed,
    }
}

/// May this sender's word change who hears of a known client's matter (C10)? Where our own mail server says who wrote,
/// it must have said so; at a desk that has none, a name is all there ever is.
pub fn may_bring_in(digest: &Digest, rules: &Rules) -> bool {
    let Some(sender) = digest.mail.from.mailbox() else { return false };
    match digest.authentication {
        Authentication::Pass => true,
        Authentication::Fail(_) => false,
        Authentication::Unknown => {
            rules.authserv_ids.is_empty() || rules.clients.of_address(&sender.address).is_none()
        }
    }
}

fn is_known(digest: &Digest, known: &Known, rules: &Rules) -> bool {
    let Some(sender) = digest.mail.from.mailbox().map(|m| &m.address) else { return false };
    let named = known.token.iter().map(|(_, ticket)| ticket);
    let named = named.chain(known.letter.iter().filter_map(|letter| letter.ticket.as_ref()));
    let mut named = named.chain(&known.mail).chain(&known.tagged);
    digest.agent.is_some()
        || rules.clients.of_address(sender).is_some()
        || named.any(|ticket| standing(ticket, sender, rules) != Standing::Outsider)
}

/// Was what the mail refers to given to its sender?
fn holds(digest: &Digest, known: &Known, rules: &Rules) -> bool {
    let Some(sender) = digest.mail.from.mailbox().map(|m| &m.address) else { return false };
    if let Some((token, ticket)) = known.token.as_ref().filter(|_| !known.tokens_disagree) {
        return match (&digest.agent, &token.holder) {
            (Some(agent), holder) => is_for(holder, agent, rules),
            (None, Holder::Client) => standing(ticket, sender, rules) != Standing::Outsider,
            (None, _) => false,
        };
    }
    let own_copy = |agent: &AgentId, to: &super::address::Address| is_copy_of(to, agent, rules);
    known.letter.as_ref().is_some_and(|letter| match &digest.agent {
        Some(agent) => letter.recipients.iter().any(|to| own_copy(agent, to)),
        None => letter.recipients.contains(sender),
    })
}
