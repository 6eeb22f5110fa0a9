//! The health of a workspace, and the permissions of its database user.

use serde::Serialize;
use tauri::State;
use tenantry_core::records::{
    self as core, ConnectionUse, EndOfLife, HealthWarning, Member, Privilege, RoleCommand, ServerFacts,
};

use super::moment;
use tenantry_console::error::ConsoleError;
use tenantry_console::{Console, workspace};
use tenantry_core::numbers::Count;

/// The health of a workspace.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Whether it responds.
    pub status: HealthStatus,
    /// When it was checked.
    pub checked_at: String,
    /// The server or file.
    pub server: ServerFacts,
    /// The number of organizations, without the trash.
    pub organizations: OrganizationTotal,
    /// The database user; `null` without access control.
    pub database_user: Option<String>,
    /// The permissions of that user.
    pub privileges: Vec<Privilege>,
    /// What needs attention.
    pub warnings: Vec<HealthWarning>,
    /// Why it does not respond.
    pub problem: Option<ConsoleError>,
    /// When the server stops getting updates; `null` if unknown.
    pub end_of_life: Option<EndOfLife>,
    /// Every server of the deployment.
    pub members: Vec<Member>,
    /// The storage engine.
    pub storage_engine: Option<String>,
    /// Connections of the server that responded.
    pub connections: Option<ConnectionUse>,
    /// The server's clock minus this computer's.
    pub clock_difference_milliseconds: Option<i32>,
    /// The size of the deployment.
    pub collections: Option<CollectionUse>,
    /// Facts that the server does not tell: "connections", "storageEngine", "clock", "collections", "indexes",
    /// "otherDatabases".
    pub not_available: Vec<String>,
}

/// Whether a workspace responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It responds.
    Up,
    /// It does not respond.
    Down,
}

/// The number of organizations.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationTotal {
    /// The number.
    pub total: Count,
    /// Whether they were counted, not estimated.
    pub exact: bool,
}

/// How much of the room for collections is used.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CollectionUse {
    /// Collections of the deployment, as far as the database user can see.
    pub collections: Count,
    pub indexes: Option<Count>,
    /// Collections of organizations among them, those in the trash included.
    pub organizations: Count,
    /// How many there can be; `null` if unknown.
    pub limit: Option<u32>,
    /// The kind of that limit.
    pub limit_source: Option<core::CollectionLimit>,
    /// Bytes that the database name leaves for an organization's name in a collection name.
    pub namespace_bytes: u32,
}

impl Health {
    fn of(found: workspace::Health, now: time::OffsetDateTime) -> Self {
        let workspace::Health { store: health, counts, problem } = found;
        Self {
            status: if problem.is_none() { HealthStatus::Up } else { HealthStatus::Down },
            checked_at: moment(now),
            server: health.server,
            organizations: OrganizationTotal { total: Count::from(counts.live), exact: counts.exact },
            database_user: health.database_user,
            privileges: health.privileges,
            warnings: health.warnings,
            problem: problem.map(ConsoleError::from),
            end_of_life: health.end_of_life,
            members: health.members,
            storage_engine: health.storage_engine,
            connections: health.connections,
            clock_difference_milliseconds: health.clock_difference.map(milliseconds),
            collections: health.collections.map(CollectionUse::from),
            not_available: health.not_available.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl From<core::CollectionUse> for CollectionUse {
    fn from(collections: core::CollectionUse) -> Self {
        Self {
            collections: Count::from(collections.collections),
            indexes: collections.indexes.map(Count::from),
            organizations: Count::from(collections.organizations),
            limit: collections.limit.map(core::CollectionLimit::number),
            limit_source: collections.limit,
            namespace_bytes: collections.namespace_bytes,
        }
    }
}

/// The health of an open workspace: server, round trip, organizations, and the database user's permissions.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn workspace_health(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Health, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let found = workspace.health(&actor).await?;
    Ok(Health::of(found, console.clock.now()))
}

/// The smallest role that grants the database user everything that is missing, as commands to run. Needs no session:
/// without permissions nobody can sign in, and the person who opened the workspace knows the user already.
///
/// # Errors
/// `no_workspace`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn role_command(
    console: State<'_, Console>,
    workspace: String,
) -> Result<RoleCommand, ConsoleError> {
    let workspace = console.open.load(&workspace)?;
    Ok(workspace.ports().health.role_command().await?)
}

/// Limited to 32 bits: a clock that is weeks off is wrong by any number.
fn milliseconds(difference: time::Duration) -> i32 {
    let whole = difference.whole_milliseconds();
    i32::try_from(whole).unwrap_or(if whole < 0 { i32::MIN } else { i32::MAX })
}
