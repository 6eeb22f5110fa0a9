//! The template of tenant collections.

use serde::Serialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::numbers::Count;
use tenantry_core::records::Template;
use tenantry_core::template as core;
use tenantry_core::values::OrganizationId;

use super::jobs::{ChannelProgress, JobProgress};
use super::organization_id;

/// What became of one organization when the template was applied.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AppliedTemplate {
    /// The organization.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of the indexes that were made.
    pub made: Vec<String>,
    /// Why none was made.
    pub error: Option<ConsoleError>,
}

/// What applying the template came to.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TemplateReport {
    /// The organizations that had something to be made, by name.
    pub applied: Vec<AppliedTemplate>,
    /// How many had all of it.
    pub complete: Count,
    /// Whether it was stopped before the last.
    pub stopped: bool,
}

impl From<core::Applied> for AppliedTemplate {
    fn from(applied: core::Applied) -> Self {
        let (made, error) = match applied.outcome {
            Ok(made) => (made, None),
            Err(error) => (Vec::new(), Some(ConsoleError::from(error))),
        };
        Self { id: applied.id.to_hex(), name: applied.name, made, error }
    }
}

/// The indexes that operators added to the template.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn get_template(console: State<'_, Console>, workspace: String) -> Result<Template, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.template().current(&actor).await?)
}

/// Changes the template that was seen. Collections that exist stay as they are until it is applied.
///
/// # Errors
/// `invalid_input`; `facts_changed` if it is another one by now; `forbidden`, those of a session, `read_only`,
/// `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_template(
    console: State<'_, Console>,
    workspace: String,
    seen: Template,
    next: Template,
) -> Result<Template, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    Ok(open.template().change(&actor, &seen, next).await?)
}

/// Makes the missing indexes of the template in all organizations' collections, or in those of `ids`, one by one. A
/// cancelled job ends with what became of each until then.
///
/// # Errors
/// `forbidden`, those of a session, `read_only`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn apply_template(
    console: State<'_, Console>,
    workspace: String,
    ids: Option<Vec<String>>,
    job: String,
    progress: Channel<JobProgress>,
) -> Result<TemplateReport, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let chosen: Option<Vec<OrganizationId>> =
        ids.map(|ids| ids.iter().map(|id| organization_id(id)).collect()).transpose()?;
    let job = console.jobs.begin_in(&workspace, &job);
    let progress = ChannelProgress::new(progress);
    let done = open.template().apply(&actor, chosen.as_deref(), &progress, job.cancellation()).await?;
    Ok(TemplateReport {
        applied: done.applied.into_iter().map(AppliedTemplate::from).collect(),
        complete: Count::from(done.complete),
        stopped: done.stopped,
    })
}
