//! In the end: each mail had its one outcome, and each letter came once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::came::{Came, Delivered};
use crate::load::{Done, Kind};
use crate::support::daemon::Daemon;

/// How many wrong ones of a kind are named.
const NAMED: usize = 5;

/// What was compared, and what was wrong.
#[derive(Default)]
pub struct Sums {
    pub broken: Vec<String>,
}

/// A mail as the database has it.
struct Kept {
    outcome: String,
    ticket: Option<i64>,
    messages: Vec<String>,
}

impl Sums {
    /// Compares what people did with what the database and their mailboxes say. `notes` were left by the operator.
    pub fn of(done: &Done, daemon: &Daemon, notes: u64) -> Sums {
        let mut sums = Sums::default();
        println!("\nsums:");
        sums.mails(done, daemon);
        sums.tickets(done, daemon);
        sums.books(done, daemon, notes);
        sums.letters(&done.came, daemon);
        sums
    }

    fn tell(&mut self, what: &str, counted: usize, wrong: &[String]) {
        println!("{counted:>8}  {what}{}", if wrong.is_empty() { "" } else { "  WRONG" });
        if !wrong.is_empty() {
            let named = wrong.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
            self.broken.push(format!("{what}: {} wrong: {named}", wrong.len()));
        }
    }

    /// Each mail that somebody wrote was kept once and became what it had to become.
    fn mails(&mut self, done: &Done, daemon: &Daemon) {
        let mut kept = kept(daemon);
        let mut wrong: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        for (id, kind) in &done.sent {
            *counts.entry(*kind).or_default() += 1;
            let rows = kept.remove(id).unwrap_or_default();
            let wanted = kind.becomes();
            let right = |kept: &Kept| {
                kept.outcome == if *kind == Kind::Mistake { "returned" } else { "applied" }
                    && kept.ticket.is_some()
                    && kept.messages.iter().map(String::as_str).eq(wanted.iter().copied())
            };
            if !(rows.len() == 1 && right(&rows[0])) {
                let found: Vec<String> =
                    rows.iter().map(|row| format!("{} {:?}", row.outcome, row.messages)).collect();
                wrong.entry(*kind).or_default().push(format!("{id}: {found:?}"));
            }
        }
        for (kind, count) in counts {
            let wrong = wrong.remove(&kind).unwrap_or_default();
            let what = match kind.becomes() {
                [] => "each one mail, no message",
                [one] => &format!("each one {one} of its ticket"),
                _ => unreachable!("at most one"),
            };
            self.tell(&format!("mails: {kind:?}, {what}"), count, &wrong);
        }
        let others: Vec<(String, Kept)> = kept
            .into_iter()
            .flat_map(|(id, rows)| rows.into_iter().map(move |row| (id.clone(), row)))
            .collect();
        let strange = others.iter().filter(|(_, row)| row.outcome != "delivery_event");
        let strange: Vec<String> = strange.map(|(id, row)| format!("{id}: {}", row.outcome)).collect();
        self.tell("mails: reports of the mail server, each taken as one", others.len(), &strange);
        let undecided =
            daemon.texts("SELECT outcome FROM sightings WHERE outcome IN ('stored', 'quarantined')");
        self.tell("mails: undecided or set aside", undecided.len(), &undecided);
    }

    /// Each request has one ticket, each ticket one request and one acknowledgement.
    fn tickets(&mut self, done: &Done, daemon: &Daemon) {
        let requests = done.sent.values().filter(|kind| **kind == Kind::Request).count();
        let numbers = daemon.texts("SELECT CAST(number AS TEXT) FROM tickets ORDER BY number");
        let expected: Vec<String> = (1..=requests).map(|number| number.to_string()).collect();
        let wrong = if numbers == expected { vec![] } else { vec![format!("{} tickets", numbers.len())] };
        self.tell("tickets, one for each request, numbered without a gap", numbers.len(), &wrong);
        let acks = daemon.texts("SELECT CAST(ticket_number AS TEXT) FROM letters WHERE purpose = 'ack'");
        let (all, different) = (acks.len(), acks.into_iter().collect::<BTreeSet<_>>());
        let missing: Vec<String> = numbers.into_iter().filter(|number| !different.contains(number)).collect();
        let doubled = (all != different.len()).then(|| format!("{} too many", all - different.len()));
        self.tell(
            "acknowledgements, one for each ticket",
            all,
            &[missing, doubled.into_iter().collect()].concat(),
        );
    }

