//! Exports of lists of organizations.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_core::export as core;

use super::jobs::ChannelProgress;
use super::jobs::JobProgress;
use super::organization_id;
use super::organizations::{OrganizationFilter, SortDirection, SortField};
use tenantry_console::Console;
use tenantry_console::console::ChosenFile;
use tenantry_console::error::WireError;
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

/// How a CSV file tells its values apart, and how it is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CsvLayout {
    /// What Excel opens in columns and with every letter, whatever the computer's region.
    Excel,
    /// UTF-8, for programs that read CSV.
    Plain {
        /// What stands between two values.
        separator: CsvSeparator,
        /// Whether it begins with a byte order mark.
        byte_order_mark: bool,
    },
}

/// What stands between two values of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum CsvSeparator {
    Comma,
    Semicolon,
    Tab,
}

/// What a file says of each organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportColumn {
    Id,
    Name,
    DisplayName,
    Status,
    /// The admin's address.
    AdminEmail,
    /// The collection.
    CollectionName,
    /// When it was created.
    CreatedAt,
    /// When it was changed last.
    UpdatedAt,
    /// Documents in its collection.
    Documents,
    /// Bytes of these documents.
    DataSize,
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

impl From<CsvLayout> for core::CsvLayout {
    fn from(layout: CsvLayout) -> Self {
        match layout {
            CsvLayout::Excel => Self::Excel,
            CsvLayout::Plain { separator, byte_order_mark } => {
                let separator = match separator {
                    CsvSeparator::Comma => core::CsvSeparator::Comma,
                    CsvSeparator::Semicolon => core::CsvSeparator::Semicolon,
                    CsvSeparator::Tab => core::CsvSeparator::Tab,
                };
                Self::Plain { separator, byte_order_mark }
            }
        }
    }
}

impl ExportFormat {
    fn with(self, csv: CsvLayout) -> core::ExportFormat {
        match self {
            Self::Csv => core::ExportFormat::Csv(csv.into()),
            Self::Json => core::ExportFormat::Json,
            Self::Ndjson => core::ExportFormat::Ndjson,
            Self::Xlsx => core::ExportFormat::Xlsx,
        }
    }
}

impl From<ExportColumn> for core::ExportColumn {
    fn from(column: ExportColumn) -> Self {
        match column {
            ExportColumn::Id => Self::Id,
            ExportColumn::Name => Self::Name,
            ExportColumn::DisplayName => Self::DisplayName,
            ExportColumn::Status => Self::Status,
            ExportColumn::AdminEmail => Self::AdminEmail,
            ExportColumn::CollectionName => Self::CollectionName,
            ExportColumn::CreatedAt => Self::CreatedAt,
            ExportColumn::UpdatedAt => Self::UpdatedAt,
            ExportColumn::Documents => Self::Documents,
            ExportColumn::DataSize => Self::DataSize,
        }
    }
}

impl TryFrom<ExportScope> for core::ExportScope {
    type Error = WireError;

    fn try_from(scope: ExportScope) -> Result<Self, WireError> {
        Ok(match scope {
            ExportScope::All => Self::All,
            ExportScope::Filtered { filter } => Self::Filtered(filter.into()),
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
) -> Result<Option<ChosenFile>, WireError> {
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
) -> Result<ChosenFile, WireError> {
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
) -> Result<ExportReport, WireError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let request = core::ExportRequest {
        scope: input.scope.try_into()?,
        columns: input.columns.into_iter().map(core::ExportColumn::from).collect(),
        format: input.format.with(input.csv),
        sort: input.sort.into(),
        direction: input.direction.into(),
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
pub async fn reveal_file(console: State<'_, Console>, path: String) -> Result<(), WireError> {
    console.reveal(Path::new(&path)).await
}
