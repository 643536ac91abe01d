-- People who became known by writing, what ties tickets to matters, the queue, and the books.

-- Somebody who is not in the configuration and wrote before.
CREATE TABLE acquaintances (
  desk    TEXT NOT NULL,
  address TEXT NOT NULL,                                   -- without plus tag
  client  TEXT,                                            -- registration number of the client that vouched for it
  at      INTEGER NOT NULL,                                -- when it was last learnt
  doc     TEXT NOT NULL,                                   -- all that is known
  PRIMARY KEY (desk, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX acquaintances_client ON acquaintances (desk, client) WHERE client IS NOT NULL;

-- By what a further request is recognised as one on the same matter.
CREATE TABLE ties (
  desk   TEXT NOT NULL,
  matter TEXT NOT NULL,                                    -- 'parcel:CE000123455LT', 'from:ona@client.example Spausdintuvas'
  number INTEGER NOT NULL,                                 -- the ticket
  at     INTEGER NOT NULL,                                 -- when it was tied first
  PRIMARY KEY (desk, matter, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX ties_latest ON ties (desk, matter, at, number);

-- The nearest promise of a ticket that is not met yet; NULL where there is none.
ALTER TABLE tickets ADD COLUMN promise INTEGER;
UPDATE tickets SET promise = (
  SELECT min(CAST(strftime('%s', substr(due, 1, 19)) AS INTEGER) * 1000000000
             + CASE WHEN due LIKE '%.%' THEN CAST(substr(rtrim(substr(due, 21), 'Z') || '000000000', 1, 9) AS INTEGER) ELSE 0 END)
  FROM (SELECT json_extract(doc, '$.respond.due') AS due WHERE json_type(doc, '$.respond.met_at') IS NULL
        UNION ALL
        SELECT json_extract(doc, '$.resolve.due') WHERE json_type(doc, '$.resolve.met_at') IS NULL)
  WHERE due IS NOT NULL);

-- New requests that nobody has taken, in the two orders in which they are.
CREATE INDEX tickets_queue_fifo ON tickets (desk, received_at, number)
  WHERE status = 'new' AND assignee IS NULL;
CREATE INDEX tickets_queue_deadline ON tickets (desk, coalesce(promise, 9223372036854775807), received_at, number)
  WHERE status = 'new' AND assignee IS NULL;
-- For reports of an interval.
CREATE INDEX tickets_received ON tickets (desk, received_at, number);
CREATE INDEX messages_replies ON messages (desk, substr(json_extract(doc, '$.at'), 1, 19), number, seq) WHERE kind = 'reply';

-- A row that corrects an older one of its ticket names it: that one counts no more.
ALTER TABLE works ADD COLUMN corrects INTEGER REFERENCES works (id);
CREATE UNIQUE INDEX works_corrects ON works (corrects) WHERE corrects IS NOT NULL;
CREATE INDEX works_at ON works (desk, at, id);

-- What clients were asked to pay for. A period is billed once.
CREATE TABLE bills (
  desk        TEXT NOT NULL,
  number      INTEGER NOT NULL CHECK (number >= 1),        -- of the bill, within its desk
  client      TEXT NOT NULL,                               -- registration number
  first_day   TEXT NOT NULL,                               -- first and last day of the period, 2026-02-01
  last_day    TEXT NOT NULL CHECK (last_day >= first_day),
  minutes     INTEGER NOT NULL CHECK (minutes >= 0),       -- that were billed
  net_cents   INTEGER NOT NULL,
  vat_cents   INTEGER NOT NULL,
  total_cents INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  at          INTEGER NOT NULL,                            -- when it was written
  PRIMARY KEY (desk, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX bills_client ON bills (desk, client, last_day);
CREATE TRIGGER bills_are_not_changed BEFORE UPDATE ON bills
BEGIN SELECT RAISE(ABORT, 'a bill that was written is not changed'); END;
CREATE TRIGGER bills_are_not_deleted BEFORE DELETE ON bills
BEGIN SELECT RAISE(ABORT, 'a bill that was written is not deleted'); END;

-- Counters of bill numbers.
CREATE TABLE bill_numbers (
  desk        TEXT PRIMARY KEY,
  last_number INTEGER NOT NULL CHECK (last_number >= 0)    -- the highest number ever given
) STRICT, WITHOUT ROWID;

-- The last rating of each ticket.
CREATE TABLE ratings (
  desk    TEXT NOT NULL,
  number  INTEGER NOT NULL,
  value   INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5),
  comment TEXT NOT NULL,
  agent   TEXT,                                            -- short name of whoever had the ticket
  at      INTEGER NOT NULL,
  PRIMARY KEY (desk, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX ratings_at ON ratings (desk, at, number);
