//! The operators' decision about what the workspace permits.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};
use tenantry_core::StoreError;
use tenantry_core::ports::PermitStore;
use tenantry_core::records::{Access, Decided, Environment, Permits};

use crate::SqliteStore;
use crate::errors::Outcome;
use crate::records::{milliseconds, moment};
use crate::statements::Statements;

#[async_trait]
impl PermitStore for SqliteStore {
    async fn find(&self) -> Result<Option<Decided>, StoreError> {
        self.read(find).await
    }

    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError> {
        let next = next.clone();
        self.write(move |transaction| {
            let there = find(transaction)?;
            if there.as_ref() == Some(&next) {
                return Ok(true);
            }
            if there.map(|decided| decided.permits) != seen {
                return Ok(false);
            }
            transaction.execute_cached(
                "INSERT INTO console_settings (id, environment, access, decided_by, decided_at) \
                 VALUES ('permits', :environment, :access, :by, :at) \
                 ON CONFLICT (id) DO UPDATE SET environment = :environment, access = :access, decided_by = :by, \
                 decided_at = :at",
                named_params! {
                    ":environment": next.permits.environment.as_str(),
                    ":access": next.permits.access.as_str(),
                    ":by": next.by,
                    ":at": milliseconds(next.at),
                },
            )?;
            Ok(true)
        })
        .await
    }
}

fn find(connection: &Connection) -> Outcome<Option<Decided>> {
    let sql = "SELECT environment, access, decided_by, decided_at FROM console_settings WHERE id = 'permits'";
    let decided = connection.query_row_cached(sql, [], |row| {
        let permits = Permits {
            environment: Environment::from_word(row.get_ref("environment")?.as_str()?),
            access: Access::from_word(row.get_ref("access")?.as_str()?),
        };
        Ok(Decided { permits, by: row.get("decided_by")?, at: moment(row.get("decided_at")?) })
    });
    Ok(decided.optional()?)
}
