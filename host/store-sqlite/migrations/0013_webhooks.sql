-- Who reads the log on behalf of receivers, and the last event that it has looked at.
CREATE TABLE follower (
    name TEXT PRIMARY KEY NOT NULL,
    cursor INTEGER NOT NULL CHECK (cursor >= 0),
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

-- Whom a caller wants to be told of the end of its transition. It may outlive the transition until its follower has seen the end.
CREATE TABLE callback (
    transition BLOB PRIMARY KEY NOT NULL CHECK (length(transition) = 16),
    url TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is to be told, or was. `callback` is the URL of a caller; a configured webhook has none and is named by its follower.
CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    follower TEXT NOT NULL,
    callback TEXT,
    message TEXT NOT NULL,
    event INTEGER NOT NULL,
    kind TEXT NOT NULL,
    transition BLOB CHECK (length(transition) = 16),
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,
    last_attempt_at INTEGER,
    last_status INTEGER,
    last_words TEXT,
    next_attempt_at INTEGER,
    ended_at INTEGER,
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'pending') = (ended_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX delivery_told_once ON delivery (follower, event);
CREATE INDEX delivery_of_follower ON delivery (follower, seq);
CREATE INDEX delivery_pending ON delivery (follower, seq) WHERE state = 'pending';
CREATE INDEX delivery_pending_callback ON delivery (callback, seq) WHERE state = 'pending' AND callback IS NOT NULL;
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
