//! Workspaces: listing, saving, opening, claiming, and how one is.

use secrecy::SecretString;
use serde::Serialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::console::{self, WorkspaceKind, WorkspaceSummary};
use tenantry_console::error::ConsoleError;
use tenantry_console::profiles::ProfileNotice;
use tenantry_console::{Console, Password, workspace as open};
use tenantry_core::records::{
    Environment, Recovered, RecoveredAct, RecoveryOutcome, Restriction, ServerFacts,
};
use tenantry_core::samples::SAMPLE_PASSWORD;

use super::access::AccessState;
use super::jobs::{ChannelProgress, JobProgress};
use super::moment;
use super::secrets::SecretKeeping;
use super::sessions::SessionWithCode;

/// All workspaces.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceList {
    /// The built-in one first.
    pub workspaces: Vec<WorkspaceSummary>,
    /// Where secrets are kept.
    pub secrets: SecretKeeping,
    /// What a person should know about the list.
    pub notices: Vec<ProfileNotice>,
}

/// A workspace that is open.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenWorkspace {
    /// Which one.
    pub workspace: WorkspaceSummary,
    /// It has an operator.
    pub claimed: bool,
    /// The server or file.
    pub server: ServerFacts,
    /// What a crash had left.
    pub recovered: Vec<RecoveredOperation>,
    /// What could not be prepared, as sentences.
    pub warnings: Vec<String>,
    /// What the database user can't do.
    pub restrictions: Vec<Restriction>,
    /// What may be done in it now.
    pub access: AccessState,
}

/// A workspace that is open, as the switcher shows it.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenSummary {
    /// Which one.
    pub id: String,
    /// What kind of place it is.
    pub kind: WorkspaceKind,
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// The address of who is signed in to it.
    pub signed_in_as: Option<String>,
    /// When that session ends, unless something ends it earlier.
    pub session_ends_at: Option<String>,
    /// What may be done in it now.
    pub access: AccessState,
}

/// What became of an act that a crash had left unfinished.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RecoveredOperation {
    pub act: RecoveredAct,
    /// The organization's name.
    pub organization_name: String,
    /// What became of it.
    pub outcome: RecoveredOutcome,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredOutcome {
    /// All of it is done.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// It is done, and the organization's collection is nowhere.
    FinishedWithoutCollection,
    /// Nothing of it remains, and the organization's collection is nowhere.
    UndoneWithoutCollection,
    /// Somebody else may be at it.
    InProgressElsewhere,
    /// It could not be decided.
    NeedsAttention,
}

/// What loading sample organizations did.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SampleReport {
    /// Those that are there now and were not before.
    pub created: u32,
    /// Those that were there.
    pub already_there: u32,
    /// The one password that their admins share.
    pub password: String,
}

impl From<console::OpenSummary> for OpenSummary {
    fn from(open: console::OpenSummary) -> Self {
        let console::OpenSummary { workspace, session, access } = open;
        Self {
            id: workspace.id,
            kind: workspace.kind,
            name: workspace.name,
            environment: workspace.environment,
            signed_in_as: session.as_ref().map(|session| session.actor.email().to_owned()),
            session_ends_at: session.map(|session| moment(session.expires_at)),
            access: AccessState::from(access),
        }
    }
}

impl From<&Recovered> for RecoveredOperation {
    fn from(recovered: &Recovered) -> Self {
        let plan = &recovered.operation.plan;
        let act = RecoveredAct::from(plan);
        let outcome = match &recovered.outcome {
            RecoveryOutcome::Finished => RecoveredOutcome::Finished,
            RecoveryOutcome::Undone => RecoveredOutcome::Undone,
            RecoveryOutcome::CollectionGone { finished: true } => RecoveredOutcome::FinishedWithoutCollection,
            RecoveryOutcome::CollectionGone { finished: false } => RecoveredOutcome::UndoneWithoutCollection,
            RecoveryOutcome::InProgressElsewhere => RecoveredOutcome::InProgressElsewhere,
            RecoveryOutcome::NeedsAttention { .. } => RecoveredOutcome::NeedsAttention,
        };
        Self { act, outcome, organization_name: plan.name().to_string() }
    }
}

