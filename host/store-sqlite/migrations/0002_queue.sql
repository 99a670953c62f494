-- The queue as operators see it: requests that share a task and leave it one by one, pauses, holds, uncertain components, audit.
-- Tables whose checks change are made anew; rows refer to each other by `seq`, which they keep. Migrations run on a connection that does
-- not enforce foreign keys, so that dropping a table deletes nothing elsewhere.

CREATE TABLE task_new (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    transition BLOB NOT NULL CHECK (length(transition) = 16),
    component TEXT NOT NULL,
    controller TEXT NOT NULL,
    -- The order in line; a task that was paused gets a new place when it is admitted again. Places come from the sequence of `seq`.
    place INTEGER NOT NULL,
    lane TEXT NOT NULL CHECK (lane IN ('power', 'configuration')),
    phase TEXT NOT NULL
        CHECK (phase IN ('queued', 'preparing', 'backoff', 'intent', 'pending', 'verifying', 'refused', 'closing', 'done')),
    standing TEXT NOT NULL CHECK (standing IN ('new', 'in-progress', 'failed', 'succeeded', 'unsupported')),
    outcome TEXT
        CHECK (outcome IN ('verified', 'already', 'unproven', 'failed', 'timed-out', 'superseded', 'absorbed', 'cancelled',
            'cancelled-after-send', 'uncertain')),
    cancel_asked TEXT CHECK (cancel_asked IN ('now', 'finish')),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    machine TEXT NOT NULL,
    CHECK ((phase = 'done') = (outcome IS NOT NULL)),
    CHECK ((phase = 'done') = (ended_at IS NOT NULL))
) STRICT;

INSERT INTO task_new (seq, id, transition, component, controller, place, lane, phase, standing, outcome, cancel_asked,
    created_at, updated_at, ended_at, machine)
SELECT seq, id, transition, component, controller, seq, lane, phase, standing, outcome, iif(cancel_asked, 'now', NULL), created_at,
    updated_at, ended_at,
    iif(machine ->> '$.cancelled', json_set(machine, '$.stop', json_object('why', 'cancelled')), machine)
FROM task;

-- The last place that was given stays given, also when its task has been deleted.
DELETE FROM sqlite_sequence WHERE name = 'task_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'task_new', seq FROM sqlite_sequence WHERE name = 'task';

DROP TABLE task;
ALTER TABLE task_new RENAME TO task;

CREATE UNIQUE INDEX task_active ON task (component, lane) WHERE phase NOT IN ('queued', 'done');
CREATE INDEX task_line ON task (component, lane, place) WHERE phase <> 'done';
CREATE INDEX task_open ON task (place) WHERE phase <> 'done';
CREATE INDEX task_of_controller ON task (controller) WHERE phase <> 'done';
CREATE INDEX task_past ON task (component) WHERE phase = 'done';
-- Nobody shares these, so that no transition takes them along when it is deleted.
CREATE INDEX task_absorbed ON task (ended_at) WHERE outcome = 'absorbed';

-- `standing` is what a member counts as that was refused, or that left a task which goes on for others.
-- `how` says what became of the request on arrival, when it was more than a task that starts.
CREATE TABLE member_new (
    transition INTEGER NOT NULL REFERENCES transition (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    name TEXT NOT NULL,
    task INTEGER REFERENCES task (seq),
    refusal TEXT,
    standing TEXT CHECK (standing IN ('failed', 'succeeded', 'unsupported')),
    how TEXT,
    departure TEXT,
    PRIMARY KEY (transition, position),
    CHECK ((task IS NULL) = (refusal IS NOT NULL)),
    CHECK ((refusal IS NOT NULL OR departure IS NOT NULL) = (standing IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO member_new (transition, position, name, task, refusal, standing)
SELECT transition, position, name, task, refusal, standing FROM member;

DROP TABLE member;
ALTER TABLE member_new RENAME TO member;

CREATE INDEX member_of_task ON member (task, transition) WHERE task IS NOT NULL;

-- What each request wants of the tasks that it shares; of requests from before, their tasks know it.
ALTER TABLE transition ADD COLUMN deadline TEXT NOT NULL DEFAULT '{"within":{"secs":300,"nanos":0}}';
ALTER TABLE transition ADD COLUMN start_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transition ADD COLUMN retry_of BLOB CHECK (length(retry_of) = 16);
UPDATE transition SET start_by = created_at + 900000;
UPDATE transition SET deadline = wanted.deadline, start_by = wanted.start_by
FROM (
    SELECT m.transition, t.machine -> '$.deadline' AS deadline, max(t.machine ->> '$.start_by') AS start_by
    FROM member AS m CROSS JOIN task AS t ON t.seq = m.task
    GROUP BY m.transition
) AS wanted
WHERE transition.seq = wanted.transition AND wanted.deadline IS NOT NULL AND wanted.start_by IS NOT NULL;

CREATE INDEX transition_of_caller ON transition (requested_by, seq);

-- The task that left it unknown whether something was executed that must not be repeated.
ALTER TABLE component ADD COLUMN uncertain BLOB CHECK (length(uncertain) = 16);
CREATE INDEX component_uncertain ON component (id) WHERE uncertain IS NOT NULL;

CREATE TABLE hold (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    allow TEXT NOT NULL,
    released_at INTEGER,
    released_by TEXT,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE TABLE held (
    component TEXT NOT NULL,
    hold INTEGER NOT NULL REFERENCES hold (seq) ON DELETE CASCADE,
    PRIMARY KEY (component, hold)
) STRICT, WITHOUT ROWID;

CREATE INDEX held_by ON held (hold);

-- Who did what, why and from where. Rows are only ever added, and deleted when they are too old.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT,
    origin TEXT,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_of ON audit (who, seq);

-- What was shown to somebody before it is executed.
CREATE TABLE plan (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_expiring ON plan (expires_at);