    /// Working time and the operator's notes.
    fn books(&mut self, done: &Done, daemon: &Daemon, notes: u64) {
        let times = done.sent.values().filter(|kind| **kind == Kind::Time).count();
        for (what, sql, wanted) in [
            ("entries of working time", "SELECT count(*) FROM works", times as i64),
            (
                "notes of the operator",
                "SELECT count(*) FROM messages WHERE kind = 'note' AND mail IS NULL",
                i64::try_from(notes).expect("few"),
            ),
        ] {
            let count = daemon.count(sql);
            let wrong: Vec<String> =
                (count != wanted).then(|| format!("{wanted} wanted")).into_iter().collect();
            self.tell(what, usize::try_from(count).expect("a count"), &wrong);
        }
    }

    /// Each letter that left came once; copies only of those whose arrival was uncertain.
    fn letters(&mut self, came: &Came, daemon: &Daemon) {
        let sql = "SELECT letters.message_id || ' ' || recipient || ' ' || state || ' ' || uncertain || ' '
            || (envelope_from IS NULL) || ' ' || purpose || ' ' || text FROM deliveries JOIN letters ON letters.id = letter";
        let rows = daemon.texts(sql);
        let (mut lost, mut doubled, mut unsent) = (Vec::new(), Vec::new(), Vec::new());
        let (mut count, mut copies, mut uncertain, mut behind) = (0, 0, 0, 0);
        let mut known: BTreeSet<Delivered> = BTreeSet::new();
        for row in &rows {
            let fields: Vec<&str> = row.splitn(7, ' ').collect();
            let delivered = (fields[0].to_owned(), fields[1].to_owned());
            let allowed: usize = fields[3].parse().expect("a number");
            uncertain += allowed;
            if fields[1].starts_with("gone") {
                // With a sender it is given back; without one it is lost silently.
                let wanted: &[&str] = if fields[4] == "1" { &["sent", "cancelled"] } else { &["failed"] };
                unsent.extend((!wanted.contains(&fields[2])).then(|| row.clone()));
                continue;
            }
            unsent.extend((fields[2] != "sent").then(|| row.clone()));
            count += 1;
            match came.of(&delivered) {
                None => lost.push(row.clone()),
                Some(there) => {
                    copies += there.times_taken() - 1;
                    behind += there.doubled_behind();
                    let wrong = there.times_taken() > 1 + allowed || !there.same;
                    doubled.extend(wrong.then(|| format!("{} times: {row}", there.times_taken())));
                }
            }
            known.insert(delivered);
        }
        let strange = came.all().filter(|(delivered, _)| !known.contains(delivered));
        let strange: Vec<String> = strange.map(|((id, to), _)| format!("{id} {to}")).collect();
        self.tell("letters to people who exist, each in its mailbox", count, &lost);
        self.tell("copies beside them, each the same bytes and of an uncertain one", copies, &doubled);
        println!("{uncertain:>8}  attempts that ended without an answer after the final dot");
        println!("{behind:>8}  copies that the mail server made by itself, killed while it delivered");
        self.tell("letters of nobody's", strange.len(), &strange);
        self.tell(
            "letters not sent to who exists, or not given back from who does not",
            unsent.len(),
            &unsent,
        );
    }
}

impl Kind {
    /// The kinds of messages that it makes in its ticket.
    fn becomes(self) -> &'static [&'static str] {
        match self {
            Kind::Request => &["request"],
            Kind::Comment => &["comment"],
            Kind::Absence => &["automatic"],
            Kind::Answer => &["reply"],
            Kind::Note => &["note"],
            Kind::Command | Kind::Mistake | Kind::Time => &[],
        }
    }
}

/// All mails with their messages, by Message-ID.
fn kept(daemon: &Daemon) -> HashMap<String, Vec<Kept>> {
    let connection = daemon.database();
    let mut messages: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    let sql = "SELECT mail, kind FROM messages WHERE mail IS NOT NULL ORDER BY desk, number, seq";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    for row in rows {
        let (mail, kind): (Vec<u8>, String) = row.expect("a row");
        messages.entry(mail).or_default().push(kind);
    }
    let sql = "SELECT coalesce(message_id, ''), raw, outcome, ticket_number FROM mails";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?)));
    let mut kept: HashMap<String, Vec<Kept>> = HashMap::new();
    for row in rows.expect("rows") {
        let (id, raw, outcome, ticket): (String, _, _, _) = row.expect("a row");
        let messages = messages.get(&raw).cloned().unwrap_or_default();
        kept.entry(id).or_default().push(Kept { outcome, ticket, messages });
    }
    kept
}
