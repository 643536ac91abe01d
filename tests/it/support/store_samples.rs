//! Tickets, mails and letters for tests of the store: sound, so that `check` has nothing to say.

use jiff::{SignedDuration, Timestamp};
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::hash::Hash;
use maildesk::domain::letter::{Letter, MsgId};
use maildesk::domain::money::Money;
use maildesk::domain::patch;
use maildesk::domain::period::Period;
use maildesk::domain::rules::DeskId;
use maildesk::domain::thread::{Entry, Kind, Message, Voice};
use maildesk::domain::ticket::{Requester, Ticket, TicketKey};
use maildesk::store::{Bill, NewLetter, NewMail, Outcome, Place, Result, Sighting, Tx};
use sha2::{Digest, Sha256};

/// So many seconds after nine o'clock of 2 March 2026, UTC.
pub fn second(n: i64) -> Timestamp {
    let nine: Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    nine + SignedDuration::from_secs(n)
}

pub fn desk() -> DeskId {
    "support".into()
}

pub fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub fn hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// A ticket of Ona's, as it is registered.
pub fn ticket(number: u32) -> Ticket {
    let key = TicketKey::new(&desk(), number);
    Ticket {
        subject: "Spausdintuvas".into(),
        requester: Requester {
            name: "Ona".into(),
            address: Some(address("ona@client.example")),
            phone: None,
        },
        client: Some("301234567".into()),
        ..Ticket::blank(key, maildesk::domain::language::Lang::LT, second(0))
    }
}

pub fn entry(before: Option<&Ticket>, after: &Ticket) -> Entry {
    Entry {
        at: second(1),
        event: "client_wrote".into(),
        by: Voice::Person(Mailbox::new("Ona", address("ona@client.example"))),
        reason: "a new request".into(),
        change: patch::change(before, after),
    }
}

pub fn message(kind: Kind, text: &str) -> Message {
    Message {
        seq: 0,
        kind,
        author: Voice::Person(Mailbox::new("Ona", address("ona@client.example"))),
        at: second(0),
        text: text.into(),
        mail: None,
        letter: None,
        attachments: Vec::new(),
    }
}

/// Writes a ticket with its history, as the desk does.
pub fn write(tx: &mut dyn Tx, before: Option<&Ticket>, after: &Ticket) -> Result<()> {
    tx.save(after, after.wake())?;
    tx.add_entry(&after.key, &entry(before, after))
}

/// Opens a ticket with a number of its own.
pub fn open(tx: &mut dyn Tx) -> Result<Ticket> {
    let ticket = ticket(tx.next_number(&desk(), 1)?);
    write(tx, None, &ticket)?;
    Ok(ticket)
}

/// A mail with the raw bytes `text`, undecided.
pub fn mail(text: &str) -> NewMail {
    NewMail {
        desk: desk(),
        fingerprint: hash(format!("content of {text}").as_bytes()),
        raw: hash(text.as_bytes()),
        size_bytes: text.len() as u64,
        message_id: Some(format!("{text}@client.example")),
        from: Some(address("ona@client.example")),
        subject: "Spausdintuvas".into(),
        received_at: second(0),
        stored_at: second(1),
        outcome: Outcome::Skipped { reason: "a test".into() },
    }
}

/// Keeps a mail and its bytes.
pub fn keep_mail(tx: &mut dyn Tx, mail: &NewMail, text: &str) -> Result<i64> {
    tx.keep(&mail.raw, text.as_bytes())?;
    tx.add_mail(mail)
}

pub fn sighting(uid: u32, mail: Option<i64>, outcome: Outcome) -> Sighting {
    let place = Place { mailbox: "support".into(), validity: 7, uid };
    Sighting { place, seen_at: second(i64::from(uid)), mail, outcome }
}

/// A bill over 70 euros and VAT for a month of 2026.
pub fn bill(number: u32, client: &str, month: i8) -> Bill {
    let euros = |cents| Money { cents, currency: "EUR".into() };
    Bill {
        desk: desk(),
        client: client.into(),
        period: Period::month(2026, month).expect("a month"),
        number,
        minutes: 60,
        net: euros(7_000),
        vat: euros(1_470),
        total: euros(8_470),
        at: second(0),
    }
}

/// A letter to one person, about a ticket or about none.
pub fn letter(name: &str, ticket: Option<&TicketKey>, to: &str) -> NewLetter {
    NewLetter {
        letter: Letter {
            message_id: MsgId::parse(&format!("{name}@desk.example")).expect("safe"),
            head: format!("Subject: {name}\r\n\r\nLaba diena\r\n").into_bytes(),
            parts: Vec::new(),
            tail: Vec::new(),
        },
        desk: desk(),
        ticket: ticket.cloned(),
        purpose: "ack".into(),
        automatic: true,
        pressing: false,
        cause: name.into(),
        created_at: second(0),
        envelope_from: None,
        recipients: vec![address(to)],
        not_before: second(0),
    }
}
