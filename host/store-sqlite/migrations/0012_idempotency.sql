-- Requests that carry an idempotency key. A row is written before its work begins; `status` and what follows when it was answered.
-- `reservation` is the id of whatever the request makes, so that a repeat after a crash finds it.
CREATE TABLE idempotency_key (
    seq INTEGER PRIMARY KEY,
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    reservation BLOB NOT NULL UNIQUE CHECK (length(reservation) = 16),
    expires_at INTEGER NOT NULL,
    status INTEGER CHECK (status BETWEEN 100 AND 599),
    content_type TEXT,
    location TEXT,
    body BLOB,
    body_bytes INTEGER NOT NULL DEFAULT 0 CHECK (body_bytes >= 0),
    UNIQUE (caller, key, method, path),
    CHECK ((status IS NULL) = (body IS NULL))
) STRICT;

CREATE INDEX idempotency_key_expiring ON idempotency_key (expires_at);
CREATE INDEX idempotency_key_long ON idempotency_key (body_bytes) WHERE body_bytes > 2048;
