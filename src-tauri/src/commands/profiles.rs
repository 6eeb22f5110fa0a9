//! Saved connections: saving, arranging, duplicating, removing and restoring.

use secrecy::SecretString;
use serde::Deserialize;
use tauri::State;
use tenantry_connection::{SecretKind, Secrets};
use tenantry_console::Console;
use tenantry_console::console::{ProfileEdit, WorkspaceSummary};
use tenantry_console::error::ConsoleError;
use tenantry_core::records::{Access, Environment};

/// A connection, as typed.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ProfileInput {
    /// `null` for a new one.
    pub id: Option<String>,
    /// The draft with the secrets that were typed into the connection string. It is forgotten once they are stored.
    pub draft: String,
    pub name: String,
    /// Its environment.
    pub environment: Environment,
    /// May contain a password, which is taken out.
    pub connection_string: String,
    pub database: String,
    /// Its notes.
    pub notes: String,
    /// Its access.
    pub access: Access,
    /// The database user's password; `null` keeps the stored one, empty forgets it.
    pub password: Option<String>,
    /// The password of the client certificate's key; `null` keeps the stored one, empty forgets it.
    pub certificate_key_password: Option<String>,
    /// Whether to store secrets for the next run, stored and typed ones alike. Asked if there is a password.
    pub remember: bool,
    /// The service's signing secret; `null` keeps the stored one, empty forgets it.
    pub signing_secret: Option<String>,
}

/// Saves a connection. Secrets in the connection string are taken out and stored in the vault.
///
/// # Errors
/// `invalid_input`, `not_found`, `file_not_written`; `operator_needed` if it would permit more than before;
/// `secrets_locked` and `unavailable` if a secret cannot be forgotten now.
#[tauri::command]
#[specta::specta]
pub async fn save_profile(
    console: State<'_, Console>,
    input: ProfileInput,
) -> Result<WorkspaceSummary, ConsoleError> {
    let saved = console.save_profile(input.into()).await?;
    Ok(console.summary(saved).await)
}

impl From<ProfileInput> for ProfileEdit {
    fn from(input: ProfileInput) -> Self {
        Self {
            id: input.id,
            draft: input.draft,
            name: input.name,
            environment: input.environment,
            connection_string: SecretString::from(input.connection_string),
            database: input.database,
            notes: input.notes,
            access: input.access,
            secrets: typed_secrets(input.password, input.certificate_key_password),
            remember: input.remember,
            signing_secret: input.signing_secret.map(SecretString::from),
        }
    }
}

/// The secrets with fields of their own.
pub(super) fn typed_secrets(password: Option<String>, certificate_key_password: Option<String>) -> Secrets {
    let typed = [
        (SecretKind::DatabasePassword, password),
        (SecretKind::CertificateKeyPassword, certificate_key_password),
    ];
    typed.into_iter().filter_map(|(kind, typed)| Some((kind, SecretString::from(typed?)))).collect()
}

/// Saves a copy of a connection under another name, right behind it, with its secrets.
///
/// # Errors
/// `not_found`, `file_not_written`, `secrets_locked`.
#[tauri::command]
#[specta::specta]
pub async fn duplicate_profile(
    console: State<'_, Console>,
    id: String,
) -> Result<WorkspaceSummary, ConsoleError> {
    let copy = console.duplicate_profile(&id).await?;
    Ok(console.summary(copy).await)
}

/// Takes a profile out of the list, and closes its workspace if it is open. What it points to stays as it is. It can be
/// had back for 15 seconds; then its secrets are forgotten.
///
/// # Errors
/// `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn remove_profile(console: State<'_, Console>, id: String) -> Result<(), ConsoleError> {
    console.remove_profile(&id).await
}

/// Has a removed profile back, in its place and with its secrets.
///
/// # Errors
/// `not_found` when it is too late, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn restore_profile(
    console: State<'_, Console>,
    id: String,
) -> Result<WorkspaceSummary, ConsoleError> {
    Ok(console.summary(console.restore_profile(&id)?).await)
}

/// Puts the saved profiles in this order.
///
/// # Errors
/// `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn arrange_profiles(console: State<'_, Console>, ids: Vec<String>) -> Result<(), ConsoleError> {
    Ok(console.profiles.arrange(&ids)?)
}

/// Marks a profile that is shown before the others, or takes the mark away.
///
/// # Errors
/// `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn mark_favorite(
    console: State<'_, Console>,
    id: String,
    favorite: bool,
) -> Result<WorkspaceSummary, ConsoleError> {
    Ok(console.summary(console.mark_favorite(&id, favorite)?).await)
}
