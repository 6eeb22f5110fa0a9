-- Which collection an operation is about. Operations that an earlier version began have none.
ALTER TABLE console_operations ADD COLUMN collection_identity TEXT;
