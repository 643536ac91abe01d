-- The first shape of a maildesk database.
--
-- Instants are INTEGER nanoseconds since 1970 UTC (in a shell: datetime(x / 1000000000, 'unixepoch')).
-- Hashes are BLOBs of 32 bytes (SHA-256; in a shell: lower(hex(x))). Truths are 0 and 1.
-- A column `doc` is JSON and holds the whole; the columns beside it repeat what is asked for.
-- No rows refer to tickets by foreign key: within one unit the thread may be written before its ticket.
-- What must hold between tables is in `maildesk check`.

-- Counters of ticket numbers.
CREATE TABLE desks (
  desk        TEXT PRIMARY KEY,                            -- the desk's name in the configuration
  last_number INTEGER NOT NULL CHECK (last_number >= 0)    -- the highest number ever given
) STRICT, WITHOUT ROWID;

-- One row for each restore of a backup: numbers given between backup and loss must not be given again.
CREATE TABLE restores (
  epoch INTEGER PRIMARY KEY CHECK (epoch >= 1),            -- 1, 2, 3 …; a database never restored is in epoch 0
  gap   INTEGER NOT NULL CHECK (gap >= 0)                  -- numbers left out at every desk
) STRICT;

-- Bytes under their content hash: raw mails, blobs of letters.
CREATE TABLE bytes (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),    -- SHA-256 of `bytes`
  bytes BLOB NOT NULL                                      -- as received, nothing mended
) STRICT;

-- Mails received, one row for each content.
CREATE TABLE mails (
  id            INTEGER PRIMARY KEY,
  desk          TEXT NOT NULL,                             -- the desk whose mailbox it came to
  fingerprint   BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32), -- the content without trace headers
  raw           BLOB NOT NULL CHECK (length(raw) = 32),    -- key into `bytes`
  size_bytes    INTEGER NOT NULL,                          -- length of the raw bytes
  message_id    TEXT,                                      -- without angle brackets, as the sender wrote it
  from_address  TEXT,                                      -- NULL where the sender could not be read
  subject       TEXT NOT NULL,                             -- one line, for lists
  received_at   INTEGER NOT NULL,                          -- INTERNALDATE
  stored_at     INTEGER NOT NULL,                          -- when it was kept here
  outcome       TEXT NOT NULL,                             -- what became of it, in one word
  ticket_desk   TEXT,                                      -- the ticket it had to do with
  ticket_number INTEGER,
  attempts      INTEGER NOT NULL DEFAULT 0,                -- how often it was tried to decide on it
  doc           TEXT NOT NULL                              -- the outcome in full
) STRICT;
CREATE INDEX mails_message_id ON mails (message_id, id) WHERE message_id IS NOT NULL;
CREATE INDEX mails_ticket ON mails (ticket_desk, ticket_number, id) WHERE ticket_number IS NOT NULL;
CREATE INDEX mails_outcome ON mails (outcome, id);

-- UIDs seen on servers: the ledger. Every mail ever seen has its row here.
CREATE TABLE sightings (
  id            INTEGER PRIMARY KEY,
  mailbox       TEXT NOT NULL,                             -- the mailbox's name in the configuration
  validity      INTEGER NOT NULL,                          -- UIDVALIDITY of its folder
  uid           INTEGER NOT NULL,
  seen_at       INTEGER NOT NULL,
  mail          INTEGER REFERENCES mails (id),             -- NULL where it was never read
  outcome       TEXT NOT NULL,                             -- what became of it, in one word
  ticket_desk   TEXT,                                      -- the ticket it had to do with
  ticket_number INTEGER,
  doc           TEXT NOT NULL,                             -- the outcome in full
  UNIQUE (mailbox, validity, uid)
) STRICT;
CREATE INDEX sightings_mail ON sightings (mail) WHERE mail IS NOT NULL;
CREATE INDEX sightings_seen ON sightings (seen_at, id);
CREATE INDEX sightings_outcome ON sightings (outcome, seen_at, id);
CREATE INDEX sightings_ticket ON sightings (ticket_desk, ticket_number) WHERE ticket_number IS NOT NULL;

