//! Live sessions: the list, ending them, and what happens to the window's own.

use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_console::presence;
use tenantry_core::error::SessionProblem;
use tenantry_core::numbers::Count;
use tenantry_core::records::{LiveSession, SessionDigest, SessionsOf, WorkspaceSettings};
use tenantry_core::rights::{Actor, Role};
use tenantry_core::sessions::{Failing, FailingSubject, SessionPage, account_key};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::sessions::SessionView;
use super::{moment, organization_id};

/// Some of the live sessions.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WhoseSessions {
    /// The person's own.
    Own,
    /// One, by its id in the list.
    One {
        /// The id.
        id: String,
    },
    /// An account's.
    Account {
        /// Its key: `operator:…`, `person:…`, or `organization:…` for the service's own admin.
        account: String,
    },
    /// An organization's.
    Organization {
        /// Its id.
        id: String,
    },
    /// All.
    Everybody,
}

impl WhoseSessions {
    fn parsed(self, actor: &Actor) -> Result<SessionsOf, ConsoleError> {
        Ok(match self {
            Self::Own => SessionsOf::Account(account_key(actor.account())),
            Self::One { id } => SessionsOf::One(SessionDigest::from_stored(id)),
            Self::Account { account } => SessionsOf::Account(account),
            Self::Organization { id } => SessionsOf::Organization(organization_id(&id)?),
            Self::Everybody => SessionsOf::Everybody,
        })
    }
}

/// A session on the list.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LiveSessionView {
    /// Its id in the list.
    pub id: String,
    /// Whether it is this window's.
    pub own: bool,
    /// The key of its account.
    pub account: String,
    /// Its role; `null` for one of a newer version.
    pub role: Option<Role>,
    /// The person's name, or the organization's.
    pub name: String,
    /// The address of the sign-in.
    pub email: String,
    /// The organization that it is about.
    pub organization_id: Option<String>,
    /// The organization's name at that time.
    pub organization_name: Option<String>,
    /// The computer.
    pub device: String,
    /// When it began.
    pub since: String,
    /// When it was last used, to the minute.
    pub last_used_at: String,
    /// When it ends.
    pub expires_at: String,
}

/// A page of the list.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LiveSessionPage {
    /// The newest first.
    pub sessions: Vec<LiveSessionView>,
    /// Where the next page starts; `null` after the last page.
    pub next_cursor: Option<String>,
}

/// Sign-ins that fail.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FailingSignIns {
    /// The key to clear them by.
    pub key: String,
    /// Whose they are.
    pub subject: FailingKind,
    /// The address of an account.
    pub email: Option<String>,
    /// How many in a row.
    pub failures: Count,
    /// Seconds until the next attempt is allowed; 0 if it is.
    pub wait_seconds: Count,
    /// The computer of the last one.
    pub device: Option<String>,
}

/// The kind of a subject of failing sign-ins.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FailingKind {
    /// An account.
    Account,
    /// An address that belongs to nobody.
    UnknownAddress,
    /// A computer, whichever accounts it tried.
    Device,
}

/// What happens to a session without a call of the window.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum SessionNews {
    /// Its time is over.
    Expired,
    /// It was ended.
    Revoked,
    /// The window is locked.
    Locked,
    /// It goes on.
    Renewed {
        /// Until then.
        expires_at: String,
    },
}

fn page_of(page: SessionPage, actor: &Actor) -> LiveSessionPage {
    let own = actor.session_id().map(SessionDigest::of);
    let view = |LiveSession { facts, since, last_used_at }| LiveSessionView {
        own: own.as_ref() == Some(&facts.id),
        id: facts.id.as_str().to_owned(),
        account: facts.account,
        role: facts.role,
        name: facts.name,
        email: facts.email,
        organization_id: facts.organization_id.map(|id| id.to_hex()),
        organization_name: facts.organization_name,
        device: facts.device,
        since: moment(since),
        last_used_at: moment(last_used_at),
        expires_at: moment(facts.expires_at),
    };
    LiveSessionPage {
        sessions: page.sessions.into_iter().map(view).collect(),
        next_cursor: page.next.map(|(since, id)| format!("{} {}", moment(since), id.as_str())),
    }
}

fn place_of(cursor: &str) -> Result<(OffsetDateTime, SessionDigest), ConsoleError> {
    let place = cursor.split_once(' ').and_then(|(since, id)| {
        let since = OffsetDateTime::parse(since, &Rfc3339).ok()?;
        Some((since, SessionDigest::from_stored(id.to_owned())))
    });
    place.ok_or_else(|| ConsoleError::not_found("page"))
}

