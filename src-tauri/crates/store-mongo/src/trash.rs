//! The trash: whole documents of organizations, set aside.

use bson::{Document, RawDocumentBuf, doc};
use tenantry_core::StoreError;
use tenantry_core::organizations::{OrganizationStore, Trashed};
use tenantry_core::values::{EmailAddress, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, ORGANIZATIONS, TRASH};

impl MongoStore {
    pub(crate) async fn find_in_trash(
        &self,
        id: OrganizationId,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        self.call(Act::on("find", TRASH), self.raw(TRASH).find_one(doc! { "_id": id.object_id() })).await
    }

    pub(crate) async fn trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        let Some(live) = self.find_live(doc! { "_id": id.object_id() }).await? else {
            return match self.find_in_trash(id).await? {
                Some(_) => Ok(()),
                None => Err(StoreError::NotFound { what: "organization" }),
            };
        };
        let organization = Document::try_from(live)
            .map_err(|_| StoreError::Corrupt { what: format!("a document of {ORGANIZATIONS}") })?;
        let document = doc! {
            "_id": id.object_id(),
            "organization": organization,
            "trashed_at": documents::as_stored(trashed.at),
            "trashed_by": &trashed.by,
            "had_collection": trashed.had_collection,
        };
        // Replaces a copy that an earlier try left: the live document is newer.
        let trash = self.documents(TRASH);
        let replaced = trash.replace_one(doc! { "_id": id.object_id() }, document).upsert(true);
        match self.write(replaced).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.told(failure, Act::on("insert", TRASH))),
        }
    }

    pub(crate) async fn restore(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let act = Act::on("insert", ORGANIZATIONS);
        let damaged = || StoreError::Corrupt { what: format!("a document of {TRASH}") };
        let Some(kept) = self.find_in_trash(id).await? else {
            return match self.find(id).await? {
                Some(_) => Ok(()),
                None => Err(StoreError::NotFound { what: "organization" }),
            };
        };
        let organization = kept.get_document("organization").map_err(|_| damaged())?;
        let email =
            EmailAddress::from_stored(documents::text(organization, "admin_email").unwrap_or_default());
        let document = documents::restored(organization, name, at).ok_or_else(damaged)?;
        match self.write(self.documents(ORGANIZATIONS).insert_one(document)).await {
            Ok(_) => self.keep_unique(id, name, &email).await,
            Err(failure) if failure.is_duplicate() => match self.find(id).await? {
                Some(_) => Ok(()),
                None => self.repeated_or_taken(id, name, &email).await,
            },
            Err(failure) => Err(self.told(failure, act)),
        }
    }
}
