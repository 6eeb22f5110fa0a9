use std::str::FromStr;

use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};

use crate::error::AppError;
use crate::limits::{BCRYPT_COST, BCRYPT_COST_CEILING, PASSWORD_MAX_BYTES};
use crate::values::{Password, PasswordHash};

/// Hashes and verifies passwords with bcrypt (`$2b$`), off the async threads.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    cost: u32,
    /// A hash that no password was ever stored under: verified against when an address is unknown, so that the answer
    /// takes as long as for a known one.
    stand_in: PasswordHash,
}

/// Whether a password fits a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, and the hash is cheaper than new ones are: renew it.
    RightButWeak,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self::with_cost(BCRYPT_COST)
    }
}

impl PasswordHasher {
    /// A hasher of another cost: tests and measurements use a low one.
    pub fn with_cost(cost: u32) -> Self {
        // The digest part is fixed and belongs to no password; only the cost decides how long verifying takes.
        let stand_in = format!("$2b${cost:02}$CwTycUXWue0Thq9StjUM0uJ8qW5v1dR1Z6cWk8bC4Wv0m2n1p5r7K");
        Self { cost, stand_in: PasswordHash::from_stored(stand_in) }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// `Unexpected` when the computer has no randomness for a salt.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, AppError> {
        let (secret, cost) = (password.secret().clone(), self.cost);
        let hash = tokio::task::spawn_blocking(move || bcrypt::hash(secret.expose_secret(), cost)).await;
        match hash {
            Ok(Ok(hash)) => Ok(PasswordHash::from_stored(hash)),
            Ok(Err(error)) => Err(AppError::Unexpected { detail: format!("bcrypt: {error}") }),
            Err(error) => Err(AppError::Unexpected { detail: format!("hashing stopped: {error}") }),
        }
    }

    /// Verifies a password as typed. `None` is an account that does not exist: it takes as long and is always wrong.
    pub(super) async fn verify(
        &self,
        typed: &SecretString,
        hash: Option<&PasswordHash>,
    ) -> Result<Verdict, AppError> {
        let known = hash.is_some();
        let stand_in = self.stand_in.clone();
        let hash = hash.unwrap_or(&stand_in).clone();
        let (typed, cost) = (typed.clone(), self.cost);
        tokio::task::spawn_blocking(move || {
            // bcrypt reads neither past 72 bytes nor past a NUL: such a password never was stored.
            let typed = typed.expose_secret();
            let verifiable = typed.len() <= PASSWORD_MAX_BYTES && !typed.contains('\0');
            // One more step of cost doubles the time: an unreasonable hash is not computed, and neither it nor a
            // damaged one may answer at once.
            let stored_cost = HashParts::from_str(hash.expose()).map(|parts| parts.get_cost());
            let stored_cost = stored_cost.ok().filter(|stored| known && *stored <= BCRYPT_COST_CEILING);
            let fits = match stored_cost {
                Some(_) if verifiable => bcrypt::verify(typed, hash.expose()).unwrap_or(false),
                Some(_) | None => false,
            };
            match stored_cost {
                Some(stored) if fits && stored < cost => Verdict::RightButWeak,
                Some(_) if fits => Verdict::Right,
                Some(stored) if verifiable && stored >= cost => Verdict::Wrong,
                // A cheaper hash, or none: the rest of the time that a new one takes.
                Some(_) | None => {
                    let _ = bcrypt::verify("", stand_in.expose());
                    Verdict::Wrong
                }
            }
        })
        .await
        .map_err(|error| AppError::Unexpected { detail: format!("verifying stopped: {error}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_has_the_services_format_and_fits_its_password_only() {
        let hasher = PasswordHasher::with_cost(4);
        let typed = SecretString::from("Passw0rd");
        let hash = hasher.hash(&Password::parse(&typed).expect("allowed")).await.expect("hashed");
        assert!(hash.expose().starts_with("$2b$04$"), "the service verifies $2b$ hashes");
        assert_eq!(hasher.verify(&typed, Some(&hash)).await, Ok(Verdict::Right));
        assert_eq!(hasher.verify(&SecretString::from("passw0rd"), Some(&hash)).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_right_but_weak() {
        let typed = SecretString::from("Passw0rd");
        let cheap = PasswordHasher::with_cost(4).hash(&Password::parse(&typed).expect("allowed")).await;
        let verdict = PasswordHasher::with_cost(5).verify(&typed, Some(&cheap.expect("hashed"))).await;
        assert_eq!(verdict, Ok(Verdict::RightButWeak));
    }

    #[tokio::test]
    async fn a_hash_of_unreasonable_cost_is_not_computed() {
        let (hasher, typed) = (PasswordHasher::with_cost(4), SecretString::from("Passw0rd"));
        let costly = PasswordHasher::with_cost(20).stand_in;
        let verdict = hasher.verify(&typed, Some(&costly));
        let in_time = tokio::time::timeout(std::time::Duration::from_secs(10), verdict).await;
        assert_eq!(in_time.expect("it takes minutes to compute"), Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn the_stand_in_is_a_readable_hash_that_nothing_fits() {
        let hasher = PasswordHasher::with_cost(4);
        assert!(
            HashParts::from_str(hasher.stand_in.expose()).is_ok(),
            "else an unknown address answers at once"
        );
        assert_eq!(hasher.verify(&SecretString::from("Passw0rd"), None).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_password_that_bcrypt_would_cut_never_fits() {
        let hasher = PasswordHasher::with_cost(4);
        let allowed = SecretString::from(format!("Aa1{}", "x".repeat(69)));
        let hash = hasher.hash(&Password::parse(&allowed).expect("allowed")).await.expect("hashed");
        let longer = SecretString::from(format!("Aa1{}", "x".repeat(70)));
        assert_eq!(hasher.verify(&longer, Some(&hash)).await, Ok(Verdict::Wrong));
    }
}