/// Live sessions, as far as the session may see them: all, its organization's, or its own.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn list_sessions(
    console: State<'_, Console>,
    workspace: String,
    whose: WhoseSessions,
    cursor: Option<String>,
) -> Result<LiveSessionPage, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let after = cursor.as_deref().map(place_of).transpose()?;
    let page = workspace.sessions().list(&actor, whose.parsed(&actor)?, after).await?;
    Ok(page_of(page, &actor))
}

/// Ends sessions on whatever computer, and says how many; of several, the window's own goes on.
///
/// # Errors
/// As `list_sessions`.
#[tauri::command]
#[specta::specta]
pub async fn end_sessions(
    console: State<'_, Console>,
    workspace: String,
    whose: WhoseSessions,
) -> Result<Count, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let of = whose.parsed(&actor)?;
    Ok(Count::from(workspace.sessions().end(&actor, of).await?))
}

/// Lets the session go on for another whole life.
///
/// # Errors
/// `forbidden` if sessions are not renewed in this workspace, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn renew_session(
    console: State<'_, Console>,
    workspace: String,
) -> Result<SessionView, ConsoleError> {
    let (workspace, _) = console.writer(&workspace).await?;
    Ok(SessionView::from(&workspace.renew_session().await?))
}

/// Locks the window: until its person gives the password, every call that needs a session is refused.
///
/// # Errors
/// `no_workspace`.
#[tauri::command]
#[specta::specta]
pub async fn lock_window(console: State<'_, Console>, workspace: String) -> Result<(), ConsoleError> {
    console.open.load(&workspace)?.lock_window();
    Ok(())
}

/// Unlocks the window with the password of its person.
///
/// # Errors
/// `credentials_refused`, `throttled`, `not_signed_in`, `session_expired`, `session_revoked`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn unlock_window(
    console: State<'_, Console>,
    workspace: String,
    password: String,
) -> Result<SessionView, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    Ok(SessionView::from(&workspace.unlock_window(&SecretString::from(password)).await?))
}

/// Tells the window what happens to its session, until the workspace is closed. That the window is locked, at once.
///
/// # Errors
/// `no_workspace`.
#[tauri::command]
#[specta::specta]
pub async fn watch_session(
    console: State<'_, Console>,
    workspace: String,
    news: Channel<SessionNews>,
) -> Result<(), ConsoleError> {
    console.open.load(&workspace)?.presence.listen(Arc::new(ToWindow(news)));
    Ok(())
}

struct ToWindow(Channel<SessionNews>);

impl presence::SessionListener for ToWindow {
    fn tell(&self, news: presence::SessionNews) {
        let news = match news {
            presence::SessionNews::Ended(SessionProblem::Expired) => SessionNews::Expired,
            presence::SessionNews::Ended(_) => SessionNews::Revoked,
            presence::SessionNews::Locked => SessionNews::Locked,
            presence::SessionNews::Renewed(until) => SessionNews::Renewed { expires_at: moment(until) },
        };
        if self.0.send(news).is_err() {
            tracing::debug!("nobody listens to the news of a session");
        }
    }
}

/// The accounts, addresses and computers whose sign-ins fail, the latest first.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn list_failing_sign_ins(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Vec<FailingSignIns>, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let failing = workspace.sessions().failing(&actor).await?;
    let view = |Failing { key, of, failures, wait_seconds, device }| {
        let (subject, email) = match of {
            FailingSubject::Account(email) => (FailingKind::Account, Some(email)),
            FailingSubject::UnknownAddress => (FailingKind::UnknownAddress, None),
            FailingSubject::Device => (FailingKind::Device, None),
        };
        FailingSignIns {
            key,
            subject,
            email,
            failures: Count::from(u64::from(failures)),
            wait_seconds: Count::from(wait_seconds),
            device: device.map(|device| device.as_str().to_owned()),
        }
    };
    Ok(failing.into_iter().map(view).collect())
}

/// Forgets failed sign-ins, so that nobody needs to wait for them.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn clear_failing_sign_ins(
    console: State<'_, Console>,
    workspace: String,
    key: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    Ok(workspace.sessions().clear_failing(&actor, &key).await?)
}

/// The settings of an open workspace, which hold for everybody.
///
/// # Errors
/// Those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn workspace_settings(
    console: State<'_, Console>,
    workspace: String,
) -> Result<WorkspaceSettings, ConsoleError> {
    let (workspace, _) = console.reader(&workspace).await?;
    Ok(workspace.settings().current())
}

/// Changes the settings that the person saw.
///
/// # Errors
/// `forbidden` to anyone but an owner, `invalid_input`, `facts_changed` if somebody else changed them, `read_only`,
/// those of a session, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn change_workspace_settings(
    console: State<'_, Console>,
    workspace: String,
    seen: WorkspaceSettings,
    next: WorkspaceSettings,
) -> Result<WorkspaceSettings, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    Ok(workspace.settings().change(&actor, &seen, next).await?)
}
