-- The ids of events bear the name of their log, so that the place of a reader in another file is known for what it is.
CREATE TABLE event_log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL CHECK (length(name) = 8)
) STRICT;

INSERT INTO event_log (only_row, name) VALUES (1, lower(hex(randomblob(4))));
