-- What somebody waits for leaves before what only confirms, however much of that waits before it.

ALTER TABLE letters ADD COLUMN pressing INTEGER NOT NULL DEFAULT 0 CHECK (pressing IN (0, 1)); -- somebody waits for it
ALTER TABLE deliveries ADD COLUMN pressing INTEGER NOT NULL DEFAULT 0 CHECK (pressing IN (0, 1)); -- as its letter, or one behind it
UPDATE deliveries SET pressing = 1
  WHERE open = 1 AND (SELECT automatic FROM letters WHERE letters.id = deliveries.letter) = 0;
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (pressing, next_at, id) WHERE head = 1;
