//! How a workspace is, and what its database user may do.

use serde::Serialize;
use tauri::State;
use tenantry_core::error::StoreError;
use tenantry_core::records as core;
use tenantry_core::records::{OrganizationFilter, StatusFilter};
use tenantry_core::rights::Act;

use super::moment;
use super::workspaces::ServerFacts;
use tenantry_console::error::WireError;
use tenantry_console::numbers::Count;
use tenantry_console::state::{AppState, Workspace, require};

/// How a workspace is.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Whether it answers.
    pub status: HealthStatus,
    /// When it was asked.
    pub checked_at: String,
    /// The server or file.
    pub server: ServerFacts,
    /// How many organizations there are, the trash left out.
    pub organizations: OrganizationTotal,
    /// The database user; `null` without access control.
    pub database_user: Option<String>,
    /// What that user may do.
    pub privileges: Vec<Privilege>,
    /// What is not as it should be.
    pub warnings: Vec<HealthWarning>,
    /// Why it does not answer.
    pub problem: Option<WireError>,
    /// Until when the server is mended; `null` where that is not known.
    pub end_of_life: Option<EndOfLife>,
    /// Every server of the deployment.
    pub members: Vec<Member>,
    /// What the server keeps documents with.
    pub storage_engine: Option<String>,
    /// Connections of the server that answered.
    pub connections: Option<ConnectionUse>,
    /// The server's clock minus this computer's.
    pub clock_difference_milliseconds: Option<i32>,
    /// How full the deployment is.
    pub collections: Option<CollectionUse>,
    /// What the server does not tell: "connections", "storageEngine", "clock", "collections", "indexes",
    /// "otherDatabases".
    pub not_available: Vec<String>,
}

/// Whether a workspace answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It does.
    Up,
    /// It does not.
    Down,
}

/// How many organizations there are.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationTotal {
    /// The number.
    pub total: Count,
    /// Counted, not estimated.
    pub exact: bool,
}

/// Whether the database user may do something.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Privilege {
    /// What the program does with it.
    pub act: PrivilegedAct,
    /// What it needs, in the server's words.
    pub needs: String,
    /// `null` where the server does not say.
    pub allowed: Option<bool>,
}

/// Until when a series of a server is mended.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct EndOfLife {
    /// The series: "7.0".
    pub series: String,
    /// The last day, at its beginning in UTC.
    pub date: String,
    /// That day is over.
    pub ended: bool,
}

/// A server of a deployment.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Host and port.
    pub host: String,
    /// What it is now.
    pub state: MemberState,
    /// One round trip to it, measured now.
    pub round_trip_milliseconds: Option<Count>,
    /// Why it can't be reached, in words.
    pub problem: Option<String>,
}

/// What a server of a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// It takes writes.
    Primary,
    /// It follows the primary.
    Secondary,
    /// It votes and holds nothing.
    Arbiter,
    /// It is the only one.
    Standalone,
    /// It leads to the servers of a sharded cluster.
    Router,
    /// It starts, recovers, is hidden, or left the set.
    Other,
    /// It does not answer.
    Unreachable,
}

/// How many connections a server has.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionUse {
    /// From everybody.
    pub current: Count,
    /// How many more there could be.
    pub available: Count,
}

/// How much of the room for collections is used.
#[derive(Debug, Clone, Copy, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CollectionUse {
    /// Collections of the deployment, as far as the database user sees it.
    pub collections: Count,
    /// Their indexes.
    pub indexes: Option<Count>,
    /// Collections of organizations among them, those in the trash included.
    pub organizations: Count,
    /// How many there may be; `null` where that is not known.
    pub limit: Option<u32>,
    /// What kind of limit that is.
    pub limit_source: Option<LimitSource>,
    /// Bytes that a collection's name has left for the organization's name.
    pub namespace_bytes: u32,
}

/// What kind of limit there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// Atlas Free and Flex allow no more collections.
    AtlasFreeOrFlex,
    /// Atlas recommends no more collections and indexes together on its smallest clusters.
    Recommended,
}

