//! Exports of lists of organizations.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_core::export as core;
use tenantry_core::export::{CsvLayout, ExportColumn};
use tenantry_core::records::{OrganizationFilter, SortDirection, SortField};

use super::jobs::ChannelProgress;
use super::jobs::JobProgress;
use super::organization_id;
use tenantry_console::Console;
use tenantry_console::console::ChosenFile;
use tenantry_console::error::ConsoleError;
use tenantry_console::numbers::Count;

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Values between separators.
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A spreadsheet.
    Xlsx,
}

/// Which organizations a file gets.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ExportScope {
    /// All that are not in the trash.
    All,
    /// Those that a list with this filter shows.
    Filtered { filter: OrganizationFilter },
    /// These.
    Selected { ids: Vec<String> },
}

/// What an export takes.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportInput {
    /// The job's name, made by the window: Cancel names it.
    pub job: String,
    /// Which organizations.
    pub scope: ExportScope,
    /// What of each.
    pub columns: Vec<ExportColumn>,
    /// The kind of file.
    pub format: ExportFormat,
    /// How values are told apart where the kind is CSV.
    pub csv: CsvLayout,
    /// The token of the chosen place.
    pub target: String,
    /// By what they are sorted.
    pub sort: SortField,
    /// Which way.
    pub direction: SortDirection,
}

/// What an export did.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// Where the file is.
    pub path: String,
    /// Organizations in it.
    pub rows: Count,
    /// Cells whose text was cut, because a spreadsheet has no room for all of it.
    pub cut_cells: Count,
    /// Documents that are no organizations, because their `_id` is no ObjectId.
    pub unshowable: Count,
    /// Its size.
    pub bytes: Count,
    /// How long it took.
    pub milliseconds: Count,
}

impl ExportFormat {
    fn with(self, csv: CsvLayout) -> core::ExportFormat {
        match self {
            Self::Csv => core::ExportFormat::Csv(csv),
            Self::Json => core::ExportFormat::Json,
            Self::Ndjson => core::ExportFormat::Ndjson,
            Self::Xlsx => core::ExportFormat::Xlsx,
        }
    }
}

impl TryFrom<ExportScope> for core::ExportScope {
    type Error = ConsoleError;

    fn try_from(scope: ExportScope) -> Result<Self, ConsoleError> {
        Ok(match scope {
            ExportScope::All => Self::All,
            ExportScope::Filtered { filter } => Self::Filtered(filter),
            ExportScope::Selected { ids } => {
                Self::Selected(ids.iter().map(|id| organization_id(id)).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// Opens the platform's save dialog; `null` when the person changed their mind.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn choose_export_file(
    console: State<'_, Console>,
    workspace: String,
    format: ExportFormat,
) -> Result<Option<ChosenFile>, ConsoleError> {
    console.reader(&workspace).await?;
    console.choose_export_file(format.with(CsvLayout::Excel)).await
}

/// A free name in the folder that exports are suggested to go to.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn default_export_file(
    console: State<'_, Console>,
    workspace: String,
    format: ExportFormat,
) -> Result<ChosenFile, ConsoleError> {
    console.reader(&workspace).await?;
    console.default_export_file(format.with(CsvLayout::Excel)).await
}

/// Writes a list of organizations to the chosen place. A cancelled or failed export leaves nothing there.
///
/// # Errors
/// `not_found` for a place that was used up, `file_not_written`, `cancelled`, `forbidden`, those of a session,
/// `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_organizations(
    console: State<'_, Console>,
    workspace: String,
    input: ExportInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let request = core::ExportRequest {
        scope: input.scope.try_into()?,
        columns: input.columns,
        format: input.format.with(input.csv),
        sort: input.sort,
        direction: input.direction,
    };
    let job = console.jobs.begin_in(&workspace, &input.job);
    let (target, progress) = (&input.target, ChannelProgress::new(progress));
    let written =
        console.export_organizations(&open, &actor, request, target, &progress, job.cancellation()).await?;
    Ok(ExportReport {
        path: written.path.display().to_string(),
        rows: Count::from(written.exported.rows),
        cut_cells: Count::from(written.exported.cut_cells),
        unshowable: Count::from(written.exported.unshowable),
        bytes: Count::from(written.bytes),
        milliseconds: Count::from(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
    })
}

/// Shows an exported file in the file manager. Only files that were exported in this run.
///
/// # Errors
/// `not_found` for any other file.
#[tauri::command]
#[specta::specta]
pub async fn reveal_file(console: State<'_, Console>, path: String) -> Result<(), ConsoleError> {
    console.reveal(Path::new(&path)).await
}
