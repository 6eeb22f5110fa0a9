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
/// Octets of an address (RFC 5321, 4.5.3.1.3 less the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Characters of a password. The service's rule.
pub const PASSWORD_MIN: usize = 8;
/// Bytes of a password in UTF-8: bcrypt reads no further, so a longer one is refused, never cut.
pub const PASSWORD_MAX_BYTES: usize = 72;
/// Characters of a search text; what is longer finds nothing anyway.
pub const SEARCH_MAX: usize = 200;
/// Rows of one page that a caller may ask for.
pub const PAGE_MAX: u32 = 500;
/// Rows that an export asks a store for at a time. Many: some servers look at the whole rest of a list for each page.
pub const EXPORT_PAGE: u32 = 10_000;
/// Bytes of stored documents after which a page ends, whatever the number of its rows.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Rows that an export hands on at a time, and after which it can be cancelled.
pub const EXPORT_BATCH: usize = 1_000;
/// Organizations whose statistics one call may ask for: the rows of a screen.
pub const SUMMARY_MAX: usize = 50;
/// Statistics read at the same time: a shared cluster has other work to do. As many as a pool has connections.
pub const STATISTICS_AT_ONCE: usize = 4;
/// How far apart statistics are read that nobody waits for one by one, from a server that others use too.
pub const BACKGROUND_READ_EVERY: Duration = Duration::from_millis(50);
/// How long the statistics of a row are good.
pub const STATISTICS_FRESH: Duration = Duration::from_secs(60);

/// bcrypt's cost for new hashes. The service's value.
pub const BCRYPT_COST: u32 = 12;
/// The lowest cost a stored hash may have before it is renewed at the next sign-in.
pub const BCRYPT_COST_FLOOR: u32 = 10;
/// The lowest cost that bcrypt knows.
pub const BCRYPT_COST_MIN: u32 = 4;
/// The highest cost that is still verified: one more doubles the time a sign-in takes.
pub const BCRYPT_COST_CEILING: u32 = 14;

/// Life of a session. The service's default.
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 60);
/// Bytes of a token that is read: several times as many as the longest name and address make.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How long a session that was found good is not asked again before a read. A write always asks.
pub const SESSION_FRESH: Duration = Duration::from_secs(2);
/// Failed sign-ins in a row before waiting starts.
pub const SIGN_IN_FREE_FAILURES: u32 = 5;
/// Accounts with one address that a sign-in tries. More than one only where other software wrote them.
pub const ACCOUNTS_OF_AN_ADDRESS_MAX: usize = 20;
/// How long the record is not told again that a stored hash can't be verified.
pub const UNVERIFIABLE_TOLD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest wait after failed sign-ins.
pub const SIGN_IN_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// How long a server may be at moving or deleting a collection before it gives up.
pub const STEP_LIMIT: Duration = Duration::from_secs(20);
/// How long a step of an act may still be carried out after its answer was lost: [`STEP_LIMIT`] and the way there.
/// Until then nobody decides what became of the act.
pub const STEP_PENDING: Duration = Duration::from_secs(30);
/// How long an operation in the journal belongs to the program that started it, when that program runs on another
/// computer and so can't be known to be dead.
pub const OPERATION_LEASE: Duration = Duration::from_secs(120);

/// How long a workspace that was unlocked may be written to.
pub const UNLOCK_TIME: Duration = Duration::from_secs(10 * 60);
/// How long a workspace stays unlocked while nobody is there.
pub const UNLOCK_IDLE: Duration = Duration::from_secs(2 * 60);
/// Characters of the reason for unlocking.
pub const REASON_MIN: usize = 3;
/// As above.
pub const REASON_MAX: usize = 200;
/// How long a look at the line may take.
pub const LINE_LIMIT: Duration = Duration::from_secs(5);
/// How long before its end a server's certificate is warned of.
pub const CERTIFICATE_WARNING: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The database a workspace has when its profile names none.
pub const DEFAULT_DATABASE: &str = "organization_management";
