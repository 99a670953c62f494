-- How many parts of a transition may fail before the rest of it is given up, as the caller sent it, and when that came about.
ALTER TABLE transition ADD COLUMN max_failures TEXT;
ALTER TABLE transition ADD COLUMN struck_at INTEGER;

CREATE INDEX transition_limited ON transition (seq)
WHERE max_failures IS NOT NULL AND struck_at IS NULL AND ended_at IS NULL;
