//! The settings of a workspace: a row for each.

use std::collections::HashMap;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};
use tenantry_core::StoreError;
use tenantry_core::ports::SettingsStore;
use tenantry_core::records::{Accepted, SettingValue, Template, WorkspaceSettings};
use tenantry_core::values::OrganizationId;

use crate::SqliteStore;
use crate::errors::{Outcome, damaged};
use crate::records::{bytes, organization_id};
use crate::statements::Statements;

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn find(&self) -> Result<Option<WorkspaceSettings>, StoreError> {
        self.read(find).await
    }

    async fn change(
        &self,
        seen: Option<&WorkspaceSettings>,
        next: &WorkspaceSettings,
    ) -> Result<bool, StoreError> {
        let (seen, next) = (seen.cloned(), next.clone());
        self.write(move |transaction| {
            let there = find(transaction)?;
            if there.as_ref() == Some(&next) {
                return Ok(true);
            }
            if there != seen {
                return Ok(false);
            }
            for (name, value) in next.stored() {
                transaction.execute_cached(
                    "INSERT INTO console_workspace_settings (name, value) VALUES (:name, :value) \
                     ON CONFLICT (name) DO UPDATE SET value = :value",
                    named_params! { ":name": name, ":value": number_of(value) },
                )?;
            }
            Ok(true)
        })
        .await
    }

    async fn template(&self) -> Result<Option<Template>, StoreError> {
        self.read(find_template).await
    }

    async fn change_template(&self, seen: Option<&Template>, next: &Template) -> Result<bool, StoreError> {
        let (seen, next) = (seen.cloned(), next.clone());
        self.write(move |transaction| {
            let there = find_template(transaction)?;
            if there.as_ref() == Some(&next) {
                return Ok(true);
            }
            if there != seen {
                return Ok(false);
            }
            let sql = "INSERT INTO console_template (id, template) VALUES ('template', :template) \
                       ON CONFLICT (id) DO UPDATE SET template = :template";
            transaction
                .execute_cached(sql, named_params! { ":template": json(serde_json::to_string(&next))? })?;
            Ok(true)
        })
        .await
    }

    async fn accepted(&self) -> Result<Vec<Accepted>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT organization_id, differences FROM console_accepted ORDER BY organization_id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut accepted = Vec::new();
            while let Some(row) = rows.next()? {
                accepted.push(accepted_in(row)?);
            }
            Ok(accepted)
        })
        .await
    }

    async fn accepted_of(&self, id: OrganizationId) -> Result<Option<Accepted>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT organization_id, differences FROM console_accepted WHERE organization_id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([bytes(id)])?;
            rows.next()?.map(accepted_in).transpose()
        })
        .await
    }

    async fn accept(&self, accepted: &Accepted) -> Result<(), StoreError> {
        let accepted = accepted.clone();
        self.write(move |transaction| {
            let id = bytes(accepted.organization);
            if accepted.differences.is_empty() {
                let sql = "DELETE FROM console_accepted WHERE organization_id = :id";
                transaction.execute_cached(sql, named_params! { ":id": id })?;
                return Ok(());
            }
            let sql = "INSERT INTO console_accepted (organization_id, differences) VALUES (:id, :differences) \
                       ON CONFLICT (organization_id) DO UPDATE SET differences = :differences";
            let differences = json(serde_json::to_string(&accepted.differences))?;
            transaction.execute_cached(sql, named_params! { ":id": id, ":differences": differences })?;
            Ok(())
        })
        .await
    }
}

fn json(written: serde_json::Result<String>) -> Outcome<String> {
    Ok(written.map_err(|_| damaged("the template"))?)
}

fn find_template(connection: &Connection) -> Outcome<Option<Template>> {
    let sql = "SELECT template FROM console_template WHERE id = 'template'";
    let stored: Option<String> = connection.query_row_cached(sql, [], |row| row.get(0)).optional()?;
    let read = |text: String| serde_json::from_str(&text).map_err(|_| damaged("the template"));
    Ok(stored.map(read).transpose()?)
}

fn accepted_in(row: &rusqlite::Row<'_>) -> Outcome<Accepted> {
    let differences: String = row.get("differences")?;
    let unreadable = || damaged("what was accepted of a tenant's collection");
    Ok(Accepted {
        organization: organization_id(row.get_ref("organization_id")?).map_err(|_| unreadable())?,
        differences: serde_json::from_str(&differences).map_err(|_| unreadable())?,
    })
}

fn number_of(value: SettingValue) -> Option<i64> {
    match value {
        SettingValue::Number(number) => Some(i64::from(number)),
        SettingValue::Flag(flag) => Some(i64::from(flag)),
        SettingValue::Nothing => None,
    }
}

fn find(connection: &Connection) -> Outcome<Option<WorkspaceSettings>> {
    let mut statement = connection.prepare_cached("SELECT name, value FROM console_workspace_settings")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let stored = rows.collect::<rusqlite::Result<HashMap<String, Option<i64>>>>()?;
    if stored.is_empty() {
        return Ok(None);
    }
    // The table has numbers only: which of them is a yes or no, the default knows.
    let defaults = WorkspaceSettings::default().stored();
    let is_flag = |name: &str| {
        defaults.iter().any(|(one, value)| *one == name && matches!(value, SettingValue::Flag(_)))
    };
    Ok(Some(WorkspaceSettings::from_stored(|name| match stored.get(name)? {
        None => Some(SettingValue::Nothing),
        Some(number) if is_flag(name) => Some(SettingValue::Flag(*number != 0)),
        Some(number) => u32::try_from(*number).ok().map(SettingValue::Number),
    })))
}
