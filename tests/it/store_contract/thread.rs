//! Promises about a ticket's thread.

use maildesk::domain::letter::{Attached, MsgId, PartSource};
use maildesk::domain::people::AgentId;
use maildesk::domain::thread::{Entry, Kind, Message, Voice, Work};
use maildesk::domain::ticket::Ticket;
use maildesk::store::Store;

use crate::support::store_samples::*;

pub fn messages_are_numbered_within_their_ticket(store: &mut dyn Store) {
    let (first, second) = store.run(|tx| Ok((open(tx)?, open(tx)?))).expect("opened");
    let note = message(Kind::Note, "a note");
    let seqs = store
        .run(|tx| {
            let mut seqs = Vec::new();
            for key in [&first.key, &first.key, &second.key, &first.key] {
                seqs.push(tx.add_message(key, &note)?);
            }
            Ok(seqs)
        })
        .expect("added");
    assert_eq!(seqs, [1, 2, 1, 3]);
    let thread = store.run(|tx| tx.messages(&first.key)).expect("asked");
    assert_eq!(thread.iter().map(|m| m.seq).collect::<Vec<_>>(), [1, 2, 3]);
}

pub fn a_message_comes_back_with_everything_it_has(store: &mut dyn Store) {
    let raw = b"From: ona@client.example\r\n\r\nx";
    let full = Message {
        seq: 1,
        kind: Kind::Comment,
        author: Voice::Agent(AgentId("petr".into())),
        at: "2026-03-02T09:00:00.5Z".parse().expect("an instant"),
        text: "Пожалуйста\n\n🖨".into(),
        mail: Some(hash(raw)),
        letter: MsgId::parse("1@desk.example"),
        attachments: vec![Attached {
            name: "ąžuolas.pdf".into(),
            content_type: "application/pdf".into(),
            content_id: Some("c1".into()),
            size_bytes: 3,
            hash: hash(b"abc"),
            source: PartSource::Mail { raw: hash(raw), part: 2 },
        }],
    };
    let key = store
        .run(|tx| {
            let before = open(tx)?;
            tx.keep(&hash(raw), raw)?;
            tx.add_message(&before.key, &full)?;
            write(tx, Some(&before), &Ticket { messages: 1, ..before.clone() })?;
            Ok(before.key)
        })
        .expect("written");
    assert_eq!(store.run(|tx| tx.messages(&key)).expect("asked"), [full]);
}

pub fn history_comes_back_in_the_order_it_was_written(store: &mut dyn Store) {
    let (first, other) = store.run(|tx| Ok((open(tx)?, open(tx)?))).expect("opened");
    let nothing = serde_json::json!({});
    let written: Vec<Entry> = [(Voice::Operator, 50), (Voice::Desk, 10), (Voice::Unknown, 30)]
        .into_iter()
        .map(|(by, at)| Entry {
            at: second(at),
            event: "noted".into(),
            by,
            reason: format!("reason {at}"),
            change: nothing.clone(),
        })
        .collect();
    for entry in &written {
        store.run(|tx| tx.add_entry(&first.key, entry)).expect("added");
        store.run(|tx| tx.add_entry(&other.key, entry)).expect("added");
    }
    let found = store.run(|tx| tx.entries(&first.key)).expect("asked");
    assert_eq!(found[0].change, maildesk::domain::patch::change(None, &first));
    assert_eq!(found[1..], written[..]);
}

pub fn work_comes_back_in_the_order_it_was_written(store: &mut dyn Store) {
    let row = |minutes, mode: &str| Work {
        mode: mode.into(),
        text: "pakeičiau kasetę".into(),
        ..Work::new(AgentId("petr".into()), second(i64::from(minutes)), minutes)
    };
    let mut written = [row(45, "visit"), row(15, "")];
    let key = store
        .run(|tx| {
            let before = open(tx)?;
            for work in &written {
                tx.add_work(&before.key, work)?;
            }
            write(tx, Some(&before), &Ticket { spent_minutes: 60, ..before.clone() })?;
            Ok(before.key)
        })
        .expect("written");
    (written[0].row, written[1].row) = (1, 2);
    assert_eq!(store.run(|tx| tx.works(&key)).expect("asked"), written);
}
