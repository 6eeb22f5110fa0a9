-- Times are milliseconds since 1970 in UTC; ids are the 12 bytes of an ObjectId.

CREATE TABLE organizations (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 12),
    organization_name TEXT NOT NULL UNIQUE,
    collection_name TEXT NOT NULL,
    display_name TEXT,
    admin_email TEXT NOT NULL,
    -- Lower-cased: addresses that differ only in case count as the same.
    admin_email_key TEXT NOT NULL UNIQUE,
    admin_password TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    session_version INTEGER NOT NULL DEFAULT 0,
    -- The `at` of the change that raised the session version last, so that a repeated call is recognized.
    sessions_ended_at INTEGER,
    -- Name, display name and address in lower case, one per line.
    search_text TEXT NOT NULL
) STRICT;

-- Every list is read as one ordered run per status, so each sort needs one index only.
CREATE INDEX organizations_by_name ON organizations (is_active, organization_name, id);
CREATE INDEX organizations_by_status ON organizations (is_active, id);
CREATE INDEX organizations_by_admin_email ON organizations (is_active, admin_email, id);
CREATE INDEX organizations_by_collection_name ON organizations (is_active, collection_name, id);
CREATE INDEX organizations_by_created_at ON organizations (is_active, created_at, id);
CREATE INDEX organizations_by_updated_at ON organizations (is_active, updated_at, id);
CREATE INDEX organizations_by_search_text ON organizations (is_active, search_text);

-- Names and addresses may repeat here: they are free again as soon as an organization is in the trash.
CREATE TABLE console_trash (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 12),
    organization_name TEXT NOT NULL,
    collection_name TEXT NOT NULL,
    display_name TEXT,
    admin_email TEXT NOT NULL,
    admin_email_key TEXT NOT NULL,
    admin_password TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    session_version INTEGER NOT NULL DEFAULT 0,
    sessions_ended_at INTEGER,
    search_text TEXT NOT NULL,
    trashed_at INTEGER NOT NULL,
    trashed_by TEXT NOT NULL,
    had_collection INTEGER NOT NULL CHECK (had_collection IN (0, 1))
) STRICT;

CREATE INDEX console_trash_by_name ON console_trash (is_active, organization_name, id);
CREATE INDEX console_trash_by_status ON console_trash (is_active, id);
CREATE INDEX console_trash_by_admin_email ON console_trash (is_active, admin_email, id);
CREATE INDEX console_trash_by_collection_name ON console_trash (is_active, collection_name, id);
CREATE INDEX console_trash_by_created_at ON console_trash (is_active, created_at, id);
CREATE INDEX console_trash_by_updated_at ON console_trash (is_active, updated_at, id);
CREATE INDEX console_trash_by_search_text ON console_trash (is_active, search_text);

-- How many rows each shelf has by status: counting them on every start would take longer with every organization.
CREATE TABLE console_counts (
    shelf TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    organizations INTEGER NOT NULL,
    PRIMARY KEY (shelf, is_active)
) STRICT, WITHOUT ROWID;

INSERT INTO console_counts VALUES
    ('organizations', 0, 0), ('organizations', 1, 0), ('console_trash', 0, 0), ('console_trash', 1, 0);

CREATE TRIGGER organizations_count_insert AFTER INSERT ON organizations BEGIN
    UPDATE console_counts SET organizations = organizations + 1
    WHERE shelf = 'organizations' AND is_active = new.is_active;
END;

CREATE TRIGGER organizations_count_update AFTER UPDATE OF is_active ON organizations
WHEN old.is_active IS NOT new.is_active BEGIN
    UPDATE console_counts SET organizations = organizations - 1
    WHERE shelf = 'organizations' AND is_active = old.is_active;
    UPDATE console_counts SET organizations = organizations + 1
    WHERE shelf = 'organizations' AND is_active = new.is_active;
END;

CREATE TRIGGER organizations_count_delete AFTER DELETE ON organizations BEGIN
    UPDATE console_counts SET organizations = organizations - 1
    WHERE shelf = 'organizations' AND is_active = old.is_active;
END;

CREATE TRIGGER console_trash_count_insert AFTER INSERT ON console_trash BEGIN
    UPDATE console_counts SET organizations = organizations + 1
    WHERE shelf = 'console_trash' AND is_active = new.is_active;
END;

CREATE TRIGGER console_trash_count_delete AFTER DELETE ON console_trash BEGIN
    UPDATE console_counts SET organizations = organizations - 1
    WHERE shelf = 'console_trash' AND is_active = old.is_active;
END;

-- The totals are kept in the transaction that writes documents: statistics read one row.
CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    documents INTEGER NOT NULL DEFAULT 0,
    data_size INTEGER NOT NULL DEFAULT 0,
    id_key_size INTEGER NOT NULL DEFAULT 0,
    dated_created_at INTEGER NOT NULL DEFAULT 0,
    dated_updated_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE documents (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    id_key BLOB NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    document BLOB NOT NULL,
    PRIMARY KEY (collection_id, id_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX documents_created_at_1 ON documents (collection_id, created_at);
CREATE INDEX documents_updated_at_1 ON documents (collection_id, updated_at);

CREATE TABLE console_operators (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 12),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    session_version INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE console_sign_in_attempts (
    account TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE console_revoked_sessions (
    session_id TEXT PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX console_revoked_sessions_by_expiry ON console_revoked_sessions (expires_at);

CREATE TABLE console_operations (
    organization_id BLOB PRIMARY KEY NOT NULL CHECK (length(organization_id) = 12),
    act TEXT NOT NULL,
    name TEXT NOT NULL,
    new_name TEXT,
    has_collection INTEGER,
    trashed_at INTEGER,
    trashed_by TEXT,
    owner_installation TEXT NOT NULL,
    owner_instance TEXT NOT NULL,
    actor TEXT NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE console_activity (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    organization_id BLOB,
    organization_name TEXT,
    detail TEXT
) STRICT;

CREATE INDEX console_activity_by_organization ON console_activity (organization_id, at, id);
