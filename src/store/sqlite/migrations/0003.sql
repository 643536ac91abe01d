-- Search, and lists that take as long for a million tickets as for a thousand.

-- The words of tickets, folded by the program (domain/search.rs); nothing but the index is kept. A row's number is
-- that of its ticket's first entry in the history: rows made anew have the same numbers, and the last opened comes
-- first in descending order. Behind the words stand marks to filter by ('=s=open'), which no word resembles.
CREATE VIRTUAL TABLE search USING fts5 (
  words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2 tokenchars '='"
);
CREATE VIRTUAL TABLE search_terms USING fts5vocab (search, 'instance');

-- How far the history has been read into the index.
CREATE TABLE search_state (
  one     INTEGER PRIMARY KEY CHECK (one = 1),             -- there is one row
  through INTEGER NOT NULL CHECK (through >= 0)            -- history.id of the last entry that was heeded
) STRICT;
INSERT INTO search_state (one, through) VALUES (1, 0);

-- Lists of one person, agent or client by status, newest first.
DROP INDEX tickets_requester;
DROP INDEX tickets_assignee;
DROP INDEX tickets_client;
CREATE INDEX tickets_requester ON tickets (requester, status, number, desk) WHERE requester IS NOT NULL;
CREATE INDEX tickets_assignee ON tickets (assignee, status, number, desk) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_client ON tickets (client, status, number, desk) WHERE client IS NOT NULL;

-- Work knows the client whose ticket it is now, and moves with it: no journal is walked for one client. All else in
-- a row of the journal stays as it was written.
DROP TRIGGER works_are_not_changed;
ALTER TABLE works ADD COLUMN client TEXT;                  -- registration number, as in the ticket
UPDATE works SET client =
  (SELECT client FROM tickets WHERE tickets.desk = works.desk AND tickets.number = works.number);
CREATE TRIGGER works_are_not_changed
BEFORE UPDATE OF id, desk, number, agent, at, minutes, mode, text, corrects ON works
BEGIN SELECT RAISE(ABORT, 'the work journal only grows: no row is changed'); END;
CREATE TRIGGER works_follow_a_ticket AFTER UPDATE OF client ON tickets WHEN old.client IS NOT new.client
BEGIN UPDATE works SET client = new.client WHERE desk = new.desk AND number = new.number; END;
CREATE TRIGGER works_find_a_ticket AFTER INSERT ON tickets WHEN new.client IS NOT NULL
BEGIN UPDATE works SET client = new.client WHERE desk = new.desk AND number = new.number; END;
CREATE INDEX works_client ON works (desk, client, at, id) WHERE client IS NOT NULL;
