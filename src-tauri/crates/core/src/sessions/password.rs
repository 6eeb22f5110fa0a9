//! Hashes and verifies with bcrypt (`$2b$`), off the async threads.
//!
//! The work of a sign-in must not reveal what an address has. It is a number of parallel *lanes*, each as long as one
//! hash of a certain cost: a lane verifies one stored hash, and spends the rest of its time computing for nothing.
//! After a hash of cost 10, another of cost 10 and one of cost 11 fill the time of cost 12.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::error::AppError;
use crate::limits::{BCRYPT_COST, PASSWORD_MAX_BYTES};
use crate::values::{HashScheme, Password, PasswordHash};

/// Hashes and verifies passwords with bcrypt.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    cost: u32,
    rounds: Arc<AtomicU64>,
    /// A turn for each processor but one.
    background: Arc<Semaphore>,
}

/// The work of one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    /// The number of stored hashes it has room for.
    pub(super) lanes: usize,
    /// The cost of each.
    pub(super) cost: u32,
}

impl Effort {
    /// At least as much of both as `other`.
    pub(super) fn raised_to(self, other: Self) -> Self {
        Self { lanes: self.lanes.max(other.lanes), cost: self.cost.max(other.cost) }
    }
}

/// Whether a password fits a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, but the hash is cheaper than new ones: renew it.
    RightButWeak,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self::with_cost(BCRYPT_COST)
    }
}

impl PasswordHasher {
    /// A hasher with another cost: tests and measurements use a low one.
    pub fn with_cost(cost: u32) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let background = Arc::new(Semaphore::new((processors - 1).max(1)));
        Self { cost, rounds: Arc::default(), background }
    }

    /// The bcrypt rounds that this hasher and its clones have computed: 2 to the power of the cost for each hash.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// `Unexpected` if the computer has no randomness for a salt.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, AppError> {
        let (secret, cost) = (password.secret().clone(), self.cost);
        self.count(cost);
        let hash = tokio::task::spawn_blocking(move || bcrypt::hash(secret.expose_secret(), cost)).await;
        match hash {
            Ok(Ok(hash)) => Ok(PasswordHash::from_stored(hash)),
            Ok(Err(error)) => Err(AppError::Unexpected { detail: format!("bcrypt: {error}") }),
            Err(error) => Err(AppError::Unexpected { detail: format!("hashing stopped: {error}") }),
        }
    }

    /// Hashes a new password when it is its turn: many at once take all processors but one, which the window keeps.
    ///
    /// # Errors
    /// As [`hash`](Self::hash).
    pub async fn hash_in_background(&self, password: &Password) -> Result<PasswordHash, AppError> {
        let turn = self.background.acquire().await;
        let _turn = turn.map_err(|error| AppError::Unexpected { detail: format!("hashing: {error}") })?;
        self.hash(password).await
    }

    /// The least work of a sign-in that verifies these hashes.
    pub(super) fn effort_for(&self, hashes: &[&PasswordHash]) -> Effort {
        let cost = hashes.iter().filter_map(|hash| cost_of(hash)).max().unwrap_or(0);
        Effort { lanes: hashes.len().max(1), cost: cost.max(self.cost) }
    }

    /// Verifies a password as typed against each hash. The time depends on `effort` only, not on the kind or number of
    /// the hashes.
    pub(super) async fn verify(
        &self,
        typed: &SecretString,
        hashes: &[&PasswordHash],
        effort: Effort,
    ) -> Result<Vec<Verdict>, AppError> {
        let effort = effort.raised_to(self.effort_for(hashes));
        let lanes = (0..effort.lanes).map(|lane| {
            let (hasher, typed) = (self.clone(), typed.clone());
            let hash = hashes.get(lane).map(|hash| (*hash).clone());
            async move {
                tokio::task::spawn_blocking(move || hasher.run_lane(&typed, hash.as_ref(), effort.cost))
                    .await
                    .map_err(|error| AppError::Unexpected { detail: format!("verifying stopped: {error}") })
            }
        });
        let mut verdicts = try_join_all(lanes).await?;
        verdicts.truncate(hashes.len());
        Ok(verdicts)
    }

    fn run_lane(&self, typed: &SecretString, hash: Option<&PasswordHash>, full: u32) -> Verdict {
        // bcrypt reads neither past 72 bytes nor past a NUL, so such a password was never stored.
        let typed = typed.expose_secret();
        let verifiable = typed.len() <= PASSWORD_MAX_BYTES && !typed.contains('\0');
        let stored = hash.and_then(|hash| Some((hash, cost_of(hash)?))).filter(|_| verifiable);
        let Some((hash, cost)) = stored else {
            self.compute_for_nothing(full);
            return Verdict::Wrong;
        };
        self.count(cost);
        let fits = bcrypt::verify(typed, hash.expose()).unwrap_or(false);
        for rest in cost..full {
            self.compute_for_nothing(rest);
        }
        match fits {
            true if cost < self.cost => Verdict::RightButWeak,
            true => Verdict::Right,
            false => Verdict::Wrong,
        }
    }

    fn compute_for_nothing(&self, cost: u32) {
        self.count(cost);
        // The digest is fixed and belongs to no password; only the cost decides how long verifying takes.
        let hash = format!("$2b${cost:02}$CwTycUXWue0Thq9StjUM0uJ8qW5v1dR1Z6cWk8bC4Wv0m2n1p5r7K");
        let _ = std::hint::black_box(bcrypt::verify("", &hash));
    }

    fn count(&self, cost: u32) {
        self.rounds.fetch_add(1 << cost, Ordering::Relaxed);
    }
}

