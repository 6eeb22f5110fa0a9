-- Which copy in the trash it is, as the 12 bytes of an ObjectId. Copies that an earlier version made have none.
ALTER TABLE console_trash ADD COLUMN copy BLOB;
-- The collection was of other organizations too, and stayed with them.
ALTER TABLE console_trash ADD COLUMN shared_collection INTEGER NOT NULL DEFAULT 0 CHECK (shared_collection IN (0, 1));

ALTER TABLE console_operations ADD COLUMN copy BLOB;
ALTER TABLE console_operations ADD COLUMN shared_collection INTEGER NOT NULL DEFAULT 0;
