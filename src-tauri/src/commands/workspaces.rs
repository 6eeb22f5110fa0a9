//! Workspaces: listing, saving, opening, claiming, and how one is.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use serde::Serialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_connection::ConnectionSecrets;
use tenantry_core::error::StoreError;
use tenantry_core::records::{OperationPlan, Permits, Recovered, RecoveryOutcome, Restriction, Topology};
use tenantry_core::samples::SAMPLE_PASSWORD;
use tenantry_core::sessions::SigningKey;
use tenantry_core::{AppError, records as core_records};

use super::access::{AccessState, WorkspacePermits};
use super::jobs::ChannelProgress;
use super::jobs::JobProgress;
use super::moment;
use super::secrets::SecretKeeping;
use super::sessions::SessionView;
use tenantry_console::compose::{self, Place, Setting};
use tenantry_console::connection_secrets;
use tenantry_console::error::WireError;
use tenantry_console::numbers::Count;
use tenantry_console::profiles::{Access, BUILT_IN, BuiltIn, Environment, Profile, ProfileNotice};
use tenantry_console::state::{AppState, Workspace};
use tenantry_console::vault::SecretKind;

/// What kind of place a workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// A file on this computer.
    BuiltIn,
    /// A MongoDB deployment.
    Mongodb,
    /// MongoDB Atlas.
    Atlas,
}

/// A workspace, as it stands in the list.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceSummary {
    /// `built-in`, or the profile's id.
    pub id: String,
    /// What kind of place it is.
    pub kind: WorkspaceKind,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// Hosts, or the folder of the file.
    pub address: String,
    /// The database.
    pub database: Option<String>,
    /// When it was opened last.
    pub last_opened_at: Option<String>,
    /// The keychain has the database user's password.
    pub password_stored: bool,
    /// Opening it asks for the password.
    pub password_needed: bool,
    /// The connection string, without the password.
    pub connection_string: Option<String>,
    /// The service's secret key was given.
    pub has_signing_secret: bool,
    /// What a person noted about it.
    pub notes: String,
    /// Shown before the others.
    pub favorite: bool,
    /// What may be done in it.
    pub access: Access,
    /// What its operators decided, where it is open; a connection may only permit less.
    pub decided: Option<WorkspacePermits>,
    /// It is open now.
    pub is_open: bool,
}

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
    /// Its name.
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
    /// The act.
    pub act: RecoveredAct,
    /// The organization's name.
    pub organization_name: String,
    /// What became of it.
    pub outcome: RecoveredOutcome,
}

/// An act that can be left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredAct {
    /// Creating.
    Create,
    /// Renaming.
    Rename,
    /// Moving to the trash.
    Trash,
    /// Restoring.
    Restore,
    /// Deleting for ever.
    DeleteForever,
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

/// What is known of the server or file.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerFacts {
    /// Its product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// How it is built.
    pub topology: Topology,
    /// Hosts, or the file.
    pub address: String,
    /// The database.
    pub database: String,
    /// Whether the line is encrypted.
    pub encrypted: bool,
    /// One round trip.
    pub round_trip_milliseconds: Option<Count>,
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

impl From<core_records::ServerFacts> for ServerFacts {
    fn from(facts: core_records::ServerFacts) -> Self {
        Self {
            product: facts.product,
            version: facts.version,
            topology: facts.topology,
            address: facts.address,
            database: facts.database,
            encrypted: facts.encrypted,
            round_trip_milliseconds: facts
                .round_trip
                .map(|time| Count::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))),
        }
    }
}

