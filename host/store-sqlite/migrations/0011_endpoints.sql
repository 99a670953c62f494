-- What is known of a controller as an endpoint. `breaker` is its whole state, absent while none has ever opened; `failure` is JSON.
ALTER TABLE controller ADD COLUMN breaker TEXT;
ALTER TABLE controller ADD COLUMN failure TEXT;
ALTER TABLE controller ADD COLUMN failed_at INTEGER;
ALTER TABLE controller ADD COLUMN answered_at INTEGER;
