//! Jobs.

use serde::Serialize;
use tauri::State;

use crate::error::WireError;
use crate::numbers::Count;
use crate::state::AppState;

/// How far a job is.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct JobProgress {
    /// Units done.
    pub done: Count,
    /// Units in all, when that is known.
    pub total: Option<Count>,
    /// Units in a second, since the job began.
    pub per_second: Count,
}

/// Asks a job to stop. One that is over already needs no stopping.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job(state: State<'_, AppState>, job: String) -> Result<(), WireError> {
    state.jobs.cancel(&job);
    Ok(())
}