impl From<&OperationPlan> for RecoveredAct {
    fn from(plan: &OperationPlan) -> Self {
        match plan {
            OperationPlan::Create { .. } => Self::Create,
            OperationPlan::Rename { .. } => Self::Rename,
            OperationPlan::Trash { .. } => Self::Trash,
            OperationPlan::Restore { .. } => Self::Restore,
            OperationPlan::DeleteForever { .. } => Self::DeleteForever,
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
pub async fn list_workspaces(state: State<'_, AppState>) -> Result<WorkspaceList, WireError> {
    let mut workspaces = vec![built_in_summary(&state)];
    for profile in state.profiles.all() {
        workspaces.push(summary(&state, profile).await);
    }
    Ok(WorkspaceList {
        workspaces,
        secrets: super::secrets::keeping(state.vault().await),
        notices: state.profiles.notices().to_vec(),
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
    state: State<'_, AppState>,
    id: String,
    password: Option<String>,
    remember: bool,
) -> Result<OpenWorkspace, WireError> {
    let turn = state.open.turn(&id);
    // The same one twice at a time would take its own operations for those of a crash.
    let _turn = turn.lock().await;
    if let Ok(open) = state.open.switch(&id) {
        return view(&state, &open).await;
    }
    let opened = if id == BUILT_IN {
        open_built_in(&state).await?
    } else {
        let profile = state.profiles.find(&id).ok_or_else(|| WireError::not_found("workspace"))?;
        open_profile(&state, profile, password.map(SecretString::from), remember).await?
    };
    tracing::info!(workspace = opened.id, product = opened.server.product, "opened a workspace");
    let opened = Arc::new(opened);
    state.open.add(Arc::clone(&opened));
    view(&state, &opened).await
}

/// Shows another of the workspaces that are open. Its session is as it was left.
///
/// # Errors
/// `no_workspace` when it is not open.
#[tauri::command]
#[specta::specta]
pub async fn switch_workspace(state: State<'_, AppState>, id: String) -> Result<OpenWorkspace, WireError> {
    let workspace = state.open.switch(&id)?;
    view(&state, &workspace).await
}

/// The workspace that was shown last, for a window that was loaded again; `null` when none is open.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn current_workspace(state: State<'_, AppState>) -> Result<Option<OpenWorkspace>, WireError> {
    match state.open.current() {
        Some(workspace) => Ok(Some(view(&state, &workspace).await?)),
        None => Ok(None),
    }
}

/// The workspaces that are open, in the order in which they were opened. Asks no server.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn open_workspaces(state: State<'_, AppState>) -> Result<Vec<OpenSummary>, WireError> {
    let mut summaries = Vec::new();
    for workspace in state.open.all() {
        let OpenWorkspace { workspace: WorkspaceSummary { id, kind, name, environment, .. }, access, .. } =
            view(&state, &workspace).await?;
        let now = state.clock.now();
        let session = workspace.session().filter(|session| session.expires_at > now);
        summaries.push(OpenSummary {
            id,
            kind,
            name,
            environment,
            signed_in_as: session.as_ref().map(|session| session.actor.email().to_owned()),
            session_ends_at: session.map(|session| moment(session.expires_at)),
            access,
        });
    }
    Ok(summaries)
}

/// Closes a workspace: ends its session and its jobs. One that is not open needs no closing.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn close_workspace(state: State<'_, AppState>, workspace: String) -> Result<(), WireError> {
    let turn = state.open.turn(&workspace);
    let _turn = turn.lock().await;
    state.close_workspace(&workspace).await;
    Ok(())
}

/// Makes the first operator of an open workspace and signs in.
///
/// # Errors
/// `no_workspace`, `invalid_input`, `already_claimed`, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn claim_workspace(
    state: State<'_, AppState>,
    workspace: String,
    name: String,
    email: String,
    password: String,
) -> Result<SessionView, WireError> {
    let workspace = state.open.load(&workspace)?;
    let password = SecretString::from(password);
    let claimed = workspace.services.sessions.claim(&name, &email, &password).await;
    if matches!(claimed, Ok(_) | Err(AppError::AlreadyClaimed)) {
        workspace.note_claimed();
    }
    let session = claimed?;
    let view = SessionView::from(&session);
    workspace.keep_session(session).await;
    Ok(view)
}

/// Adds invented organizations to the built-in workspace.
///
/// # Errors
/// `forbidden` in any other workspace and to anybody but an operator; `cancelled`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn load_sample_organizations(
    state: State<'_, AppState>,
    workspace: String,
    progress: Channel<JobProgress>,
    job: String,
) -> Result<SampleReport, WireError> {
    let (workspace, actor) = state.writer(&workspace).await?;
    if workspace.id != BUILT_IN {
        return Err(WireError::forbidden());
    }
    let job = state.jobs.begin_in(&workspace.id, &job);
    let progress = ChannelProgress::new(progress);
    let services = &workspace.services;
    let report = services.samples.load(&actor, &services.hasher, &progress, job.cancellation()).await?;
    Ok(SampleReport {
        created: report.created,
        already_there: report.already_there,
        password: SAMPLE_PASSWORD.to_owned(),
    })
}

