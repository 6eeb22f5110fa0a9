-- Several documents to a page. In a table without row ids, whose rows are keys, SQLite moves all but the beginning of a
-- row of more than 1,002 bytes to a page of its own: a document of a kilobyte took five times its size.
CREATE TABLE documents_in_pages (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    id_key BLOB NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    document BLOB NOT NULL
) STRICT;
INSERT INTO documents_in_pages (collection_id, id_key, created_at, updated_at, document)
    SELECT collection_id, id_key, created_at, updated_at, document FROM documents ORDER BY collection_id, id_key;
DROP TABLE documents;
ALTER TABLE documents_in_pages RENAME TO documents;
CREATE UNIQUE INDEX documents_id ON documents (collection_id, id_key);
CREATE INDEX documents_created_at_1 ON documents (collection_id, created_at);
CREATE INDEX documents_updated_at_1 ON documents (collection_id, updated_at);