same_words! {
    /// Something that the program does in a database and needs rights for.
    PrivilegedAct {
        /// Reading organizations.
        ReadOrganizations,
        /// Adding organizations.
        AddOrganizations,
        /// Changing organizations.
        ChangeOrganizations,
        /// Removing organizations.
        RemoveOrganizations,
        /// Reading the trash.
        ReadTrash,
        /// Putting into the trash.
        FillTrash,
        /// Taking out of the trash.
        EmptyTrash,
        /// Keeping the journal of operations.
        KeepJournal,
        /// Recording activity.
        RecordActivity,
        /// Keeping operators.
        KeepOperators,
        /// Counting failed sign-ins.
        CountSignIns,
        /// Keeping ended sessions.
        KeepEndedSessions,
        /// Keep what operators decided that the workspace permits.
        KeepPermits,
        /// Creating tenant collections.
        CreateCollections,
        /// Renaming tenant collections.
        RenameCollections,
        /// Deleting tenant collections.
        DeleteCollections,
        /// Counting documents of tenant collections.
        CountDocuments,
        /// Reading sizes of tenant collections.
        ReadSizes,
        /// Looking at indexes.
        ReadIndexes,
        /// Telling a moved collection from a new one.
        TellCollections,
    }

    /// What is not as it should be with a store that works.
    HealthWarning {
        /// The line to the server is not encrypted.
        NotEncrypted,
        /// One server without a replica set.
        NoReplicaSet,
        /// No unique index keeps organization names apart.
        NamesNotIndexed,
        /// No unique index keeps administrators' addresses apart.
        AddressesNotIndexed,
        /// Reading the file waits for writing.
        NoWriteAheadLog,
    }
}

/// An act that needs rights of the database user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RestrictedAct {
    /// Listing organizations.
    List,
    /// Creating one.
    Create,
    /// Changing its display name, address or password.
    Change,
    /// Renaming it.
    Rename,
    /// Deactivating and reactivating it.
    Deactivate,
    /// Moving it to the trash.
    Trash,
    /// Restoring it.
    Restore,
    /// Deleting it for ever.
    DeleteForever,
    /// Reading how much it holds.
    Statistics,
}

/// An act that the database user can't do.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Restriction {
    /// The act.
    pub act: RestrictedAct,
    /// What is missing, in the server's words.
    pub needs: String,
}

/// What gives the database user the smallest role that allows everything.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RoleCommand {
    /// The user that gets it; `null` where nobody signed in to the server.
    pub user: Option<String>,
    /// For the MongoDB shell. Empty in a workspace without roles.
    pub shell: String,
    /// For the Atlas CLI; `null` elsewhere.
    pub atlas: Option<String>,
}

impl From<core::Privilege> for Privilege {
    fn from(privilege: core::Privilege) -> Self {
        Self { act: privilege.act.into(), needs: privilege.needs, allowed: privilege.allowed }
    }
}

impl From<core::EndOfLife> for EndOfLife {
    fn from(end: core::EndOfLife) -> Self {
        Self { series: end.series, date: moment(end.date.midnight().assume_utc()), ended: end.ended }
    }
}

impl From<core::Member> for Member {
    fn from(member: core::Member) -> Self {
        Self {
            host: member.host,
            state: MemberState::from(member.state),
            round_trip_milliseconds: member
                .round_trip
                .map(|time| Count::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))),
            problem: member.problem,
        }
    }
}

impl From<core::MemberState> for MemberState {
    fn from(state: core::MemberState) -> Self {
        match state {
            core::MemberState::Primary => Self::Primary,
            core::MemberState::Secondary => Self::Secondary,
            core::MemberState::Arbiter => Self::Arbiter,
            core::MemberState::Standalone => Self::Standalone,
            core::MemberState::Router => Self::Router,
            core::MemberState::Other => Self::Other,
            core::MemberState::Unreachable => Self::Unreachable,
        }
    }
}

impl From<core::ConnectionUse> for ConnectionUse {
    fn from(connections: core::ConnectionUse) -> Self {
        Self { current: Count::from(connections.current), available: Count::from(connections.available) }
    }
}

impl From<core::CollectionUse> for CollectionUse {
    fn from(collections: core::CollectionUse) -> Self {
        Self {
            collections: Count::from(collections.collections),
            indexes: collections.indexes.map(Count::from),
            organizations: Count::from(collections.organizations),
            limit: collections.limit.map(core::CollectionLimit::number),
            limit_source: collections.limit.map(|limit| match limit {
                core::CollectionLimit::AtlasFreeOrFlex => LimitSource::AtlasFreeOrFlex,
                core::CollectionLimit::Recommended => LimitSource::Recommended,
            }),
            namespace_bytes: collections.namespace_bytes,
        }
    }
}

