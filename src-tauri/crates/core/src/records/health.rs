//! The health of a workspace's store.

use std::time::Duration;

use serde::Serialize;
use strum::VariantArray;
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::deployment::{CollectionUse, ConnectionUse, Member};
#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::count_if_any;

/// The kind of deployment.
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

/// Facts about the server or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ServerFacts {
    /// Its product: "SQLite", "MongoDB".
    pub product: String,
    /// Its version.
    pub version: String,
    /// Its kind of deployment.
    pub topology: Topology,
    /// Hosts, or the path of the file; no secrets.
    pub address: String,
    /// The database's name.
    pub database: String,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// One round trip, measured now; `None` for a file.
    #[serde(rename = "roundTripMilliseconds", serialize_with = "count_if_any")]
    #[cfg_attr(feature = "wire", specta(type = Option<Count>))]
    pub round_trip: Option<Duration>,
}

/// Whether the database user has a permission that Tenantry needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Privilege {
    /// What Tenantry uses it for.
    pub act: PrivilegedAct,
    /// The permission in the server's words: "renameCollectionSameDB on organization_management".
    pub needs: String,
    /// `None` if the server does not say.
    pub allowed: Option<bool>,
}

/// Something that Tenantry does in a database and needs permissions for.
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
    /// Moving organizations to the trash.
    FillTrash,
    /// Removing organizations from the trash.
    EmptyTrash,
    /// Writing the operation journal.
    KeepJournal,
    /// Recording activity.
    RecordActivity,
    /// Managing operators.
    KeepOperators,
    /// Managing people of organizations.
    KeepPeople,
    /// Counting failed sign-ins.
    CountSignIns,
    /// Keeping the list of live sessions.
    KeepSessions,
    /// Storing what operators permit.
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
    /// Reading indexes.
    ReadIndexes,
    /// Recognizing a moved collection.
    TellCollections,
}

impl PrivilegedAct {
    /// Its name in technical texts.
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
            Self::KeepPeople => "keep people",
            Self::CountSignIns => "count failed sign-ins",
            Self::KeepSessions => "keep live sessions",
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

/// A person's action that needs permissions of the database user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, VariantArray)]
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
    /// Deleting it for good.
    DeleteForever,
    /// Reading its statistics.
    Statistics,
}

impl RestrictedAct {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// An action that the database user lacks a permission for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Restriction {
    /// The action.
    pub act: RestrictedAct,
    /// The missing permission in the server's words: "renameCollectionSameDB on organization_management".
    pub needs: String,
}

/// Commands that give the database user the smallest role that allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct RoleCommand {
    /// The user that gets it; `None` if the connection has none.
    pub user: Option<String>,
    /// For the MongoDB shell, run by a user who can create roles. Empty if the store has no roles.
    pub shell: String,
    /// For the Atlas CLI, since Atlas creates no roles from a shell.
    pub atlas: Option<String>,
}

/// What needs attention in a store that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum HealthWarning {
    /// The connection to the server is not encrypted.
    NotEncrypted,
    /// A single server, no replica set: there is no second copy of the data.
    NoReplicaSet,
    /// Organization names have no unique index: duplicates are checked after each write.
    NamesNotIndexed,
    /// Admin email addresses have no unique index: duplicates are checked after each write.
    AddressesNotIndexed,
    /// The file's folder does not support a write-ahead log, so reads wait for writes.
    NoWriteAheadLog,
}

/// When a series of a server stops getting updates.
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
    /// Whether that day is over.
    pub ended: bool,
}

/// The state of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// The server or file.
    pub server: ServerFacts,
    /// The database user; `None` without access control.
    pub database_user: Option<String>,
    /// The permissions of that user.
    pub privileges: Vec<Privilege>,
    /// The actions that it lacks permissions for.
    pub restrictions: Vec<Restriction>,
    /// What needs attention.
    pub warnings: Vec<HealthWarning>,
    /// When the server stops getting updates, if known.
    pub end_of_life: Option<EndOfLife>,
    /// Every server of the deployment.
    pub members: Vec<Member>,
    /// The storage engine.
    pub storage_engine: Option<String>,
    /// Connections of the server that responded.
    pub connections: Option<ConnectionUse>,
    /// The server's clock minus this computer's.
    pub clock_difference: Option<time::Duration>,
    /// The size of the deployment.
    pub collections: Option<CollectionUse>,
    /// Facts that the server does not tell, by their names on the wire.
    pub not_available: Vec<&'static str>,
}

impl StoreHealth {
    /// Of a store that does not answer: what was known of its server.
    pub fn unknown(server: ServerFacts) -> Self {
        Self {
            server,
            database_user: None,
            privileges: Vec::new(),
            restrictions: Vec::new(),
            warnings: Vec::new(),
            end_of_life: None,
            members: Vec::new(),
            storage_engine: None,
            connections: None,
            clock_difference: None,
            collections: None,
            not_available: Vec::new(),
        }
    }
}

/// The state of the connection to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it responded.
    pub reachable: bool,
    /// Why it did not, as a sentence; or what is wrong although it did.
    pub problem: Option<String>,
    /// The server that accepts writes, if there are several.
    pub primary: Option<String>,
    /// Known servers of the deployment; `None` for a file.
    pub members: Option<u32>,
    /// One round trip.
    pub round_trip: Option<Duration>,
}
