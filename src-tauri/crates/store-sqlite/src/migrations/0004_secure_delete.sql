-- What is deleted leaves the search's index at once: its letters must not wait there until they are merged away. The rest
-- of the file is overwritten by SQLite itself (`secure_delete`, see connections.rs); this index only marks, unless it is told.
INSERT INTO organizations_search (organizations_search, rank) VALUES ('secure-delete', 1);
INSERT INTO console_trash_search (console_trash_search, rank) VALUES ('secure-delete', 1);
-- What was deleted before is in it still.
INSERT INTO organizations_search (organizations_search) VALUES ('rebuild');
INSERT INTO console_trash_search (console_trash_search) VALUES ('rebuild');