impl From<core::RestrictedAct> for RestrictedAct {
    fn from(act: core::RestrictedAct) -> Self {
        match act {
            core::RestrictedAct::List => Self::List,
            core::RestrictedAct::Create => Self::Create,
            core::RestrictedAct::Change => Self::Change,
            core::RestrictedAct::Rename => Self::Rename,
            core::RestrictedAct::Deactivate => Self::Deactivate,
            core::RestrictedAct::Trash => Self::Trash,
            core::RestrictedAct::Restore => Self::Restore,
            core::RestrictedAct::DeleteForever => Self::DeleteForever,
            core::RestrictedAct::Statistics => Self::Statistics,
        }
    }
}

impl From<core::Restriction> for Restriction {
    fn from(restriction: core::Restriction) -> Self {
        Self { act: RestrictedAct::from(restriction.act), needs: restriction.needs }
    }
}

impl From<core::RoleCommand> for RoleCommand {
    fn from(command: core::RoleCommand) -> Self {
        let core::RoleCommand { user, shell, atlas } = command;
        Self { user, shell, atlas }
    }
}

/// How an open workspace is: server, round trip, organizations, and what the database user may do.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn workspace_health(state: State<'_, AppState>, workspace: String) -> Result<Health, WireError> {
    let (workspace, actor) = state.reader(&workspace).await?;
    require(&actor, Act::Workspace)?;
    let checked_at = moment(state.clock.now());
    let everything = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
    let ports = &workspace.services.ports;
    let asked = tokio::join!(ports.health.health(), ports.organizations.count(&everything));
    let (health, counts) = match asked {
        (Ok(health), Ok(counts)) => (health, counts),
        (Err(error), _) | (_, Err(error)) if error.is_unclear() => {
            return Ok(down(&workspace, checked_at, error));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    workspace.note_restrictions(health.restrictions);
    Ok(Health {
        status: HealthStatus::Up,
        checked_at,
        server: ServerFacts::from(health.server),
        organizations: OrganizationTotal { total: Count::from(counts.live), exact: counts.exact },
        database_user: health.database_user,
        privileges: health.privileges.into_iter().map(Privilege::from).collect(),
        warnings: health.warnings.into_iter().map(HealthWarning::from).collect(),
        problem: None,
        end_of_life: health.end_of_life.map(EndOfLife::from),
        members: health.members.into_iter().map(Member::from).collect(),
        storage_engine: health.storage_engine,
        connections: health.connections.map(ConnectionUse::from),
        clock_difference_milliseconds: health.clock_difference.map(milliseconds),
        collections: health.collections.map(CollectionUse::from),
        not_available: health.not_available.into_iter().map(str::to_owned).collect(),
    })
}

/// The smallest role that would allow the database user everything that is missing, as commands to paste. Asks for no
/// session: without rights nobody can sign in, and who opened the workspace knows the user already.
///
/// # Errors
/// `no_workspace`, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn role_command(state: State<'_, AppState>, workspace: String) -> Result<RoleCommand, WireError> {
    let workspace = state.open.load(&workspace)?;
    Ok(RoleCommand::from(workspace.services.ports.health.role_command().await?))
}

/// Cut to what 32 bits hold: a clock that is weeks off is wrong by any number.
fn milliseconds(difference: time::Duration) -> i32 {
    let whole = difference.whole_milliseconds();
    i32::try_from(whole).unwrap_or(if whole < 0 { i32::MIN } else { i32::MAX })
}

fn down(workspace: &Workspace, checked_at: String, error: StoreError) -> Health {
    Health {
        status: HealthStatus::Down,
        checked_at,
        server: ServerFacts { round_trip_milliseconds: None, ..ServerFacts::from(workspace.server.clone()) },
        organizations: OrganizationTotal { total: Count::from(0_u32), exact: false },
        database_user: None,
        privileges: Vec::new(),
        warnings: Vec::new(),
        problem: Some(WireError::from(error)),
        end_of_life: None,
        members: Vec::new(),
        storage_engine: None,
        connections: None,
        clock_difference_milliseconds: None,
        collections: None,
        not_available: Vec::new(),
    }
}
