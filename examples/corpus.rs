//! Answers the cases of a judge set: `cargo run --example corpus -- FOLDER > answers.jsonl`.
//!
//! FOLDER holds `parse.jsonl`, `reply.jsonl`, `auto.jsonl`, `bounce.jsonl` and `thread.jsonl`, one case a line with `id`,
//! `job`, `file`, for replies `form`, and for threads `state`: the desk's tickets with the Message-IDs that stand in them.
//! Each is answered by what the daemon itself uses; threads by a desk with a database in memory.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use maildesk::config::read_desk_yaml;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::desk::look_up::look_up;
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::language::Lang;
use maildesk::domain::letter::{Letter, MsgId};
use maildesk::domain::message::{Author, Fate, Incoming, Sender};
use maildesk::domain::route::{Destination, route};
use maildesk::domain::ticket::{Closing, Requester, State, Ticket, TicketKey};
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::parse::{Limits, parse};
use maildesk::mail::{html, quote};
use maildesk::store::{NewLetter, SqliteStore, Store, Tx};
use maildesk::words::Catalogue;
use serde_json::{Value, json};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let folder = std::env::args().nth(1).ok_or("usage: corpus FOLDER")?;
    let folder = Path::new(&folder);
    let mut out = std::io::stdout().lock();
    for job in ["parse", "reply", "auto", "bounce", "thread"] {
        let Ok(cases) = std::fs::read_to_string(folder.join(format!("{job}.jsonl"))) else { continue };
        for line in cases.lines().filter(|l| !l.trim().is_empty()) {
            let case: Value = serde_json::from_str(line)?;
            let file = case["file"].as_str().ok_or("a case without a file")?;
            let bytes = std::fs::read(folder.join(file))?;
            let answer = match job {
                "parse" => parsed(&bytes),
                "reply" => replied(&bytes, case["form"].as_str().unwrap_or("mail")),
                "auto" => automatic(&bytes),
                "bounce" => bounced(&bytes),
                _ => threaded(&bytes, &case["state"])?,
            };
            writeln!(out, "{}", json!({"id": case["id"], "answer": answer}))?;
        }
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Incoming {
    parse(bytes, &Limits::default())
}

fn parsed(bytes: &[u8]) -> Value {
    let mail = read(bytes);
    let (from, name) = match &mail.from {
        Sender::Known(mailbox) => (mailbox.address.to_string(), mailbox.name.clone()),
        // What stands in the field, where the reason quotes it.
        Sender::Unreadable(reason) => {
            (reason.rsplit_once(": ").map_or(reason.as_str(), |(_, quoted)| quoted).to_owned(), String::new())
        }
    };
    let attachments: Vec<Value> =
        mail.attachments.iter().map(|a| json!({"name": a.name, "size": a.size_bytes})).collect();
    json!({"subject": mail.subject, "from": from, "from_name": name, "body": mail.text, "attachments": attachments})
}

fn replied(bytes: &[u8], form: &str) -> Value {
    let text = match form {
        "mail" => read(bytes).text,
        "html" => html::to_text(&String::from_utf8_lossy(bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    json!({"text": quote::split(&text, None).new})
}

fn automatic(bytes: &[u8]) -> Value {
    let mail = read(bytes);
    let told = mail.report.as_ref().is_some_and(|r| {
        !r.recipients.is_empty()
            && r.recipients.iter().all(|r| matches!(r.fate, Fate::Delivered | Fate::Delayed))
    });
    let kind = match mail.machine.kind {
        Author::Bounce if told => "report",
        Author::Bounce => "bounce",
        Author::AutoReply => "autoreply",
        Author::List => "list",
        Author::Receipt => "report",
        Author::Notice => "notice",
        Author::Person if mail.machine.suppress.is_some() => "notice",
        Author::Person => "person",
    };
    json!({"machine": !mail.machine.may_be_answered(), "kind": kind})
}

fn bounced(bytes: &[u8]) -> Value {
    let mail = read(bytes);
    let Some(report) = mail.report else { return json!({"recipients": [], "given_up": Value::Null}) };
    let recipients: Vec<Value> = report
        .recipients
        .iter()
        .map(|r| {
            let cause = match r.fate {
                Fate::Failed => "permanent",
                Fate::FailedForNow | Fate::Delayed => "temporary",
                Fate::Delivered => "none",
            };
            json!({"address": r.address.as_str(), "cause": cause, "status": r.status})
        })
        .collect();
    let given_up = report.recipients.iter().any(|r| matches!(r.fate, Fate::Failed | Fate::FailedForNow));
    json!({"recipients": recipients, "given_up": given_up, "original_message_id": report.original_message_id})
}

/// The ticket that a mail belongs to, where a desk has these tickets.
fn threaded(bytes: &[u8], state: &Value) -> Result<Value, Failed> {
    let described = json!({
        "address": state["desk"],
        "tag": state["tag"],
        "agents": ["Agent <agent@agents.invalid>"],
    });
    let rules = read_desk_yaml("state", &described.to_string(), None)?.rules;
    let keys = Keys::new(Key::new(1, [7; 32]), Vec::new());
    let desk = Desk::new(rules, Arc::new(Catalogue::embedded()), keys, "corpus".to_owned());
    let now: Timestamp = "2026-03-02T09:00:00Z".parse()?;
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open_in_memory()?);
    let tickets = state["tickets"].as_array().cloned().unwrap_or_default();
    store.run(|tx| tickets.iter().try_for_each(|ticket| write(tx, &desk, ticket, now)))?;
    let found = digest(&desk, read(bytes), now, now, &[]);
    let known = store.run(|tx| look_up(tx, &desk, &found, now))?;
    let ticket = match route(&found, &known, &desk.rules).to {
        Destination::Report(ticket) => ticket,
        Destination::Machine(ticket)
        | Destination::Client { ticket, .. }
        | Destination::Vouched { ticket, .. }
        | Destination::Rated { ticket, .. }
        | Destination::StatusAsked { ticket }
        | Destination::Agent { ticket, .. } => Some(ticket),
        _ => None,
    };
    let number = ticket.map(|ticket| ticket.key.number);
    Ok(json!({ "ticket": number }))
}

/// A ticket of the case, with a letter of ours for each Message-ID that stands in it.
fn write(tx: &mut dyn Tx, desk: &Desk, case: &Value, now: Timestamp) -> maildesk::store::Result<()> {
    let number = |name: &str| case[name].as_u64().and_then(|n| u32::try_from(n).ok());
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let mailbox = |text: &str| Address::parse(text).map(|address| Mailbox::new("", address));
    let list = |name: &str| case[name].as_array().cloned().unwrap_or_default();
    let key = TicketKey::new(desk.id(), number("number").unwrap_or(1));
    let requester = mailbox(text("requester"));
    let participants = list("participants");
    let participants = participants.iter().filter_map(|one| mailbox(one.as_str()?)).collect();
    let state = match text("status") {
        "resolved" => State::Resolved { at: now, closes_at: now },
        "closed" => State::Closed { at: now, how: Closing::Silence },
        "merged" => State::Merged { into: number("merged_into").unwrap_or(1) },
        _ => State::Open,
    };
    let ticket = Ticket {
        state,
        subject: text("subject").to_owned(),
        requester: requester.as_ref().map(Requester::of).unwrap_or_default(),
        participants,
        ..Ticket::blank(key.clone(), Lang::EN, now)
    };
    tx.save(&ticket, None)?;
    for id in list("message_ids").iter().filter_map(|id| MsgId::parse(id.as_str()?)) {
        let recipients: Vec<Address> = requester.iter().map(|mailbox| mailbox.address.clone()).collect();
        tx.enqueue(&NewLetter {
            letter: Letter { message_id: id.clone(), head: Vec::new(), parts: Vec::new(), tail: Vec::new() },
            desk: desk.id().clone(),
            ticket: Some(key.clone()),
            purpose: "reply".to_owned(),
            automatic: false,
            pressing: false,
            cause: id.to_string(),
            created_at: now,
            envelope_from: None,
            recipients,
            not_before: now,
        })?;
    }
    Ok(())
}
