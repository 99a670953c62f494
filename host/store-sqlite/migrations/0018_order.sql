-- The order of tasks within one request: a task waits for another, for the request that wants it so. A request that moves to another
-- task takes this with it.
CREATE TABLE task_dependency (
    task INTEGER NOT NULL REFERENCES task (seq) ON DELETE CASCADE,
    on_task INTEGER NOT NULL REFERENCES task (seq) ON DELETE CASCADE,
    transition INTEGER NOT NULL REFERENCES transition (seq) ON DELETE CASCADE,
    relation TEXT NOT NULL
        CHECK (relation IN ('off-first', 'on-first', 'one-on-first', 'between', 'end-first', 'end-first-briefly')),
    PRIMARY KEY (task, on_task, transition, relation),
    CHECK (task <> on_task)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_dependency_on ON task_dependency (on_task);
CREATE INDEX task_dependency_of ON task_dependency (transition);

-- Whether the caller did not name the component, but wanted what stands above or below to be included.
ALTER TABLE member ADD COLUMN included INTEGER NOT NULL DEFAULT 0 CHECK (included IN (0, 1));
