//! Every number of the product in one place.

use std::time::Duration;

/// Characters of an organization's name. The service's rule.
pub const ORGANIZATION_NAME_MIN: usize = 3;
/// Characters of an organization's name. The service's rule.
pub const ORGANIZATION_NAME_MAX: usize = 50;
/// Characters of a display name, of any script.
pub const DISPLAY_NAME_MAX: usize = 80;
/// Characters of an operator's own name.
pub const PERSON_NAME_MAX: usize = 80;
/// Characters of the text that names a computer.
pub const DEVICE_MAX: usize = 80;
/// Characters of one value in an entry of the record.
pub const RECORD_TEXT_MAX: usize = 1_000;
/// Entries of the record that one page looks at, before it ends without having found enough.
pub const RECORD_SCAN: u32 = 20_000;
/// Entries of the record in one batch, when all are read.
pub const RECORD_BATCH: u32 = 1_000;
/// How far the order of moments and the order of numbers can differ in the record: a clock was set.
pub const RECORD_SKEW: Duration = Duration::from_secs(24 * 60 * 60);
/// Octets of an address (RFC 5321, 4.5.3.1.3 less the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Characters of a password. The service's rule.
pub const PASSWORD_MIN: usize = 8;
/// Bytes of a password in UTF-8. bcrypt reads no further, so a longer one is refused, never cut.
pub const PASSWORD_MAX_BYTES: usize = 72;
/// Characters of a search text; a longer one finds nothing anyway.
pub const SEARCH_MAX: usize = 200;
/// How long a search may look for a whole page before its first hit is asked for alone.
pub const FIRST_HIT_AFTER: Duration = Duration::from_millis(500);
/// Rows that a caller can ask for in one page.
pub const PAGE_MAX: u32 = 500;
/// Bytes of stored documents after which a page ends, whatever the number of its rows.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Rows in one batch of a list that is read to its end, with a chance to cancel after each.
pub const BATCH_ROWS: usize = 4_000;
/// Bytes after which a batch ends, whatever the number of its rows.
pub const BATCH_BYTES: usize = 1024 * 1024;
/// Memberships that a row of a list of people has, of all that the person has.
pub const SHOWN_MEMBERSHIPS: usize = 3;
/// How long a one-time password can be used.
pub const ONE_TIME_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Organizations in one call for statistics: the rows of a screen.
pub const SUMMARY_MAX: usize = 50;
/// Statistics read at the same time: few, because a shared cluster has other work to do.
pub const STATISTICS_AT_ONCE: usize = 4;
/// Organizations that an act on several has under way at the same time: each waits for a server most of the time. Fewer
/// than a pool has connections, so that the list is read meanwhile.
pub const BULK_AT_ONCE: usize = 8;
/// The interval between background reads of statistics on a server, which others use too.
pub const BACKGROUND_READ_EVERY: Duration = Duration::from_millis(50);
/// How long the statistics of a row are kept.
pub const STATISTICS_FRESH: Duration = Duration::from_secs(60);

/// Bytes of a file with organizations to import.
pub const IMPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes that a spreadsheet to import may unpack to: a small file can claim terabytes.
pub const IMPORT_UNPACKED_MAX: u64 = 128 * 1024 * 1024;
/// Rows of a file with organizations to import.
pub const IMPORT_ROWS_MAX: usize = 50_000;
/// Columns of such a file.
pub const IMPORT_COLUMNS_MAX: usize = 100;
/// Characters of one of its cells: as many as a spreadsheet's can have.
pub const IMPORT_CELL_MAX: usize = 32_767;
/// Names and addresses of an import that the store is asked about in one question.
pub const IMPORT_ASKED_AT_ONCE: usize = 1_000;

