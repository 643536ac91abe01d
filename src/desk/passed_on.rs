//! An agent passes a client's mail on: what he says himself, and what the client says.

use super::Desk;
use crate::domain::address::{Address, Mailbox};
use crate::domain::command::{Command, Instructions};
use crate::domain::digest::Forwarded;
use crate::domain::message::Incoming;
use crate::domain::people::Agent;
use crate::mail::{command, quote, trail};

/// What an agent's mail says.
pub struct FromAgent {
    pub text: String,
    pub instructions: Instructions,
    pub forwarded: Option<Forwarded>,
}

/// Reads the mail of `agent`, which was parted into `split` with the help of `ours`, our own letters.
pub fn from_agent(
    desk: &Desk,
    mail: &Incoming,
    split: &quote::Split,
    agent: &Agent,
    ours: &[&str],
) -> FromAgent {
    let has_attachments = mail.attachments.iter().any(|a| !a.inline);
    let read = |text: &str| command::read(text, &agent.name, has_attachments, &desk.commands);
    let text = quote::agent_text(&mail.text, Some(ours), &[&agent.name]);
    let Some(within) = &split.forwarded else {
        let quoted = split.quoted_from.filter(|_| trail::is_forward(&mail.subject));
        let passed_on = quoted
            .and_then(|line| quote::quoted_whole(&mail.text, line))
            .and_then(|within| Some((sender_of(&within)?, within.text)))
            .or_else(|| {
                let letter = mail.enclosed.as_ref()?;
                Some((letter.from.mailbox()?.clone(), letter.text.clone()))
            });
        let instructions = read(&text);
        let forwarded = passed_on.and_then(|(sender, said)| client(desk, sender, said, instructions.clone()));
        return FromAgent { text, instructions, forwarded };
    };
    let parts = |lines: std::ops::Range<usize>| {
        let (from, count) = (lines.start, lines.end - lines.start);
        mail.text.lines().skip(from).take(count).collect::<Vec<_>>().join("\n")
    };
    let cover = read(&quote::agent_text(&parts(0..within.from_line), Some(ours), &[&agent.name]));
    let instructions = with_forward(cover.clone(), &parts(within.from_line..mail.text.lines().count()));
    let forwarded = sender_of(within).and_then(|sender| client(desk, sender, within.text.clone(), cover));
    FromAgent { text, instructions, forwarded }
}

/// The forwarded mail goes where the words above it go.
fn with_forward(mut cover: Instructions, forward: &str) -> Instructions {
    let is_note =
        cover.commands.contains(&Command::NoteAll) || cover.answer.is_empty() && !cover.note.is_empty();
    let place = if is_note { &mut cover.note } else { &mut cover.answer };
    let parts = [place.as_str(), forward];
    *place = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    cover
}

/// The sender of a forwarded mail, if he can be answered.
fn sender_of(within: &quote::Forwarded) -> Option<Mailbox> {
    Some(Mailbox::new(&within.sender_name, Address::parse(&within.original_sender)?))
}

/// A mail of ours, or of a colleague, is no client's.
fn client(desk: &Desk, sender: Mailbox, text: String, cover: Instructions) -> Option<Forwarded> {
    let rules = &desk.rules;
    let is_ours = rules.watches(&sender.address) || rules.agent_at(&sender.address).is_some();
    (!is_ours).then_some(Forwarded { sender, text, cover })
}
