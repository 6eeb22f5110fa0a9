//! The settings of a workspace: one document of `console_settings`.

use async_trait::async_trait;
use bson::{Bson, Document, RawBsonRef, RawDocument, doc};
use tenantry_connection::database::SETTINGS;
use tenantry_core::StoreError;
use tenantry_core::ports::SettingsStore;
use tenantry_core::records::{SettingValue, WorkspaceSettings};

use crate::errors::Act;
use crate::open::MongoStore;

/// The `_id` of the document.
const WORKSPACE: &str = "workspace";

#[async_trait]
impl SettingsStore for MongoStore {
    async fn find(&self) -> Result<Option<WorkspaceSettings>, StoreError> {
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": WORKSPACE });
        Ok(self.call(Act::on("find", SETTINGS), found).await?.as_deref().map(settings_of))
    }

    async fn change(
        &self,
        seen: Option<&WorkspaceSettings>,
        next: &WorkspaceSettings,
    ) -> Result<bool, StoreError> {
        let written = match seen {
            None => self.insert_setting(WORKSPACE, fields(next)).await?,
            Some(seen) => self.change_after(seen, next).await?,
        };
        if written {
            return Ok(true);
        }
        // A write without a response may have happened.
        let there = self.settled(SETTINGS, doc! { "_id": WORKSPACE }).await?;
        Ok(there.as_deref().map(settings_of).as_ref() == Some(next))
    }
}

impl MongoStore {
    async fn change_after(
        &self,
        seen: &WorkspaceSettings,
        next: &WorkspaceSettings,
    ) -> Result<bool, StoreError> {
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": WORKSPACE });
        match self.call(Act::on("update", SETTINGS), found).await? {
            Some(there) if settings_of(&there) == *seen => {
                let names = seen.stored().map(|(name, _)| name);
                self.replace_setting(WORKSPACE, &there, names, fields(next)).await
            }
            Some(_) | None => Ok(false),
        }
    }
}

fn fields(settings: &WorkspaceSettings) -> Document {
    let value = |value| match value {
        SettingValue::Number(number) => Bson::Int64(i64::from(number)),
        SettingValue::Flag(flag) => Bson::Boolean(flag),
        SettingValue::Nothing => Bson::Null,
    };
    settings.stored().into_iter().map(|(field, stored)| (field.to_owned(), value(stored))).collect()
}

fn settings_of(document: &RawDocument) -> WorkspaceSettings {
    WorkspaceSettings::from_stored(|field| match document.get(field).ok().flatten()? {
        RawBsonRef::Int32(number) => u32::try_from(number).ok().map(SettingValue::Number),
        RawBsonRef::Int64(number) => u32::try_from(number).ok().map(SettingValue::Number),
        RawBsonRef::Boolean(flag) => Some(SettingValue::Flag(flag)),
        RawBsonRef::Null => Some(SettingValue::Nothing),
        _ => None,
    })
}
