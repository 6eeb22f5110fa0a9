-- Trigrams of the search text, so that a search does not read every organization. The text is in lower case already,
-- by Unicode's rules, so the tokenizer leaves it alone.

CREATE VIRTUAL TABLE organizations_search USING fts5 (
    search_text,
    content = 'organizations',
    content_rowid = 'position',
    tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER organizations_search_insert AFTER INSERT ON organizations BEGIN
    INSERT INTO organizations_search (rowid, search_text) VALUES (new.position, new.search_text);
END;

CREATE TRIGGER organizations_search_update AFTER UPDATE OF search_text ON organizations
WHEN old.search_text IS NOT new.search_text BEGIN
    INSERT INTO organizations_search (organizations_search, rowid, search_text)
    VALUES ('delete', old.position, old.search_text);
    INSERT INTO organizations_search (rowid, search_text) VALUES (new.position, new.search_text);
END;

CREATE TRIGGER organizations_search_delete AFTER DELETE ON organizations BEGIN
    INSERT INTO organizations_search (organizations_search, rowid, search_text)
    VALUES ('delete', old.position, old.search_text);
END;

INSERT INTO organizations_search (organizations_search) VALUES ('rebuild');

CREATE VIRTUAL TABLE console_trash_search USING fts5 (
    search_text,
    content = 'console_trash',
    content_rowid = 'position',
    tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER console_trash_search_insert AFTER INSERT ON console_trash BEGIN
    INSERT INTO console_trash_search (rowid, search_text) VALUES (new.position, new.search_text);
END;

CREATE TRIGGER console_trash_search_delete AFTER DELETE ON console_trash BEGIN
    INSERT INTO console_trash_search (console_trash_search, rowid, search_text)
    VALUES ('delete', old.position, old.search_text);
END;

INSERT INTO console_trash_search (console_trash_search) VALUES ('rebuild');
