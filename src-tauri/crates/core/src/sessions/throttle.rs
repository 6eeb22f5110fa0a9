//! The pause after failed sign-ins: none for the first five in a row of an account, and for the first twenty of a
//! computer, whichever accounts it tries; then 1 s, doubling up to 15 minutes (OWASP Authentication Cheat Sheet, "Login
//! Throttling").

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::limits::{
    DEVICE_FAILURES_FORGOTTEN_AFTER, SIGN_IN_FREE_FAILURES, SIGN_IN_FREE_FAILURES_OF_DEVICE, SIGN_IN_WAIT_MAX,
};
use crate::records::SignInAttempts;
use crate::rights::Account;
use crate::values::EmailAddress;

/// Begins the names of computers.
const DEVICE: &str = "device:";

/// The name under which the failures of an account are counted, and its sessions listed.
pub fn name_of(account: Account) -> String {
    account.key()
}

/// The name under which the failures of an address without an account are counted. A digest, so that no stranger's
/// address is stored.
pub(super) fn name_of_stranger(email: &EmailAddress) -> String {
    hex::encode(Sha256::digest(email.matching_key().as_bytes()))
}

/// The name under which the failures of a computer are counted, whichever accounts it tries.
pub(super) fn name_of_device(installation: &str) -> String {
    format!("{DEVICE}{}", hex::encode(Sha256::digest(installation.as_bytes())))
}

/// What a count of failures is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// An account, or an address without one.
    Account,
    /// A computer.
    Device,
}

pub(super) fn counted(name: &str) -> Counted {
    if name.starts_with(DEVICE) { Counted::Device } else { Counted::Account }
}

/// The pause after this many failures in a row.
fn wait_after(counted: Counted, failures: u32) -> Duration {
    let free = match counted {
        Counted::Account => SIGN_IN_FREE_FAILURES,
        Counted::Device => SIGN_IN_FREE_FAILURES_OF_DEVICE,
    };
    match failures.checked_sub(free) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1u64.checked_shl(more).unwrap_or(u64::MAX)).min(SIGN_IN_WAIT_MAX),
    }
}

/// The rest of the pause, in whole seconds, rounded up.
pub(super) fn seconds_left(attempts: &SignInAttempts) -> u64 {
    let pause = wait_after(counted(&attempts.account), attempts.failures);
    let left = pause.saturating_sub(attempts.since_last);
    u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// Whether a computer has not failed for so long that it starts anew. A success does not do that: with one password of
/// their own, a person could try others for ever.
pub(super) fn is_over(attempts: &SignInAttempts) -> bool {
    counted(&attempts.account) == Counted::Device && attempts.since_last >= DEVICE_FAILURES_FORGOTTEN_AFTER
}

/// Attempts left before sign-in is paused.
pub(super) fn tries_left(failures: u32) -> u32 {
    SIGN_IN_FREE_FAILURES.saturating_sub(failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(account: &str, failures: u32, since_last: Duration) -> SignInAttempts {
        SignInAttempts { account: account.to_owned(), failures, since_last, device: None }
    }

    #[test]
    fn waiting_starts_after_five_failures_and_doubles_up_to_fifteen_minutes() {
        let wait_after = |failures| wait_after(Counted::Account, failures);
        assert_eq!(wait_after(4), Duration::ZERO);
        assert_eq!(wait_after(5), Duration::from_secs(1));
        assert_eq!(wait_after(6), Duration::from_secs(2));
        assert_eq!(wait_after(14), Duration::from_secs(512));
        assert_eq!(wait_after(15), SIGN_IN_WAIT_MAX);
        assert_eq!(wait_after(500), SIGN_IN_WAIT_MAX);
    }

    #[test]
    fn a_device_waits_after_twenty_failures_over_all_accounts_and_starts_anew_after_an_hour() {
        let name = name_of_device("this computer");
        assert_eq!(seconds_left(&attempts(&name, 19, Duration::ZERO)), 0);
        assert_eq!(seconds_left(&attempts(&name, 20, Duration::ZERO)), 1);
        assert_eq!(seconds_left(&attempts(&name, 25, Duration::from_secs(2))), 30);
        assert_eq!(seconds_left(&attempts(&name, 1_000, Duration::ZERO)), SIGN_IN_WAIT_MAX.as_secs());
        assert!(!is_over(&attempts(&name, 19, Duration::from_secs(3_599))));
        assert!(is_over(&attempts(&name, 19, Duration::from_secs(3_600))));
        assert!(!is_over(&attempts("operator:1", 19, Duration::MAX)), "an account's failures are in a row");
        assert!(!name.contains("computer"), "the list shows no installation's name");
    }

    #[test]
    fn what_is_left_of_a_wait_is_told_in_whole_seconds() {
        let left =
            |milliseconds: u64| seconds_left(&attempts("account", 6, Duration::from_millis(milliseconds)));
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