/// All workspaces that can be opened.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn list_workspaces(console: State<'_, Console>) -> Result<WorkspaceList, ConsoleError> {
    Ok(WorkspaceList {
        workspaces: console.list().await,
        secrets: SecretKeeping::from(console.vault().await.keeping()),
        notices: console.profiles.notices().to_vec(),
    })
}

/// Opens a workspace beside those that are open, or answers the one that is open already; it is the current one from
/// then on.
///
/// # Errors
/// `not_found`, `workspace_password_needed`, `secrets_locked`, `workspace_refused`, `workspace_damaged`,
/// `workspace_newer`, `connection_string_invalid`, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn open_workspace(
    console: State<'_, Console>,
    id: String,
    password: Option<String>,
    remember: bool,
) -> Result<OpenWorkspace, ConsoleError> {
    let password = match password {
        Some(password) => Password::Typed { password: SecretString::from(password), remember },
        None => Password::Kept,
    };
    view(&console, &*console.open(&id, password).await?).await
}

/// Shows another of the workspaces that are open. Its session is as it was left.
///
/// # Errors
/// `no_workspace` when it is not open.
#[tauri::command]
#[specta::specta]
pub async fn switch_workspace(
    console: State<'_, Console>,
    id: String,
) -> Result<OpenWorkspace, ConsoleError> {
    let workspace = console.open.switch(&id)?;
    view(&console, &workspace).await
}

/// The workspace that was shown last, for a window that was loaded again; `null` when none is open.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn current_workspace(console: State<'_, Console>) -> Result<Option<OpenWorkspace>, ConsoleError> {
    match console.open.current() {
        Some(workspace) => Ok(Some(view(&console, &workspace).await?)),
        None => Ok(None),
    }
}

/// The workspaces that are open, in the order in which they were opened. Asks no server.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn open_workspaces(console: State<'_, Console>) -> Result<Vec<OpenSummary>, ConsoleError> {
    Ok(console.open_summaries().await?.into_iter().map(OpenSummary::from).collect())
}

/// Closes a workspace: ends its session and its jobs. One that is not open needs no closing.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn close_workspace(console: State<'_, Console>, workspace: String) -> Result<(), ConsoleError> {
    console.close(&workspace).await;
    Ok(())
}

/// Makes the first owner of an open workspace and signs in. The answer has the recovery code, which is told once.
///
/// # Errors
/// `no_workspace`, `invalid_input`, `already_claimed`, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn claim_workspace(
    console: State<'_, Console>,
    workspace: String,
    name: String,
    email: String,
    password: String,
) -> Result<SessionWithCode, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    let password = SecretString::from(password);
    let claimed = workspace.claim(&name, &email, &password).await?;
    Ok(SessionWithCode::of(&claimed.session, &claimed.recovery))
}

/// Adds invented organizations to the built-in workspace.
///
/// # Errors
/// `forbidden` in any other workspace and to anybody but an operator; `cancelled`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn load_sample_organizations(
    console: State<'_, Console>,
    workspace: String,
    progress: Channel<JobProgress>,
    job: String,
) -> Result<SampleReport, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let job = console.jobs.begin_in(&workspace.id, &job);
    let progress = ChannelProgress::new(progress);
    let report = workspace.load_samples(&actor, &progress, job.cancellation()).await?;
    Ok(SampleReport {
        created: report.created,
        already_there: report.already_there,
        password: SAMPLE_PASSWORD.to_owned(),
    })
}

async fn view(console: &Console, workspace: &open::OpenWorkspace) -> Result<OpenWorkspace, ConsoleError> {
    let (summary, access) = console.summary_of(workspace).await?;
    Ok(OpenWorkspace {
        workspace: summary,
        claimed: workspace.is_claimed(),
        server: workspace.server.clone(),
        recovered: workspace.recovered().iter().map(RecoveredOperation::from).collect(),
        warnings: workspace.warnings(),
        access: AccessState::from(access),
        restrictions: workspace.restrictions(),
    })
}