fn built_in_summary(state: &AppState) -> WorkspaceSummary {
    WorkspaceSummary {
        id: BUILT_IN.to_owned(),
        kind: WorkspaceKind::BuiltIn,
        name: "On this computer".to_owned(),
        environment: Environment::Local,
        address: state.folders.data.display().to_string(),
        database: None,
        last_opened_at: state.profiles.built_in().last_opened_at.map(moment),
        password_stored: false,
        password_needed: false,
        connection_string: None,
        has_signing_secret: false,
        notes: String::new(),
        favorite: false,
        access: Access::ReadWrite,
        decided: decided(state, BUILT_IN),
        is_open: is_open(state, BUILT_IN),
    }
}

/// A saved profile, as it stands in the list.
pub(super) async fn summary(state: &AppState, profile: Profile) -> WorkspaceSummary {
    // A string that was edited by hand may be wrong: it still stands in the list, and opening says what is wrong.
    let address = compose::take_apart(&profile.connection_string).ok();
    let is_atlas = address.as_ref().is_some_and(|address| address.is_atlas);
    let at_hand =
        profile.password_stored() || state.vault().await.remembers(&profile.id, SecretKind::DatabasePassword);
    let (is_open, password_stored) = (is_open(state, &profile.id), profile.password_stored());
    let decided = decided(state, &profile.id);
    WorkspaceSummary {
        id: profile.id,
        kind: if is_atlas { WorkspaceKind::Atlas } else { WorkspaceKind::Mongodb },
        name: profile.name,
        environment: profile.environment,
        address: address.as_ref().map(|address| address.hosts.clone()).unwrap_or_default(),
        database: Some(profile.database),
        last_opened_at: profile.last_opened_at.map(moment),
        password_stored,
        password_needed: address.is_some_and(|address| address.needs_password) && !at_hand,
        // Read anew by `take_apart`, so that a secret that a person wrote into the file is not shown.
        connection_string: compose::take_apart(&profile.connection_string).ok().map(|address| address.public),
        has_signing_secret: profile.has_signing_secret,
        notes: profile.notes,
        favorite: profile.favorite,
        access: profile.access,
        decided,
        is_open,
    }
}

fn is_open(state: &AppState, id: &str) -> bool {
    state.open.find(id).is_some()
}

/// What the operators of an open workspace decided, as it was read last.
fn decided(state: &AppState, id: &str) -> Option<WorkspacePermits> {
    state.open.find(id).and_then(|open| open.services.access.decided()).map(WorkspacePermits::from)
}

async fn view(state: &AppState, workspace: &Workspace) -> Result<OpenWorkspace, WireError> {
    let mut summary = match state.profiles.find(&workspace.id) {
        Some(profile) => summary(state, profile).await,
        None if workspace.id == BUILT_IN => built_in_summary(state),
        None => return Err(WireError::not_found("workspace")),
    };
    // As it is used, and not only as its profile says.
    let access = AccessState::from(workspace.services.access.state().await);
    (summary.environment, summary.access) = (access.environment, access.access);
    Ok(OpenWorkspace {
        workspace: summary,
        claimed: workspace.is_claimed(),
        server: ServerFacts::from(workspace.server.clone()),
        recovered: workspace.recovered().iter().map(RecoveredOperation::from).collect(),
        warnings: workspace.warnings(),
        access,
        restrictions: workspace.restrictions(),
    })
}

