//! Where secrets are stored: looking, choosing, unlocking, locking, and proving whose they are.

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::{SecretKind, Secrets};
use tenantry_core::AppError;
use tenantry_core::rights::Act;
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{Field, FieldRule};

use super::Console;
use crate::error::{ConsoleError, ProofBy};
use crate::profiles::{KeeperChoice, Profile};
use crate::vault::{self, Keeping, Moved};

/// Characters of a passphrase, at least. Each guess costs a second.
pub const PASSPHRASE_MIN: usize = 10;

impl Console {
    /// Looks for the keychain again. A locked one asks for its own password.
    pub async fn look_for_keychain(&self) -> Keeping {
        let vault = self.vault().await;
        let stored = vault.look_for_keychain().await;
        self.note_stored(&stored);
        vault.keeping()
    }

    /// Changes where secrets are stored and moves them there. Nothing leaves its place before it is in the new one.
    ///
    /// # Errors
    /// `invalid_input` for a passphrase that is too short, `proof_needed`, `passphrase_refused`, `secrets_locked`,
    /// `unavailable` if the keychain cannot be used or its prompt was not answered, `file_not_written`, `data_corrupt`.
    /// Nothing is changed then.
    pub async fn choose_keeper(
        &self,
        keeper: KeeperChoice,
        passphrase: Option<SecretString>,
    ) -> Result<Moved, ConsoleError> {
        let vault = self.vault().await;
        let passphrase = passphrase.filter(|typed| !typed.expose_secret().is_empty());
        let is_file_in_use = vault.is_sealed_file_in_use();
        if keeper == KeeperChoice::SealedFile && !is_file_in_use {
            require_strong(passphrase.as_ref())?;
        }
        // Secrets leave their place with the same proof as in an export: under a passphrase of one's own, or in memory,
        // nothing would ask any more.
        if keeper != KeeperChoice::SealedFile && is_file_in_use {
            // A person who forgot the passphrase can put the file aside, with everything in it.
            if passphrase.is_none() && keeper == KeeperChoice::Keychain {
                return Err(ConsoleError::ProofNeeded { by: ProofBy::Passphrase });
            }
            vault.lock();
        } else if keeper != KeeperChoice::Keychain && !is_file_in_use {
            // A connection that nobody has opened belongs to the person who is setting it up.
            let mut used = self.profiles.all();
            used.retain(|profile| profile.last_opened_at.is_some() || self.open.find(&profile.id).is_some());
            let used: Vec<String> = used.into_iter().map(|profile| profile.id).collect();
            self.require_proof(&used, None).await?;
        }
        Ok(vault.move_to(&self.profiles, keeper, passphrase).await?)
    }

    /// Unlocks the secrets file for this run.
    ///
    /// # Errors
    /// `passphrase_refused`, `data_corrupt`, `not_found`.
    pub async fn unlock_secrets(&self, passphrase: SecretString) -> Result<Keeping, ConsoleError> {
        let vault = self.vault().await;
        let stored = vault.unlock(passphrase).await?;
        vault.forget_others(&self.profiles).await;
        self.note_stored(&stored);
        Ok(vault.keeping())
    }

    /// Locks the secrets file until its passphrase is given again. Open workspaces stay open.
    pub async fn lock_secrets(&self) -> Keeping {
        let vault = self.vault().await;
        vault.lock();
        vault.keeping()
    }

    /// Seals the secrets file with another passphrase.
    ///
    /// # Errors
    /// `invalid_input`, `passphrase_refused`, `not_found`, `file_not_written`, `data_corrupt`.
    pub async fn change_passphrase(
        &self,
        current: SecretString,
        next: SecretString,
    ) -> Result<(), ConsoleError> {
        require_strong(Some(&next))?;
        Ok(self.vault().await.change_passphrase(current, next).await?)
    }

    /// Whether the secrets of these connections may leave their place: by its own proof or, if it cannot ask, by an
    /// operator's session in the workspace of each.
    ///
    /// # Errors
    /// `proof_needed` and those of the place, without a proof.
    pub(super) async fn require_proof(
        &self,
        ids: &[String],
        proof: Option<SecretString>,
    ) -> Result<(), ConsoleError> {
        if let Some(proven) = self.vault().await.prove(proof).await {
            return Ok(proven?);
        }
        for id in ids {
            let profile = self.profiles.find(id).ok_or_else(|| ConsoleError::not_found("workspace"))?;
            if self.secrets_to_carry(&profile).await?.is_empty() {
                continue;
            }
            let open = self.open.find(id).ok_or(ConsoleError::ProofNeeded { by: ProofBy::Operator })?;
            match open.authorize(Freshness::Now).await {
                Ok(actor) if actor.may(Act::Unlock) => {}
                Ok(_) | Err(AppError::Session(_)) => {
                    return Err(ConsoleError::ProofNeeded { by: ProofBy::Operator });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The secrets that go with a duplicated or exported connection: all except the key of its tokens, because each
    /// workspace signs with its own.
    ///
    /// # Errors
    /// `secrets_locked`.
    pub(super) async fn secrets_to_carry(&self, profile: &Profile) -> Result<Secrets, ConsoleError> {
        let vault = self.vault().await;
        let mut secrets = Secrets::new();
        for kind in SecretKind::GIVEN {
            if profile.stored.contains(&kind) || vault.remembers(&profile.id, kind) {
                secrets.extend(vault.find(&profile.id, kind).await?.map(|secret| (kind, secret)));
            }
        }
        Ok(secrets)
    }

    fn note_stored(&self, stored: &[(String, SecretKind)]) {
        if let Err(error) = vault::note_as_stored(&self.profiles, stored) {
            tracing::warn!(%error, "which secrets are stored could not be noted");
        }
    }
}

/// # Errors
/// `invalid_input` for a weak passphrase.
pub(super) fn require_strong(passphrase: Option<&SecretString>) -> Result<(), ConsoleError> {
    let characters = passphrase.map_or(0, |typed| typed.expose_secret().chars().count());
    if characters >= PASSPHRASE_MIN {
        return Ok(());
    }
    let (rule, message) = if characters == 0 {
        (FieldRule::Required, "A passphrase is needed.".to_owned())
    } else {
        (FieldRule::TooShort, format!("A passphrase has at least {PASSPHRASE_MIN} characters."))
    };
    Err(ConsoleError::field(Field::Passphrase, rule, message))
}
