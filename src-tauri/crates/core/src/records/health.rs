//! How a workspace's store is.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::deployment::{CollectionUse, ConnectionUse, Member};

/// How the deployment is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Topology {
    /// A file on this computer.
    File,
    /// One server.
    Standalone,
    /// A replica set.
    ReplicaSet,
    /// A sharded cluster.
    Sharded,
}

/// What is known of the server or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its product: "SQLite", "MongoDB".
    pub product: String,
    /// Its version.
    pub version: String,
    /// How it is built.
    pub topology: Topology,
    /// Hosts, or the path of the file; no secrets.
    pub address: String,
    /// The database's name.
    pub database: String,
    /// Whether the line is encrypted.
    pub encrypted: bool,
    /// One round trip, measured now. `None` where there is no line.
    pub round_trip: Option<Duration>,
}

/// Whether the database user may do something that an act needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Privilege {
    /// What the program does with it.
    pub act: PrivilegedAct,
    /// What it needs, in the server's words: "renameCollectionSameDB on organization_management".
    pub needs: String,
    /// `None` where the server does not say.
    pub allowed: Option<bool>,
}

/// Something that the program does in a database and needs rights for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum PrivilegedAct {
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

impl PrivilegedAct {
    /// The act in technical texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOrganizations => "read organizations",
            Self::AddOrganizations => "add organizations",
            Self::ChangeOrganizations => "change organizations",
            Self::RemoveOrganizations => "remove organizations",
            Self::ReadTrash => "read the trash",
            Self::FillTrash => "fill the trash",
            Self::EmptyTrash => "empty the trash",
            Self::KeepJournal => "keep the journal of operations",
            Self::RecordActivity => "record activity",
            Self::KeepOperators => "keep operators",
            Self::CountSignIns => "count failed sign-ins",
            Self::KeepEndedSessions => "keep ended sessions",
            Self::KeepPermits => "keep what operators permit",
            Self::CreateCollections => "create tenant collections",
            Self::RenameCollections => "rename tenant collections",
            Self::DeleteCollections => "delete tenant collections",
            Self::CountDocuments => "count documents of tenant collections",
            Self::ReadSizes => "read sizes of tenant collections",
            Self::ReadIndexes => "look at indexes",
            Self::TellCollections => "tell a moved collection from a new one",
        }
    }
}

/// An act of a person that needs rights of the database user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
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

impl RestrictedAct {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::List,
        Self::Create,
        Self::Change,
        Self::Rename,
        Self::Deactivate,
        Self::Trash,
        Self::Restore,
        Self::DeleteForever,
        Self::Statistics,
    ];
}

/// An act that the database user can't do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Restriction {
    /// The act.
    pub act: RestrictedAct,
    /// What is missing, in the server's words: "renameCollectionSameDB on organization_management".
    pub needs: String,
}

/// What gives the database user the smallest role that allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct RoleCommand {
    /// The user that gets it; `None` where nobody signed in.
    pub user: Option<String>,
    /// For the MongoDB shell, to be run by somebody who may make roles. Empty where there are no roles.
    pub shell: String,
    /// The same for the command line of MongoDB Atlas, which lets nobody make roles in a shell.
    pub atlas: Option<String>,
}

/// What is not as it should be with a store that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum HealthWarning {
    /// The line to the server is not encrypted.
    NotEncrypted,
    /// One server without a replica set: what it loses is lost.
    NoReplicaSet,
    /// No unique index keeps organization names apart: they are checked after each write.
    NamesNotIndexed,
    /// No unique index keeps administrators' addresses apart: they are checked after each write.
    AddressesNotIndexed,
    /// The file's folder does not permit a write-ahead log, so reading waits for writing.
    NoWriteAheadLog,
}

/// Until when a series of a server is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct EndOfLife {
    /// The series: "7.0".
    pub series: String,
    /// The last day, at its beginning in UTC.
    #[serde(with = "rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub date: OffsetDateTime,
    /// That day is over.
    pub ended: bool,
}

/// The state of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// The server or file.
    pub server: ServerFacts,
    /// The database user; `None` without access control.
    pub database_user: Option<String>,
    /// What that user may do.
    pub privileges: Vec<Privilege>,
    /// The acts that it can't do.
    pub restrictions: Vec<Restriction>,
    /// What is not as it should be.
    pub warnings: Vec<HealthWarning>,
    /// Until when the server is mended, where that is known.
    pub end_of_life: Option<EndOfLife>,
    /// Every server of the deployment.
    pub members: Vec<Member>,
    /// What the server keeps documents with.
    pub storage_engine: Option<String>,
    /// Connections of the server that answered.
    pub connections: Option<ConnectionUse>,
    /// The server's clock minus this computer's.
    pub clock_difference: Option<time::Duration>,
    /// How full the deployment is.
    pub collections: Option<CollectionUse>,
    /// What the server does not tell, by the names of the wire.
    pub not_available: Vec<&'static str>,
}

/// What is known of the line to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it answered.
    pub reachable: bool,
    /// Why not, as a sentence; or what is wrong although it answered.
    pub problem: Option<String>,
    /// The server that takes writes, where there are several.
    pub primary: Option<String>,
    /// Servers of the deployment that are known; `None` where there is no line.
    pub members: Option<u32>,
    /// One round trip.
    pub round_trip: Option<Duration>,
}
