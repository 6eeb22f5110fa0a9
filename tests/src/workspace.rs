//! Workspaces on every store, empty and prepared, and the services on top of them.

use std::path::PathBuf;
use std::sync::Arc;

use mongodb::{Client, Database};
use tempfile::TempDir;
use tenantry_core::clock::SystemClock;
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_store_mongo::{ConnectionString, MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;

use crate::server::{Server, Topology, fresh_database};

/// A store that the ports have an adapter for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// SQLite, in memory.
    SqliteInMemory,
    /// SQLite, on a file.
    SqliteOnFile,
    /// MongoDB, as a replica set.
    MongoReplicaSet,
    /// MongoDB, as a single server.
    MongoStandalone,
}

/// A workspace of its own for one test.
pub struct TestWorkspace {
    /// Its ports.
    pub ports: Ports,
    place: Place,
}

enum Place {
    Memory,
    File { folder: TempDir },
    Server { uri: String, database: String },
}

impl TestWorkspace {
    /// An empty, prepared workspace.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn open(kind: StoreKind) -> Self {
        let topology = match kind {
            StoreKind::SqliteInMemory => {
                let store = SqliteStore::in_memory(Arc::new(SystemClock)).await.expect("a store in memory");
                return Self::prepared(Ports::of(Arc::new(store)), Place::Memory).await;
            }
            StoreKind::SqliteOnFile => {
                let place = Place::File { folder: TempDir::with_prefix("tenantry-").expect("a folder") };
                let ports = place.open().await.expect("a store on a file");
                return Self::prepared(ports, place).await;
            }
            StoreKind::MongoReplicaSet => Topology::ReplicaSet,
            StoreKind::MongoStandalone => Topology::Standalone,
        };
        Self::on_server(Server::shared(topology), fresh_database()).await
    }

    /// A prepared workspace in a database of a server.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn on_server(server: &Server, database: String) -> Self {
        let place = Place::Server { uri: server.uri(), database };
        let ports = place.open().await.expect("a store on the server");
        Self::prepared(ports, place).await
    }

    async fn prepared(ports: Ports, place: Place) -> Self {
        let warnings = ports.health.prepare().await.expect("the store is prepared");
        assert_eq!(warnings, Vec::<String>::new(), "an empty store has nothing to warn of");
        Self { ports, place }
    }

    /// The ports of another run of the program on the same workspace.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn reopened(&self) -> Ports {
        match self.place {
            // What is in memory has no other run; the same ports stand for it.
            Place::Memory => self.ports.clone(),
            Place::File { .. } | Place::Server { .. } => {
                self.place.open().await.expect("the store opens again")
            }
        }
    }

    /// The workspace's file.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::File { folder } => Some(file_in(folder)),
            Place::Memory | Place::Server { .. } => None,
        }
    }

    /// The database as the driver sees it, for looking behind the ports.
    ///
    /// # Panics
    /// When the workspace is not on a server.
    pub async fn database(&self) -> Database {
        let Place::Server { uri, database } = &self.place else {
            panic!("this workspace is not on a server")
        };
        Client::with_uri_str(uri).await.expect("a connection string").database(database)
    }

    /// Removes what a server would keep. Called at the end of a test; what a failed one leaves can be looked at.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn remove(self) {
        if matches!(self.place, Place::Server { .. }) {
            self.database().await.drop().await.expect("the test's database is dropped");
        }
    }
}

impl Place {
    async fn open(&self) -> Result<Ports, StoreError> {
        match self {
            Self::Memory => Ok(Ports::of(Arc::new(SqliteStore::in_memory(Arc::new(SystemClock)).await?))),
            Self::File { folder } => {
                Ok(Ports::of(Arc::new(SqliteStore::open(&file_in(folder), Arc::new(SystemClock)).await?)))
            }
            Self::Server { uri, database } => open_database(uri, database).await,
        }
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("workspace.sqlite")
}

/// The ports of a database on a server.
///
/// # Errors
/// As the store's own `open`.
pub async fn open_database(uri: &str, database: &str) -> Result<Ports, StoreError> {
    let options = MongoOptions::new(ConnectionString::parse(uri)?, database, Arc::new(SystemClock));
    Ok(Ports::of(Arc::new(MongoStore::open(options).await?)))
}
