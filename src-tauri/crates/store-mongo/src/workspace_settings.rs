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
            None => self.change_first(next).await?,
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
    async fn change_first(&self, next: &WorkspaceSettings) -> Result<bool, StoreError> {
        let mut document = doc! { "_id": WORKSPACE };
        document.extend(fields(next));
        match self.write(self.documents(SETTINGS).insert_one(document)).await {
            Ok(written) => Ok(written.is_some()),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(self.told(failure, Act::on("insert", SETTINGS))),
        }
    }

    async fn change_after(
        &self,
        seen: &WorkspaceSettings,
        next: &WorkspaceSettings,
    ) -> Result<bool, StoreError> {
        let act = Act::on("update", SETTINGS);
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": WORKSPACE });
        let Some(there) = self.call(act, found).await? else { return Ok(false) };
        if settings_of(&there) != *seen {
            return Ok(false);
        }
        // By the stored values and not the parsed ones: an unreadable value is parsed as the default.
        let mut filter = doc! { "_id": WORKSPACE };
        for (field, _) in seen.stored() {
            let value = there.get(field).ok().flatten();
            // Null also matches a missing field.
            filter.insert(field, value.and_then(|value| Bson::try_from(value).ok()).unwrap_or(Bson::Null));
        }
        let settings = self.documents(SETTINGS);
        let changed = settings.update_one(filter, doc! { "$set": fields(next) });
        match self.write(changed).await.map_err(|failure| self.told(failure, act))? {
            Some(changed) => Ok(changed.matched_count == 1),
            // The stored document tells.
            None => Ok(false),
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
