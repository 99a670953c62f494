-- Operations that PCS does not have, and through which controller each request went.
-- The table is made anew since its check changes; rows refer to it by `seq`, which they keep.

CREATE TABLE transition_new (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    operation TEXT NOT NULL
        CHECK (operation IN ('on', 'off', 'soft-off', 'force-off', 'soft-restart', 'hard-restart', 'init', 'reset',
            'power-cycle', 'full-power-cycle', 'nmi')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    requested_by TEXT NOT NULL,
    reason TEXT,
    request_id TEXT NOT NULL,
    cancel_asked_at INTEGER,
    cancel_asked_by TEXT,
    members INTEGER NOT NULL CHECK (members >= 0),
    unfinished INTEGER NOT NULL CHECK (unfinished BETWEEN 0 AND members),
    counts TEXT,
    ended_at INTEGER,
    deadline TEXT NOT NULL,
    start_by INTEGER NOT NULL,
    retry_of BLOB CHECK (length(retry_of) = 16),
    CHECK ((cancel_asked_at IS NULL) = (cancel_asked_by IS NULL)),
    CHECK ((ended_at IS NULL) = (unfinished > 0))
) STRICT;

INSERT INTO transition_new (seq, id, operation, created_at, expires_at, requested_by, reason, request_id, cancel_asked_at,
    cancel_asked_by, members, unfinished, counts, ended_at, deadline, start_by, retry_of)
SELECT seq, id, operation, created_at, expires_at, requested_by, reason, request_id, cancel_asked_at, cancel_asked_by, members,
    unfinished, counts, ended_at, deadline, start_by, retry_of
FROM transition;

-- The last number that was given stays given, also when its transition has been deleted.
DELETE FROM sqlite_sequence WHERE name = 'transition_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'transition_new', seq FROM sqlite_sequence WHERE name = 'transition';

DROP TABLE transition;
ALTER TABLE transition_new RENAME TO transition;

CREATE INDEX transition_open ON transition (seq) WHERE ended_at IS NULL;
CREATE INDEX transition_expiring ON transition (expires_at);
CREATE INDEX transition_ended ON transition (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX transition_of_caller ON transition (requested_by, seq);

-- The controller that the request was for, when it was not that of the task.
ALTER TABLE attempt ADD COLUMN controller TEXT;
