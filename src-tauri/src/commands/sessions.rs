//! Signing in and out.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tauri::State;
use tenantry_core::rights::{Account, Act, Role};
use tenantry_core::sessions::{AccountChoice, Session, SignedIn};
use tenantry_core::values::RecoveryCode;

use super::moment;
use super::people::organization_word;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;

/// A session, without its token.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Names the account when signing in again.
    pub account: String,
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
            account: actor.account().to_string(),
            role: actor.role(),
            name: actor.name().to_owned(),
            email: actor.email().to_owned(),
            organization_id: actor.organization_scope().map(|id| id.to_hex()),
            expires_at: moment(session.expires_at),
            may: actor.acts().collect(),
        }
    }
}

/// A session, with a recovery code that cannot be shown again.
#[derive(Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionWithCode {
    pub session: SessionView,
    /// The code in groups of four.
    pub recovery_code: String,
}

impl SessionWithCode {
    /// The one answer that has the code.
    pub(super) fn of(session: &Session, code: &RecoveryCode) -> Self {
        let recovery_code = code.secret().expose_secret().to_owned();
        Self { session: SessionView::from(session), recovery_code }
    }
}

/// The answer to an address and a password that fit.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignInAnswer {
    /// A session.
    Session { session: SessionView },
    /// The address has several accounts with this password: ask again with one of them.
    Choose { accounts: Vec<AccountChoiceView> },
    /// The password is a one-time one, which must be changed: ask again with another.
    MustChange { until: String },
}

/// An account that an address and a password sign in to.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountChoiceView {
    /// Names it when asking again.
    pub account: String,
    /// The role there.
    pub role: Role,
    /// The display name of its organization, or its name; `null` for an operator.
    pub organization_name: Option<String>,
}

impl From<AccountChoice> for AccountChoiceView {
    fn from(choice: AccountChoice) -> Self {
        Self {
            account: choice.account.to_string(),
            role: choice.role,
            organization_name: choice.organization.as_ref().map(organization_word),
        }
    }
}

impl From<SignedIn> for SignInAnswer {
    fn from(signed_in: SignedIn) -> Self {
        match signed_in {
            SignedIn::Session(session) => Self::Session { session: SessionView::from(&session) },
            SignedIn::Choose(accounts) => {
                Self::Choose { accounts: accounts.into_iter().map(AccountChoiceView::from).collect() }
            }
            SignedIn::MustChange { until } => Self::MustChange { until: moment(until) },
        }
    }
}

/// Signs in an operator, an organization's admin or a person to an open workspace, with the account that they chose if
/// there were several. A session ends the one that was there.
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
    account: Option<String>,
) -> Result<SignInAnswer, ConsoleError> {
    let password = SecretString::from(password);
    Ok(console.sign_in(&workspace, &email, &password, chosen(account)?).await?.into())
}

/// Changes a one-time password, and signs in.
///
/// # Errors
/// As [`sign_in`]; `invalid_input` for a new password that breaks a rule.
#[tauri::command]
#[specta::specta]
pub async fn sign_in_with_new_password(
    console: State<'_, Console>,
    workspace: String,
    email: String,
    one_time_password: String,
    password: String,
    account: Option<String>,
) -> Result<SignInAnswer, ConsoleError> {
    let (one_time, password) = (SecretString::from(one_time_password), SecretString::from(password));
    let account = chosen(account)?;
    let signed_in =
        console.sign_in_with_new_password(&workspace, &email, &one_time, &password, account).await?;
    Ok(signed_in.into())
}

/// Signs an owner in who forgot the password, by the recovery code, and sets another password. The answer has the next
/// recovery code.
///
/// # Errors
/// `credentials_refused`, `throttled`, `invalid_input`, `no_workspace`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn recover(
    console: State<'_, Console>,
    workspace: String,
    email: String,
    code: String,
    password: String,
) -> Result<SessionWithCode, ConsoleError> {
    let (code, password) = (SecretString::from(code), SecretString::from(password));
    let (session, next) = console.recover(&workspace, &email, &code, &password).await?;
    Ok(SessionWithCode::of(&session, &next))
}

fn chosen(account: Option<String>) -> Result<Option<Account>, ConsoleError> {
    account.map(|text| text.parse().map_err(|()| ConsoleError::not_found("account"))).transpose()
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
