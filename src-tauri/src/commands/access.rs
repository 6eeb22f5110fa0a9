//! The access to an open workspace: unlocking, locking, and whether its server responds.

use serde::Serialize;
use tauri::State;
use tenantry_core::access as core;
use tenantry_core::records as core_records;
use tenantry_core::records::{Access, Environment, Permits};

use super::moment;
use tenantry_console::Console;
use tenantry_console::console::WorkspacePermits;
use tenantry_console::error::ConsoleError;
use tenantry_core::numbers::Count;

/// The access to a workspace at this moment.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AccessState {
    /// The stricter of the access of its connection and the one its operators decided.
    pub access: Access,
    /// The stricter of the environment of its connection and the one its operators decided.
    pub environment: Environment,
    /// Its operators' decision; `null` while there is none.
    pub decided: Option<WorkspacePermits>,
    /// Whether a write is allowed now.
    pub writable: bool,
    /// When it locks at the latest; `null` if it is not unlocked.
    pub unlocked_until: Option<String>,
    /// When it locks without further activity.
    pub locks_when_idle_at: Option<String>,
    /// Why it was unlocked.
    pub reason: Option<String>,
}

/// The state of the connection to a workspace's server.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// Whether it responded.
    pub reachable: bool,
    /// Why it did not, as a sentence.
    pub problem: Option<String>,
    /// The server that accepts writes, if there are several.
    pub primary: Option<String>,
    /// Known servers of the deployment.
    pub members: Option<u32>,
    /// One round trip.
    pub round_trip_milliseconds: Option<Count>,
    /// When it was checked.
    pub checked_at: String,
}

impl From<core::AccessState> for AccessState {
    fn from(state: core::AccessState) -> Self {
        let unlocked = state.unlocked;
        let unlocked = unlocked.as_ref();
        Self {
            access: state.access,
            environment: state.environment,
            decided: state.decided.map(WorkspacePermits::from),
            writable: state.is_writable,
            unlocked_until: unlocked.map(|unlocked| moment(unlocked.until)),
            locks_when_idle_at: unlocked.map(|unlocked| moment(unlocked.idle_at)),
            reason: unlocked.map(|unlocked| unlocked.reason.clone()),
        }
    }
}

/// The access to an open workspace at this moment. Asks no server.
///
/// # Errors
/// `no_workspace`.
#[tauri::command]
#[specta::specta]
pub async fn access_state(
    console: State<'_, Console>,
    workspace: String,
) -> Result<AccessState, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    Ok(AccessState::from(workspace.access().state().await))
}

/// Allows writing for ten minutes, and does the work that waited for it. Recorded with the reason.
///
/// # Errors
/// `forbidden` to anyone but an operator, `invalid_input` for the reason, `read_only` if the connection is read-only,
/// those of a session, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn unlock_workspace(
    console: State<'_, Console>,
    workspace: String,
    reason: String,
) -> Result<AccessState, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    Ok(AccessState::from(workspace.unlock(&actor, &reason).await?))
}

/// Decides what a workspace permits, for everyone who opens it: a connection can only be stricter. Tighter settings
/// apply at once, looser ones when the workspace is next opened. Recorded with the reason.
///
/// # Errors
/// `forbidden` to anyone but an operator, `invalid_input` for the reason, `read_only` if the connection itself is
/// read-only, `busy` if someone else decided at the same moment, those of a session, `unavailable`,
/// `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn decide_permits(
    console: State<'_, Console>,
    workspace: String,
    environment: Environment,
    access: Access,
    reason: String,
) -> Result<AccessState, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let permits = Permits { environment, access };
    Ok(AccessState::from(workspace.access().decide(&actor, permits, &reason).await?))
}

/// Locks an unlocked workspace.
///
/// # Errors
/// `no_workspace`.
#[tauri::command]
#[specta::specta]
pub async fn lock_workspace(
    console: State<'_, Console>,
    workspace: String,
) -> Result<AccessState, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    Ok(AccessState::from(workspace.access().lock(core::LockCause::ByHand).await))
}

/// Records that somebody is at the window: restarts the two-minute idle timer of an unlocked workspace, which never
/// stays unlocked for longer than its ten minutes; keeps the window from being locked, and the session from ending.
///
/// # Errors
/// `no_workspace`.
#[tauri::command]
#[specta::specta]
pub async fn note_activity(
    console: State<'_, Console>,
    workspace: String,
) -> Result<AccessState, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    workspace.presence.note(console.clock.now());
    Ok(AccessState::from(workspace.access().note_activity().await))
}

/// Pings a workspace's server. Returns within 5 s with what is known by then.
///
/// # Errors
/// `no_workspace`. A lost connection is a result.
#[tauri::command]
#[specta::specta]
pub async fn check_line(console: State<'_, Console>, workspace: String) -> Result<LineView, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    let core_records::Line { reachable, problem, primary, members, round_trip } =
        workspace.ports().health.line().await;
    Ok(LineView {
        reachable,
        problem,
        primary,
        members,
        round_trip_milliseconds: round_trip.map(Count::from),
        checked_at: moment(console.clock.now()),
    })
}
