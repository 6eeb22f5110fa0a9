-- A mend of the doctor: what it does, and the collections that it is about.
ALTER TABLE console_operations ADD COLUMN mend TEXT;
ALTER TABLE console_operations ADD COLUMN from_collection TEXT;
ALTER TABLE console_operations ADD COLUMN to_collection TEXT;

-- What operators added to the template of tenant collections, in one row as JSON.
CREATE TABLE console_template (
    id TEXT PRIMARY KEY NOT NULL CHECK (id = 'template'),
    template TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What differs from the template and was accepted, as JSON: a row for each organization.
CREATE TABLE console_accepted (
    organization_id BLOB PRIMARY KEY NOT NULL CHECK (length(organization_id) = 12),
    differences TEXT NOT NULL
) STRICT, WITHOUT ROWID;
