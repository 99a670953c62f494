-- Reservations in the state manager (SMD), and the deputy keys that requests come with.
-- A task has one phase more, in which SMD is asked. The table is made anew since its check changes; rows refer to it by `seq`, which
-- they keep.

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
        CHECK (phase IN ('queued', 'preparing', 'reserving', 'backoff', 'intent', 'pending', 'verifying', 'refused', 'closing',
            'done')),
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

INSERT INTO task_new (seq, id, transition, component, controller, place, lane, phase, standing, outcome, cancel_asked, paused,
    created_at, updated_at, ended_at, machine)
SELECT seq, id, transition, component, controller, place, lane, phase, standing, outcome, cancel_asked, paused, created_at,
    updated_at, ended_at, machine
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

-- A wish is stored before SMD is asked, and has no key; key and expiry come with the answer.
CREATE TABLE reservation (
    component TEXT PRIMARY KEY NOT NULL,
    asked_at INTEGER NOT NULL,
    key TEXT,
    deputy_key TEXT,
    expires_at INTEGER,
    CHECK ((key IS NULL) = (deputy_key IS NULL)),
    CHECK ((key IS NULL) = (expires_at IS NULL))
) STRICT, WITHOUT ROWID;

-- Deleted when the transition ends.
CREATE TABLE deputy_key (
    transition INTEGER NOT NULL REFERENCES transition (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (transition, position, number)
) STRICT, WITHOUT ROWID;
