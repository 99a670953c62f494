-- Times are milliseconds since the Unix epoch, UTC. Ids from outside are UUIDs of 16 bytes; rows refer to each other by `seq`.
-- Columns of JSON hold what no query looks into.

-- The one process that may move state. Every write of the engine is fenced by its epoch.
CREATE TABLE lease (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    replica TEXT NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    begun_at INTEGER NOT NULL
) STRICT;

CREATE TABLE controller (
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT,
    epoch INTEGER,
    CHECK ((owner IS NULL) = (epoch IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE component (
    id TEXT PRIMARY KEY NOT NULL,
    controller TEXT NOT NULL REFERENCES controller (id),
    observed TEXT NOT NULL DEFAULT 'unknown'
        CHECK (observed IN ('on', 'off', 'powering-on', 'powering-off', 'paused', 'asleep', 'unknown')),
    raw TEXT NOT NULL DEFAULT '',
    available INTEGER NOT NULL DEFAULT 0 CHECK (available IN (0, 1)),
    changed_at INTEGER NOT NULL DEFAULT 0,
    desired TEXT CHECK (desired IN ('on', 'off')),
    abilities TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX component_of_controller ON component (controller);

-- `unfinished` counts the members whose task has not ended; the last one to end freezes `counts`.
CREATE TABLE transition (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    operation TEXT NOT NULL
        CHECK (operation IN ('on', 'off', 'soft-off', 'force-off', 'soft-restart', 'hard-restart', 'init')),
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

CREATE INDEX transition_open ON transition (seq) WHERE ended_at IS NULL;
CREATE INDEX transition_expiring ON transition (expires_at);
CREATE INDEX transition_ended ON transition (ended_at) WHERE ended_at IS NOT NULL;

-- `machine` is the whole state; phase, standing and outcome repeat the parts of it that queries look at.
-- `transition` is the id of the request that made the task; that request may be forgotten before a later one that shares it.
CREATE TABLE task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    transition BLOB NOT NULL CHECK (length(transition) = 16),
    component TEXT NOT NULL,
    controller TEXT NOT NULL,
    lane TEXT NOT NULL DEFAULT 'power' CHECK (lane IN ('power')),
    phase TEXT NOT NULL
        CHECK (phase IN ('queued', 'preparing', 'backoff', 'intent', 'pending', 'verifying', 'refused', 'closing', 'done')),
    standing TEXT NOT NULL CHECK (standing IN ('new', 'in-progress', 'failed', 'succeeded', 'unsupported')),
    outcome TEXT
        CHECK (outcome IN ('verified', 'already', 'unproven', 'failed', 'timed-out', 'superseded', 'cancelled',
            'cancelled-after-send', 'uncertain')),
    cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    machine TEXT NOT NULL,
    CHECK ((phase = 'done') = (outcome IS NOT NULL)),
    CHECK ((phase = 'done') = (ended_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX task_active ON task (component, lane) WHERE phase NOT IN ('queued', 'done');
CREATE INDEX task_line ON task (component, seq) WHERE phase <> 'done';
CREATE INDEX task_open ON task (seq) WHERE phase <> 'done';
CREATE INDEX task_of_controller ON task (controller) WHERE phase <> 'done';

-- A member has a task or was refused; `standing` is what a refused one counts as.
CREATE TABLE member (
    transition INTEGER NOT NULL REFERENCES transition (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    name TEXT NOT NULL,
    task INTEGER REFERENCES task (seq),
    refusal TEXT,
    standing TEXT CHECK (standing IN ('failed', 'unsupported')),
    PRIMARY KEY (transition, position),
    CHECK ((task IS NULL) = (refusal IS NOT NULL)),
    CHECK ((refusal IS NULL) = (standing IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX member_of_task ON member (task) WHERE task IS NOT NULL;

CREATE TABLE attempt (
    seq INTEGER PRIMARY KEY,
    permit BLOB NOT NULL UNIQUE CHECK (length(permit) = 16),
    task INTEGER NOT NULL REFERENCES task (seq) ON DELETE CASCADE,
    step INTEGER NOT NULL CHECK (step >= 0),
    primitive TEXT NOT NULL
        CHECK (primitive IN ('on', 'force-on', 'force-off', 'graceful-shutdown', 'graceful-restart', 'force-restart',
            'power-cycle', 'full-power-cycle', 'push-power-button', 'nmi', 'suspend', 'pause', 'resume')),
    intent_at INTEGER NOT NULL,
    ended_at INTEGER,
    delivery TEXT,
    failure TEXT,
    CHECK ((ended_at IS NULL) = (delivery IS NULL)),
    CHECK (failure IS NULL OR ended_at IS NOT NULL)
) STRICT;

CREATE INDEX attempt_of_task ON attempt (task, seq);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    component TEXT,
    task BLOB CHECK (length(task) = 16),
    transition BLOB CHECK (length(transition) = 16),
    data TEXT NOT NULL
) STRICT;

CREATE INDEX event_at ON event (at);
