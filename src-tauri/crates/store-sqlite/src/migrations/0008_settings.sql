-- What operators decided for the whole workspace. One row: what it permits, whatever a connection to it says.
CREATE TABLE console_settings (
    id TEXT PRIMARY KEY NOT NULL CHECK (id = 'permits'),
    environment TEXT NOT NULL,
    access TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
