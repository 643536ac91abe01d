//! A conversation as people read it: who wrote when to whom, and what the desk made of it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::play::{Scene, Story};
use crate::domain::address::Mailbox;
use crate::domain::message::Incoming;
use crate::store::Outcome;

const TIME: Style = Style::new().bold();
const CLIENT: Style = AnsiColor::Cyan.on_default();
const DESK: Style = AnsiColor::Green.on_default();
const WHY: Style = Style::new().dimmed();
/// For whatever is not as it was to be.
pub const WRONG: Style = AnsiColor::Red.on_default().bold();

/// The whole story.
pub fn transcript(story: &Story, zone: &TimeZone) -> String {
    let mut text = String::new();
    for scene in &story.scenes {
        told(&mut text, scene, zone);
    }
    text
}

fn told(text: &mut String, scene: &Scene, zone: &TimeZone) {
    line(text, TIME, "", &moment(scene.at, zone));
    if !scene.what.is_empty() {
        line(text, Style::new(), "  ", &scene.what);
    }
    if let Some(mail) = &scene.mail {
        letter(text, CLIENT, "->", mail);
    }
    if let Some(outcome) = &scene.outcome {
        line(text, WHY, "  ", &reason(outcome));
    }
    for sent in &scene.sent {
        let late = if sent.at == scene.at { String::new() } else { format!(" at {}", moment(sent.at, zone)) };
        line(text, DESK, "  ", &format!("{}{late}", sent.template));
        letter(text, DESK, "<-", &sent.mail);
    }
    for difference in &scene.differences {
        line(text, WRONG, "  ", difference);
    }
    text.push('\n');
}

fn letter(text: &mut String, style: Style, arrow: &str, mail: &Incoming) {
    let people =
        |people: &[Mailbox]| people.iter().map(|m| m.address.as_str()).collect::<Vec<_>>().join(", ");
    let from = mail.from.mailbox().map_or("?", |m| m.address.as_str());
    let cc = if mail.cc.is_empty() { String::new() } else { format!(" (cc {})", people(&mail.cc)) };
    line(text, style, "  ", &format!("{arrow} {from} to {}{cc}: {}", people(&mail.to), mail.subject));
    for body in mail.text.trim_end().lines() {
        line(text, Style::new(), "     ", body);
    }
    for file in &mail.attachments {
        line(text, Style::new(), "     ", &format!("[{}, {} bytes]", file.name, file.size_bytes));
    }
}

fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { ticket, kind, reason } => format!("{kind} of {ticket}: {reason}"),
        Outcome::DeliveryEvent { reason, .. }
        | Outcome::Quarantined { reason }
        | Outcome::Skipped { reason }
        | Outcome::Withdrawn { reason }
        | Outcome::Returned { reason, .. } => format!("{}: {reason}", outcome.word()),
        Outcome::Stored | Outcome::Duplicate { .. } => outcome.word().to_owned(),
    }
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

fn line(text: &mut String, style: Style, indent: &str, content: &str) {
    if content.is_empty() {
        text.push('\n');
    } else {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{indent}{style}{content}{style:#}");
    }
}
