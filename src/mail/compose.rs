//! Text and headers to a frozen letter.
//!
//! The same draft gives the same bytes, for ever: boundaries come from the Message-ID, the date is passed in.
//! Headers and texts are written by mail-builder, the frame around attachments by us, so that their bytes are
//! named and not copied. Everything is CRLF and 7-bit (but for a local part that is not ASCII, RFC 6532).

mod assemble;
mod frame;
#[cfg(test)]
mod tests;

use jiff::Zoned;
use mail_builder::headers::Header;
use mail_builder::headers::address::Address as AddressHeader;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

pub use assemble::assemble;

use super::idn::wire_form;
use crate::domain::address::{Address, Mailbox, is_invisible};
use crate::domain::letter::{Attached, Letter, MsgId};

/// Longer subjects are cut: relays refuse mails with huge headers.
const SUBJECT_CHARS_MAX: usize = 400;
const NAME_CHARS_MAX: usize = 120;
/// References keep the first id and this many of the last.
const REFERENCES_LAST: usize = 20;
const REFERENCES_BYTES_MAX: usize = 2000;
/// Other installations that a letter names.
const LED_BY_MAX: usize = 10;

/// Which kind of letter no person wrote (RFC 3834, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automatic {
    /// A direct answer to a mail, such as an acknowledgement.
    Replied,
    /// Anything else that a program decided, such as a reminder or a notice to an agent.
    Generated,
}

/// All that goes into a letter. Recipients of the envelope are the outbox's matter.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The desk; never a client's address, for DMARC would fail.
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub reply_to: Option<Address>,
    pub subject: String,
    pub message_id: MsgId,
    pub in_reply_to: Option<MsgId>,
    /// The thread, oldest first; cut to what relays bear.
    pub references: Vec<MsgId>,
    pub date: Zoned,
    /// `None` for what a person wrote: that bears no Auto-Submitted.
    pub automatic: Option<Automatic>,
    /// Names this installation, so that its own letters are known when they come back.
    pub instance: String,
    /// Installations whose letters led to this automatic one, so that they know it when it comes to them: two that send
    /// each other's notices on would go on for ever.
    pub led_by: Vec<String>,
    pub text: String,
    /// The same content as `text`, for those who want it.
    pub html: Option<String>,
    pub attachments: Vec<Attached>,
}

/// Freezes a draft. Total: whatever cannot be said safely in a header is left out or cut.
pub fn compose(draft: &Draft) -> Letter {
    let mut head = Vec::with_capacity(1024 + draft.text.len() * 2);
    write_headers(&mut head, draft);
    let framed = frame::write_body(&mut head, draft);
    Letter { message_id: draft.message_id.clone(), head, parts: framed.parts, tail: framed.tail }
}

fn write_headers(out: &mut Vec<u8>, draft: &Draft) {
    let date = jiff::fmt::rfc2822::to_string(&draft.date).unwrap_or_else(|_| EPOCH.to_owned());
    header(out, "Date", Raw::new(date));
    header(out, "From", person(&draft.from));
    if let Some(address) = &draft.reply_to {
        header(out, "Reply-To", AddressHeader::new_address(None::<&str>, wire_form(address)));
    }
    people(out, "To", &draft.to);
    people(out, "Cc", &draft.cc);
    header(out, "Message-ID", MessageId::new(draft.message_id.as_str()));
    if let Some(id) = &draft.in_reply_to {
        header(out, "In-Reply-To", MessageId::new(id.as_str()));
    }
    let references = references(draft);
    if !references.is_empty() {
        header(out, "References", MessageId::new_list(references.iter().map(|id| id.as_str())));
    }
    header(out, "Subject", Text::new(one_line(&draft.subject, SUBJECT_CHARS_MAX)));
    if let Some(automatic) = draft.automatic {
        let kind = match automatic {
            Automatic::Replied => "auto-replied",
            Automatic::Generated => "auto-generated",
        };
        header(out, "Auto-Submitted", Raw::new(kind));
        header(out, "X-Auto-Response-Suppress", Raw::new("All"));
        if automatic == Automatic::Replied {
            // Old responders look at nothing else; on notices it would only look like bulk mail.
            header(out, "Precedence", Raw::new("auto_reply"));
        }
    }
    for instance in std::iter::once(&draft.instance).chain(draft.led_by.iter().take(LED_BY_MAX)) {
        let instance: String = instance.chars().filter(char::is_ascii_graphic).take(100).collect();
        if !instance.is_empty() {
            header(out, "X-Maildesk-Instance", Raw::new(instance));
        }
    }
    out.extend(b"MIME-Version: 1.0\r\n");
}

/// The date of a year that RFC 5322 cannot write.
const EPOCH: &str = "Thu, 1 Jan 1970 00:00:00 +0000";

fn header(out: &mut Vec<u8>, name: &str, value: impl Header) {
    out.extend(name.as_bytes());
    out.extend(b": ");
    value.write_header(out, name.len() + 2);
}

fn people(out: &mut Vec<u8>, name: &str, people: &[Mailbox]) {
    if !people.is_empty() {
        header(out, name, AddressHeader::new_list(people.iter().map(person).collect()));
    }
}

fn person(mailbox: &Mailbox) -> AddressHeader<'static> {
    let name = one_line(&mailbox.name, NAME_CHARS_MAX);
    AddressHeader::new_address((!name.is_empty()).then_some(name), wire_form(&mailbox.address))
}

/// The thread with the parent at its end (RFC 5322, section 3.6.4): the first id, which names the thread, and as
/// many of the last as fit.
fn references(draft: &Draft) -> Vec<&MsgId> {
    let mut ids: Vec<&MsgId> = Vec::with_capacity(draft.references.len() + 1);
    for id in draft.references.iter().filter(|id| Some(*id) != draft.in_reply_to.as_ref()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.extend(&draft.in_reply_to);
    let Some((first, rest)) = ids.split_first() else { return ids };
    let cost = |id: &MsgId| id.as_str().len() + "<>\r\n ".len();
    let mut left = REFERENCES_BYTES_MAX - cost(first);
    let fitting = rest.iter().rev().take(REFERENCES_LAST).take_while(|id| {
        let fits = cost(id) <= left;
        left = left.saturating_sub(cost(id));
        fits
    });
    let fitting = fitting.count();
    std::iter::once(*first).chain(rest[rest.len() - fitting..].iter().copied()).collect()
}

/// Text for a header: no controls, nothing invisible, single blanks, at most `chars_max` characters.
fn one_line(text: &str, chars_max: usize) -> String {
    let seen = text.chars().take(chars_max * 8).filter(|c| !is_invisible(*c));
    let seen: String = seen.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let joined = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(chars_max) {
        Some((end, _)) => joined[..end].trim_end().to_owned(),
        None => joined,
    }
}
