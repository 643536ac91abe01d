//! A case told as text, and as a page.

use jiff::Timestamp;

use super::case::{Case, local};
use crate::domain::rules::Rules;
use crate::domain::thread::{Kind, Message};
use crate::words::when::duration;

/// A file of the export.
pub(super) struct Part {
    pub at: Timestamp,
    pub what: String,
    pub path: String,
}

/// The text: what the ticket is, its thread, journal, history, and the files beside it.
pub(super) fn telling(case: &Case, parts: &[Part], rules: &Rules) -> String {
    let ticket = &case.ticket;
    let mut text = format!("{} {}\n\n", rules.tag.shown(ticket.key.number), ticket.subject);
    for (name, value) in facts(case, rules).into_iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name:<12} {value}\n"));
    }
    for message in &case.messages {
        text.push_str(&said(message, rules));
    }
    if !case.works.is_empty() {
        text.push_str("\nWork\n");
        for work in &case.works {
            let agent = rules.agent(&work.agent).map_or(work.agent.0.as_str(), |agent| &agent.name);
            let corrects = work.corrects.map(|row| format!(" (in place of {row})")).unwrap_or_default();
            let time = duration(i64::from(work.minutes));
            let what = [work.mode.as_str(), work.text.as_str()].join(" ");
            let what = what.trim();
            text.push_str(&format!(
                "{}. {}  {agent}  {time}{corrects}  {what}\n",
                work.row,
                local(rules, work.at)
            ));
        }
    }
    if !case.history.is_empty() {
        text.push_str("\nHistory\n");
        for entry in &case.history {
            let by = entry.by.shown();
            text.push_str(&format!("{}  {}  {by}: {}\n", local(rules, entry.at), entry.event, entry.reason));
        }
    }
    if !parts.is_empty() {
        text.push_str("\nFiles\n");
        for part in parts {
            text.push_str(&format!("{}  {}  {}\n", local(rules, part.at), part.path, part.what));
        }
    }
    text
}

fn facts(case: &Case, rules: &Rules) -> Vec<(&'static str, String)> {
    let ticket = &case.ticket;
    let who = &ticket.requester;
    let address = who.address.as_ref().map(|a| format!("<{a}>")).unwrap_or_default();
    let requester = [who.name.as_str(), &address, who.phone.as_deref().unwrap_or_default()].join(" ");
    let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
    let agent = |id| rules.agent(id).map_or_else(|| id.0.clone(), |agent| agent.name.clone());
    let due = |clock: &Option<crate::domain::ticket::Clock>| {
        clock.as_ref().map(|clock| local(rules, clock.due)).unwrap_or_default()
    };
    let mut facts = vec![
        ("status", ticket.status().word().to_owned()),
        ("requester", requester.trim().to_owned()),
        ("client", client.map(|c| c.name.clone()).or(ticket.company.clone()).unwrap_or_default()),
        ("received", local(rules, ticket.received_at)),
        ("channel", ticket.channel.clone()),
        ("type", ticket.kind.clone().unwrap_or_default()),
        (
            "severity",
            if ticket.urgent { format!("{}, urgent", ticket.severity) } else { ticket.severity.clone() },
        ),
        ("answer by", due(&ticket.respond)),
        ("solve by", due(&ticket.resolve)),
        ("agent", ticket.assignee.as_ref().map(agent).unwrap_or_default()),
        ("group", ticket.group.iter().map(agent).collect::<Vec<_>>().join(", ")),
        (
            "time",
            if ticket.spent_minutes > 0 { duration(i64::from(ticket.spent_minutes)) } else { String::new() },
        ),
        ("rating", ticket.rating.map(|value| value.to_string()).unwrap_or_default()),
    ];
    if let Some(offer) = &ticket.offer {
        let agreed = offer.agreed_at.map(|at| format!(", agreed {}", local(rules, at))).unwrap_or_default();
        facts.push(("offer", format!("{} | {} | {}{agreed}", offer.price, offer.date, offer.work)));
    }
    let fields: Vec<String> = ticket.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    facts.push(("fields", fields.join("; ")));
    facts
}

fn said(message: &Message, rules: &Rules) -> String {
    let kind = match message.kind {
        Kind::Note => "note, internal",
        kind => kind.word(),
    };
    let mut text =
        format!("\n{}. {}  {} ({kind})\n", message.seq, local(rules, message.at), message.author.shown());
    for line in message.text.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    for part in &message.attachments {
        text.push_str(&format!("    [{}]\n", part.name));
    }
    text
}

/// The same as a page without anything that would be fetched or run.
pub(super) fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body><pre style=\"white-space: pre-wrap\">{}</pre></body></html>\n",
        escaped(title),
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
