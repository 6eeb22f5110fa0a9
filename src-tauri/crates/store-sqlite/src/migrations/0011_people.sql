-- An operator of before was an owner: there was one role.
ALTER TABLE console_operators ADD COLUMN role TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE console_operators ADD COLUMN is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1));
-- Set while the password is one that somebody else set.
ALTER TABLE console_operators ADD COLUMN one_time_until INTEGER;
ALTER TABLE console_operators ADD COLUMN recovery TEXT;
ALTER TABLE console_operators ADD COLUMN last_sign_in_at INTEGER;

-- The account that a passed-over password belonged to last, so that the same password counts as one guess.
ALTER TABLE console_sign_in_attempts ADD COLUMN guess TEXT;

-- People of organizations: one row per address.
CREATE TABLE console_people (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 12),
    name TEXT NOT NULL,
    -- Lower-cased, like the address's key: lists are sorted by them.
    name_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    password_renewal TEXT,
    one_time_until INTEGER,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER,
    session_version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX console_people_by_name ON console_people (name_key, id);
CREATE INDEX console_people_by_email ON console_people (email_key, id);
CREATE INDEX console_people_by_last_sign_in ON console_people (last_sign_in_at, id);

CREATE TABLE console_memberships (
    position INTEGER PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES console_people (id) ON DELETE CASCADE,
    organization_id BLOB NOT NULL CHECK (length(organization_id) = 12),
    role TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    since INTEGER NOT NULL,
    UNIQUE (person_id, organization_id)
) STRICT;

CREATE INDEX console_memberships_by_organization ON console_memberships (organization_id, person_id);
