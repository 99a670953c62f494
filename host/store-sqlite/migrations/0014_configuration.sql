-- The configuration lane: requests to set limits, boot and indicator, or to read limits. It has tables of its own, since what it stores
-- waits for no power operation and knows neither steps nor places.

-- `unfinished` counts the members whose task has not ended; the last one to end freezes `counts`.
CREATE TABLE configuration (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    track TEXT NOT NULL CHECK (track IN ('limits', 'boot', 'indicator', 'snapshot')),
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
    CHECK ((cancel_asked_at IS NULL) = (cancel_asked_by IS NULL)),
    CHECK ((ended_at IS NULL) = (unfinished > 0))
) STRICT;

CREATE INDEX configuration_open ON configuration (seq) WHERE ended_at IS NULL;
CREATE INDEX configuration_expiring ON configuration (expires_at);
CREATE INDEX configuration_ended ON configuration (ended_at) WHERE ended_at IS NOT NULL;

-- `machine` is the whole state; the columns before it repeat the parts of it that queries look at. `operations` is what the task counts
-- for in the API of PCS, of which `left_out` failed although the task did not.
CREATE TABLE configuration_task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    configuration BLOB NOT NULL CHECK (length(configuration) = 16),
    component TEXT NOT NULL,
    controller TEXT NOT NULL,
    track TEXT NOT NULL CHECK (track IN ('limits', 'boot', 'indicator', 'snapshot')),
    phase TEXT NOT NULL
        CHECK (phase IN ('queued', 'reading', 'backoff', 'intent', 'pending', 'verifying', 'refused', 'closing', 'done')),
    standing TEXT NOT NULL CHECK (standing IN ('new', 'in-progress', 'failed', 'succeeded', 'unsupported')),
    operations INTEGER NOT NULL CHECK (operations >= 0),
    left_out INTEGER NOT NULL CHECK (left_out >= 0),
    outcome TEXT
        CHECK (outcome IN ('verified', 'already', 'read', 'failed', 'timed-out', 'superseded', 'cancelled', 'cancelled-after-send')),
    cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    machine TEXT NOT NULL,
    CHECK ((phase = 'done') = (outcome IS NOT NULL)),
    CHECK ((phase = 'done') = (ended_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX configuration_task_active ON configuration_task (component, track) WHERE phase NOT IN ('queued', 'done');
CREATE INDEX configuration_task_line ON configuration_task (component, track, seq) WHERE phase <> 'done';
CREATE INDEX configuration_task_open ON configuration_task (seq) WHERE phase <> 'done';

-- A member has a task or was refused. `counted` is JSON: what a refused one counts as, or one that left a task which goes on for others.
CREATE TABLE configuration_member (
    configuration INTEGER NOT NULL REFERENCES configuration (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    name TEXT NOT NULL,
    task INTEGER REFERENCES configuration_task (seq),
    refusal TEXT,
    how TEXT,
    departed_at INTEGER,
    counted TEXT,
    PRIMARY KEY (configuration, position),
    CHECK ((task IS NULL) = (refusal IS NOT NULL)),
    CHECK ((refusal IS NOT NULL OR departed_at IS NOT NULL) = (counted IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX configuration_member_of_task ON configuration_member (task, configuration) WHERE task IS NOT NULL;
