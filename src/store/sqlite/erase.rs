//! Words of people are taken out of rows that stay: numbers, times, minutes, outcomes and content hashes remain, so
//! that books add up, no number is given twice, and a mail that is met again is known (E16).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::columns::{self, At, HashColumn};
use super::unused::source;
use super::{bytes, history, index, letter_codec, letters, mails, outbox, tickets};
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::letter::Letter;
use crate::domain::patch;
use crate::domain::thread::{Entry, Message, Voice};
use crate::domain::ticket::{Ticket, TicketKey};
use crate::store::{EMPTIED, Emptied, LetterId, MailId, Mention, Outcome, Result, Settled, StoreError};

pub(super) const ENDED: &str = "SELECT desk, number FROM tickets WHERE ended_at IS NOT NULL AND ended_at < ?1
    ORDER BY ended_at, desk, number LIMIT ?2";
pub(super) const LOOSE: &str =
    "SELECT id FROM mails WHERE id > ?1 AND ticket_number IS NULL AND stored_at < ?2
    AND outcome <> 'stored' ORDER BY id LIMIT ?3";
/// Stands for a person in what others said.
const GONE: &str = "[...]";

/// Lets what only grows be emptied until it is dropped; the transaction must end before anybody else sees it.
struct Leave<'c>(&'c Connection);

impl Leave<'_> {
    fn take(conn: &Connection) -> Result<Leave<'_>> {
        conn.execute_batch("PRAGMA secure_delete = ON; INSERT OR IGNORE INTO erasing (one) VALUES (1)")?;
        Ok(Leave(conn))
    }

    fn give_back(self) -> Result<()> {
        self.0.execute_batch("DELETE FROM erasing; PRAGMA secure_delete = OFF")?;
        Ok(())
    }
}

