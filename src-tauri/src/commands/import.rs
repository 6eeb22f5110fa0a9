//! Importing organizations.

use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::console::{ImportChange as Change, SeenPlan};
use tenantry_console::error::ConsoleError;
use tenantry_console::importing::{Import, ImportState};
use tenantry_core::AppError;
use tenantry_core::error::{ListProblem, ListRefusal};
use tenantry_core::import::{
    self as core, CellProblem, ImportFacet, ImportField, ListKind, RowPlan, RowResult, SkipReason,
};
use tenantry_core::limits::PAGE_MAX;
use tenantry_core::numbers::Count;

use super::exports::ExportReport;
use super::jobs::{ChannelProgress, JobProgress};

/// A file that is being imported, without its rows.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    pub id: String,
    /// The name of the file.
    pub file: String,
    pub kind: ListKind,
    /// The headers of its columns; empty where a column has none.
    pub headers: Vec<String>,
    /// Whether its first row has the headers; `null` where that is no question.
    pub headers_in_first_row: Option<bool>,
    /// The column of each field.
    pub columns: Vec<ImportColumn>,
    pub choices: ImportChoices,
    pub counts: ImportCounts,
}

/// The column of a field.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct ImportColumn {
    pub field: ImportField,
    /// Its place in the file, from 0 on; `null` for none.
    pub column: Option<u32>,
}

/// What is decided for all rows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportChoices {
    /// Whether organizations that are there are changed where a row differs.
    pub change_existing: bool,
    /// Whether new organizations without a password in the file get a random one.
    pub generate_passwords: bool,
}

/// How many rows of each kind there are.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportCounts {
    pub all: u32,
    pub create: u32,
    pub change: u32,
    pub skip: u32,
    /// Rows with problems.
    pub mend: u32,
    /// Rows that were carried out.
    pub done: u32,
    /// Rows that failed, or were not tried.
    pub failed: u32,
    /// Rows whose password is generated.
    pub generated: u32,
}

/// The rows of an import to show.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRowsQuery {
    pub facet: ImportFacet,
    /// A text in a name or an address.
    pub search: String,
    /// How many of these rows come before.
    pub start: u32,
    /// How many rows at most; the program answers no more than 500.
    pub limit: u32,
}

/// A part of the rows of an import.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRows {
    /// How many match.
    pub total: u32,
    pub rows: Vec<ImportRow>,
}

/// A row of an import. It has no password.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// Its place, from 0 on.
    pub row: u32,
    /// Where it stands in the file, from 1 on.
    pub number: u32,
    pub name: String,
    pub display_name: String,
    pub email: String,
    pub status: String,
    pub password: PasswordSource,
    /// The cells that a person corrected.
    pub edited: Vec<ImportField>,
    pub plan: ImportPlan,
    pub result: Option<ImportRowResult>,
}

/// Where the password of a row comes from.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PasswordSource {
    /// From the file, or typed.
    Given,
    /// It is generated.
    Generated,
    /// There is none.
    None,
}

/// What becomes of a row.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportPlan {
    Create,
    Change { fields: Vec<ImportField> },
    Skip { reason: SkipReason },
    Mend { problems: Vec<CellProblem> },
}

/// What became of a row.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportRowResult {
    Created,
    Changed,
    /// It was created, and could not be deactivated.
    NotDeactivated {
        error: ConsoleError,
    },
    Failed {
        error: ConsoleError,
    },
    NotTried,
}

/// A change of an import before it is carried out.
#[derive(Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ImportChange {
    /// Whether the first row has the headers.
    Headers { in_first_row: bool },
    /// The column of a field, or none.
    Column { field: ImportField, column: Option<u32> },
    /// What is decided for all rows.
    Choices { choices: ImportChoices },
    /// The text of a cell.
    Cell { row: u32, field: ImportField, text: String },
    /// Whether a row is left out.
    LeftOut { row: u32, out: bool },
    /// Nothing: the workspace is asked anew.
    Again,
}

