//! The trash: whole documents of organizations.

use bson::{Document, RawDocument, RawDocumentBuf, doc};
use tenantry_connection::database::{ORGANIZATIONS, TRASH};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::STEP_LIMIT;
use tenantry_core::records::Trashed;
use tenantry_core::values::{CopyId, EmailAddress, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

/// Attempts to remove a document that other software changes at the same time.
const TRIES: u32 = 3;

const FIND: Act<'static> = Act { action: "find", collection: Some(TRASH) };
const INSERT: Act<'static> = Act { action: "insert", collection: Some(TRASH) };
const UPDATE: Act<'static> = Act { action: "update", collection: Some(TRASH) };

impl MongoStore {
    pub(crate) async fn find_in_trash(
        &self,
        id: OrganizationId,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        self.call(FIND, self.raw(TRASH).find_one(doc! { "_id": id.object_id() })).await
    }

    /// The document in the trash, if it is this copy.
    async fn find_copy(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        match self.find_in_trash(id).await? {
            Some(found) if documents::copy_id(&found) != copy => Err(changed()),
            found => Ok(found),
        }
    }

    pub(crate) async fn trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        // Mostly there is no copy yet, and then an insert needs no look at the trash.
        if let Some(live) = self.find_live(doc! { "_id": id.object_id() }).await?
            && self.write_copy(None, &live, trashed).await?
        {
            return Ok(());
        }
        for _ in 0..TRIES {
            // Read first, so that a copy made since then is not replaced. Another one is not this act's to replace.
            let before = self.find_copy(id, trashed.copy).await?;
            let Some(live) = self.find_live(doc! { "_id": id.object_id() }).await? else {
                return match self.find_copy(id, trashed.copy).await? {
                    Some(_) => Ok(()),
                    None => Err(StoreError::NotFound { what: "organization" }),
                };
            };
            if self.write_copy(before.as_deref(), &live, trashed).await? {
                return Ok(());
            }
        }
        Err(changed())
    }

    /// Replaces what the trash had `before` with a copy; `false` if it has something else by now.
    async fn write_copy(
        &self,
        before: Option<&RawDocument>,
        live: &RawDocument,
        trashed: &Trashed,
    ) -> Result<bool, StoreError> {
        let Some(id) = documents::object_id(live, "_id") else { return Err(changed()) };
        let document = documents::in_trash(id, live, trashed)?;
        let trash = self.documents(TRASH);
        let Some(before) = before else {
            return match self.write(trash.insert_one(&document)).await {
                Ok(Some(_)) => Ok(true),
                Ok(None) => self.stands(TRASH, document).await.map(|()| true),
                Err(failure) if failure.is_duplicate() => Ok(false),
                Err(failure) => Err(self.told(failure, INSERT)),
            };
        };
        let replaced = trash.find_one_and_replace(documents::unchanged(before)?, &document);
        match self.write(replaced.projection(doc! { "_id": 1 }).max_time(STEP_LIMIT)).await {
            Ok(Some(replaced)) => Ok(replaced.is_some()),
            Ok(None) => self.stands(TRASH, document).await.map(|()| true),
            Err(failure) => Err(self.told(failure, UPDATE)),
        }
    }

    /// After a write without a response: whether a majority has the document as it was written.
    async fn stands(&self, collection: &'static str, written: Document) -> Result<(), StoreError> {
        let written = RawDocumentBuf::try_from(written)
            .map_err(|_| StoreError::Corrupt { what: format!("a document of {collection}") })?;
        self.require_confirmed(collection, documents::unchanged(&written)?).await
    }

    pub(crate) async fn set_aside(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let by_id = doc! { "_id": id.object_id() };
            let (kept, live) = futures_util::join!(self.find_copy(id, copy), self.find_live(by_id.clone()));
            let kept = kept?.ok_or_else(changed)?;
            let Some(live) = live? else {
                return match self.settled(ORGANIZATIONS, by_id).await? {
                    Some(_) => Err(unconfirmed()),
                    None => Ok(()),
                };
            };
            if kept.get_document("organization").ok().map(RawDocument::as_bytes) != Some(live.as_bytes()) {
                let trashed = documents::trashed_organization(&kept).and_then(|kept| kept.trashed);
                let Some(trashed) = trashed else { return Err(changed()) };
                if !self.write_copy(Some(&kept), &live, &trashed).await? {
                    continue;
                }
            }
            if self.remove_unchanged(ORGANIZATIONS, &live).await? {
                return Ok(());
            }
        }
        Err(changed())
    }

    /// Removes a document while it equals what was read; returns whether it did, or it is gone.
    pub(crate) async fn remove_unchanged(
        &self,
        collection: &'static str,
        read: &RawDocument,
    ) -> Result<bool, StoreError> {
        self.remove_where(collection, documents::unchanged(read)?).await
    }

    async fn remove_where(&self, collection: &'static str, filter: Document) -> Result<bool, StoreError> {
        let stored = self.documents(collection);
        // Not a delete: only this command takes a time limit, after which the server gives up.
        let removed = stored.find_one_and_delete(filter.clone());
        match self.write(removed.projection(doc! { "_id": 1 }).max_time(STEP_LIMIT)).await {
            Ok(Some(removed)) => Ok(removed.is_some()),
            Ok(None) => self.require_gone(collection, filter).await.map(|()| true),
            Err(failure) => Err(self.told(failure, Act::on("remove", collection))),
        }
    }

    pub(crate) async fn restore(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let act = Act::on("insert", ORGANIZATIONS);
        let damaged = || StoreError::Corrupt { what: format!("a document of {TRASH}") };
        let Some(kept) = self.find_copy(id, copy).await? else {
            return match self.settled(ORGANIZATIONS, doc! { "_id": id.object_id() }).await? {
                Some(_) => Ok(()),
                None => Err(StoreError::NotFound { what: "organization" }),
            };
        };
        let organization = kept.get_document("organization").map_err(|_| damaged())?;
        let email =
            EmailAddress::from_stored(documents::text(organization, "admin_email").unwrap_or_default());
        let document = documents::restored(organization, name, at).ok_or_else(damaged)?;
        match self.write(self.documents(ORGANIZATIONS).insert_one(&document)).await {
            Ok(Some(_)) => {}
            Ok(None) => self.stands(ORGANIZATIONS, document.clone()).await?,
            Err(failure) if failure.is_duplicate() => {
                return match self.settled(ORGANIZATIONS, doc! { "_id": id.object_id() }).await? {
                    Some(live) if is_restored(&live, organization) => Ok(()),
                    Some(_) => Err(StoreError::Duplicate { field: UniqueField::Id }),
                    None => self.repeated_or_taken(id, name, &email).await,
                };
            }
            Err(failure) => return Err(self.told(failure, act)),
        }
        // Another console may have taken over, restored the organization and moved it to the trash again while this
        // computer slept. Then it is in the trash, and this late copy is removed, but only while another copy exists.
        let (kept, taken) =
            futures_util::join!(self.find_copy(id, copy), self.taken_from_another(id, name, &email));
        match kept {
            Ok(Some(_)) => self.keep_unless(taken?, id, name, &email).await,
            // Another console took over and finished it: the live document is all there is.
            Ok(None) => Ok(()),
            Err(StoreError::Changed { what }) => {
                let inserted = RawDocumentBuf::try_from(document).map_err(|_| damaged())?;
                self.remove_unchanged(ORGANIZATIONS, &inserted).await?;
                Err(StoreError::Changed { what })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn forget(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        match copy {
            // Its mark tells it from every other copy, so it need not be read first.
            Some(copy) => {
                let its = doc! { "_id": id.object_id(), "copy": copy.object_id() };
                if self.remove_where(TRASH, its).await? {
                    return Ok(());
                }
            }
            None => {
                let Some(kept) = self.find_copy(id, copy).await? else { return Ok(()) };
                if self.remove_unchanged(TRASH, &kept).await? {
                    return Ok(());
                }
            }
        }
        // It is gone, or another one.
        match self.find_copy(id, copy).await? {
            Some(_) => Err(changed()),
            None => Ok(()),
        }
    }
}

/// Whether a live document came from this one in the trash.
fn is_restored(live: &RawDocument, kept: &RawDocument) -> bool {
    let [live, kept] = [live, kept].map(documents::organization);
    live.zip(kept).is_some_and(|(live, kept)| live.is_restored_from(&kept))
}

pub(crate) fn changed() -> StoreError {
    StoreError::Changed { what: "the organization" }
}
