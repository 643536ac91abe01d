//! A large database from a small one: conversations that the program itself has led are written again and again, each
//! time with another number, other people, other Message-IDs and other bytes, and the hashes that belong to them.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sha2::{Digest, Sha256};

/// What a conversation is written with: each stands for what takes its place, and is as long.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub number: u32,
    pub person: u32,
    pub domain: u32,
    pub client: u32,
}

impl Names {
    /// Of the conversation that is copied, as it stands in texts.
    fn texts(self) -> [String; 4] {
        [self.number.to_string(), person(self.person), domain(self.domain), client(self.client)]
    }
}

pub fn person(n: u32) -> String {
    format!("p{n:07}")
}

pub fn domain(n: u32) -> String {
    format!("d{n:07}")
}

/// A registration number.
pub fn client(n: u32) -> String {
    format!("3{n:08}")
}

enum Cell {
    Same(Value),
    Number,
    /// The row's own id, from the counter of its table.
    Id,
    /// The id of a row of that table, by its place in the conversation.
    Of(&'static str, usize),
    Uid,
    /// The hash of the bytes with this place in the conversation.
    Hash(usize),
    /// The fingerprint with this place in the conversation.
    Fingerprint(usize),
    /// The hash of the cell behind it.
    Digest,
    Text(Patched),
    Blob(Patched),
}

/// Bytes with the places at which something else is written over them.
struct Patched {
    bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Patched {
    fn of(bytes: Vec<u8>, names: &[Vec<u8>]) -> Patched {
        let mut places = Vec::new();
        for (at, _) in bytes.iter().enumerate() {
            let name = names.iter().position(|name| bytes[at..].starts_with(name));
            places.extend(name.map(|name| (at, name)));
        }
        Patched { bytes, places }
    }

    fn with(&self, names: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (at, name) in &self.places {
            bytes[*at..*at + names[*name].len()].copy_from_slice(&names[*name]);
        }
        bytes
    }
}

/// A conversation with all its rows.
pub struct Conversation {
    /// The bytes of its mails, whose hashes stand in other rows.
    raws: Vec<Patched>,
    /// The fingerprints of its mails, which are what letters name as their cause.
    prints: Vec<Vec<u8>>,
    rows: Vec<(&'static str, Vec<Cell>)>,
}

/// The tables, with what finds the rows of one ticket. Mails go before what names them, letters before deliveries.
const TABLES: &[(&str, &str)] = &[
    ("bytes", "hash IN (SELECT raw FROM mails WHERE ticket_number = ?1)"),
    ("mails", "ticket_number = ?1"),
    ("sightings", "ticket_number = ?1"),
    ("tickets", "number = ?1"),
    ("messages", "number = ?1"),
    ("history", "number = ?1"),
    ("works", "number = ?1"),
    ("letters", "ticket_number = ?1"),
    ("deliveries", "ticket_number = ?1"),
    ("ties", "number = ?1"),
];

fn columns(conn: &Connection, table: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn hex(hash: &[u8]) -> Vec<u8> {
    hash.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

impl Conversation {
    /// Reads one out of the database that the program has written.
    pub fn read(conn: &Connection, names: Names) -> Conversation {
        let texts = names.texts().map(String::into_bytes);
        let mut raws = Vec::new();
        let mut hashes: Vec<Vec<u8>> = Vec::new();
        for row in rows(conn, "bytes", names.number) {
            let mut cells = row.into_iter();
            let (Some(_), Some(Value::Blob(hash)), Some(Value::Blob(bytes))) =
                (cells.next(), cells.next(), cells.next())
            else {
                panic!("id, hash, bytes")
            };
            raws.push(Patched::of(bytes, &texts));
            hashes.push(hash);
        }
        let prints: Vec<Vec<u8>> = rows(conn, "mails", names.number)
            .into_iter()
            .filter_map(|row| match &row[2] {
                Value::Blob(print) => Some(print.clone()),
                _ => None,
            })
            .collect();
        let all: Vec<Vec<u8>> =
            texts.into_iter().chain(hashes.iter().chain(&prints).map(|hash| hex(hash))).collect();
        let mut ids: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let mut found = Vec::new();
        for (table, _) in TABLES {
            let heads = columns(conn, table);
            for row in rows(conn, table, names.number) {
                if let (Some(Value::Integer(id)), "id") = (row.first(), heads[0].as_str()) {
                    ids.entry(table).or_default().push(*id);
                }
                let cell = |(head, value): (&String, Value)| match (head.as_str(), &value) {
                    ("fingerprint", Value::Blob(print)) => {
                        Cell::Fingerprint(prints.iter().position(|known| known == print).expect("its own"))
                    }
                    _ => cell(table, head, value, &hashes, &ids, &all),
                };
                found.push((*table, heads.iter().zip(row).map(cell).collect()));
            }
        }
        Conversation { raws, prints, rows: found }
    }
}

fn rows(conn: &Connection, table: &str, number: u32) -> Vec<Vec<Value>> {
    let (_, condition) = TABLES.iter().find(|(name, _)| *name == table).expect("a table");
    let mut statement = conn.prepare(&format!("SELECT * FROM {table} WHERE {condition} ORDER BY 1")).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([number], |row| (0..width).map(|i| row.get(i)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn cell(
    table: &'static str,
    head: &str,
    value: Value,
    hashes: &[Vec<u8>],
    ids: &BTreeMap<&str, Vec<i64>>,
    names: &[Vec<u8>],
) -> Cell {
    let place = |of: &'static str, id: i64| {
        let place = ids.get(of).and_then(|all| all.iter().position(|known| *known == id));
        Cell::Of(of, place.expect("a row before it"))
    };
    match (table, head, value) {
        (_, "id", _) => Cell::Id,
        (_, "number" | "ticket_number", Value::Integer(_)) => Cell::Number,
        ("sightings", "uid", _) => Cell::Uid,
        ("sightings", "mail", Value::Integer(id)) => place("mails", id),
        ("deliveries", "letter", Value::Integer(id)) => place("letters", id),
        ("works", "corrects", Value::Integer(id)) => place("works", id),
        (_, "digest", _) => Cell::Digest,
        (_, _, Value::Blob(bytes)) => match hashes.iter().position(|hash| *hash == bytes) {
            Some(place) => Cell::Hash(place),
            None => Cell::Blob(Patched::of(bytes, names)),
        },
        (_, _, Value::Text(text)) => Cell::Text(Patched::of(text.into_bytes(), names)),
        (_, _, value) => Cell::Same(value),
    }
}

/// A database that grows by conversations.
pub struct Nursery {
    conn: Connection,
    inserts: BTreeMap<&'static str, String>,
    /// The last id that each table has given.
    last: BTreeMap<&'static str, i64>,
    dropped: Vec<String>,
}

impl Nursery {
    /// Opens a database that the program has made, and takes its indexes off: they are made in one go at the end.
    pub fn open(path: &Path) -> Nursery {
        let conn = Connection::open(path).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA cache_size = -800000; PRAGMA foreign_keys = OFF",
        )
        .unwrap();
        let made =
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'trigger')
            AND tbl_name NOT LIKE 'search%'";
        let made: Vec<(String, String, String)> = conn
            .prepare(made)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (kind, name, _) in &made {
            conn.execute_batch(&format!("DROP {kind} {name}")).unwrap();
        }
        let insert = |table: &'static str| {
            let places = vec!["?"; columns(&conn, table).len()].join(", ");
            (table, format!("INSERT INTO {table} VALUES ({places})"))
        };
        let inserts = TABLES.iter().map(|(table, _)| insert(table)).collect();
        conn.execute_batch("BEGIN").unwrap();
        Nursery { conn, inserts, last: BTreeMap::new(), dropped: made.into_iter().map(|m| m.2).collect() }
    }

    /// Writes a conversation with these names.
    pub fn add(&mut self, conversation: &Conversation, names: Names) {
        let mut texts: Vec<Vec<u8>> = names.texts().map(String::into_bytes).into();
        let raws: Vec<Vec<u8>> = conversation.raws.iter().map(|raw| raw.with(&texts)).collect();
        let hashes: Vec<Vec<u8>> = raws.iter().map(|raw| Sha256::digest(raw).to_vec()).collect();
        let print =
            |old: &Vec<u8>| Sha256::digest([old.as_slice(), &names.number.to_le_bytes()].concat()).to_vec();
        let prints: Vec<Vec<u8>> = conversation.prints.iter().map(print).collect();
        texts.extend(hashes.iter().chain(&prints).map(|hash| hex(hash)));
        let before = self.last.clone();
        for (table, cells) in &conversation.rows {
            let mut values: Vec<Value> = Vec::with_capacity(cells.len());
            for cell in cells.iter().rev() {
                let value = match cell {
                    Cell::Same(value) => value.clone(),
                    Cell::Number => Value::Integer(names.number.into()),
                    Cell::Id | Cell::Uid => {
                        let last = self.last.entry(if matches!(cell, Cell::Uid) { "uid" } else { table });
                        let last = last.or_insert(0);
                        *last += 1;
                        Value::Integer(*last)
                    }
                    Cell::Of(other, place) => {
                        let first = before.get(other).copied().unwrap_or(0) + 1;
                        Value::Integer(first + i64::try_from(*place).unwrap())
                    }
                    Cell::Hash(place) => Value::Blob(hashes[*place].clone()),
                    Cell::Fingerprint(place) => Value::Blob(prints[*place].clone()),
                    Cell::Digest => match values.last() {
                        Some(Value::Blob(frozen)) => Value::Blob(Sha256::digest(frozen).to_vec()),
                        _ => panic!("what is digested stands behind its digest"),
                    },
                    Cell::Text(text) => Value::Text(String::from_utf8(text.with(&texts)).unwrap()),
                    Cell::Blob(blob) => Value::Blob(blob.with(&texts)),
                };
                values.push(value);
            }
            let mut insert = self.conn.prepare_cached(&self.inserts[table]).unwrap();
            insert.execute(params_from_iter(values.into_iter().rev())).unwrap();
        }
    }

    /// Ends with all that stands once in a database: keys, counters, indexes.
    pub fn finish(self, from: &Path, last_number: u32) {
        let conn = self.conn;
        conn.execute_batch("COMMIT").unwrap();
        conn.execute("ATTACH ?1 AS origin", [from.to_str().unwrap()]).unwrap();
        conn.execute_batch(&format!(
            "INSERT INTO small_values SELECT * FROM origin.small_values;
             INSERT INTO desks SELECT desk, {last_number} FROM origin.desks"
        ))
        .unwrap();
        for sql in self.dropped {
            conn.execute_batch(&sql).unwrap();
        }
    }
}
