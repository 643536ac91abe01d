//! Reads delivery reports: those of RFC 3464, and what mail systems write in words of their own.

mod status;
mod wording;

use crate::domain::address::Address;
use crate::domain::message::{Author, Fate, Incoming, Report, Reported};
use crate::mail::automatic;
use crate::mail::parse::head::{self, Head};
use crate::mail::parse::mailbox;
use crate::mail::parse::tree::Tree;

/// Most recipients taken from one report.
const RECIPIENTS_MAX: usize = 200;

/// Reads the report in a mail, if the mail is one. `incoming` is the mail as far as it is read: its text, its
/// sender and what is known of its author.
pub fn read(tree: &Tree<'_>, incoming: &Incoming) -> Option<Report> {
    let is_bounce = incoming.machine.kind == Author::Bounce;
    let says_so =
        automatic::is_bounce_subject(&incoming.subject) || automatic::is_daemon(tree, &incoming.from);
    let looks_so = says_so && incoming.machine.kind != Author::Receipt;
    if !is_bounce && !looks_so {
        return None;
    }
    let mut recipients = status::read(tree);
    if recipients.is_empty() && (is_bounce || wording::opens_like_a_report(&incoming.text)) {
        recipients = from_words(tree, incoming);
    }
    if recipients.is_empty() && !is_bounce {
        return None;
    }
    recipients.truncate(RECIPIENTS_MAX);
    let formal = automatic::is_formal_report(tree);
    Some(Report { formal, original_message_id: original_message_id(tree, incoming), recipients })
}

/// What the readable text and a few fields tell where no status part does.
fn from_words(tree: &Tree<'_>, incoming: &Incoming) -> Vec<Reported> {
    let head = &tree.parts[0].head;
    let text = wording::notification(&incoming.text);
    let failed: Vec<Address> = head
        .all("x-failed-recipients")
        .flat_map(|v| mailbox::list(v, RECIPIENTS_MAX).0)
        .filter_map(|e| Address::parse(&e.address))
        .collect();
    let mut not: Vec<&Address> = incoming.to.iter().map(|m| &m.address).collect();
    not.extend(incoming.from.mailbox().map(|m| &m.address));
    let mut found = wording::recipients(text, &not, &failed);
    if found.is_empty() {
        let copied = original_head(tree, incoming).map(|block| {
            let head = Head::read(&block, 1 << 16, 200);
            head.raw("to").map(|v| mailbox::list(v, 3).0).unwrap_or_default()
        });
        if let Some([only]) = copied.as_deref()
            && let Some(address) = Address::parse(&only.address)
        {
            found.push(wording::judged(address, text, &incoming.subject));
        }
    }
    if automatic::is_delay(&incoming.subject) || wording::is_delay(text) {
        found.iter_mut().filter(|r| r.fate != Fate::Delivered).for_each(|r| r.fate = Fate::Delayed);
    }
    found
}

/// The header block of the mail that came back, as far as it is there.
fn original_head(tree: &Tree<'_>, incoming: &Incoming) -> Option<Vec<u8>> {
    let attached = tree.parts.iter().find(|p| {
        matches!(
            p.content.main.as_str(),
            "message/rfc822"
                | "text/rfc822-headers"
                | "message/rfc822-headers"
                | "message/global"
                | "message/global-headers"
        )
    });
    if let Some(part) = attached {
        let bytes = part.decoded();
        let (end, _) = head::block_end(&bytes, 0);
        return Some(bytes[..end].to_vec());
    }
    let copy = wording::copy(&incoming.text)?;
    let lines: Vec<&str> =
        copy.lines().skip_while(|l| head::field_name(l.trim_start().as_bytes()).is_none()).collect();
    Some(lines.iter().map(|l| l.trim_end()).take(300).collect::<Vec<_>>().join("\n").into_bytes())
}

/// Message-ID of the mail that came back: from its copy, else from a line of the text, else what the report
/// says it answers.
fn original_message_id(tree: &Tree<'_>, incoming: &Incoming) -> Option<String> {
    let of_copy = original_head(tree, incoming).and_then(|block| {
        let head = Head::read(&block, 1 << 18, 500);
        head.raw("message-id").and_then(|v| head::ids(v).into_iter().next())
    });
    let in_text = || {
        let lines: Vec<&str> = incoming.text.lines().collect();
        let at = lines.iter().position(|l| {
            l.trim_start().get(..11).is_some_and(|start| start.eq_ignore_ascii_case("message-id:"))
        })?;
        let folded =
            format!("{} {}", &lines[at].trim_start()[11..], lines.get(at + 1).copied().unwrap_or_default());
        folded.contains('<').then(|| head::ids(folded.as_bytes()).into_iter().next()).flatten()
    };
    of_copy.or_else(in_text).or_else(|| incoming.in_reply_to.first().cloned())
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
