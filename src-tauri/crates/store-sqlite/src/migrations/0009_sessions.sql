-- The device of the last failed sign-in, for people.
ALTER TABLE console_sign_in_attempts ADD COLUMN device TEXT;

-- Live sessions: one that is not here has ended, so ended ones need no list. The id is a digest; the times are the
-- computer's.
DROP TABLE console_revoked_sessions;

CREATE TABLE console_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    role TEXT,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    organization_id BLOB,
    organization_name TEXT,
    device TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX console_sessions_by_account ON console_sessions (account);
CREATE INDEX console_sessions_by_organization ON console_sessions (organization_id);
CREATE INDEX console_sessions_by_last_use ON console_sessions (last_used_at);

-- What owners decided about the workspace: one row per setting; yes is 1, no is 0, never is null.
CREATE TABLE console_workspace_settings (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER
) STRICT, WITHOUT ROWID;
