//! The settings of a workspace: a row for each.

use std::collections::HashMap;

use async_trait::async_trait;
use rusqlite::{Connection, named_params};
use tenantry_core::StoreError;
use tenantry_core::ports::SettingsStore;
use tenantry_core::records::{SettingValue, WorkspaceSettings};

use crate::SqliteStore;
use crate::errors::Outcome;
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
