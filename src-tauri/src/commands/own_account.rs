//! A person's own account: name, password, recovery code.

use super::sessions::SessionView;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tauri::State;
use tenantry_console::Console;
use tenantry_console::console::{OneTimeRow, SecretFile};
use tenantry_console::error::ConsoleError;

/// A one-time password to save, with whom it is for.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeInput {
    pub name: String,
    pub email: String,
    pub password: String,
}

/// Changes the name of the account of the session.
///
/// # Errors
/// `invalid_input`, `forbidden` for an organization's own admin, who has none; those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn rename_oneself(
    console: State<'_, Console>,
    workspace: String,
    name: String,
) -> Result<SessionView, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.sessions().rename_oneself(&actor, &name).await?;
    // The session as the account is now.
    let session = workspace.current_session().await?.ok_or(ConsoleError::NotSignedIn)?;
    Ok(SessionView::from(&session))
}

/// Changes the password of the account of the session, which goes on; its other sessions end.
///
/// # Errors
/// `credentials_refused`, `throttled`, `invalid_input`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_own_password(
    console: State<'_, Console>,
    workspace: String,
    present: String,
    password: String,
) -> Result<SessionView, ConsoleError> {
    let (present, password) = (SecretString::from(present), SecretString::from(password));
    let (workspace, _) = console.writer(&workspace).await?;
    Ok(SessionView::from(&workspace.change_own_password(&present, &password).await?))
}

/// Makes a new recovery code for the owner of the session, in place of the one before. The answer is the only time that
/// it is told.
///
/// # Errors
/// `credentials_refused`, `throttled`, `forbidden` for anybody but owners; those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn renew_recovery_code(
    console: State<'_, Console>,
    workspace: String,
    password: String,
) -> Result<String, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let code = workspace.sessions().renew_recovery_code(&actor, &SecretString::from(password)).await?;
    Ok(code.secret().expose_secret().to_owned())
}

/// Saves a recovery code, which the window shows once, to a file that the person chooses. Returns its path; `null` if
/// they changed their mind.
///
/// # Errors
/// `no_workspace`, `not_signed_in`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn save_recovery_code(
    console: State<'_, Console>,
    workspace: String,
    code: String,
    owner: String,
    workspace_name: String,
) -> Result<Option<String>, ConsoleError> {
    let code = SecretString::from(code);
    let file = SecretFile::RecoveryCode { code, owner, workspace: workspace_name };
    console.save_secret_file(&workspace, file).await
}

/// Saves one-time passwords, which the window shows once, to a CSV file that the person chooses. Returns its path;
/// `null` if they changed their mind.
///
/// # Errors
/// `no_workspace`, `not_signed_in`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn save_one_time_passwords(
    console: State<'_, Console>,
    workspace: String,
    rows: Vec<OneTimeInput>,
) -> Result<Option<String>, ConsoleError> {
    let row = |row: OneTimeInput| OneTimeRow {
        name: row.name,
        email: row.email,
        password: SecretString::from(row.password),
    };
    let file = SecretFile::OneTimePasswords(rows.into_iter().map(row).collect());
    console.save_secret_file(&workspace, file).await
}
