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
        let hash = hash.unwrap_or(&self.stand_in).clone();
        let (typed, cost) = (typed.clone(), self.cost);
        tokio::task::spawn_blocking(move || {
            let Ok(parts) = HashParts::from_str(hash.expose()) else { return Verdict::Wrong };
            // bcrypt reads neither past 72 bytes nor past a NUL: such a password never was stored.
            let readable = typed.expose_secret().len() <= PASSWORD_MAX_BYTES
                && !typed.expose_secret().contains('\0')
                && parts.get_cost() <= BCRYPT_COST_CEILING;
            let candidate = if readable { typed.expose_secret() } else { "" };
            let fits = bcrypt::verify(candidate, hash.expose()).unwrap_or(false);
            match (fits && known && readable, parts.get_cost() < cost) {
                (false, _) => Verdict::Wrong,
                (true, false) => Verdict::Right,
                (true, true) => Verdict::RightButWeak,
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
    async fn the_stand_in_is_a_readable_hash_that_nothing_fits() {
        let hasher = PasswordHasher::with_cost(4);
        assert!(HashParts::from_str(hasher.stand_in.expose()).is_ok(), "else an unknown address answers at once");
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