/// An import to carry out.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRun {
    pub id: String,
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// Organizations to create, as the person saw it.
    pub create: u32,
    /// Organizations to change, as the person saw it.
    pub change: u32,
    /// The token of the place for generated passwords.
    pub passwords: Option<String>,
}

/// What an import came to.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportResult {
    pub import: ImportView,
    pub created: u32,
    pub changed: u32,
    pub failed: u32,
    pub not_tried: u32,
    /// Rows whose response was lost: their organization may be there.
    pub unclear: u32,
    pub cancelled: bool,
    /// What ended it before its end.
    pub stopped: Option<ConsoleError>,
    /// The file with the generated passwords.
    pub passwords: Option<String>,
    pub milliseconds: Count,
}

impl From<core::ImportChoices> for ImportChoices {
    fn from(choices: core::ImportChoices) -> Self {
        let core::ImportChoices { change_existing, generate_passwords } = choices;
        Self { change_existing, generate_passwords }
    }
}

impl From<core::ImportCounts> for ImportCounts {
    fn from(counts: core::ImportCounts) -> Self {
        let core::ImportCounts { all, create, change, skip, mend, done, failed, generated } = counts;
        Self { all, create, change, skip, mend, done, failed, generated }
    }
}

impl From<ImportChange> for Change {
    fn from(change: ImportChange) -> Self {
        match change {
            ImportChange::Headers { in_first_row } => Self::Headers { in_first_row },
            ImportChange::Column { field, column } => {
                Self::Column { field, column: column.map(|column| column as usize) }
            }
            ImportChange::Choices { choices: ImportChoices { change_existing, generate_passwords } } => {
                Self::Choices(core::ImportChoices { change_existing, generate_passwords })
            }
            ImportChange::Cell { row, field, text } => {
                Self::Cell { row: row as usize, field, text: SecretString::from(text) }
            }
            ImportChange::LeftOut { row, out } => Self::LeftOut { row: row as usize, out },
            ImportChange::Again => Self::Again,
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn view(import: &Import) -> ImportView {
    import.with(|ImportState { draft, .. }| {
        let column = |field: &ImportField| ImportColumn {
            field: *field,
            column: draft.columns().of(*field).map(number),
        };
        ImportView {
            id: import.id.clone(),
            file: draft.file().to_owned(),
            kind: draft.kind(),
            headers: draft.headers().to_vec(),
            headers_in_first_row: draft.first_row_has_headers(),
            columns: ImportField::ALL.iter().map(column).collect(),
            choices: draft.choices().into(),
            counts: draft.counts().into(),
        }
    })
}

fn row(state: &ImportState, row: usize) -> ImportRow {
    let ImportState { draft, failures, .. } = state;
    let text = |field| draft.cell(row, field).to_owned();
    let plan = match draft.plan_of(row) {
        Some(RowPlan::Create) | None => ImportPlan::Create,
        Some(RowPlan::Change(fields)) => ImportPlan::Change { fields: fields.clone() },
        Some(RowPlan::Skip(reason)) => ImportPlan::Skip { reason: *reason },
        Some(RowPlan::Mend(problems)) => ImportPlan::Mend { problems: problems.clone() },
    };
    let failure = || failures.get(&row).cloned().unwrap_or(ConsoleError::Cancelled);
    let result = draft.result_of(row).map(|result| match result {
        RowResult::Created => ImportRowResult::Created,
        RowResult::Changed => ImportRowResult::Changed,
        RowResult::NotDeactivated(_) => ImportRowResult::NotDeactivated { error: failure() },
        RowResult::Failed(_) => ImportRowResult::Failed { error: failure() },
        RowResult::NotTried => ImportRowResult::NotTried,
    });
    let password = match draft.cell(row, ImportField::Password).is_empty() {
        false => PasswordSource::Given,
        true if draft.is_generated(row) => PasswordSource::Generated,
        true => PasswordSource::None,
    };
    ImportRow {
        row: number(row),
        number: draft.number(row),
        name: text(ImportField::Name),
        display_name: text(ImportField::DisplayName),
        email: text(ImportField::Email),
        status: text(ImportField::Status),
        password,
        edited: ImportField::ALL.iter().copied().filter(|field| draft.is_edited(row, *field)).collect(),
        plan,
        result,
    }
}

/// Opens the platform's dialog for a file with organizations and reads it; `null` if the person changed their mind.
///
/// # Errors
/// `list_refused`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn choose_organizations_file(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<ImportView>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(console.choose_organizations(&open, &actor).await?.map(|import| view(&import)))
}

/// Reads a file that a person dropped on the window; `content` is its bytes as base64.
///
/// # Errors
/// As for a chosen one.
#[tauri::command]
#[specta::specta]
pub async fn read_organizations_file(
    console: State<'_, Console>,
    workspace: String,
    name: String,
    content: String,
) -> Result<ImportView, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    let damaged = |_| AppError::ListRefused(ListRefusal { problem: ListProblem::Damaged, row: None });
    let content = BASE64_STANDARD.decode(content).map_err(damaged)?;
    Ok(view(&*console.read_organizations(&open, &actor, name, content).await?))
}

/// A part of the rows of an import, in the order of its file.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn list_import_rows(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    query: ImportRowsQuery,
) -> Result<ImportRows, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    open.imports().require(&actor)?;
    let import = open.import.load(actor.account(), &id)?;
    Ok(import.with(|state| {
        let rows = state.draft.rows_of(query.facet, &query.search);
        let shown = rows.iter().skip(query.start as usize).take(query.limit.min(PAGE_MAX) as usize);
        ImportRows { total: number(rows.len()), rows: shown.map(|place| row(state, *place)).collect() }
    }))
}

