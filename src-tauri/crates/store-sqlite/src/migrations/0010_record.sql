-- The record is a chain: each entry has a number and the digest of the one before. What earlier versions recorded
-- stays as it is; the first entry of the chain vouches for it.
ALTER TABLE console_activity RENAME TO console_activity_earlier;

CREATE TABLE console_activity (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    -- The other fields as a JSON object of texts, in the order of their names.
    fields TEXT NOT NULL,
    -- Not stored: an entry can't say one thing to a filter and another to its reader.
    actor TEXT GENERATED ALWAYS AS (fields ->> 'actor') VIRTUAL,
    account TEXT GENERATED ALWAYS AS (fields ->> 'account') VIRTUAL,
    subject TEXT GENERATED ALWAYS AS (fields ->> 'subject') VIRTUAL,
    organization_id TEXT GENERATED ALWAYS AS (fields ->> 'organization_id') VIRTUAL,
    kind TEXT GENERATED ALWAYS AS (fields ->> 'kind') VIRTUAL,
    outcome TEXT GENERATED ALWAYS AS (fields ->> 'outcome') VIRTUAL
) STRICT;

-- Each is followed by the number, the key of the table.
CREATE INDEX console_activity_by_actor ON console_activity (actor);
CREATE INDEX console_activity_by_account ON console_activity (account) WHERE account IS NOT NULL;
CREATE INDEX console_activity_by_subject ON console_activity (subject) WHERE subject IS NOT NULL;
CREATE INDEX console_activity_by_organization_id ON console_activity (organization_id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX console_activity_by_kind ON console_activity (kind);
CREATE INDEX console_activity_by_outcome ON console_activity (outcome);
CREATE INDEX console_activity_by_at ON console_activity (at);

-- The journal remembers which entries of the record are about an operation.
ALTER TABLE console_operations ADD COLUMN record TEXT;
