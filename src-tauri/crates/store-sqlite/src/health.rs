//! The health of the workspace's file.

use async_trait::async_trait;
use rusqlite::Connection;
use tenantry_core::StoreError;
use tenantry_core::limits::LINE_LIMIT;
use tenantry_core::ports::HealthStore;
use tenantry_core::records::{
    Capacity, HealthWarning, Line, Restriction, RoleCommand, ServerFacts, StoreHealth, Topology,
};

use crate::SqliteStore;
use crate::errors::Outcome;

/// More than any name has: a table takes a name of any length.
const NAME_BYTES: u32 = 250;

#[async_trait]
impl HealthStore for SqliteStore {
    /// Opening has created everything already.
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn unprepared(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn line(&self) -> Line {
        let store = self.clone();
        // A task of its own: the one that reads stands still meanwhile, and could not notice the time.
        let asking = tokio::spawn(async move { store.ask().await });
        let asked = match tokio::time::timeout(LINE_LIMIT, asking).await {
            Ok(Ok(asked)) => asked,
            Ok(Err(_)) | Err(_) => Err(StoreError::TookTooLong),
        };
        let problem = asked.err().map(|error| format!("The workspace's file can't be read: {error}."));
        Line { reachable: problem.is_none(), problem, primary: None, members: None, round_trip: None }
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        self.ask().await?;
        Ok(self.facts())
    }

    /// A warning and the operating system report an unwritable file; there is no role to grant.
    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        Ok(Vec::new())
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        Ok(RoleCommand { user: None, shell: String::new(), atlas: None })
    }

    /// A file takes as many tables as it has room on its disk.
    async fn capacity(&self) -> Result<Capacity, StoreError> {
        Ok(Capacity { limit: None, collections: None, indexes: None, name_bytes: NAME_BYTES })
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        let warnings = self.write(|transaction| warnings(transaction)).await?;
        Ok(StoreHealth {
            server: self.facts(),
            database_user: None,
            privileges: Vec::new(),
            restrictions: Vec::new(),
            warnings,
            end_of_life: None,
            members: Vec::new(),
            storage_engine: None,
            connections: None,
            clock_difference: None,
            collections: None,
            not_available: Vec::new(),
        })
    }
}

impl SqliteStore {
    /// A read, so that an unreadable file does not count as well.
    async fn ask(&self) -> Result<(), StoreError> {
        self.read(
            |connection| Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?),
        )
        .await
    }

    fn facts(&self) -> ServerFacts {
        let path = self.connections.path();
        ServerFacts {
            product: "SQLite".to_owned(),
            version: rusqlite::version().to_owned(),
            topology: Topology::File,
            address: self.connections.address(),
            database: path
                .and_then(|path| path.file_stem())
                .map_or_else(|| "in memory".to_owned(), |stem| stem.to_string_lossy().into_owned()),
            encrypted: false,
            round_trip: None,
        }
    }
}

/// What needs attention.
fn warnings(connection: &Connection) -> Outcome<Vec<HealthWarning>> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    // There is no log in memory.
    let is_as_it_should_be = matches!(journal.as_str(), "wal" | "memory");
    Ok(if is_as_it_should_be { Vec::new() } else { vec![HealthWarning::NoWriteAheadLog] })
}
