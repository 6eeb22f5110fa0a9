//! The pause after failed sign-ins: none for the first five in a row, then 1 s, doubling up to 15 minutes (OWASP
//! Authentication Cheat Sheet, "Login Throttling").

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::limits::{SIGN_IN_FREE_FAILURES, SIGN_IN_WAIT_MAX};
use crate::records::SignInAttempts;
use crate::rights::Account;
use crate::values::EmailAddress;

/// The name under which the failures of an account are counted.
pub(super) fn name_of(account: Account) -> String {
    account.key()
}

/// The name under which the failures of an address without an account are counted. A digest, so that no stranger's
/// address is stored.
pub(super) fn name_of_stranger(email: &EmailAddress) -> String {
    hex::encode(Sha256::digest(email.matching_key().as_bytes()))
}

/// The pause after this many failures in a row.
fn wait_after(failures: u32) -> Duration {
    match failures.checked_sub(SIGN_IN_FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1u64.checked_shl(more).unwrap_or(u64::MAX)).min(SIGN_IN_WAIT_MAX),
    }
}

/// The rest of the pause, in whole seconds, rounded up.
pub(super) fn seconds_left(attempts: &SignInAttempts) -> u64 {
    let left = wait_after(attempts.failures).saturating_sub(attempts.since_last);
    u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// Attempts left before sign-in is paused.
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
    fn what_is_left_of_a_wait_is_told_in_whole_seconds() {
        let left = |milliseconds: u64| {
            let since_last = Duration::from_millis(milliseconds);
            seconds_left(&SignInAttempts { account: String::new(), failures: 6, since_last })
        };
        assert_eq!(
            (left(0), left(1), left(1_000), left(1_001), left(2_000), left(9_000)),
            (2, 2, 1, 1, 0, 0)
        );
    }

    #[test]
    fn an_address_of_nobody_has_one_name_in_every_spelling() {
        let of = |text: &str| name_of_stranger(&EmailAddress::from_stored(text.to_owned()));
        assert_eq!(of("Dana@example.com"), of("dana@example.com"));
        assert_ne!(of("dana@example.com"), of("dan@example.com"));
    }
}