/// Changes an import, and plans it again.
///
/// # Errors
/// `not_found`, `busy` while it is carried out, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_import(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    change: ImportChange,
) -> Result<ImportView, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(view(&*console.change_import(&open, &actor, &id, change.into()).await?))
}

/// Carries out an import, if its plan still is the one that the person saw. What was done when it is cancelled stays.
///
/// # Errors
/// `facts_changed`, `not_found`, `busy`, `file_not_written`, `read_only`, `forbidden`, those of a session,
/// `unavailable`: nothing was done.
#[tauri::command]
#[specta::specta]
pub async fn run_import(
    console: State<'_, Console>,
    workspace: String,
    input: ImportRun,
    progress: Channel<JobProgress>,
) -> Result<ImportResult, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.writer(&workspace).await?;
    open.imports().require(&actor)?;
    let import = open.import.load(actor.account(), &input.id)?;
    let job = console.jobs.begin_in(&workspace, &input.job);
    let seen = SeenPlan { create: input.create, change: input.change };
    let (progress, passwords) = (ChannelProgress::new(progress), input.passwords.as_deref());
    let watched = (&progress as _, job.cancellation());
    let (imported, passwords) =
        console.run_import(&open, &actor, (&input.id, seen), passwords, watched).await?;
    Ok(ImportResult {
        import: view(&import),
        created: imported.created,
        changed: imported.changed,
        failed: imported.failed,
        not_tried: imported.not_tried,
        unclear: imported.unclear,
        cancelled: imported.cancelled,
        stopped: imported.stopped.map(ConsoleError::from),
        passwords: passwords.map(|path| path.display().to_string()),
        milliseconds: Count::from(started.elapsed()),
    })
}

/// Writes the rows that were not carried out to a chosen place, to mend and import again. They have no passwords.
///
/// # Errors
/// `not_found`, `file_not_written`, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn save_failed_rows(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    target: String,
) -> Result<ExportReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let written = console.write_failed_rows(&open, &actor, &id, &target).await?;
    Ok(ExportReport::of(&written.path, written.bytes, started).with(written.exported, 0))
}

/// Lets go of a file that is being imported.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn close_import(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<(), ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    open.import.end(actor.account(), &id);
    Ok(())
}