async fn open_built_in(state: &AppState) -> Result<Workspace, WireError> {
    let path = state.folders.built_in_workspace();
    let setting = Setting {
        clock: Arc::clone(&state.clock),
        opening: state.opening(),
        permits: Permits::EVERYTHING,
        signing_key: own_signing_key(state, BUILT_IN).await,
    };
    let opened =
        compose::open(Place::File(&path), setting).await.map_err(|error| built_in_error(error, &path))?;
    if let Err(error) = state.profiles.save_built_in(BuiltIn { last_opened_at: Some(state.clock.now()) }) {
        tracing::warn!(%error, "the time of opening could not be noted");
    }
    Ok(Workspace::new(BUILT_IN, opened))
}

fn built_in_error(error: AppError, path: &Path) -> WireError {
    match error {
        AppError::Store(StoreError::Corrupt { what }) => {
            tracing::error!(what, "the built-in workspace is damaged");
            WireError::workspace_damaged(path)
        }
        error => WireError::from(error),
    }
}

async fn open_profile(
    state: &AppState,
    profile: Profile,
    typed: Option<SecretString>,
    remember: bool,
) -> Result<Workspace, WireError> {
    let vault = state.vault().await;
    let address = compose::take_apart(&profile.connection_string)?;
    let is_typed = typed.is_some();
    let given = ConnectionSecrets { password: typed, ..ConnectionSecrets::default() };
    let secrets = connection_secrets::complete(given, vault, &profile, &address.places).await?;
    if address.needs_password && secrets.password.is_none() {
        return Err(WireError::workspace_password_needed());
    }
    let (signing_key, warning) = signing_key(state, &profile).await?;
    let setting = Setting {
        clock: Arc::clone(&state.clock),
        opening: state.opening(),
        permits: profile.permits(),
        signing_key,
    };
    let place = Place::Deployment {
        connection_string: &profile.connection_string,
        database: &profile.database,
        secrets: &secrets,
    };
    let mut opened = compose::open(place, setting).await?;
    opened.warnings.extend(warning);
    let mut stored = None;
    if let Some(password) = secrets.password.filter(|_| is_typed) {
        // Only now: a wrong one must not take the place of the right one.
        let kept = vault.keep(&profile.id, SecretKind::DatabasePassword, password, remember).await;
        stored = Some(kept.for_next_time());
    }
    // Not saved whole: it may have been renamed while it was being opened.
    let noted = state.profiles.change_profile(&profile.id, |noted| {
        noted.last_opened_at = Some(state.clock.now());
        if let Some(stored) = stored {
            noted.note_stored(SecretKind::DatabasePassword, stored);
        }
    });
    if let Err(error) = noted {
        tracing::warn!(%error, "the time of opening could not be noted");
    }
    Ok(Workspace::new(&profile.id, opened))
}

/// The key that a profile's tokens are signed with, and what a person should know about it.
async fn signing_key(state: &AppState, profile: &Profile) -> Result<(SigningKey, Option<String>), WireError> {
    if !profile.has_signing_secret {
        return Ok((own_signing_key(state, &profile.id).await, None));
    }
    match state.vault().await.find(&profile.id, SecretKind::ServiceSecret).await? {
        Some(secret) => Ok((SigningKey::of_service(&secret), None)),
        None => Ok((
            own_signing_key(state, &profile.id).await,
            Some(
                "The service's secret key is not stored on this computer, so the service will not accept tokens of \
                 this session. Enter the key again in the workspace's settings."
                    .to_owned(),
            ),
        )),
    }
}

/// The workspace's own random key, made the first time. Where the stored one can't be asked for now, another one does
/// for this run: it must not take the stored one's place later.
async fn own_signing_key(state: &AppState, workspace: &str) -> SigningKey {
    let vault = state.vault().await;
    if let Ok(Some(secret)) = vault.find(workspace, SecretKind::TokenKey).await
        && let Some(key) = SigningKey::from_hex(&secret)
    {
        return key;
    }
    let key = SigningKey::random();
    vault.keep(workspace, SecretKind::TokenKey, key.to_hex(), vault.can_store()).await;
    key
}
