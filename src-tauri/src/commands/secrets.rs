//! Where secrets are kept: asking, choosing, unlocking, locking.

use secrecy::SecretString;
use serde::Serialize;
use tauri::State;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_console::profiles::KeeperChoice;
use tenantry_console::vault::{self, KeychainProblem, MoveNote, SealedFileState};

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
    pub keeper: KeeperChoice,
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

impl From<vault::Keeping> for SecretKeeping {
    fn from(keeping: vault::Keeping) -> Self {
        Self {
            keeper: keeping.keeper,
            reason: keeping.reason.map(KeepingReason::from),
            keychain_available: keeping.keychain_available,
            keychain_name: keeping.keychain_name.to_owned(),
            sealed_file: keeping.sealed_file,
            chosen: keeping.chosen.is_some(),
        }
    }
}

/// Where secrets are kept, and why.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn secret_keeping(console: State<'_, Console>) -> Result<SecretKeeping, ConsoleError> {
    Ok(SecretKeeping::from(console.vault().await.keeping()))
}

/// Looks for the keychain again. A locked one asks for its own password.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn look_for_keychain(console: State<'_, Console>) -> Result<SecretKeeping, ConsoleError> {
    Ok(SecretKeeping::from(console.look_for_keychain().await))
}

/// Changes where secrets are kept and moves there what is kept now. Nothing leaves its place before it is in the new
/// one.
///
/// # Errors
/// `invalid_input` for a passphrase that is too short, `proof_needed`, `passphrase_refused`, `secrets_locked`,
/// `unavailable` when the keychain can't be used or its question for its own password was not answered,
/// `file_not_written`, `data_corrupt`. Nothing is changed then.
#[tauri::command]
#[specta::specta]
pub async fn choose_secret_keeper(
    console: State<'_, Console>,
    keeper: KeeperChoice,
    passphrase: Option<String>,
) -> Result<SecretMove, ConsoleError> {
    let moved = console.choose_keeper(keeper, passphrase.map(SecretString::from)).await?;
    Ok(SecretMove {
        keeping: SecretKeeping::from(console.vault().await.keeping()),
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
    console: State<'_, Console>,
    passphrase: String,
) -> Result<SecretKeeping, ConsoleError> {
    Ok(SecretKeeping::from(console.unlock_secrets(SecretString::from(passphrase)).await?))
}

/// Lets go of what is in the file of secrets, until its passphrase is given again. Open workspaces stay open.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn lock_secrets(console: State<'_, Console>) -> Result<SecretKeeping, ConsoleError> {
    Ok(SecretKeeping::from(console.lock_secrets().await))
}

/// Seals the file of secrets with another passphrase.
///
/// # Errors
/// `invalid_input`, `passphrase_refused`, `not_found`, `file_not_written`, `data_corrupt`.
#[tauri::command]
#[specta::specta]
pub async fn change_passphrase(
    console: State<'_, Console>,
    current: String,
    next: String,
) -> Result<(), ConsoleError> {
    console.change_passphrase(SecretString::from(current), SecretString::from(next)).await
}
