//! Workspaces on every store, empty and prepared.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use futures_util::TryStreamExt;
use mongodb::{Client, Database};
use tempfile::TempDir;
use tenantry_connection::ConnectionString;
use tenantry_core::clock::ManualClock;
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::Stored;
use tenantry_core::values::OrganizationId;
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;
use time::OffsetDateTime;

use crate::checker::Whereabouts;
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
    /// Its time: it began when the workspace was opened, and stands still until it is moved. Not an invented time,
    /// because a server forgets what is over by its own clock.
    pub clock: Arc<ManualClock>,
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
        Self::unprepared(kind).await.prepared().await
    }

    /// A workspace that was opened but not prepared, so that a test can add what other software left.
    ///
    /// # Panics
    /// When the store cannot be opened.
    pub async fn unprepared(kind: StoreKind) -> Self {
        let topology = match kind {
            StoreKind::SqliteInMemory => return Self::at(Place::Memory).await,
            StoreKind::SqliteOnFile => {
                let folder = TempDir::with_prefix("tenantry-").expect("a folder");
                return Self::at(Place::File { folder }).await;
            }
            StoreKind::MongoReplicaSet => Topology::ReplicaSet,
            StoreKind::MongoStandalone => Topology::Standalone,
        };
        Self::at(Place::Server { uri: Server::shared(topology).uri(), database: fresh_database() }).await
    }

    /// A prepared workspace in a database of a server.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn on_server(server: &Server, database: String) -> Self {
        Self::at(Place::Server { uri: server.uri(), database }).await.prepared().await
    }

    /// A workspace in this file, in memory where the system keeps files there: nobody waits for a disk.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn of_file(content: &[u8]) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            TempDir::with_prefix_in("tenantry-", memory)
        } else {
            TempDir::with_prefix("tenantry-")
        };
        let folder = folder.expect("a folder");
        std::fs::write(file_in(&folder), content).expect("the file is written");
        Self::at(Place::File { folder }).await
    }

    async fn at(place: Place) -> Self {
        let clock = Arc::new(ManualClock::at(OffsetDateTime::now_utc()));
        let ports = place.open(&clock).await.expect("the store opens");
        Self { ports, clock, place }
    }

    async fn prepared(self) -> Self {
        let warnings = self.ports.health.prepare().await.expect("the store is prepared");
        assert_eq!(warnings, Vec::<String>::new(), "such a store has nothing to warn of");
        self
    }

    /// The ports of another run of the program on the same workspace.
    ///
    /// # Panics
    /// When the store can't be opened.
    pub async fn reopened(&self) -> Ports {
        self.opened_at(&self.clock).await
    }

    /// The ports of a process on a computer with its own clock.
    ///
    /// # Panics
    /// When the store cannot be opened.
    pub async fn opened_at(&self, clock: &Arc<ManualClock>) -> Ports {
        match self.place {
            // Memory has no other run; the same ports stand for it.
            Place::Memory => self.ports.clone(),
            Place::File { .. } | Place::Server { .. } => {
                self.place.open(clock).await.expect("the store opens again")
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

    /// The connection string and the database, for a workspace on a server.
    pub fn address(&self) -> Option<(String, String)> {
        match &self.place {
            Place::Server { uri, database } => Some((uri.clone(), database.clone())),
            Place::Memory | Place::File { .. } => None,
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

    /// Lets time pass, for the process and for the journal. A server's clock cannot be moved, so its entries are made
    /// older.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        if matches!(self.place, Place::Server { .. }) {
            age_entries(&self.database().await, time).await;
        }
    }

    /// Writes a text field of an organization's document behind the ports, as other software does.
    ///
    /// # Panics
    /// When the store is in memory, or refuses.
    pub async fn write_behind(&self, id: OrganizationId, field: &'static str, value: &str) {
        if let Some(file) = self.file() {
            let connection = rusqlite::Connection::open(file).expect("another writer");
            let id = id.object_id().bytes();
            let sql = format!("UPDATE organizations SET {field} = ?1 WHERE id = ?2");
            connection.execute(&sql, rusqlite::params![value, id]).expect("written");
            let key = "UPDATE organizations SET admin_email_key = lower(admin_email) WHERE id = ?1";
            connection.execute(key, [id]).expect("written");
            return;
        }
        let organizations = self.database().await.collection::<Document>("organizations");
        let set = doc! { "$set": { field: value } };
        organizations.update_one(doc! { "_id": id.object_id() }, set).await.expect("written");
    }

    /// Puts these entries in the place of the record, behind the ports.
    ///
    /// # Panics
    /// When the store is in memory, or refuses.
    pub async fn replace_record(&self, entries: &[Stored]) {
        let number = |entry: &Stored| i64::try_from(entry.number().expect("a number")).expect("a small one");
        let at = |entry: &Stored| entry.fields["at"].parse::<i64>().expect("a moment");
        if let Some(file) = self.file() {
            let connection = rusqlite::Connection::open(file).expect("another writer");
            connection.execute("DELETE FROM console_activity", []).expect("removed");
            for entry in entries {
                let mut fields = entry.fields.clone();
                for column in ["number", "at", "previous"] {
                    fields.remove(column);
                }
                let fields = serde_json::to_string(&fields).expect("texts");
                let sql = "INSERT INTO console_activity (number, at, previous, hash, fields) VALUES (?1, ?2, ?3, ?4, ?5)";
                let row = rusqlite::params![number(entry), at(entry), entry.previous(), entry.hash, fields];
                connection.execute(sql, row).expect("written");
            }
            return;
        }
        let record = self.database().await.collection::<Document>("console_activity");
        record.delete_many(doc! { "_id": { "$gte": 0 } }).await.expect("removed");
        for entry in entries {
            let mut document = doc! { "_id": number(entry), "hash": &entry.hash };
            for (name, value) in &entry.fields {
                match name.as_str() {
                    "number" => {}
                    "at" => {
                        document.insert("at", DateTime::from_millis(at(entry)));
                    }
                    "organization_id" => {
                        document.insert("organization_id", ObjectId::parse_str(value).expect("an id"));
                    }
                    _ => {
                        document.insert(name, value);
                    }
                }
            }
            record.insert_one(document).await.expect("written");
        }
    }

    /// Lets time pass for the program and for its store.
    pub async fn wait(&self, time: Duration) {
        self.clock.advance(time);
        if matches!(self.place, Place::Server { .. }) {
            // A server has a clock of its own.
            tokio::time::sleep(time).await;
        }
    }

    /// Removes what a server would keep. Called at the end of a test; the data of a failed one can be inspected.
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
    async fn open(&self, clock: &Arc<ManualClock>) -> Result<Ports, StoreError> {
        let clock = Arc::clone(clock);
        match self {
            Self::Memory => Ok(Ports::of(Arc::new(SqliteStore::in_memory(clock).await?))),
            Self::File { folder } => {
                Ok(Ports::of(Arc::new(SqliteStore::open(&file_in(folder), clock).await?)))
            }
            Self::Server { uri, database } => {
                let options = MongoOptions::new(ConnectionString::parse(uri)?, database, clock);
                Ok(Ports::of(Arc::new(MongoStore::open(options).await?)))
            }
        }
    }
}

/// Makes every entry of a server's journal older.
///
/// # Panics
/// When the server refuses.
pub async fn age_entries(database: &Database, by: Duration) {
    let entries = database.collection::<Document>("console_operations");
    let stored: Vec<Document> =
        entries.find(doc! {}).await.expect("the journal is read").try_collect().await.expect("entries");
    let by = i64::try_from(by.as_millis()).expect("a sensible time");
    for entry in stored {
        let id = entry.get("_id").expect("an id").clone();
        let started_at = entry.get_datetime("started_at").expect("a time").timestamp_millis();
        let older = doc! { "$set": { "started_at": DateTime::from_millis(started_at - by) } };
        entries.update_one(doc! { "_id": id }, older).await.expect("it is made older");
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("workspace.sqlite")
}

/// The ports of a workspace for another process.
///
/// # Errors
/// As the store's own `open`.
pub async fn open_at(at: &Whereabouts, clock: &Arc<ManualClock>) -> Result<Ports, StoreError> {
    match at {
        Whereabouts::File(path) => Ok(Ports::of(Arc::new(SqliteStore::open(path, clock.clone()).await?))),
        Whereabouts::Server { uri, database } => {
            Place::Server { uri: uri.clone(), database: database.clone() }.open(clock).await
        }
    }
}

/// The ports of a database on a server, not prepared.
///
/// # Errors
/// As the store's own `open`.
pub async fn open_database(uri: &str, database: &str) -> Result<Ports, StoreError> {
    let place = Place::Server { uri: uri.to_owned(), database: database.to_owned() };
    place.open(&Arc::new(ManualClock::at(OffsetDateTime::now_utc()))).await
}
