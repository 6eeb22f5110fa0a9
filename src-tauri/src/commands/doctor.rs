//! The doctor.

use std::time::Instant;

use serde::Deserialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::doctor::{Depth, DriftOfRow, Finding, FindingPage, FindingQuery, PassSummary};

use super::exports::{ExportReport, FileInput};
use super::jobs::{ChannelProgress, JobProgress};

/// The choices for an export of findings.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FindingsExportInput {
    /// Which findings; a page has no meaning here.
    pub query: FindingQuery,
    /// The file.
    pub file: FileInput,
}

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

/// Writes findings of the last result to the chosen place, one row for each row of evidence. A cancelled or failed
/// export leaves nothing there.
///
/// # Errors
/// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_findings(
    console: State<'_, Console>,
    workspace: String,
    input: FindingsExportInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let FindingsExportInput { query, file } = input;
    let job = console.jobs.begin_in(&workspace, &file.job);
    let (format, progress) = (file.format(), ChannelProgress::new(progress));
    let write = |output| open.doctor().export(&actor, &query, format, output, &progress, job.cancellation());
    let written = console.write_export(&file.target, write).await?;
    Ok(ExportReport::of(&written.path, written.bytes, started)
        .with(written.exported.rows, written.exported.cut_cells))
}