-- How far each mailbox has been read.
CREATE TABLE cursors (
  mailbox  TEXT PRIMARY KEY,
  validity INTEGER NOT NULL,                               -- UIDVALIDITY for which `uid` holds
  uid      INTEGER NOT NULL                                -- every UID up to here has a sighting
) STRICT, WITHOUT ROWID;

-- Tickets.
CREATE TABLE tickets (
  desk        TEXT NOT NULL,
  number      INTEGER NOT NULL CHECK (number >= 0),
  status      TEXT NOT NULL,                               -- needs_info, new, open, waiting, resolved, closed, merged, rejected
  requester   TEXT,                                        -- address of who asks; NULL where there is none
  assignee    TEXT,                                        -- short name of the agent who has it
  client      TEXT,                                        -- registration number of the client
  received_at INTEGER NOT NULL,                            -- when the request reached the mailbox
  wake        INTEGER,                                     -- when time alone next changes it; NULL: never
  doc         TEXT NOT NULL,                               -- the ticket
  PRIMARY KEY (desk, number)
) STRICT;
CREATE INDEX tickets_wake ON tickets (wake, desk, number) WHERE wake IS NOT NULL;
CREATE INDEX tickets_status ON tickets (desk, status, number);
CREATE INDEX tickets_requester ON tickets (requester, number) WHERE requester IS NOT NULL;
CREATE INDEX tickets_assignee ON tickets (assignee, number) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_client ON tickets (client, received_at) WHERE client IS NOT NULL;

-- Messages of tickets.
CREATE TABLE messages (
  desk   TEXT NOT NULL,
  number INTEGER NOT NULL,
  seq    INTEGER NOT NULL CHECK (seq >= 1),                -- 1, 2, 3 … within the ticket
  kind   TEXT NOT NULL,                                    -- request, comment, reply, note, automatic, held
  mail   BLOB,                                             -- key into `bytes` of the mail it came by
  doc    TEXT NOT NULL,                                    -- the message
  PRIMARY KEY (desk, number, seq)
) STRICT;

-- History of tickets: what happened, why, and what it changed. It only grows.
CREATE TABLE history (
  id     INTEGER PRIMARY KEY,                              -- in the order of happening
  desk   TEXT NOT NULL,
  number INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  event  TEXT NOT NULL,                                    -- one word
  author TEXT NOT NULL,                                    -- who did it, JSON
  reason TEXT NOT NULL,                                    -- why it was decided so
  change TEXT NOT NULL                                     -- JSON merge patch (RFC 7396); all of them folded give the ticket
) STRICT;
CREATE INDEX history_ticket ON history (desk, number, id);
CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history only grows: no entry is changed'); END;
CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history only grows: no entry is deleted'); END;

-- The work journal. It only grows.
CREATE TABLE works (
  id      INTEGER PRIMARY KEY,
  desk    TEXT NOT NULL,
  number  INTEGER NOT NULL,
  agent   TEXT NOT NULL,                                   -- short name of the agent who worked
  at      INTEGER NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes >= 0),           -- after rounding
  mode    TEXT NOT NULL,                                   -- visit, phone, …; may be empty
  text    TEXT NOT NULL
) STRICT;
CREATE INDEX works_ticket ON works (desk, number, id);
CREATE TRIGGER works_are_not_changed BEFORE UPDATE ON works
BEGIN SELECT RAISE(ABORT, 'the work journal only grows: no row is changed'); END;
CREATE TRIGGER works_are_not_deleted BEFORE DELETE ON works
BEGIN SELECT RAISE(ABORT, 'the work journal only grows: no row is deleted'); END;

