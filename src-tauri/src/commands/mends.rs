//! Mends of what the doctor found.

use secrecy::ExposeSecret;
use serde::Serialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::bundle::KeptBundle;
use tenantry_core::doctor::{ComparePlace, Comparison, DryRun, MendRequest};
use tenantry_core::numbers::Count;

use super::jobs::{ChannelProgress, JobProgress};

/// A finding that was mended.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MendedFinding {
    /// The number of the entry in the record, to undo it.
    pub entry: Count,
    /// A password that was generated for the organization's admin. It is shown once.
    pub one_time_password: Option<String>,
    /// The file that has what was dropped.
    pub file: Option<KeptFile>,
}

/// A file that stands in for a collection.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct KeptFile {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: Count,
    /// Documents in it.
    pub documents: Count,
}

impl From<KeptBundle> for KeptFile {
    fn from(kept: KeptBundle) -> Self {
        let (bytes, documents) = (Count::from(kept.bytes), Count::from(kept.documents));
        Self { path: kept.path, bytes, documents }
    }
}

/// One step of a comparison of both sides of a finding, `half_renamed` or `kept_twins`: documents of tenants beside
/// each other. `at` is `null` for the first step, then what the last one had as `next`. Writes nothing.
///
/// # Errors
/// `facts_changed` if what was found is not there any more; `not_found`, `forbidden`, those of a session,
/// `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn compare_finding(
    console: State<'_, Console>,
    workspace: String,
    finding: String,
    at: Option<ComparePlace>,
) -> Result<Comparison, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.compare(&actor, &finding, at).await?)
}

/// The commands that a mend would send, in the order in which it would. Writes nothing.
///
/// # Errors
/// `facts_changed` if what was found is not there any more; `not_found`, `invalid_input`, `conflict`, `forbidden`,
/// those of a session, `busy`, `no_room`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn dry_run_mend(
    console: State<'_, Console>,
    workspace: String,
    request: MendRequest,
) -> Result<DryRun, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    console.dry_run_mend(&open, &actor, &request).await
}

/// Mends one finding. It stays open while twins are left that nobody has decided about. A join of two halves can be
/// stopped by the name of its job; what it moved stays moved. So can the writing of a file, which tells its progress;
/// nothing is left of it.
///
/// # Errors
/// As [`dry_run_mend`], and `cancelled`, `read_only`, `denied_by_database`, `file_not_written`, `bundle_refused`.
#[tauri::command]
#[specta::specta]
pub async fn mend_finding(
    console: State<'_, Console>,
    workspace: String,
    request: MendRequest,
    job: Option<String>,
    progress: Channel<JobProgress>,
) -> Result<MendedFinding, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let job = console.jobs.begin_in(&workspace, job.as_deref().unwrap_or(&request.finding));
    let progress = ChannelProgress::new(progress);
    let mended = console.mend(&open, &actor, &request, &progress, job.cancellation()).await?;
    let one_time_password = mended.one_time.map(|one_time| one_time.expose_secret().to_owned());
    Ok(MendedFinding {
        entry: Count::from(mended.entry),
        one_time_password,
        file: mended.file.map(KeptFile::from),
    })
}
