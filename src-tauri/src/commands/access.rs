//! What may be done in an open workspace: unlocking, locking, and whether its server answers.

use std::time::Duration;

use serde::Serialize;
use tauri::State;
use tenantry_core::access as core;
use tenantry_core::records as core_records;
use tenantry_core::records::Permits;

use super::moment;
use tenantry_console::Console;
use tenantry_console::console::WorkspacePermits;
use tenantry_console::error::ConsoleError;
use tenantry_console::numbers::Count;
use tenantry_console::profiles::{Access, Environment};

/// What may be done in a workspace now.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AccessState {
    /// What its profile and its operators permit.
    pub access: Access,
    /// What it is used for, by its profile and its operators.
    pub environment: Environment,
    /// What its operators decided; `null` while nobody has.
    pub decided: Option<WorkspacePermits>,
    /// It may be written to now.
    pub writable: bool,
    /// When it locks at the latest; `null` when it is not unlocked.
    pub unlocked_until: Option<String>,
    /// When it locks unless somebody is there.
    pub locks_when_idle_at: Option<String>,
    /// Why it was unlocked.
    pub reason: Option<String>,
}

/// What is known of the line to a workspace's server.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// It answered.
    pub reachable: bool,
    /// Why not, as a sentence.
    pub problem: Option<String>,
    /// The server that takes writes, where there are several.
    pub primary: Option<String>,
    /// Servers of the deployment that are known.
    pub members: Option<u32>,
    /// One round trip.
    pub round_trip_milliseconds: Option<Count>,
    /// When it was asked.
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

/// What may be done in an open workspace now. Asks no server.
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

/// Permits writing for ten minutes, and does what waited for it. Recorded with the reason.
///
/// # Errors
/// `forbidden` to anybody but an operator, `invalid_input` for the reason, `read_only` where the profile permits reading
/// only, those of a session, `unavailable`, `denied_by_database`.
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

/// Decides what a workspace permits, for everybody who opens it: a connection may only permit less. What permits less
/// counts at once, what permits more when the workspace is opened again. Recorded with the reason.
///
/// # Errors
/// `forbidden` to anybody but an operator, `invalid_input` for the reason, `read_only` where the connection itself permits
/// reading only, `busy` when somebody else decided at the same moment, those of a session, `unavailable`,
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

/// Locks a workspace that was unlocked.
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

/// Somebody is there: an unlocked workspace does not lock for want of anybody for two minutes from now. It never stays
/// unlocked for longer than its ten minutes.
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
    Ok(AccessState::from(workspace.access().note_activity().await))
}

/// Asks once whether a workspace's server answers. Says within 5 s what is known by then.
///
/// # Errors
/// `no_workspace`. A line that is lost is an answer.
#[tauri::command]
#[specta::specta]
pub async fn check_line(console: State<'_, Console>, workspace: String) -> Result<LineView, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    let core_records::Line { reachable, problem, primary, members, round_trip } =
        workspace.ports().health.line().await;
    let milliseconds = |time: Duration| Count::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    Ok(LineView {
        reachable,
        problem,
        primary,
        members,
        round_trip_milliseconds: round_trip.map(milliseconds),
        checked_at: moment(console.clock.now()),
    })
}
