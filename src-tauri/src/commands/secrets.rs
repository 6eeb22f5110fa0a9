//! Where secrets are kept: asking, choosing, unlocking, locking.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tauri::State;
use tenantry_core::FieldIssue;
use tenantry_core::values::{Field, FieldRule};

use super::transfer::require_proof;
use tenantry_console::error::{ProofBy, WireError};
use tenantry_console::profiles::KeeperChoice;
use tenantry_console::state::AppState;
use tenantry_console::vault::{self, KeychainProblem, MoveNote, SecretKind, Vault};

/// Characters of a passphrase, at least. Guessing one costs a second for each try.
pub(crate) const PASSPHRASE_MIN: usize = 10;

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SecretKeeper {
    /// In the operating system's keychain.
    Keychain,
    /// In a file that is sealed with a passphrase.
    SealedFile,
    /// Nowhere: they are asked for every time.
    AskEveryTime,
}

/// What the sealed file is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SealedFileState {
    /// There is none.
    None,
    /// It needs its passphrase.
    Locked,
    /// It is open for this run.
    Unlocked,
}

/// Why secrets are not kept where they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeepingReason {
    /// Nothing on this system keeps secrets.
    NoKeychain,
    /// There is a session bus and no keychain on it.
    NoService,
    /// There is a keychain in which nothing can be stored yet.
    NotSetUp,
    /// It is locked, or a person closed its question.
    KeychainLocked,
    /// It answered, and refused.
    KeychainRefused,
    /// It did not answer in time.
    KeychainSilent,
    /// It was there and went away.
    KeychainGone,
    /// The file of secrets is gone.
    FileGone,
    /// The last secret could not be written into the file of secrets.
    NotWritten,
}

impl From<vault::KeepingReason> for KeepingReason {
    fn from(reason: vault::KeepingReason) -> Self {
        match reason {
            vault::KeepingReason::Keychain(problem) => match problem {
                KeychainProblem::NoBus => Self::NoKeychain,
                KeychainProblem::NoService => Self::NoService,
                KeychainProblem::NotSetUp => Self::NotSetUp,
                KeychainProblem::Locked => Self::KeychainLocked,
                KeychainProblem::Refused => Self::KeychainRefused,
                KeychainProblem::Silent => Self::KeychainSilent,
                KeychainProblem::Gone => Self::KeychainGone,
            },
            vault::KeepingReason::FileGone => Self::FileGone,
            vault::KeepingReason::NotWritten => Self::NotWritten,
        }
    }
}

/// Where secrets are kept, and why.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeeping {
    /// Where they are kept now.
    pub keeper: SecretKeeper,
    /// Why not in the keychain, or why not where a person chose.
    pub reason: Option<KeepingReason>,
    /// Whether the keychain can be used.
    pub keychain_available: bool,
    /// What the keychain is called on this system.
    pub keychain_name: String,
    /// What the sealed file is like.
    pub sealed_file: SealedFileState,
    /// A person chose a place; else it was found.
    pub chosen: bool,
}

/// What changing the place did.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SecretMove {
    /// Where they are kept now.
    pub keeping: SecretKeeping,
    /// How many secrets were moved.
    pub moved: u32,
    /// What a person should know.
    pub problems: Vec<MoveNote>,
}

impl From<KeeperChoice> for SecretKeeper {
    fn from(choice: KeeperChoice) -> Self {
        match choice {
            KeeperChoice::Keychain => Self::Keychain,
            KeeperChoice::SealedFile => Self::SealedFile,
            KeeperChoice::AskEveryTime => Self::AskEveryTime,
        }
    }
}

impl From<SecretKeeper> for KeeperChoice {
    fn from(keeper: SecretKeeper) -> Self {
        match keeper {
            SecretKeeper::Keychain => Self::Keychain,
            SecretKeeper::SealedFile => Self::SealedFile,
            SecretKeeper::AskEveryTime => Self::AskEveryTime,
        }
    }
}

impl From<vault::SealedFileState> for SealedFileState {
    fn from(state: vault::SealedFileState) -> Self {
        match state {
            vault::SealedFileState::Missing => Self::None,
            vault::SealedFileState::Locked => Self::Locked,
            vault::SealedFileState::Unlocked => Self::Unlocked,
        }
    }
}

/// Where secrets are kept, and why.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn secret_keeping(state: State<'_, AppState>) -> Result<SecretKeeping, WireError> {
    Ok(keeping(state.vault().await))
}

/// Looks for the keychain again. A locked one asks for its own password.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn look_for_keychain(state: State<'_, AppState>) -> Result<SecretKeeping, WireError> {
    let vault = state.vault().await;
    let stored = vault.look_for_keychain().await;
    note_stored(&state, &stored);
    Ok(keeping(vault))
}

