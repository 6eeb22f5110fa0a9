//! Operators of the workspace.

use serde::Deserialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::export::{ExportOperators, PeopleColumn};
use tenantry_core::people::{AddOperator, RoleChange};
use tenantry_core::records::{
    OperatorRole, OperatorRow, OperatorsQuery, PeopleCounts, PeopleSort, PeopleStatus, SortDirection,
};
use tenantry_core::values::OperatorId;

use super::exports::{ExportReport, FileInput, report};
use super::jobs::{ChannelProgress, JobProgress, unless_cancelled};
use super::moment;
use super::people::{AddedSomebody, SomebodyPage, SomebodyQuery, SomebodyView, shown_once, start, written};

/// An operator to add.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AddOperatorInput {
    pub name: String,
    pub email: String,
    pub role: OperatorRole,
}

/// The choices for an export of operators.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportOperatorsInput {
    /// Those that a list with this search and status shows; all of them if empty.
    pub search: String,
    pub status: Option<PeopleStatus>,
    /// Only these; `null` for all of them.
    pub ids: Option<Vec<String>>,
    pub sort: PeopleSort,
    pub direction: SortDirection,
    pub columns: Vec<PeopleColumn>,
    /// The file.
    pub file: FileInput,
}

impl From<&OperatorRow> for SomebodyView {
    fn from(row: &OperatorRow) -> Self {
        Self {
            id: row.id.to_hex(),
            name: row.name.as_str().to_owned(),
            email: row.email.to_string(),
            role: Some(row.role.into()),
            status: row.status,
            one_time_until: row.one_time.map(|one_time| moment(one_time.until)),
            memberships: Vec::new(),
            memberships_in_all: 0,
            created_at: moment(row.created_at),
            last_sign_in_at: row.last_sign_in_at.map(moment),
            has_recovery_code: row.has_recovery_code,
            is_last_owner: row.is_last_owner,
        }
    }
}

/// A page of operators. With a `job` it can be cancelled.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`, `cancelled`.
#[tauri::command]
#[specta::specta]
pub async fn list_operators(
    console: State<'_, Console>,
    workspace: String,
    query: SomebodyQuery,
    job: Option<String>,
) -> Result<SomebodyPage, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        let query = OperatorsQuery {
            search: query.search,
            status: query.status,
            sort: query.sort,
            direction: query.direction,
            backwards: query.backwards,
            start: start(query.start, operator_id)?,
            limit: query.limit,
        };
        let page = workspace.operators().page(&actor, &query).await?;
        Ok(SomebodyPage {
            rows: page.operators.iter().map(SomebodyView::from).collect(),
            previous_cursor: page.previous.as_ref().map(|cursor| written(&cursor.value, &cursor.id.to_hex())),
            next_cursor: page.next.as_ref().map(|cursor| written(&cursor.value, &cursor.id.to_hex())),
        })
    })
    .await
}

/// How many operators a search finds, by status. With a `job` it can be cancelled.
///
/// # Errors
/// As [`list_operators`].
#[tauri::command]
#[specta::specta]
pub async fn count_operators(
    console: State<'_, Console>,
    workspace: String,
    search: String,
    job: Option<String>,
) -> Result<PeopleCounts, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        Ok(workspace.operators().count(&actor, &search).await?)
    })
    .await
}

/// One operator.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn get_operator(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<SomebodyView, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    Ok(SomebodyView::from(&workspace.operators().get(&actor, operator_id(&id)?).await?))
}

/// Adds an operator with a one-time password.
///
/// # Errors
/// `invalid_input`, `conflict`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn add_operator(
    console: State<'_, Console>,
    workspace: String,
    input: AddOperatorInput,
) -> Result<AddedSomebody, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let request = AddOperator { name: input.name, email: input.email, role: input.role };
    let added = workspace.operators().add(&actor, request).await?;
    Ok(AddedSomebody {
        somebody: SomebodyView::from(&added.operator),
        one_time_password: Some(shown_once(&added.one_time)),
    })
}

/// Gives an operator another role in place of the one that was shown, which ends their sessions.
///
/// # Errors
/// `forbidden`, `not_found`, `changed_elsewhere`, `last_owner`, `busy`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_operator_role(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    seen: OperatorRole,
    role: OperatorRole,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let role = RoleChange { seen: Some(seen), to: role };
    workspace.operators().change_role(&actor, operator_id(&id)?, role).await?;
    Ok(())
}

/// Keeps an operator from signing in, and ends their sessions.
///
/// # Errors
/// As [`change_operator_role`].
#[tauri::command]
#[specta::specta]
pub async fn deactivate_operator(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.operators().deactivate(&actor, operator_id(&id)?).await?;
    Ok(())
}

/// Lets a deactivated operator sign in again.
///
/// # Errors
/// As [`change_operator_role`].
#[tauri::command]
#[specta::specta]
pub async fn reactivate_operator(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.operators().reactivate(&actor, operator_id(&id)?).await?;
    Ok(())
}

/// Removes an operator, and ends their sessions.
///
/// # Errors
/// As [`change_operator_role`].
#[tauri::command]
#[specta::specta]
pub async fn remove_operator(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.operators().remove(&actor, operator_id(&id)?).await?;
    Ok(())
}

/// Sets a one-time password for another operator; the answer is the only time that it is told.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn set_operator_password(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<String, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    Ok(shown_once(&workspace.operators().set_one_time_password(&actor, operator_id(&id)?).await?))
}

/// Writes a list of operators to the chosen place.
///
/// # Errors
/// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_operators(
    console: State<'_, Console>,
    workspace: String,
    input: ExportOperatorsInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = std::time::Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let request = ExportOperators {
        search: input.search,
        status: input.status,
        only: input.ids.map(|ids| ids.into_iter().collect()),
        sort: input.sort,
        direction: input.direction,
        columns: input.columns,
        format: input.file.format(),
    };
    let job = console.jobs.begin_in(&workspace, &input.file.job);
    let progress = ChannelProgress::new(progress);
    let write = |output| {
        open.exports().run_operators(&actor, open.operators(), request, output, &progress, job.cancellation())
    };
    Ok(report(console.write_export(&input.file.target, write).await?, started))
}

fn operator_id(text: &str) -> Result<OperatorId, ConsoleError> {
    text.parse().map_err(|()| ConsoleError::not_found("operator"))
}
