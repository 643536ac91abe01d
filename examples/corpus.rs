//! Answers the cases of a judge set: `cargo run --example corpus -- FOLDER > answers.jsonl`.
//!
//! FOLDER holds `parse.jsonl`, `reply.jsonl`, `auto.jsonl` and `bounce.jsonl`, one case a line with `id`, `job`,
//! `file` and, for replies, `form`.

use std::io::Write;
use std::path::Path;

use maildesk::domain::message::{Author, Fate, Incoming, Sender};
use maildesk::mail::parse::{Limits, parse};
use maildesk::mail::{html, quote};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: corpus FOLDER")?;
    let folder = Path::new(&folder);
    let mut out = std::io::stdout().lock();
    for job in ["parse", "reply", "auto", "bounce"] {
        let Ok(cases) = std::fs::read_to_string(folder.join(format!("{job}.jsonl"))) else { continue };
        for line in cases.lines().filter(|l| !l.trim().is_empty()) {
            let case: Value = serde_json::from_str(line)?;
            let file = case["file"].as_str().ok_or("a case without a file")?;
            let bytes = std::fs::read(folder.join(file))?;
            let answer = match job {
                "parse" => parsed(&bytes),
                "reply" => replied(&bytes, case["form"].as_str().unwrap_or("mail")),
                "auto" => automatic(&bytes),
                _ => bounced(&bytes),
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
        Sender::Unreadable(reason) => (reason.clone(), String::new()),
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
