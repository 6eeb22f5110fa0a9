//! The activity record.

use async_trait::async_trait;
use rusqlite::{Row, Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::ports::ActivityStore;
use tenantry_core::records::{ActivityEntry, ActivityKind};
use tenantry_core::values::OrganizationId;

use crate::SqliteStore;
use crate::errors::Outcome;
use crate::records::{bytes, milliseconds, moment, organization_id};

#[async_trait]
impl ActivityStore for SqliteStore {
    async fn record(&self, entry: &ActivityEntry) -> Result<(), StoreError> {
        let entry = entry.clone();
        self.write(move |transaction| add_entry(transaction, &entry)).await
    }

    async fn newest(
        &self,
        organization_id: OrganizationId,
        limit: u32,
    ) -> Result<Vec<ActivityEntry>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at, actor, kind, organization_id, organization_name, detail FROM console_activity \
                 WHERE organization_id = :id ORDER BY at DESC, id DESC LIMIT :limit",
            )?;
            let entries = statement
                .query_map(named_params! {":id": bytes(organization_id), ":limit": limit}, entry)?
                .filter_map(Result::transpose)
                .collect::<Result<Vec<_>, _>>()?;
            Ok(entries)
        })
        .await
    }
}

pub(crate) fn add_entry(transaction: &Transaction<'_>, entry: &ActivityEntry) -> Outcome<()> {
    transaction
        .prepare_cached(
            "INSERT INTO console_activity (at, actor, kind, organization_id, organization_name, detail) \
             VALUES (:at, :actor, :kind, :organization_id, :organization_name, :detail)",
        )?
        .execute(named_params! {
            ":at": milliseconds(entry.at),
            ":actor": entry.actor,
            ":kind": entry.kind.as_str(),
            ":organization_id": entry.organization_id.map(bytes),
            ":organization_name": entry.organization_name,
            ":detail": entry.detail,
        })?;
    Ok(())
}

/// An entry; none if its kind is unknown.
fn entry(row: &Row<'_>) -> rusqlite::Result<Option<ActivityEntry>> {
    let stored: String = row.get("kind")?;
    let Some(kind) = ActivityKind::from_word(&stored) else {
        return Ok(None);
    };
    Ok(Some(ActivityEntry {
        at: moment(row.get("at")?),
        actor: row.get("actor")?,
        kind,
        organization_id: match row.get_ref("organization_id")? {
            rusqlite::types::ValueRef::Null => None,
            id => Some(organization_id(id)?),
        },
        organization_name: row.get("organization_name")?,
        detail: row.get("detail")?,
    }))
}