/// bcrypt's cost for new hashes. The service's value.
pub const BCRYPT_COST: u32 = 12;
/// The lowest cost of a stored hash that is not renewed at the next sign-in.
pub const BCRYPT_COST_FLOOR: u32 = 10;
/// The lowest cost that bcrypt knows.
pub const BCRYPT_COST_MIN: u32 = 4;
/// The highest cost that is still verified: each step doubles the time of a sign-in.
pub const BCRYPT_COST_CEILING: u32 = 14;

/// Minutes of a session, unless an owner decided. The service's default.
pub const SESSION_MINUTES: u32 = 30;
/// Minutes of the shortest session that an owner can decide.
pub const SESSION_MINUTES_MIN: u32 = 5;
/// Minutes of the longest session.
pub const SESSION_MINUTES_MAX: u32 = 12 * 60;
/// Minutes without a key or a click before the window is locked, at least.
pub const IDLE_LOCK_MINUTES_MIN: u32 = 1;
/// Minutes without a key or a click before the window is locked, at most.
pub const IDLE_LOCK_MINUTES_MAX: u32 = SESSION_MINUTES_MAX;
/// Months that the record is kept, at least.
pub const KEEP_RECORD_MONTHS_MIN: u32 = 1;
/// Months that the record is kept, at most.
pub const KEEP_RECORD_MONTHS_MAX: u32 = 120;
/// Days that an organization is kept in the trash, unless an owner decided.
pub const KEEP_TRASH_DAYS: u32 = 30;
/// Days that an organization is kept in the trash, at least.
pub const KEEP_TRASH_DAYS_MIN: u32 = 1;
/// Days that an organization is kept in the trash, at most.
pub const KEEP_TRASH_DAYS_MAX: u32 = 3_650;
/// How long the room of a deployment is taken to be as it was asked.
pub const CAPACITY_FRESH: Duration = Duration::from_secs(60);
/// Indexes of one collection, with the one on `_id`. The server's limit.
pub const INDEXES_MAX: u32 = 64;
/// Live sessions that a caller can ask for in one page.
pub const SESSION_PAGE_MAX: u32 = 100;
/// How long after its last use a session is forgotten, whatever the clocks of the computers say.
pub const SESSION_FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Lifetime of a token of the service. Its default.
pub const SERVICE_TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);
/// The longest lifetime of an accepted token of the service.
pub const SERVICE_TOKEN_LIFE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How far the clock that issued a token may be ahead of this one.
pub const TOKEN_CLOCK_LEEWAY: Duration = Duration::from_secs(60);
/// How often the use of a session is noted.
pub const SESSION_USE_NOTED_EVERY: Duration = Duration::from_secs(60);
/// Bytes of an accepted token: several times as many as the longest name and address need.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How long a checked session counts as valid for reads. A write always checks.
pub const SESSION_FRESH: Duration = Duration::from_secs(2);
/// Failed sign-ins in a row before sign-in is paused.
pub const SIGN_IN_FREE_FAILURES: u32 = 5;
/// Failed sign-ins of one computer, whichever accounts it tries, before its sign-ins are paused.
pub const SIGN_IN_FREE_FAILURES_OF_DEVICE: u32 = 20;
/// How long after its last failure a computer starts anew.
pub const DEVICE_FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Failing accounts, addresses and computers that are listed.
pub const FAILING_LISTED_MAX: u32 = 100;
/// Accounts with one address that a sign-in tries. Only other software can create more than one.
pub const ACCOUNTS_OF_AN_ADDRESS_MAX: usize = 20;
/// The shortest interval between two entries about what is refused to the same person, or of the same address.
pub const REFUSAL_TOLD_EVERY: Duration = Duration::from_secs(60);
/// The longest pause after failed sign-ins.
pub const SIGN_IN_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// Indexes that operators can add to the template: a collection has 64 at most, and three are there.
pub const TEMPLATE_INDEXES_MAX: usize = 40;
/// Fields of an index. The server's rule.
pub const INDEX_KEYS_MAX: usize = 32;
/// Bytes of a field in an index.
pub const INDEX_FIELD_MAX: usize = 100;
/// Bytes of the name of an index. Servers have had limits from 63 to none; drivers and tools know 127.
pub const INDEX_NAME_MAX: usize = 127;
/// Seconds after which documents expire. The server's rule.
pub const EXPIRE_AFTER_MAX: u32 = 2_147_483_647;
/// Findings of one kind that a pass keeps. The others are counted.
pub const FINDINGS_OF_A_KIND_MAX: usize = 10_000;
/// Findings of one page.
pub const FINDINGS_PAGE_MAX: u32 = 500;
/// Organizations of one name, or of one address, that a finding names.
pub const TWINS_MAX: usize = 100;
/// Questions of a pass at the same time, when it looks again at what it doubts.
pub const DOUBTS_AT_ONCE: usize = 8;
/// Ownerless collections of a pass whose owners are asked for once more, one by one.
pub const DOUBTS_MAX: usize = 1_000;
/// Ownerless collections of a pass that are compared with those of organizations.
pub const HALVES_MAX: usize = 16;
/// Organizations' collections that an ownerless one is compared with: those of the most similar names.
pub const HALVES_COMPARED: usize = 32;
/// Documents by which two collections are compared.
pub const HALVES_DOCUMENTS: usize = 32;
/// Documents that one step of a comparison looks at, at most by one question more.
pub const COMPARED_DOCUMENTS: usize = 5_000;
/// Bytes that one step of a comparison reads, at most by one question more.
pub const COMPARED_BYTES: usize = 8 * 1024 * 1024;
/// Pairs of documents that one step of a comparison shows.
pub const COMPARED_SHOWN: usize = 20;
/// Bytes of the text of a document that is shown.
pub const COMPARED_TEXT: usize = 32 * 1024;
/// Fields that are named because they differ.
pub const COMPARED_FIELDS: usize = 100;
/// Twins that a dry run names one by one. The others are counted.
pub const TWINS_NAMED: usize = 10;

