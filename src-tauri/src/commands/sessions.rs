//! Signing in and out.

use secrecy::SecretString;
use serde::Serialize;
use tauri::State;
use tenantry_core::rights::{Act, Role};
use tenantry_core::sessions::{Session, SignedIn};

use super::moment;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;

/// A session, without its token.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// What the session may be.
    pub role: Role,
    /// The person's name, or the organization's.
    pub name: String,
    /// The address signed in with.
    pub email: String,
    /// The one organization that it may know of; `null` when it may know of all.
    pub organization_id: Option<String>,
    /// When it ends.
    pub expires_at: String,
    /// What it may do, on what is its own. Each call is checked again in Rust.
    pub may: Vec<Act>,
}

impl From<&Session> for SessionView {
    fn from(session: &Session) -> Self {
        let actor = &session.actor;
        Self {
            role: actor.role(),
            name: actor.name().to_owned(),
            email: actor.email().to_owned(),
            organization_id: actor.organization_scope().map(|id| id.to_hex()),
            expires_at: moment(session.expires_at),
            may: actor.acts().collect(),
        }
    }
}

/// Signs in an operator or an organization's admin to an open workspace. Whoever was signed in to it is signed out.
///
/// # Errors
/// `no_workspace`, `invalid_input`, `credentials_refused`, `throttled`, `organization_inactive`.
#[tauri::command]
#[specta::specta]
pub async fn sign_in(
    console: State<'_, Console>,
    workspace: String,
    email: String,
    password: String,
) -> Result<SessionView, ConsoleError> {
    match console.sign_in(&workspace, &email, &SecretString::from(password), None).await? {
        SignedIn::Session(session) => Ok(SessionView::from(&session)),
        SignedIn::Choose(_) | SignedIn::MustChange { .. } => {
            Err(ConsoleError::internal("a sign-in that asks for more"))
        }
    }
}

/// Ends the session of an open workspace, if there is one.
///
/// # Errors
/// `no_workspace`; `unavailable` when the workspace can't be told; the program has forgotten the session even so.
#[tauri::command]
#[specta::specta]
pub async fn sign_out(console: State<'_, Console>, workspace: String) -> Result<(), ConsoleError> {
    console.sign_out(&workspace).await
}

/// The session of an open workspace, as the account is now; `null` when there is none, or it ended.
///
/// # Errors
/// `no_workspace`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn current_session(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<SessionView>, ConsoleError> {
    let session = console.open.load(&workspace)?.current_session().await?;
    Ok(session.as_ref().map(SessionView::from))
}

/// Puts the session's token on the clipboard, for 30 seconds.
///
/// # Errors
/// `no_workspace`, `not_signed_in`, `session_expired`, `session_revoked`, `internal` where there is no clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_token(console: State<'_, Console>, workspace: String) -> Result<(), ConsoleError> {
    console.copy_token(&workspace).await
}

/// Puts a password that the window made up on the clipboard, for 30 seconds. Asks no server: what can be read in the
/// window can be copied from it.
///
/// # Errors
/// `no_workspace`, `not_signed_in`, `internal` where there is no clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_password(
    console: State<'_, Console>,
    workspace: String,
    password: String,
) -> Result<(), ConsoleError> {
    console.copy_password(&workspace, SecretString::from(password)).await
}
