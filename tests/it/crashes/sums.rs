//! What must be true in the end, asked of the database itself and of the server that took the letters.

use std::collections::BTreeMap;
use std::path::Path;

use maildesk::store::{SqliteStore, Store};
use rusqlite::{Connection, OpenFlags};

use super::Told;
use crate::support::liar_smtp::Liar;
use crate::support::post::message_id;

/// A story that has come to its end.
pub struct Ended<'a> {
    pub database: &'a Path,
    /// Contents that were delivered.
    pub mails: &'a BTreeMap<String, Vec<u8>>,
    /// How many mails lie on the server.
    pub lying: usize,
    pub liar: &'a Liar,
}

/// A letter to one recipient, as the database has it.
struct Row {
    message_id: String,
    recipient: String,
    state: String,
    uncertain: usize,
}

impl Ended<'_> {
    /// # Panics
    /// Something does not add up.
    pub fn hold(&self, told: &mut Told) {
        let base = Connection::open_with_flags(self.database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        self.mails_have_one_outcome(&base, told);
        self.letters_left_once(&base, told);
        drop(base);
        let faults = SqliteStore::open(self.database).unwrap().check().unwrap();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// Conservation: each mail has one row and one outcome, and took effect once at most.
    fn mails_have_one_outcome(&self, base: &Connection, told: &mut Told) {
        let count = |sql: &str| {
            let number: u32 = base.query_row(sql, [], |row| row.get(0)).unwrap();
            usize::try_from(number).unwrap()
        };
        assert_eq!(count("SELECT count(*) FROM mails"), self.mails.len(), "one row for each content");
        assert_eq!(
            count("SELECT count(*) FROM sightings"),
            self.lying,
            "one sighting for each mail that lies there"
        );
        assert_eq!(count("SELECT count(*) FROM mails WHERE outcome = 'stored'"), 0, "all are decided");
        let doubled = "SELECT count(*) FROM (SELECT mail FROM messages WHERE mail IS NOT NULL GROUP BY mail
                       HAVING count(*) > 1)";
        assert_eq!(count(doubled), 0, "no mail was taken to heart twice");
        let lost = "SELECT count(*) FROM mails WHERE outcome = 'applied'
                    AND raw NOT IN (SELECT mail FROM messages WHERE mail IS NOT NULL)";
        assert_eq!(count(lost), 0, "what was applied is in a ticket");
        let aside = count("SELECT count(*) FROM mails WHERE outcome = 'quarantined'");
        let other = "SELECT count(*) FROM mails WHERE outcome NOT IN ('applied', 'quarantined', 'returned')";
        assert_eq!(count(other), 0, "there is no third kind of outcome here");
        assert!(aside <= usize::try_from(told.lives).unwrap(), "each life spoils one at most: {aside}");
        told.resolved += count("SELECT count(*) FROM tickets WHERE status IN ('resolved', 'closed')") as u64;
        told.mails += self.mails.len() as u64;
        told.aside += aside as u64;
    }

    /// At most one: no cause has two letters for one purpose and person; each is at the sink as often as it must be.
    fn letters_left_once(&self, base: &Connection, told: &mut Told) {
        let twice = "SELECT cause || ' ' || purpose || ' ' || recipient FROM letters
                     JOIN deliveries ON letter = letters.id GROUP BY 1 HAVING count(*) > 1";
        let mut statement = base.prepare(twice).unwrap();
        let twice: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(twice.is_empty(), "{twice:#?}");
        let acks =
            "SELECT (SELECT count(*) FROM letters WHERE purpose = 'ack') - (SELECT count(*) FROM tickets)";
        let difference: i64 = base.query_row(acks, [], |row| row.get(0)).unwrap();
        assert_eq!(difference, 0, "each ticket is acknowledged once");
        let mut sink: BTreeMap<(String, String), Vec<Vec<u8>>> = BTreeMap::new();
        for taken in self.liar.taken() {
            let to = taken.to.trim_start_matches("TO:<").split('>').next().unwrap_or_default().to_owned();
            sink.entry((message_id(&taken.mail), to)).or_default().push(taken.mail);
        }
        for row in rows(base) {
            let Row { message_id, recipient, state, uncertain } = row;
            let copies = sink.remove(&(message_id.clone(), recipient.clone())).unwrap_or_default();
            let (least, most) = match state.as_str() {
                "sent" => (1, 1 + uncertain),
                // The last attempt, after which it was given up, may have been the uncertain one.
                "failed" | "expired" => (0, 1 + uncertain),
                "cancelled" => (0, uncertain),
                other => panic!("{message_id} is {other} in the end"),
            };
            assert!(
                (least..=most).contains(&copies.len()),
                "{message_id} to {recipient}: {state}, {uncertain} times uncertain, {} times at the sink",
                copies.len()
            );
            assert!(copies.iter().all(|copy| *copy == copies[0]), "{message_id}: a copy is the same bytes");
            told.letters += 1;
            told.copies += copies.len().saturating_sub(1) as u64;
        }
        assert!(sink.is_empty(), "letters that nobody wrote: {:?}", sink.keys());
    }
}

fn rows(base: &Connection) -> Vec<Row> {
    let all =
        "SELECT message_id, recipient, state, uncertain FROM deliveries JOIN letters ON letters.id = letter";
    let mut statement = base.prepare(all).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(Row {
            message_id: row.get(0)?,
            recipient: row.get(1)?,
            state: row.get(2)?,
            uncertain: row.get::<_, u8>(3)?.into(),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}
