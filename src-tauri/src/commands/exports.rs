//! Exports of lists of organizations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_core::AppError;
use tenantry_core::export as core;

use super::jobs::ChannelProgress;
use super::jobs::JobProgress;
use super::organization_id;
use super::organizations::{OrganizationFilter, SortDirection, SortField};
use tenantry_console::error::{FileKind, WireError};
use tenantry_console::files::{Target, free_path};
use tenantry_console::numbers::Count;
use tenantry_console::state::AppState;

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
    /// A comma.
    Comma,
    /// A semicolon.
    Semicolon,
    /// A tab.
    Tab,
}

/// What a file says of each organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportColumn {
    /// The id.
    Id,
    /// The name.
    Name,
    /// The display name.
    DisplayName,
    /// The status.
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
    Filtered {
        /// The filter.
        filter: OrganizationFilter,
    },
    /// These.
    Selected {
        /// Their ids.
        ids: Vec<String>,
    },
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

/// A place for a file.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChosenFile {
    /// Its token: good for one export.
    pub target: String,
    /// Its path, to show.
    pub display_path: String,
    /// A file is there, and a person agreed to replace it.
    pub exists: bool,
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

    /// What a save dialog calls it.
    fn kind(self) -> &'static str {
        match self {
            Self::Csv => "Comma-separated values",
            Self::Json => "JSON",
            Self::Ndjson => "JSON, one object per line",
            Self::Xlsx => "Spreadsheet",
        }
    }

    /// The end of a file's name, without the dot.
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
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
    state: State<'_, AppState>,
    workspace: String,
    format: ExportFormat,
) -> Result<Option<ChosenFile>, WireError> {
    state.reader(&workspace).await?;
    let (desktop, folder) = (Arc::clone(&state.desktop), state.folders.exports.clone());
    let extension = format.ending();
    let name = suggested_name(&state);
    let ask = move || {
        let suggested = free_path(&folder, &name, extension);
        let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let chosen = desktop.choose_file("Export organizations", &folder, &name, format.kind(), extension)?;
        Some(confirmed(chosen, extension))
    };
    let chosen = blocking(ask).await?;
    Ok(chosen.map(|target| choose(&state, target)))
}

/// A free name in the folder that exports are suggested to go to.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn default_export_file(
    state: State<'_, AppState>,
    workspace: String,
    format: ExportFormat,
) -> Result<ChosenFile, WireError> {
    state.reader(&workspace).await?;
    let (folder, name) = (state.folders.exports.clone(), suggested_name(&state));
    let extension = format.ending();
    let path = blocking(move || free_path(&folder, &name, extension)).await?;
    Ok(choose(&state, Target { path, may_replace: false }))
}

/// Writes a list of organizations to the chosen place. A cancelled or failed export leaves nothing there.
///
/// # Errors
/// `not_found` for a place that was used up, `file_not_written`, `cancelled`, `forbidden`, those of a session,
/// `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_organizations(
    state: State<'_, AppState>,
    workspace: String,
    input: ExportInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, WireError> {
    let started = Instant::now();
    let (open, actor) = state.reader(&workspace).await?;
    let target = state.exports.target(&input.target).ok_or_else(|| WireError::not_found("chosen file"))?;
    let path = target.path.clone();
    let not_written =
        |problem| WireError::file_not_written(FileKind::Export, &path.display().to_string(), problem);
    let request = core::ExportRequest {
        scope: input.scope.try_into()?,
        columns: input.columns.into_iter().map(core::ExportColumn::from).collect(),
        format: input.format.with(input.csv),
        sort: input.sort.into(),
        direction: input.direction.into(),
    };
    let job = state.jobs.begin_in(&workspace, &input.job);
    let unfinished = Arc::clone(&state.unfinished);
    let start = move || unfinished.start(target).and_then(|file| Ok((file.writer()?, file)));
    let (writer, file) = blocking(start).await?.map_err(not_written)?;
    let progress = ChannelProgress::new(progress);
    let exported = open.services.exports.run(&actor, request, writer, &progress, job.cancellation()).await;
    let exported = exported.map_err(|error| match error {
        AppError::FileNotWritten(problem) => not_written(problem),
        error => WireError::from(error),
    })?;
    let bytes = blocking(move || file.finish()).await?.map_err(not_written)?;
    state.exports.note_written(&input.target, &path);
    tracing::info!(rows = exported.rows, bytes, "exported a list of organizations");
    Ok(ExportReport {
        path: path.display().to_string(),
        rows: Count::from(exported.rows),
        cut_cells: Count::from(exported.cut_cells),
        unshowable: Count::from(exported.unshowable),
        bytes: Count::from(bytes),
        milliseconds: Count::from(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
    })
}

/// Shows an exported file in the file manager. Only files that were exported in this run.
///
/// # Errors
/// `not_found` for any other file.
#[tauri::command]
#[specta::specta]
pub async fn reveal_file(state: State<'_, AppState>, path: String) -> Result<(), WireError> {
    let path = PathBuf::from(path);
    if !state.exports.was_written(&path) {
        return Err(WireError::not_found("exported file"));
    }
    let desktop = Arc::clone(&state.desktop);
    Ok(blocking(move || desktop.reveal(&path)).await??)
}

fn suggested_name(state: &AppState) -> String {
    format!("organizations-{}", state.clock.now().date())
}

/// What a save dialog answered. It has asked before an existing file is replaced; for the ending that is added here it
/// has not. Only the expected ending counts as one: a dot may stand in any name, as in a date.
pub(super) fn confirmed(chosen: PathBuf, ending: &str) -> Target {
    let found = chosen.extension().and_then(|extension| extension.to_str());
    if found.is_some_and(|found| found.eq_ignore_ascii_case(ending)) {
        let may_replace = chosen.exists();
        return Target { path: chosen, may_replace };
    }
    let mut path = chosen.into_os_string();
    path.push(".");
    path.push(ending);
    Target { path: path.into(), may_replace: false }
}

fn choose(state: &AppState, target: Target) -> ChosenFile {
    ChosenFile {
        display_path: target.path.display().to_string(),
        exists: target.may_replace,
        target: state.exports.choose(target),
    }
}

/// Work that would hold up others, off the threads that answer.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WireError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WireError::internal(&format!("work on a file stopped: {error}")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn replacing_is_agreed_to_only_for_the_very_file_that_the_dialog_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        std::fs::write(&path, "old").unwrap();
        assert!(confirmed(path.clone(), "csv").may_replace, "the dialog asked about it");
        let added = confirmed(folder.path().join("organizations"), "csv");
        assert_eq!(added, Target { path, may_replace: false }, "the dialog asked about another name");
        assert!(
            !confirmed(folder.path().join("new.csv"), "csv").may_replace,
            "nothing was there to agree to"
        );
    }

    #[test]
    fn only_the_expected_ending_counts_as_one() {
        let name = |chosen: &str, ending| {
            let path = confirmed(Path::new("/somewhere").join(chosen), ending).path;
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name("organizations 28.11.2026", "csv"), "organizations 28.11.2026.csv");
        assert_eq!(name("organizations.v2", "xlsx"), "organizations.v2.xlsx");
        assert_eq!(name("organizations.csv", "json"), "organizations.csv.json");
        assert_eq!(name("ORGANIZATIONS.CSV", "csv"), "ORGANIZATIONS.CSV");
        assert_eq!(name("organizations", "ndjson"), "organizations.ndjson");
        assert_eq!(name(".csv", "csv"), ".csv.csv", "a name of a dot and an ending is a name");
    }
}