/// How long a server may take to move or delete a collection before it gives up.
pub const STEP_LIMIT: Duration = Duration::from_secs(20);
/// How long a server may still carry out a step after its response was lost: [`STEP_LIMIT`] and the way there. Nobody
/// resolves the operation before that.
pub const STEP_PENDING: Duration = Duration::from_secs(30);
/// How long an operation belongs to a run on another computer, which nobody here can know to be dead.
pub const OPERATION_LEASE: Duration = Duration::from_secs(120);

/// How long an unlocked workspace is writable.
pub const UNLOCK_TIME: Duration = Duration::from_secs(10 * 60);
/// How long a workspace stays unlocked without activity.
pub const UNLOCK_IDLE: Duration = Duration::from_secs(2 * 60);
/// Characters of the reason for unlocking, at least.
pub const REASON_MIN: usize = 3;
/// Characters of the reason for unlocking, at most.
pub const REASON_MAX: usize = 200;
/// Time limit of a ping.
pub const LINE_LIMIT: Duration = Duration::from_secs(5);
/// How long before its end a server's certificate causes a warning.
pub const CERTIFICATE_WARNING: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The database of a connection that names none.
pub const DEFAULT_DATABASE: &str = "organization_management";

/// Bytes of a document. The server's rule.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a line in a bundle: a document with longer text is written as its bytes, which take four thirds.
pub const BUNDLE_LINE_MAX: usize = 4 * DOCUMENT_BYTES_MAX;
/// Bytes of all documents of a bundle, unpacked. A zip of a gigabyte can hold a thousand times as much.
pub const BUNDLE_UNPACKED_MAX: u64 = 1 << 40;
/// Bytes of a bundle's manifest.
pub const BUNDLE_MANIFEST_MAX: u64 = 64 * 1024;
/// Files in a zip that is looked at as a bundle.
pub const BUNDLE_ENTRIES_MAX: usize = 16;
/// How often the owner of an operation that takes long says that it is alive, so that no other computer takes it over.
pub const OPERATION_RENEWED_EVERY: Duration = Duration::from_secs(30);
