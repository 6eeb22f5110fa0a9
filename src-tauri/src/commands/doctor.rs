//! The doctor.

use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::doctor::{Depth, DriftOfRow, Finding, FindingPage, FindingQuery, PassSummary};

use super::jobs::{ChannelProgress, JobProgress};

/// Looks through the whole workspace and keeps the result in place of the last one. A cancelled pass changes nothing.
///
/// # Errors
/// `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn run_doctor(
    console: State<'_, Console>,
    workspace: String,
    depth: Depth,
    job: String,
    progress: Channel<JobProgress>,
) -> Result<PassSummary, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    let job = console.jobs.begin_in(&workspace, &job);
    let progress = ChannelProgress::new(progress);
    Ok(open.doctor().run(&actor, depth, &progress, job.cancellation()).await?)
}

/// The last result without its findings, as far as the session reaches; `null` before the first pass. Asks no server.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn doctor_summary(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<PassSummary>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.doctor().summary(&actor)?)
}

/// A page of the last result's findings, as far as the session reaches.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn list_findings(
    console: State<'_, Console>,
    workspace: String,
    query: FindingQuery,
) -> Result<FindingPage, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.doctor().page(&actor, &query)?)
}

/// One finding of the last result; `null` if it has none of this id that the session reaches.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn get_finding(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<Option<Finding>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.doctor().finding(&actor, &id)?)
}

/// The open findings of the rows of the list of organizations, from the last result; rows without one are left out.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn organization_drift(
    console: State<'_, Console>,
    workspace: String,
    ids: Vec<String>,
) -> Result<Vec<DriftOfRow>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.doctor().drift(&actor, &ids)?)
}
