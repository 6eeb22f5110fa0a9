//! Exports of lists.

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
use super::organizations::listed;
use tenantry_console::Console;
use tenantry_console::console::{ChosenFile, ExportedFile, ExportedList};
use tenantry_console::error::ConsoleError;
use tenantry_console::workspace::OpenWorkspace;
use tenantry_core::numbers::Count;
use tenantry_core::rights::Actor;

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

/// The organizations that a file contains.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExportScope {
    /// All except those in the trash.
    All,
    /// Those that a list with this filter shows.
    Filtered {
        /// Which organizations.
        filter: OrganizationFilter,
        /// Whether only those that had an open finding in the doctor's last result.
        #[serde(default)]
        with_findings: bool,
    },
    /// These.
    Selected { ids: Vec<String> },
}

/// The choices for an export.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// Which organizations.
    pub scope: ExportScope,
    /// The columns.
    pub columns: Vec<ExportColumn>,
    /// The kind of file.
    pub format: ExportFormat,
    /// The layout of a CSV file.
    pub csv: CsvLayout,
    /// The token of the chosen place.
    pub target: String,
    /// The field they are sorted by.
    pub sort: SortField,
    /// The sort direction.
    pub direction: SortDirection,
}

/// The file of an export, for every list but that of organizations.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FileInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The kind of file.
    pub format: ExportFormat,
    /// The layout of a CSV file.
    pub csv: CsvLayout,
    /// The token of the chosen place.
    pub target: String,
}

impl FileInput {
    /// The format with its layout.
    pub(super) fn format(&self) -> core::ExportFormat {
        self.format.with(self.csv)
    }
}

/// The outcome of an export.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// The path of the file.
    pub path: String,
    /// Rows in it.
    pub rows: Count,
    /// Cells that were cut because a spreadsheet cell cannot hold all of their text.
    pub cut_cells: Count,
    /// Documents that are not organizations, because their `_id` is not an ObjectId.
    pub unshowable: Count,
    /// Its size.
    pub bytes: Count,
    /// How long it took.
    pub milliseconds: Count,
}

impl ExportReport {
    /// A file that was written since `started`.
    pub(super) fn of(path: &Path, bytes: u64, started: Instant) -> Self {
        Self {
            path: path.display().to_string(),
            rows: Count::from(0_u64),
            cut_cells: Count::from(0_u64),
            unshowable: Count::from(0_u64),
            bytes: Count::from(bytes),
            milliseconds: Count::from(started.elapsed()),
        }
    }

    /// With so many rows, and cells that were cut.
    pub(super) fn with(self, rows: u64, cut_cells: u64) -> Self {
        Self { rows: Count::from(rows), cut_cells: Count::from(cut_cells), ..self }
    }
}

impl ExportFormat {
    pub(super) fn with(self, csv: CsvLayout) -> core::ExportFormat {
        match self {
            Self::Csv => core::ExportFormat::Csv(csv),
            Self::Json => core::ExportFormat::Json,
            Self::Ndjson => core::ExportFormat::Ndjson,
            Self::Xlsx => core::ExportFormat::Xlsx,
        }
    }
}

impl ExportScope {
    fn of(self, workspace: &OpenWorkspace, actor: &Actor) -> Result<core::ExportScope, ConsoleError> {
        Ok(match self {
            Self::All => core::ExportScope::All,
            Self::Filtered { filter, with_findings } => {
                core::ExportScope::Filtered(listed(workspace, actor, filter, with_findings)?)
            }
            Self::Selected { ids } => core::ExportScope::Selected(
                ids.iter().map(|id| organization_id(id)).collect::<Result<_, _>>()?,
            ),
        })
    }
}

/// Opens the platform's save dialog; `null` if the person changed their mind.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn choose_export_file(
    console: State<'_, Console>,
    workspace: String,
    list: ExportedList,
    format: ExportFormat,
) -> Result<Option<ChosenFile>, ConsoleError> {
    console.reader(&workspace).await?;
    console.choose_export_file(list, format.with(CsvLayout::Excel)).await
}

/// A free name in the suggested folder for exports.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn default_export_file(
    console: State<'_, Console>,
    workspace: String,
    list: ExportedList,
    format: ExportFormat,
) -> Result<ChosenFile, ConsoleError> {
    console.reader(&workspace).await?;
    console.default_export_file(list, format.with(CsvLayout::Excel)).await
}

/// Writes a list of organizations to the chosen place. A cancelled or failed export leaves nothing there.
///
/// # Errors
/// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
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
        scope: input.scope.of(&open, &actor)?,
        columns: input.columns,
        format: input.format.with(input.csv),
        sort: input.sort,
        direction: input.direction,
    };
    let job = console.jobs.begin_in(&workspace, &input.job);
    let (target, progress) = (&input.target, ChannelProgress::new(progress));
    let written =
        console.export_organizations(&open, &actor, request, target, &progress, job.cancellation()).await?;
    Ok(report(written, started))
}

/// What the window is told of a written file.
pub(super) fn report(written: ExportedFile, started: Instant) -> ExportReport {
    ExportReport {
        path: written.path.display().to_string(),
        rows: Count::from(written.exported.rows),
        cut_cells: Count::from(written.exported.cut_cells),
        unshowable: Count::from(written.exported.unshowable),
        bytes: Count::from(written.bytes),
        milliseconds: Count::from(started.elapsed()),
    }
}

/// Reveals an exported file in the file manager, if it was exported in this run.
///
/// # Errors
/// `not_found` for any other file.
#[tauri::command]
#[specta::specta]
pub async fn reveal_file(console: State<'_, Console>, path: String) -> Result<(), ConsoleError> {
    console.reveal(Path::new(&path)).await
}
