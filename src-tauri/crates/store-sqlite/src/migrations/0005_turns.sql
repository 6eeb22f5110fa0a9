-- What tells an entry of the journal from every other, and when its operation began, whoever took it over since.
-- Operations that an earlier version began have no turn.
ALTER TABLE console_operations ADD COLUMN turn TEXT;
ALTER TABLE console_operations ADD COLUMN begun_at INTEGER;
UPDATE console_operations SET begun_at = started_at;
