-- The search index has marks of days beside those of months and years. It is made anew, in steps beside the work.
INSERT INTO search (search) VALUES ('delete-all');
UPDATE search_state SET through = 0;
