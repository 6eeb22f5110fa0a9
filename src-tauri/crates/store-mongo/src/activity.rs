//! The activity record.

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use tenantry_connection::database::ACTIVITY;
use tenantry_core::StoreError;
use tenantry_core::ports::ActivityStore;
use tenantry_core::records::{ActivityEntry, ActivityKind};
use tenantry_core::values::OrganizationId;

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;

#[async_trait]
impl ActivityStore for MongoStore {
    async fn record(&self, entry: &ActivityEntry) -> Result<(), StoreError> {
        self.add_entry(entry).await
    }

    async fn newest(
        &self,
        organization_id: OrganizationId,
        limit: u32,
    ) -> Result<Vec<ActivityEntry>, StoreError> {
        // The server treats a limit of zero as none.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let found = async {
            let entries = self.raw(ACTIVITY);
            let cursor = entries
                .find(doc! { "organization_id": organization_id.object_id() })
                .sort(doc! { "at": -1, "_id": -1 })
                .limit(i64::from(limit))
                .await?;
            cursor.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(Act::on("find", ACTIVITY), found).await?;
        // An entry of a newer version's kind is left out: there is no word to show for it.
        Ok(found.iter().filter_map(|document| entry(document)).collect())
    }
}

impl MongoStore {
    pub(crate) async fn add_entry(&self, entry: &ActivityEntry) -> Result<(), StoreError> {
        // Created here: the driver may send it twice after a lost connection.
        let by_id = doc! { "_id": ObjectId::new() };
        let mut document = by_id.clone();
        document.extend(doc! {
            "at": documents::date(entry.at),
            "actor": &entry.actor,
            "kind": entry.kind.as_str(),
        });
        if let Some(id) = entry.organization_id {
            document.insert("organization_id", id.object_id());
        }
        if let Some(name) = &entry.organization_name {
            document.insert("organization_name", name);
        }
        if let Some(detail) = &entry.detail {
            document.insert("detail", detail);
        }
        let entries = self.documents(ACTIVITY);
        let recorded = self.write(entries.insert_one(document)).await;
        match recorded.map_err(|failure| self.told(failure, Act::on("insert", ACTIVITY)))? {
            Some(_) => Ok(()),
            None => self.require_confirmed(ACTIVITY, by_id).await,
        }
    }
}

pub(crate) fn entry(document: &RawDocument) -> Option<ActivityEntry> {
    Some(ActivityEntry {
        at: documents::moment(document, "at")?,
        actor: documents::text(document, "actor")?,
        kind: ActivityKind::from_word(&documents::text(document, "kind")?)?,
        organization_id: documents::object_id(document, "organization_id").map(OrganizationId::from),
        organization_name: documents::text(document, "organization_name"),
        detail: documents::text(document, "detail"),
    })
}