pub(super) fn ended(conn: &Connection, before: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
    let mut statement = conn.prepare_cached(ENDED)?;
    let keys = statement.query_map(params![At(before), columns::limit(limit)], |row| {
        Ok(TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? })
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn loose_mails(
    conn: &Connection,
    after: MailId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<MailId>> {
    let mut statement = conn.prepare_cached(LOOSE)?;
    let ids = statement.query_map(params![after, At(before), columns::limit(limit)], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// A whole case, with those that were merged into it.
pub(super) fn case(conn: &Connection, key: &TicketKey, why: &str, now: Timestamp) -> Result<Emptied> {
    let Some(ticket) = tickets::ticket(conn, key)? else {
        return Err(StoreError::Abandoned(format!("there is no ticket {key}")));
    };
    if !ticket.status().is_final() {
        return Err(StoreError::Abandoned(format!("ticket {key} is {} still", ticket.status().word())));
    }
    let leave = Leave::take(conn)?;
    let mut emptied = one_case(conn, key, why, now)?;
    for merged in merged_into(conn, key)? {
        emptied.add(one_case(conn, &merged, why, now)?);
    }
    leave.give_back()?;
    Ok(emptied)
}

fn merged_into(conn: &Connection, key: &TicketKey) -> Result<Vec<TicketKey>> {
    let sql = "SELECT number FROM tickets WHERE desk = ?1 AND status = 'merged'
        AND json_extract(doc, '$.state.into') = ?2";
    let mut statement = conn.prepare(sql)?;
    let numbers = statement.query_map(params![&*key.desk, key.number], |row| row.get(0))?;
    numbers.map(|number| Ok(TicketKey { desk: key.desk.clone(), number: number? })).collect()
}

fn one_case(conn: &Connection, key: &TicketKey, why: &str, now: Timestamp) -> Result<Emptied> {
    let mut emptied = Emptied { cases: 1, ..Emptied::default() };
    let at = params![&*key.desk, key.number];
    let ids = |sql: &str| -> Result<Vec<i64>> {
        let mut statement = conn.prepare_cached(sql)?;
        let ids = statement.query_map(params![&*key.desk, key.number], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    };
    for letter in ids("SELECT id FROM letters WHERE ticket_desk = ?1 AND ticket_number = ?2")? {
        empty_letter(conn, letter, now, &mut emptied)?;
    }
    for mail in ids("SELECT id FROM mails WHERE ticket_desk = ?1 AND ticket_number = ?2")? {
        empty_mail(conn, mail, &mut emptied)?;
    }
    for message in history::messages(conn, key)? {
        empty_message(conn, key, message, &mut emptied)?;
    }
    rewrite(conn, key, without_people, &|voice, _| (whoever(voice), EMPTIED.to_owned()))?;
    conn.execute("UPDATE works SET text = '' WHERE desk = ?1 AND number = ?2 AND text <> ''", at)?;
    conn.execute("UPDATE ratings SET comment = '' WHERE desk = ?1 AND number = ?2", at)?;
    conn.execute("DELETE FROM ties WHERE desk = ?1 AND number = ?2", at)?;
    conn.execute("UPDATE tickets SET ended_at = NULL WHERE desk = ?1 AND number = ?2", at)?;
    let entry = Entry {
        at: now,
        event: EMPTIED.to_owned(),
        by: Voice::Desk,
        reason: why.to_owned(),
        change: Value::Object(serde_json::Map::new()),
    };
    history::add_entry(conn, key, &entry)?;
    Ok(emptied)
}

/// A person who wrote is nobody from now on; who works for the desk stays named.
fn whoever(voice: Voice) -> Voice {
    match voice {
        Voice::Person(_) => Voice::Unknown,
        other => other,
    }
}

/// A ticket without all that says who asked and what.
fn without_people(ticket: &mut Value) {
    const WORDS: [&str; 9] = [
        "subject",
        "requester",
        "participants",
        "thread",
        "fields",
        "company",
        "offer",
        "muted",
        "held_answer",
    ];
    if let Value::Object(members) = ticket {
        members.retain(|name, _| !WORDS.contains(&name.as_str()));
        members.insert("requester".to_owned(), Value::Object(serde_json::Map::new()));
    }
}

/// Writes a ticket and its history anew, every state of it changed by `change`, so that the changes still lead to it;
/// `told` does the same with who did it and why.
fn rewrite(
    conn: &Connection,
    key: &TicketKey,
    change: impl Fn(&mut Value),
    told: &dyn Fn(Voice, &str) -> (Voice, String),
) -> Result<()> {
    let sql = "SELECT id, author, reason, change FROM history WHERE desk = ?1 AND number = ?2 ORDER BY id";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![&*key.desk, key.number])?;
    let (mut folded, mut before) = (Value::Null, Value::Null);
    let mut fresh: Vec<(i64, String, String, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let step: Value = columns::read_json("a change in a history", &row.get::<_, String>(3)?)?;
        patch::apply(&mut folded, &step);
        let mut after = folded.clone();
        change(&mut after);
        let voice: Voice = columns::read_json("an author in a history", &row.get::<_, String>(1)?)?;
        let (by, reason) = told(voice, &row.get::<_, String>(2)?);
        let step = patch::diff(&before, &after);
        fresh.push((row.get(0)?, columns::json(&by)?, reason, columns::json(&step)?));
        before = after;
    }
    let mut update =
        conn.prepare_cached("UPDATE history SET author = ?2, reason = ?3, change = ?4 WHERE id = ?1")?;
    for (id, author, reason, change) in fresh {
        update.execute(params![id, author, reason, change])?;
    }
    let Some(ticket) = tickets::ticket(conn, key)? else { return Ok(()) };
    let mut doc = serde_json::to_value(&ticket).map_err(|e| StoreError::Abandoned(e.to_string()))?;
    change(&mut doc);
    let ticket: Ticket =
        serde_json::from_value(doc).map_err(|e| StoreError::Abandoned(format!("{key}: {e}")))?;
    let wake: Option<At> = conn
        .prepare_cached("SELECT wake FROM tickets WHERE desk = ?1 AND number = ?2")?
        .query_row(params![&*key.desk, key.number], |row| row.get(0))?;
    tickets::save(conn, &ticket, wake.map(|at| at.0))
}

fn empty_message(conn: &Connection, key: &TicketKey, message: Message, emptied: &mut Emptied) -> Result<()> {
    emptied.bytes.extend(message.mail);
    emptied.bytes.extend(message.attachments.iter().map(source));
    let bare = Message {
        author: whoever(message.author.clone()),
        text: String::new(),
        mail: None,
        letter: None,
        attachments: Vec::new(),
        ..message
    };
    write_message(conn, key, &bare)
}

fn write_message(conn: &Connection, key: &TicketKey, message: &Message) -> Result<()> {
    let sql = "UPDATE messages SET mail = ?4, doc = ?5 WHERE desk = ?1 AND number = ?2 AND seq = ?3";
    let (mail, doc) = (message.mail.map(HashColumn), columns::json(message)?);
    conn.prepare_cached(sql)?.execute(params![&*key.desk, key.number, message.seq, mail, doc])?;
    Ok(())
}

pub(super) fn one_mail(conn: &Connection, id: MailId) -> Result<Emptied> {
    let leave = Leave::take(conn)?;
    let mut emptied = Emptied::default();
    empty_mail(conn, id, &mut emptied)?;
    leave.give_back()?;
    Ok(emptied)
}

/// The fingerprint stays: the same mail met again is a duplicate and brings nothing back.
fn empty_mail(conn: &Connection, id: MailId, emptied: &mut Emptied) -> Result<()> {
    let nothing = Hash(Sha256::digest(b"").into());
    let Some(mail) = mails::by_id(conn, id)?.filter(|mail| mail.mail.raw != nothing) else { return Ok(()) };
    bytes::keep(conn, &nothing, b"")?;
    emptied.mails += 1;
    emptied.bytes.insert(mail.mail.raw);
    let outcome = bare(mail.mail.outcome);
    let doc = columns::json(&outcome)?;
    conn.prepare_cached(
        "UPDATE mails SET raw = ?2, size_bytes = 0, message_id = NULL, from_address = NULL, subject = '',
         outcome = ?3, doc = ?4 WHERE id = ?1",
    )?
    .execute(params![id, HashColumn(nothing), outcome.word(), doc])?;
    conn.prepare_cached(
        "UPDATE sightings SET outcome = ?2, doc = ?3 WHERE mail = ?1 AND outcome <> 'duplicate'",
    )?
    .execute(params![id, outcome.word(), doc])?;
    Ok(())
}

/// The outcome without its words. What was set aside cannot be looked at again.
fn bare(outcome: Outcome) -> Outcome {
    let reason = EMPTIED.to_owned();
    match outcome {
        Outcome::Applied { ticket, kind, .. } => Outcome::Applied { ticket, kind, reason },
        Outcome::DeliveryEvent { ticket, .. } => Outcome::DeliveryEvent { ticket, reason },
        Outcome::Returned { ticket, .. } => Outcome::Returned { ticket, reason },
        Outcome::Quarantined { .. } | Outcome::Skipped { .. } => Outcome::Skipped { reason },
        Outcome::Withdrawn { .. } => Outcome::Withdrawn { reason },
        Outcome::Stored | Outcome::Duplicate { .. } => outcome,
    }
}

fn empty_letter(conn: &Connection, id: LetterId, now: Timestamp, emptied: &mut Emptied) -> Result<()> {
    let Some(row) = letters::letter(conn, id)? else { return Ok(()) };
    let letter = row.letter.letter;
    if letter.head.is_empty() {
        return Ok(());
    }
    emptied.letters += 1;
    emptied.bytes.extend(letter.parts.iter().map(|part| source(&part.attached)));
    let cancelled = Settled::cancelled(now, EMPTIED);
    let mut open = conn.prepare_cached("SELECT id FROM deliveries WHERE letter = ?1 AND open = 1")?;
    let open: Vec<i64> = open.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for delivery in open {
        outbox::settle(conn, delivery, &cancelled)?;
    }
    conn.prepare_cached(
        "UPDATE deliveries SET recipient = 'emptied-' || id || '@emptied.invalid', text = '' WHERE letter = ?1",
    )?
    .execute([id])?;
    let bare =
        Letter { message_id: letter.message_id, head: Vec::new(), parts: Vec::new(), tail: Vec::new() };
    let frozen = letter_codec::encode(&bare)?;
    conn.prepare_cached("UPDATE letters SET cause = ?2, digest = ?3, frozen = ?4 WHERE id = ?1")?
        .execute(params![id, format!("{EMPTIED} {id}"), HashColumn(letters::digest(&frozen)), frozen])?;
    Ok(())
}

pub(super) fn mentions(conn: &Connection, words: &[String]) -> Result<Vec<Mention>> {
    let mut found = Vec::new();
    let of_tickets = "SELECT desk, number, NULL, doc FROM tickets";
    let of_messages = "SELECT desk, number, seq, doc FROM messages";
    let of_history = "SELECT desk, number, NULL, author || reason || change FROM history";
    let of_works = "SELECT desk, number, NULL, text FROM works";
    for sql in [of_tickets, of_messages, of_history, of_works] {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let doc = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
            if words.iter().any(|word| contains(doc, word)) {
                let ticket = TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? };
                let mention = Mention { ticket, message: row.get(2)? };
                if !found.contains(&mention) {
                    found.push(mention);
                }
            }
        }
    }
    Ok(found)
}

fn contains(text: &str, word: &str) -> bool {
    place(text, word, 0).is_some()
}

/// Where `word` stands by itself at or behind `from`: `ona@client.example` is no part of `jona@client.example`. Case
/// makes no difference.
fn place(text: &str, word: &str, from: usize) -> Option<usize> {
    let (text, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let joins = |c: char| c.is_alphanumeric() || "._+-".contains(c);
    let mut found = text.get(from..)?.match_indices(&word).map(|(at, _)| from + at);
    found.find(|at| {
        let mut behind = text[at + word.len()..].chars();
        let goes_on = match behind.next() {
            Some('.') => behind.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '-',
            None => false,
        };
        !goes_on && !text[..*at].chars().next_back().is_some_and(joins)
    })
}

pub(super) fn person(conn: &Connection, address: &Address, words: &[String]) -> Result<Emptied> {
    let leave = Leave::take(conn)?;
    let mut emptied = Emptied::default();
    let ids = |sql: &str| -> Result<BTreeSet<i64>> {
        let mut statement = conn.prepare(sql)?;
        let ids = statement.query_map([address.as_str()], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    };
    let mut sent =
        conn.prepare("SELECT message_id FROM mails WHERE from_address = ?1 AND message_id IS NOT NULL")?;
    let sent = sent.query_map([address.as_str()], |row| row.get(0))?;
    let sent: Vec<String> = sent.collect::<rusqlite::Result<_>>()?;
    for mail in ids("SELECT id FROM mails WHERE from_address = ?1")? {
        empty_mail(conn, mail, &mut emptied)?;
    }
    let mut cases: BTreeSet<TicketKey> = BTreeSet::new();
    for mention in mentions(conn, words)? {
        if let Some(seq) = mention.message {
            one_message(conn, &mention.ticket, seq, address, words, &mut emptied)?;
        }
        cases.insert(mention.ticket);
    }
    for case in &cases {
        rewrite(conn, case, |ticket| without(ticket, address, &sent, words), &|voice, reason| {
            (unless(voice, address), redacted(reason, words))
        })?;
        originals(conn, case, &mut emptied)?;
        for (table, column) in [("works", "text"), ("mails", "subject")] {
            texts(conn, case, (table, column), words)?;
        }
    }
    for letter in ids("SELECT letter FROM deliveries WHERE recipient = ?1")? {
        empty_letter(conn, letter, Timestamp::UNIX_EPOCH, &mut emptied)?;
    }
    let base = address.base();
    conn.execute("DELETE FROM acquaintances WHERE address = ?1", [base.as_str()])?;
    conn.execute("DELETE FROM standings WHERE address = ?1", [base.as_str()])?;
    conn.execute("DELETE FROM answers WHERE scope = ?1", [format!("address {base}")])?;
    conn.execute("DELETE FROM lost_letters WHERE recipient = ?1", [address.as_str()])?;
    conn.execute("DELETE FROM ties WHERE instr(matter, ?1) > 0", [address.as_str()])?;
    index::clear(conn)?;
    leave.give_back()?;
    Ok(emptied)
}

/// Takes words out of a column of a case's rows.
fn texts(conn: &Connection, key: &TicketKey, (table, column): (&str, &str), words: &[String]) -> Result<()> {
    let (desk, number) = if table == "mails" { ("ticket_desk", "ticket_number") } else { ("desk", "number") };
    let sql = format!("SELECT id, {column} FROM {table} WHERE {desk} = ?1 AND {number} = ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![&*key.desk, key.number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut update = conn.prepare_cached(&format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1"))?;
    for (id, text) in rows.iter().filter(|(_, text)| words.iter().any(|word| contains(text, word))) {
        update.execute(params![id, redacted(text, words)])?;
    }
    Ok(())
}

/// In a case of somebody else in which the person is named, mails and letters may quote the person: what is readable of
/// them stays in the thread, the originals go, but for mails that brought files and letters that are still to go.
fn originals(conn: &Connection, key: &TicketKey, emptied: &mut Emptied) -> Result<()> {
    let ids = |sql: &str| -> Result<Vec<i64>> {
        let mut statement = conn.prepare_cached(sql)?;
        let ids = statement.query_map(params![&*key.desk, key.number], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    };
    let gone = "SELECT id FROM letters WHERE ticket_desk = ?1 AND ticket_number = ?2
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE letter = letters.id AND open = 1)";
    for letter in ids(gone)? {
        empty_letter(conn, letter, Timestamp::UNIX_EPOCH, emptied)?;
    }
    let messages = history::messages(conn, key)?;
    let needed: BTreeSet<Hash> =
        messages.iter().flat_map(|message| message.attachments.iter().map(source)).collect();
    let nothing = Hash(Sha256::digest(b"").into());
    bytes::keep(conn, &nothing, b"")?;
    let mut update = conn.prepare_cached("UPDATE mails SET raw = ?2, size_bytes = 0 WHERE id = ?1")?;
    for id in ids("SELECT id FROM mails WHERE ticket_desk = ?1 AND ticket_number = ?2")? {
        let raw = mails::by_id(conn, id)?.map(|mail| mail.mail.raw);
        if let Some(raw) = raw.filter(|raw| *raw != nothing && !needed.contains(raw)) {
            update.execute(params![id, HashColumn(nothing)])?;
            emptied.bytes.insert(raw);
        }
    }
    for message in messages {
        if let Some(mail) = message.mail.filter(|mail| !needed.contains(mail)) {
            emptied.bytes.insert(mail);
            write_message(conn, key, &Message { mail: None, ..message })?;
        }
    }
    Ok(())
}

/// What the person wrote goes; where others name the person, only the name does.
fn one_message(
    conn: &Connection,
    key: &TicketKey,
    seq: u32,
    address: &Address,
    words: &[String],
    emptied: &mut Emptied,
) -> Result<()> {
    let sql = "SELECT doc FROM messages WHERE desk = ?1 AND number = ?2 AND seq = ?3";
    let doc: Option<String> = conn
        .prepare_cached(sql)?
        .query_row(params![&*key.desk, key.number, seq], |row| row.get(0))
        .optional()?;
    let Some(doc) = doc else { return Ok(()) };
    let message: Message = columns::read_json("a message", &doc)?;
    emptied.messages += 1;
    match &message.author {
        Voice::Person(mailbox) if mailbox.address == *address => empty_message(conn, key, message, emptied),
        _ => {
            let text = redacted(&message.text, words);
            write_message(conn, key, &Message { text, ..message })
        }
    }
}

fn unless(voice: Voice, address: &Address) -> Voice {
    match voice {
        Voice::Person(mailbox) if mailbox.address == *address => Voice::Unknown,
        other => other,
    }
}

/// A ticket in which the person takes no part and is not named.
fn without(ticket: &mut Value, address: &Address, sent: &[String], words: &[String]) {
    if let Value::Object(members) = ticket {
        if let Some(Value::Array(thread)) = members.get_mut("thread") {
            thread.retain(|id| !sent.iter().any(|sent| id.as_str() == Some(sent)));
            if thread.is_empty() {
                members.remove("thread");
            }
        }
        let is_theirs = |one: &Value| one.get("address").and_then(Value::as_str) == Some(address.as_str());
        if let Some(Value::Array(participants)) = members.get_mut("participants") {
            participants.retain(|one| !is_theirs(one));
            if participants.is_empty() {
                members.remove("participants");
            }
        }
    }
    redact(ticket, words);
}

fn redact(value: &mut Value, words: &[String]) {
    match value {
        Value::String(text) if words.iter().any(|word| contains(text, word)) => *text = redacted(text, words),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, words)),
        Value::Object(members) => members.values_mut().for_each(|member| redact(member, words)),
        _ => {}
    }
}

/// The text without these words.
fn redacted(text: &str, words: &[String]) -> String {
    let mut text = text.to_owned();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let mut from = 0;
        while let Some(at) = place(&text, word, from) {
            text.replace_range(at..at + word.len(), GONE);
            from = at + GONE.len();
        }
    }
    text
}

pub(super) fn note(conn: &Connection, emptied: &Emptied, now: Timestamp) -> Result<()> {
    let n = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "INSERT INTO erasures (at, cases, mails, letters, messages) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        At(now),
        n(emptied.cases),
        n(emptied.mails),
        n(emptied.letters),
        n(emptied.messages)
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_taken_out_where_it_stands_by_itself() {
        let words = ["ona@client.example".to_owned(), "Ona Onaitė".to_owned()];
        for (text, expected) in [
            ("Ask Ona Onaitė <ona@client.example>.", "Ask [...] <[...]>."),
            ("ONA@Client.example, jona@client.example", "[...], jona@client.example"),
            ("ona@client.example.org", "ona@client.example.org"),
            ("ona@client.example. Yes", "[...]. Yes"),
            ("ona@client.exampleona@client.example", "ona@client.exampleona@client.example"),
            ("", ""),
        ] {
            assert_eq!(redacted(text, &words), expected);
        }
    }
}
