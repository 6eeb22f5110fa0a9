//! The settings of a workspace: one document of `console_settings`.

use async_trait::async_trait;
use bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use tenantry_connection::database::SETTINGS;
use tenantry_core::StoreError;
use tenantry_core::ports::SettingsStore;
use tenantry_core::records::{Accepted, SettingValue, Template, WorkspaceSettings};
use tenantry_core::values::OrganizationId;

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;

/// The `_id` of the document.
const WORKSPACE: &str = "workspace";
/// The `_id` of the template.
const TEMPLATE: &str = "template";
/// What was accepted for an organization has this before the organization's id as its `_id`.
const ACCEPTED: &str = "accepted:";

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

    async fn template(&self) -> Result<Option<Template>, StoreError> {
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": TEMPLATE });
        self.call(Act::on("find", SETTINGS), found).await?.as_deref().map(template_of).transpose()
    }

    async fn change_template(&self, seen: Option<&Template>, next: &Template) -> Result<bool, StoreError> {
        let written = match seen {
            None => self.insert_setting(TEMPLATE, template_fields(next)?).await?,
            Some(seen) => {
                let settings = self.raw(SETTINGS);
                let found = settings.find_one(doc! { "_id": TEMPLATE });
                match self.call(Act::on("update", SETTINGS), found).await? {
                    Some(there) if template_of(&there)? == *seen => {
                        let fields = template_fields(next)?;
                        self.replace_setting(TEMPLATE, &there, ["indexes"], fields).await?
                    }
                    Some(_) | None => false,
                }
            }
        };
        if written {
            return Ok(true);
        }
        // A write without a response may have happened.
        let there = self.settled(SETTINGS, doc! { "_id": TEMPLATE }).await?;
        Ok(there.as_deref().map(template_of).transpose()?.as_ref() == Some(next))
    }

    async fn accepted(&self) -> Result<Vec<Accepted>, StoreError> {
        let found = async {
            let settings = self.raw(SETTINGS);
            // The character after the colon ends the range.
            let cursor = settings.find(doc! { "_id": { "$gte": ACCEPTED, "$lt": "accepted;" } });
            cursor.sort(doc! { "_id": 1 }).await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(Act::on("find", SETTINGS), found).await?;
        Ok(found.iter().filter_map(|document| accepted_in(document)).collect())
    }

    async fn accepted_of(&self, id: OrganizationId) -> Result<Option<Accepted>, StoreError> {
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": format!("{ACCEPTED}{id}") });
        Ok(self.call(Act::on("find", SETTINGS), found).await?.as_deref().and_then(accepted_in))
    }

    async fn accept(&self, accepted: &Accepted) -> Result<(), StoreError> {
        let Accepted { organization, differences } = accepted;
        let settings = self.documents(SETTINGS);
        let its = doc! { "_id": format!("{ACCEPTED}{organization}") };
        if differences.is_empty() {
            return match self.write(settings.delete_one(its.clone())).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => self.require_gone(SETTINGS, its).await,
                Err(failure) => Err(self.told(failure, Act::on("remove", SETTINGS))),
            };
        }
        let differences: Vec<&String> = differences.iter().collect();
        let written = settings.update_one(its.clone(), doc! { "$set": { "differences": &differences } });
        match self.write(written.upsert(true)).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                let mut written = its;
                written.insert("differences", differences);
                self.require_confirmed(SETTINGS, written).await
            }
            Err(failure) => Err(self.told(failure, Act::on("update", SETTINGS))),
        }
    }
}

fn unreadable() -> StoreError {
    StoreError::Corrupt { what: "the template".to_owned() }
}

fn template_fields(template: &Template) -> Result<Document, StoreError> {
    bson::serialize_to_document(template).map_err(|_| unreadable())
}

fn template_of(document: &RawDocument) -> Result<Template, StoreError> {
    bson::deserialize_from_slice(document.as_bytes()).map_err(|_| unreadable())
}

fn accepted_in(document: &RawDocument) -> Option<Accepted> {
    let id = documents::text(document, "_id")?;
    let differences = document.get_array("differences").ok()?;
    let text = |value: RawBsonRef<'_>| value.as_str().map(str::to_owned);
    Some(Accepted {
        organization: id.strip_prefix(ACCEPTED)?.parse().ok()?,
        differences: differences.into_iter().filter_map(|value| text(value.ok()?)).collect(),
    })
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