/// The cost of a hash that can be verified here.
fn cost_of(hash: &PasswordHash) -> Option<u32> {
    match hash.scheme() {
        HashScheme::Bcrypt { cost } => Some(cost),
        HashScheme::Unverifiable(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Effort = Effort { lanes: 1, cost: 0 };

    async fn hashed(cost: u32, typed: &str) -> PasswordHash {
        let password = Password::parse(&SecretString::from(typed)).expect("allowed");
        PasswordHasher::with_cost(cost).hash(&password).await.expect("hashed")
    }

    async fn verdict(hasher: &PasswordHasher, typed: &str, hash: &PasswordHash) -> Verdict {
        hasher.verify(&SecretString::from(typed), &[hash], ONE).await.expect("verified")[0]
    }

    #[tokio::test]
    async fn a_hash_has_the_services_format_and_fits_its_password_only() {
        let hasher = PasswordHasher::with_cost(4);
        let hash = hashed(4, "Passw0rd").await;
        assert!(hash.expose().starts_with("$2b$04$"), "the service verifies $2b$ hashes");
        assert_eq!(verdict(&hasher, "Passw0rd", &hash).await, Verdict::Right);
        assert_eq!(verdict(&hasher, "passw0rd", &hash).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_right_but_weak() {
        let cheap = hashed(4, "Passw0rd").await;
        assert_eq!(verdict(&PasswordHasher::with_cost(5), "Passw0rd", &cheap).await, Verdict::RightButWeak);
    }

    #[tokio::test]
    async fn a_hash_of_unreasonable_cost_is_not_computed() {
        let hasher = PasswordHasher::with_cost(4);
        let costly = PasswordHash::from_stored(
            "$2b$20$CwTycUXWue0Thq9StjUM0uJ8qW5v1dR1Z6cWk8bC4Wv0m2n1p5r7K".to_owned(),
        );
        let verdict = verdict(&hasher, "Passw0rd", &costly);
        let in_time = tokio::time::timeout(std::time::Duration::from_secs(10), verdict).await;
        assert_eq!(in_time.expect("it takes minutes to compute"), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_password_that_bcrypt_would_cut_never_fits() {
        let hasher = PasswordHasher::with_cost(4);
        let allowed = format!("Aa1{}", "x".repeat(69));
        let hash = hashed(4, &allowed).await;
        assert_eq!(verdict(&hasher, &format!("{allowed}x"), &hash).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn the_rounds_of_a_sign_in_do_not_tell_what_is_verified() {
        let damaged = PasswordHash::from_stored("$2b$12$damaged".to_owned());
        let foreign = PasswordHash::from_stored("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA".to_owned());
        let (cheap, dearer, full) =
            (hashed(4, "Passw0rd").await, hashed(5, "Passw0rd").await, hashed(6, "Passw0rd").await);
        let too_long = "x".repeat(100);
        for lanes in [1, 3] {
            let effort = Effort { lanes, cost: 6 };
            let cases: [&[&PasswordHash]; 7] =
                [&[], &[&cheap], &[&dearer], &[&full], &[&damaged], &[&foreign], &[&full, &cheap, &foreign]];
            for hashes in cases.into_iter().filter(|hashes| hashes.len() <= lanes) {
                for typed in ["Passw0rd", "Wr0ng-one", "", &too_long] {
                    let hasher = PasswordHasher::with_cost(6);
                    let verdicts =
                        hasher.verify(&SecretString::from(typed), hashes, effort).await.expect("verified");
                    assert_eq!(verdicts.len(), hashes.len(), "one verdict for each hash");
                    assert_eq!(hasher.rounds(), (lanes as u64) << 6, "{hashes:?} with {typed:?}");
                }
            }
        }
    }
}
