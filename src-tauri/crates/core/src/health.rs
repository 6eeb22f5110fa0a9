//! How a workspace's store is.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;

/// How the deployment is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// What the program does with it, for people: "rename collections".
    pub act: &'static str,
    /// What it needs, in the server's words: "renameCollectionSameDB on organization_management".
    pub needs: String,
    /// `None` where the server does not say.
    pub allowed: Option<bool>,
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
    /// What is not as it should be, for people.
    pub warnings: Vec<String>,
}

/// The state of a store.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Prepares the store for this program: makes indexes and its own collections where data and rights permit.
    /// Answers what could not be made and why, for people. Repeatable; never touches an organization's document.
    async fn prepare(&self) -> Result<Vec<String>, StoreError>;

    /// Asks the server for facts only: quick, for opening and for the status bar.
    async fn server(&self) -> Result<ServerFacts, StoreError>;

    /// Asks for everything.
    async fn health(&self) -> Result<StoreHealth, StoreError>;
}
