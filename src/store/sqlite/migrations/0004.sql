-- After a loss, and after a person: what a restore knows of the time that was lost, and rows that may be emptied.

-- The time that a restore lost: from the last thing that the copy knows to the restore.
ALTER TABLE restores ADD COLUMN lost_from INTEGER;         -- NULL where it is not known
ALTER TABLE restores ADD COLUMN at INTEGER;                -- when the database was restored
ALTER TABLE restores ADD COLUMN known INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)); -- `lost_letters` has all that left in that time

-- Letters that left in a time that was lost: they are not sent a second time.
CREATE TABLE lost_letters (
  cause      TEXT NOT NULL,                                -- as in letters
  purpose    TEXT NOT NULL,
  recipient  TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at         INTEGER NOT NULL,                             -- when it left
  PRIMARY KEY (cause, purpose, recipient)
) STRICT, WITHOUT ROWID;

-- When a ticket came to its end, so that those of long ago are found; NULL before that, and once it was emptied.
ALTER TABLE tickets ADD COLUMN ended_at INTEGER;
UPDATE tickets SET ended_at = CAST(strftime('%s', substr(json_extract(doc, '$.state.at'), 1, 19)) AS INTEGER) * 1000000000
  WHERE status IN ('closed', 'rejected');
CREATE INDEX tickets_ended ON tickets (ended_at, desk, number) WHERE ended_at IS NOT NULL;

-- There is a row while words of people are taken out, within that one transaction and never outside it: only then
-- may what else only grows be emptied. Rows, times, minutes and numbers stay even then.
CREATE TABLE erasing (
  one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;
DROP TRIGGER history_is_not_changed;
CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history WHEN NOT EXISTS (SELECT 1 FROM erasing)
BEGIN SELECT RAISE(ABORT, 'history only grows: no entry is changed'); END;
DROP TRIGGER works_are_not_changed;
CREATE TRIGGER works_are_not_changed
BEFORE UPDATE OF id, desk, number, agent, at, minutes, mode, text, corrects ON works
WHEN NOT EXISTS (SELECT 1 FROM erasing)
BEGIN SELECT RAISE(ABORT, 'the work journal only grows: no row is changed'); END;
DROP TRIGGER letters_are_frozen;
CREATE TRIGGER letters_are_frozen BEFORE UPDATE ON letters WHEN NOT EXISTS (SELECT 1 FROM erasing)
BEGIN SELECT RAISE(ABORT, 'a letter in the outbox is frozen'); END;

-- Each time that a person was taken out, in numbers alone.
CREATE TABLE erasures (
  id       INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  cases    INTEGER NOT NULL,                               -- emptied as a whole
  mails    INTEGER NOT NULL,
  letters  INTEGER NOT NULL,
  messages INTEGER NOT NULL                                -- in cases of other people
) STRICT;
