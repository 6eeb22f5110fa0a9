//! How the workspace's file is.

use async_trait::async_trait;
use rusqlite::{Connection, MAIN_DB};
use tenantry_core::StoreError;
use tenantry_core::health::{
    HealthStore, Line, Privilege, Restriction, RoleCommand, ServerFacts, StoreHealth, Topology,
};
use tenantry_core::limits::LINE_LIMIT;

use crate::SqliteStore;
use crate::errors::Outcome;

const ACTS_ON_A_WRITABLE_FILE: [&str; 4] =
    ["change organizations", "create, rename and drop collections", "write the journal", "record activity"];

#[async_trait]
impl HealthStore for SqliteStore {
    /// Opening made all of it already.
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn unprepared(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn line(&self) -> Line {
        let asked =
            tokio::time::timeout(LINE_LIMIT, self.ask()).await.unwrap_or(Err(StoreError::TookTooLong));
        let problem = asked.err().map(|error| format!("The workspace's file can't be read: {error}."));
        Line { reachable: problem.is_none(), problem, primary: None, members: None, round_trip: None }
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        self.ask().await?;
        Ok(self.facts())
    }

    /// A file that can't be written is told as a warning and by the operating system; there is no role to give.
    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        Ok(Vec::new())
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        Ok(RoleCommand { user: None, shell: String::new(), atlas: None })
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        let (is_writable, warnings) = self.write(|transaction| state(transaction)).await?;
        let read = Privilege {
            act: "read organizations and statistics",
            needs: "reading the workspace's file".to_owned(),
            allowed: Some(true),
        };
        let write = ACTS_ON_A_WRITABLE_FILE.map(|act| Privilege {
            act,
            needs: "writing the workspace's file".to_owned(),
            allowed: Some(is_writable),
        });
        Ok(StoreHealth {
            server: self.facts(),
            database_user: None,
            privileges: std::iter::once(read).chain(write).collect(),
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
    /// A read, so that a file that can't be read is not called well.
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

/// Whether the file can be written, and what is not as it should be.
fn state(connection: &Connection) -> Outcome<(bool, Vec<String>)> {
    let is_writable = !connection.is_readonly(MAIN_DB)?;
    let mut warnings = Vec::new();
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    // In memory there is no log.
    if !matches!(journal.as_str(), "wal" | "memory") {
        warnings.push(
            "The file's folder does not permit a write-ahead log, so reading waits for writing.".to_owned(),
        );
    }
    Ok((is_writable, warnings))
}