-- Letters, frozen.
CREATE TABLE letters (
  id            INTEGER PRIMARY KEY,
  message_id    TEXT NOT NULL UNIQUE,                      -- without angle brackets
  desk          TEXT NOT NULL,                             -- the desk that sends it
  ticket_desk   TEXT,                                      -- the ticket it tells of
  ticket_number INTEGER,
  purpose       TEXT NOT NULL,                             -- name of the template
  automatic     INTEGER NOT NULL CHECK (automatic IN (0, 1)), -- nobody typed it
  cause         TEXT NOT NULL,                             -- what it answers or tells of
  created_at    INTEGER NOT NULL,
  not_before    INTEGER NOT NULL,                          -- not tried before this moment
  envelope_from TEXT,                                      -- NULL is <>
  digest        BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of `frozen`
  frozen        BLOB NOT NULL                              -- headers, texts and names of parts, as they were decided
) STRICT;
CREATE INDEX letters_ticket ON letters (ticket_desk, ticket_number) WHERE ticket_number IS NOT NULL;
CREATE TRIGGER letters_are_frozen BEFORE UPDATE ON letters
BEGIN SELECT RAISE(ABORT, 'a letter in the outbox is frozen'); END;

-- One delivery for each recipient of a letter.
CREATE TABLE deliveries (
  id            INTEGER PRIMARY KEY,
  letter        INTEGER NOT NULL REFERENCES letters (id),
  recipient     TEXT NOT NULL,
  ticket_desk   TEXT,                                      -- as in its letter: letters of one ticket
  ticket_number INTEGER,                                   -- reach one recipient in their order
  state         TEXT NOT NULL,                             -- queued, attempting, deferred, uncertain, sent, failed, expired, cancelled
  open          INTEGER NOT NULL CHECK (open IN (0, 1)),   -- something is still to be tried
  head          INTEGER NOT NULL CHECK (head IN (0, 1) AND head <= open), -- the oldest open one of its recipient and ticket
  attempts      INTEGER NOT NULL DEFAULT 0,                -- attempts that count
  uncertain     INTEGER NOT NULL DEFAULT 0,                -- attempts that ended without an answer
  next_at       INTEGER,                                   -- not tried before; while attempting: end of the lease
  first_at      INTEGER,                                   -- first attempt
  settled_at    INTEGER,                                   -- when the last outcome was written down
  text          TEXT NOT NULL DEFAULT '',                  -- the server's last reply or our reason
  CHECK (open = 0 OR next_at IS NOT NULL)
) STRICT;
CREATE INDEX deliveries_letter ON deliveries (letter);
CREATE INDEX deliveries_recipient ON deliveries (recipient, id);
CREATE INDEX deliveries_due ON deliveries (next_at, id) WHERE head = 1;
CREATE INDEX deliveries_order ON deliveries (recipient, ticket_desk, ticket_number, id) WHERE open = 1;
CREATE INDEX deliveries_attempting ON deliveries (id) WHERE state = 'attempting';

-- Automatic mails counted by the minute, so that budgets survive a restart and midnight.
CREATE TABLE answers (
  id     INTEGER PRIMARY KEY,
  scope  TEXT NOT NULL,                                    -- 'address ona@client.example', 'domain client.example', 'everybody'
  minute INTEGER NOT NULL,                                 -- minutes since 1970 UTC
  count  INTEGER NOT NULL CHECK (count >= 0),
  UNIQUE (scope, minute)
) STRICT;
CREATE INDEX answers_minute ON answers (minute);

-- What is known of addresses beyond their tickets. No row: nothing bad.
CREATE TABLE standings (
  address  TEXT PRIMARY KEY,                               -- without plus tag
  standing TEXT NOT NULL,                                  -- blocked, undeliverable
  at       INTEGER NOT NULL                                -- since when
) STRICT, WITHOUT ROWID;

-- Small things by name: keys, switches.
CREATE TABLE small_values (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
