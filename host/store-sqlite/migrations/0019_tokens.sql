-- Access tokens. The secret itself is kept nowhere; `hash` is its SHA-256. `scope` is a JSON list of set expressions, or null for all.
CREATE TABLE access_token (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 16),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
