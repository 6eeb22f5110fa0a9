//! How long a sign-in waits after failures: nothing for the first five in a row, then 1 s, doubling up to 15 minutes
//! (OWASP Authentication Cheat Sheet, "Login Throttling").

use std::time::Duration;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::limits::{SIGN_IN_FREE_FAILURES, SIGN_IN_WAIT_MAX};
use crate::operators::SignInAttempts;
use crate::values::EmailAddress;

/// The name under which failures of an address are counted.
pub(super) fn account_of(email: &EmailAddress) -> String {
    hex::encode(Sha256::digest(email.matching_key().as_bytes()))
}

/// The wait that follows this many failures in a row.
fn wait_after(failures: u32) -> Duration {
    match failures.checked_sub(SIGN_IN_FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1u64.checked_shl(more).unwrap_or(u64::MAX)).min(SIGN_IN_WAIT_MAX),
    }
}

/// What is left of the wait, in whole seconds, rounded up.
pub(super) fn seconds_left(attempts: &SignInAttempts, now: OffsetDateTime) -> u64 {
    let wait = wait_after(attempts.failures);
    // Another console's clock may be ahead: never longer than the wait itself.
    let left = (attempts.last_failed_at + wait - now).min(time::Duration::try_from(wait).unwrap_or_default());
    u64::try_from(left.whole_milliseconds()).map_or(0, |left| left.div_ceil(1_000))
}

/// Failures that are still free.
pub(super) fn tries_left(failures: u32) -> u32 {
    SIGN_IN_FREE_FAILURES.saturating_sub(failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_starts_after_five_failures_and_doubles_up_to_fifteen_minutes() {
        assert_eq!(wait_after(4), Duration::ZERO);
        assert_eq!(wait_after(5), Duration::from_secs(1));
        assert_eq!(wait_after(6), Duration::from_secs(2));
        assert_eq!(wait_after(14), Duration::from_secs(512));
        assert_eq!(wait_after(15), SIGN_IN_WAIT_MAX);
        assert_eq!(wait_after(500), SIGN_IN_WAIT_MAX);
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_lengthen_the_wait() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let attempts = SignInAttempts { failures: 6, last_failed_at: now + Duration::from_secs(86_400) };
        assert_eq!(seconds_left(&attempts, now), 2);
    }

    #[test]
    fn the_account_is_the_same_for_addresses_that_count_as_the_same() {
        let of = |text: &str| account_of(&EmailAddress::from_stored(text.to_owned()));
        assert_eq!(of("Dana@example.com"), of("dana@example.com"));
        assert_ne!(of("dana@example.com"), of("dan@example.com"));
    }
}
