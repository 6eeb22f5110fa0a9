-- Fields of an organization's document that have no column: other software's, from a server. A BSON document.
ALTER TABLE organizations ADD COLUMN further BLOB;
ALTER TABLE console_trash ADD COLUMN further BLOB;

-- Options and indexes of a collection that are not the service's, as BSON documents. They are kept and shown, so that
-- nothing is lost on the way through this file; the file itself does not enforce them.
ALTER TABLE collections ADD COLUMN options BLOB;
ALTER TABLE collections ADD COLUMN indexes BLOB;
