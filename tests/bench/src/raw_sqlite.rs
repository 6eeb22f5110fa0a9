//! The statements alone, on the caller's thread.

use std::path::Path;

use async_trait::async_trait;
use bson::oid::ObjectId;
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, Row, params};
use tenantry_core::values::OrganizationId;

use crate::Outcome;
use crate::calls::Raw;

const COLUMNS: &str = "id, organization_name, collection_name, display_name, admin_email, is_active, created_at, \
                       updated_at, session_version";

/// A connection with the store's guarantees: synced commits, and deleted data overwritten.
pub(crate) struct RawSqlite(Mutex<Connection>);

impl RawSqlite {
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        connection.pragma_update(None, "cache_size", -32 * 1024)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock()
    }
}

/// Reads all that the port reads.
fn read(row: &Row<'_>) -> rusqlite::Result<()> {
    let organization: (Vec<u8>, String, String, Option<String>, String, bool, i64, i64, i64) = (
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    );
    std::hint::black_box(organization);
    Ok(())
}

#[async_trait]
impl Raw for RawSqlite {
    async fn by_name(&self, name: &str) -> Outcome<()> {
        let connection = self.connection();
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE organization_name = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([name], read)?)
    }

    async fn first_page(&self, limit: u32) -> Outcome<u32> {
        let connection = self.connection();
        let sql = format!("SELECT {COLUMNS} FROM organizations ORDER BY organization_name LIMIT ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([limit], read)?.collect::<Result<Vec<()>, _>>()?;
        Ok(u32::try_from(rows.len())?)
    }

    async fn page_at(&self, row: u32, limit: u32) -> Outcome<u32> {
        let connection = self.connection();
        let sql =
            format!("SELECT {COLUMNS} FROM organizations ORDER BY organization_name LIMIT ?1 OFFSET ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([limit, row], read)?.collect::<Result<Vec<()>, _>>()?;
        Ok(u32::try_from(rows.len())?)
    }

    fn ways_to_search(&self) -> usize {
        2
    }

    async fn search(&self, way: usize, text: &str, limit: u32) -> Outcome<u32> {
        let connection = self.connection();
        let (matches, text) = match way {
            0 => ("instr(search_text, ?1) > 0", text.to_owned()),
            _ => ("position IN (SELECT rowid FROM organizations_search(?1))", format!("\"{text}\"")),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM organizations WHERE {matches} ORDER BY organization_name LIMIT ?2"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![text, limit], read)?.collect::<Result<Vec<()>, _>>()?;
        Ok(u32::try_from(rows.len())?)
    }

    async fn statistics(&self, collection: &str) -> Outcome<()> {
        let connection = self.connection();
        let sql = "SELECT documents, data_size FROM collections WHERE name = ?1";
        let found: (i64, i64) =
            connection.prepare_cached(sql)?.query_row([collection], |row| Ok((row.get(0)?, row.get(1)?)))?;
        std::hint::black_box(found);
        Ok(())
    }

    /// Its number is kept with the size.
    async fn count(&self, collection: &str) -> Outcome<()> {
        self.statistics(collection).await
    }

    async fn rename(&self, id: OrganizationId, from: &str, to: &str) -> Outcome<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction
            .prepare_cached("UPDATE collections SET name = ?1 WHERE name = ?2")?
            .execute([format!("org_{to}"), format!("org_{from}")])?;
        transaction
            .prepare_cached(
                "UPDATE organizations SET organization_name = ?1, collection_name = ?2, \
                 search_text = replace(search_text, ?3, ?1) WHERE id = ?4",
            )?
            .execute(params![to, format!("org_{to}"), from, id.object_id().bytes()])?;
        Ok(transaction.commit()?)
    }

    async fn create(&self, name: &str) -> Outcome<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let email = format!("admin@{name}.example");
        transaction
            .prepare_cached(
                "INSERT INTO organizations (id, organization_name, collection_name, admin_email, admin_email_key, \
                 admin_password, is_active, created_at, updated_at, search_text) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, 1, ?6, ?6, ?7)",
            )?
            .execute(params![
                ObjectId::new().bytes(),
                name,
                format!("org_{name}"),
                email,
                "x".repeat(60),
                1_700_000_000_000_i64,
                format!("{name}\n\n{email}"),
            ])?;
        transaction
            .prepare_cached("INSERT INTO collections (name, created_at) VALUES (?1, ?2)")?
            .execute(params![format!("org_{name}"), 1_700_000_000_000_i64])?;
        Ok(transaction.commit()?)
    }

    async fn read_all(&self) -> Outcome<u64> {
        let connection = self.connection();
        let sql = format!("SELECT {COLUMNS} FROM organizations ORDER BY organization_name");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            read(row)?;
            count += 1;
        }
        Ok(count)
    }

    /// A list shows what every read here reads.
    async fn read_shown(&self) -> Outcome<u64> {
        self.read_all().await
    }

    async fn read_names(&self) -> Outcome<u64> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT name FROM collections ORDER BY name")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let names = names.collect::<Result<Vec<_>, _>>()?;
        Ok(names.iter().filter(|name| name.starts_with("org_")).count() as u64)
    }
}