/// Changes where secrets are kept and moves there what is kept now. Nothing leaves its place before it is in the new one.
///
/// # Errors
/// `invalid_input` for a passphrase that is too short, `proof_needed`, `passphrase_refused`, `secrets_locked`, `unavailable` when the
/// keychain can't be used or its question for its own password was not answered, `file_not_written`, `data_corrupt`. Nothing is changed then.
#[tauri::command]
#[specta::specta]
pub async fn choose_secret_keeper(
    state: State<'_, AppState>,
    keeper: SecretKeeper,
    passphrase: Option<String>,
) -> Result<SecretMove, WireError> {
    let vault = state.vault().await;
    let passphrase = passphrase.filter(|typed| !typed.is_empty()).map(SecretString::from);
    let is_new = keeper == SecretKeeper::SealedFile && !vault.is_sealed_file_in_use();
    if is_new {
        require_strong(passphrase.as_ref())?;
    }
    // Secrets leave their place with the same proof as they leave in an export: under a passphrase of one's own, or in
    // memory, it would be no question any more.
    if keeper != SecretKeeper::SealedFile && vault.is_sealed_file_in_use() {
        // Whoever has forgotten the passphrase can leave the file aside, and what is in it.
        if passphrase.is_none() && keeper == SecretKeeper::Keychain {
            return Err(WireError::proof_needed(ProofBy::Passphrase));
        }
        vault.lock();
    } else if keeper != SecretKeeper::Keychain && !vault.is_sealed_file_in_use() {
        // A connection that nobody has opened belongs to whoever is setting it up.
        let mut used = state.profiles.all();
        used.retain(|profile| profile.last_opened_at.is_some() || state.open.find(&profile.id).is_some());
        let used: Vec<String> = used.into_iter().map(|profile| profile.id).collect();
        require_proof(&state, &used, None).await?;
    }
    let moved = vault.move_to(&state.profiles, KeeperChoice::from(keeper), passphrase).await?;
    Ok(SecretMove {
        keeping: keeping(vault),
        moved: u32::try_from(moved.moved).unwrap_or(u32::MAX),
        problems: moved.problems,
    })
}

/// Unlocks the file of secrets for this run.
///
/// # Errors
/// `passphrase_refused`, `data_corrupt`, `not_found`.
#[tauri::command]
#[specta::specta]
pub async fn unlock_secrets(
    state: State<'_, AppState>,
    passphrase: String,
) -> Result<SecretKeeping, WireError> {
    let vault = state.vault().await;
    let stored = vault.unlock(SecretString::from(passphrase)).await?;
    vault.forget_others(&state.profiles).await;
    note_stored(&state, &stored);
    Ok(keeping(vault))
}

/// Lets go of what is in the file of secrets, until its passphrase is given again. Open workspaces stay open.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn lock_secrets(state: State<'_, AppState>) -> Result<SecretKeeping, WireError> {
    let vault = state.vault().await;
    vault.lock();
    Ok(keeping(vault))
}

/// Seals the file of secrets with another passphrase.
///
/// # Errors
/// `invalid_input`, `passphrase_refused`, `not_found`, `file_not_written`, `data_corrupt`.
#[tauri::command]
#[specta::specta]
pub async fn change_passphrase(
    state: State<'_, AppState>,
    current: String,
    next: String,
) -> Result<(), WireError> {
    let next = SecretString::from(next);
    require_strong(Some(&next))?;
    let vault = state.vault().await;
    vault.change_passphrase(SecretString::from(current), next).await?;
    Ok(())
}

/// Where a vault keeps secrets, for the window.
pub(super) fn keeping(vault: &Vault) -> SecretKeeping {
    let keeping = vault.keeping();
    SecretKeeping {
        keeper: SecretKeeper::from(keeping.keeper),
        reason: keeping.reason.map(KeepingReason::from),
        keychain_available: keeping.keychain_available,
        keychain_name: vault.keychain_name().to_owned(),
        sealed_file: SealedFileState::from(keeping.sealed_file),
        chosen: keeping.chosen.is_some(),
    }
}

fn note_stored(state: &AppState, stored: &[(String, SecretKind)]) {
    if let Err(error) = vault::note_as_stored(&state.profiles, stored) {
        tracing::warn!(%error, "which secrets are stored could not be noted");
    }
}

/// # Errors
/// `invalid_input` for a passphrase that a person should not rely on.
pub(super) fn require_strong(passphrase: Option<&SecretString>) -> Result<(), WireError> {
    let characters = passphrase.map_or(0, |typed| typed.expose_secret().chars().count());
    if characters >= PASSPHRASE_MIN {
        return Ok(());
    }
    let (rule, message) = if characters == 0 {
        (FieldRule::Required, "A passphrase is needed.".to_owned())
    } else {
        (FieldRule::TooShort, format!("A passphrase has at least {PASSPHRASE_MIN} characters."))
    };
    Err(WireError::from(vec![FieldIssue { field: Field::Passphrase, rule, message }]))
}
