//! What SQL alone can answer: each question names the rows that should not be.

use rusqlite::Connection;

use super::Findings;
use crate::store::Result;

/// An invariant, the rows that break it (by a name for each), and how.
type Question = (u32, &'static str, &'static str);

const QUESTIONS: &[Question] = &[
    (
        1,
        "SELECT 'mail ' || id FROM mails WHERE NOT EXISTS (SELECT 1 FROM bytes WHERE hash = raw)",
        "has no raw bytes",
    ),
    (
        1,
        "SELECT 'mail ' || mails.id FROM mails JOIN bytes ON hash = raw WHERE length(bytes) <> size_bytes",
        "has another size than its raw bytes",
    ),
    (
        1,
        "SELECT 'message ' || desk || '/' || number || '/' || seq FROM messages
         WHERE mail IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bytes WHERE hash = mail)",
        "came by a mail whose raw bytes are not kept",
    ),
    (
        2,
        "SELECT 'mail ' || id FROM mails WHERE outcome = 'stored' AND id < (SELECT max(id) FROM mails)",
        "was never decided, though later ones were",
    ),
    (
        2,
        "SELECT 'sighting ' || mailbox || '/' || validity || '/' || uid FROM sightings
         WHERE outcome = 'stored' AND mail IS NOT (SELECT max(id) FROM mails)",
        "has no final outcome",
    ),
    (
        2,
        "SELECT 'sighting ' || mailbox || '/' || validity || '/' || uid FROM sightings
         JOIN mails ON mails.id = sightings.mail
         WHERE sightings.outcome <> 'duplicate' AND sightings.doc <> mails.doc",
        "has another outcome than its mail",
    ),
    (
        2,
        "SELECT 'sighting ' || mailbox || '/' || validity || '/' || uid FROM sightings
         WHERE mail IS NULL AND outcome IN ('applied', 'delivery_event', 'returned')",
        "had an effect without a mail",
    ),
    (
        2,
        "SELECT 'sighting ' || mailbox || '/' || validity || '/' || uid FROM sightings
         WHERE mail IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mails WHERE id = sightings.mail)",
        "names a mail that is not there",
    ),
    (
        2,
        "SELECT 'mail ' || id FROM mails WHERE ticket_number IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM tickets WHERE tickets.desk = ticket_desk AND number = ticket_number)",
        "had to do with a ticket that is not there",
    ),
    (
        3,
        "SELECT 'ticket ' || desk || '/' || number FROM tickets
         WHERE number > coalesce((SELECT last_number FROM desks WHERE desks.desk = tickets.desk), 0)",
        "has a number that was never given",
    ),
    (
        6,
        "SELECT 'delivery ' || id FROM deliveries
         WHERE NOT EXISTS (SELECT 1 FROM letters WHERE letters.id = deliveries.letter)",
        "has no letter",
    ),
    (
        6,
        "SELECT 'letter ' || message_id FROM letters
         WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE letter = letters.id)",
        "goes to nobody",
    ),
    (
        6,
        "SELECT 'letter ' || message_id FROM letters WHERE ticket_number IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM tickets WHERE tickets.desk = ticket_desk AND number = ticket_number)",
        "tells of a ticket that is not there",
    ),
    (
        6,
        "SELECT 'delivery ' || deliveries.id FROM deliveries JOIN letters ON letters.id = deliveries.letter
         WHERE deliveries.ticket_desk IS NOT letters.ticket_desk
         OR deliveries.ticket_number IS NOT letters.ticket_number",
        "stands in the order of another ticket than its letter's",
    ),
    (
        6,
        "SELECT 'letter ' || message_id FROM letters WHERE automatic = 1
         AND (SELECT count(*) FROM deliveries WHERE letter = letters.id)
         > CASE WHEN purpose = 'resolved' THEN 21 WHEN purpose IN ('ack', 'urgent_accepted', 'deadline_changed') THEN 2 ELSE 1 END",
        "was written by nobody and goes to several people",
    ),
    (
        6,
        "SELECT 'letter for ' || cause || ', ' || purpose || ', ' || recipient FROM letters
         JOIN deliveries ON letter = letters.id GROUP BY desk, cause, purpose, recipient HAVING count(*) > 1",
        "is there more than once",
    ),
    (
        6,
        "SELECT 'delivery ' || id FROM deliveries
         WHERE open <> (state IN ('queued', 'attempting', 'deferred', 'uncertain'))
         OR state NOT IN ('queued', 'attempting', 'deferred', 'uncertain', 'sent', 'failed', 'expired', 'cancelled')",
        "has a state that contradicts itself",
    ),
    (
        6,
        "SELECT 'delivery ' || id FROM deliveries WHERE open = 0 AND settled_at IS NULL",
        "is done without an outcome",
    ),
    (
        6,
        "SELECT 'delivery ' || id FROM deliveries AS this WHERE open = 1 AND head = EXISTS
         (SELECT 1 FROM deliveries AS older WHERE older.recipient = this.recipient
         AND older.ticket_desk = this.ticket_desk AND older.ticket_number = this.ticket_number
         AND older.open = 1 AND older.id < this.id)",
        "has lost its place in the order of its recipient and ticket",
    ),
    (
        11,
        "SELECT 'thread ' || desk || '/' || number FROM messages
         GROUP BY desk, number HAVING min(seq) <> 1 OR max(seq) <> count(*)",
        "has a gap",
    ),
    (
        11,
        "SELECT DISTINCT 'ticket ' || desk || '/' || number FROM
         (SELECT desk, number FROM messages UNION SELECT desk, number FROM history
         UNION SELECT desk, number FROM works UNION SELECT desk, number FROM ties
         UNION SELECT desk, number FROM ratings) AS part
         WHERE NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.desk = part.desk AND tickets.number = part.number)",
        "has a thread and is not there",
    ),
    (
        11,
        "SELECT 'history ' || id || ' of ' || desk || '/' || number FROM history WHERE event = '' OR reason = ''",
        "does not say what happened and why",
    ),
    (
        11,
        "SELECT 'work ' || newer.id || ' of ' || newer.desk || '/' || newer.number FROM works AS newer
         WHERE corrects IS NOT NULL AND NOT EXISTS (SELECT 1 FROM works AS older WHERE older.id = newer.corrects
         AND older.id < newer.id AND older.desk = newer.desk AND older.number = newer.number)",
        "corrects what is no older row of its ticket",
    ),
    (
        11,
        "SELECT 'work ' || id || ' of ' || desk || '/' || number FROM works WHERE client IS NOT
         (SELECT client FROM tickets WHERE tickets.desk = works.desk AND tickets.number = works.number)",
        "is kept under another client than its ticket's",
    ),
    (
        11,
        "SELECT 'the leave to empty what only grows' FROM erasing",
        "was never given back",
    ),
    (
        3,
        "SELECT 'bill ' || desk || '/' || number FROM bills WHERE number >
         coalesce((SELECT last_number FROM bill_numbers WHERE bill_numbers.desk = bills.desk), 0)",
        "has a number that was never given",
    ),
    (
        11,
        "SELECT 'bill ' || desk || '/' || number FROM bills WHERE net_cents + vat_cents <> total_cents",
        "does not add up",
    ),
    (
        11,
        "SELECT 'bill ' || this.desk || '/' || this.number FROM bills AS this JOIN bills AS other
         ON other.desk = this.desk AND other.client = this.client AND other.number < this.number
         AND other.first_day <= this.last_day AND other.last_day >= this.first_day",
        "is about days that were billed before",
    ),
];

pub(super) fn ask(conn: &Connection, findings: &mut Findings) -> Result<()> {
    for (invariant, sql, fault) in QUESTIONS {
        let mut statement = conn.prepare_cached(sql)?;
        let subjects = statement.query_map([], |row| row.get::<_, String>(0))?;
        for subject in subjects {
            findings.add(*invariant, format!("{} {fault}", subject?));
        }
    }
    Ok(())
}
