//! Live organizations, and the lists of both live and trashed ones.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use mongodb::options::{Collation, CollationStrength, ReturnDocument};
use tenantry_connection::database::{OPERATORS, ORGANIZATIONS, TRASH};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::{ACCOUNTS_OF_AN_ADDRESS_MAX, STEP_LIMIT};
use tenantry_core::ports::OrganizationStore;
use tenantry_core::records::{
    Claims, Correction, NewOrganization, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, Shelf,
    StoredOrganization, Trashed,
};
use tenantry_core::values::{
    CollectionName, CopyId, EmailAddress, HashRenewal, OrganizationId, OrganizationName, PasswordHash,
};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};
use crate::paging;
use crate::trash::changed;

const FIND: Act<'static> = Act { action: "find", collection: Some(ORGANIZATIONS) };
const INSERT: Act<'static> = Act { action: "insert", collection: Some(ORGANIZATIONS) };
const UPDATE: Act<'static> = Act { action: "update", collection: Some(ORGANIZATIONS) };
const REMOVE: Act<'static> = Act { action: "remove", collection: Some(ORGANIZATIONS) };

/// Stands for an owner whose `_id` is not an ObjectId: the documents still belong to that owner.
const NAMELESS: ObjectId = ObjectId::from_bytes([0; 12]);
/// The fields that a rename has changed when the name turns out to be taken.
const NAME_FIELDS: [&str; 3] = ["organization_name", "collection_name", "updated_at"];
/// The fields that a change can set.
const CHANGED_FIELDS: [&str; 5] = ["admin_email", "admin_password", "is_active", "updated_at", "console"];

/// Ignores case, respects accents.
pub(crate) fn without_case() -> Collation {
    Collation::builder().locale("en").strength(CollationStrength::Secondary).build()
}

#[async_trait]
impl OrganizationStore for MongoStore {
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError> {
        let document = documents::new_organization(organization);
        match self.write(self.documents(ORGANIZATIONS).insert_one(document)).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let written = doc! {
                    "_id": organization.id.object_id(), "organization_name": organization.name.as_str(),
                };
                self.require_confirmed(ORGANIZATIONS, written).await?;
            }
            Err(failure) if failure.is_duplicate() => {
                return self
                    .repeated_or_taken(organization.id, &organization.name, &organization.admin_email)
                    .await;
            }
            Err(failure) => return Err(self.told(failure, INSERT)),
        }
        self.keep_unique(organization.id, &organization.name, &organization.admin_email).await
    }

    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError> {
        let mut rest = organizations;
        let checked_by_indexes = self.unique.names.is_enforced() && self.unique.emails.is_enforced();
        let in_one_go = checked_by_indexes && !self.operator_has_one_of(organizations).await?;
        while in_one_go && !rest.is_empty() {
            let documents: Vec<Document> = rest.iter().map(documents::new_organization).collect();
            match self.write_many(self.documents(ORGANIZATIONS).insert_many(documents)).await {
                Ok(Some(_)) => rest = &[],
                // Each of them is inserted again alone, and then found or refused.
                Ok(None) => break,
                Err(failure) if failure.is_duplicate() => {
                    let index = failure.index.unwrap_or(0);
                    let Some(refused) = rest.get(index) else { return Err(self.told(failure, INSERT)) };
                    self.repeated_or_taken(refused.id, &refused.name, &refused.admin_email).await?;
                    rest = rest.get(index + 1..).unwrap_or_default();
                }
                Err(failure) => return Err(self.told(failure, INSERT)),
            }
        }
        for organization in rest {
            self.insert(organization).await?;
        }
        // An operator may have been added meanwhile.
        if in_one_go && self.operator_has_one_of(organizations).await? {
            for organization in organizations {
                self.keep_unique(organization.id, &organization.name, &organization.admin_email).await?;
            }
        }
        Ok(())
    }

    async fn remove(&self, seen: &Organization) -> Result<(), StoreError> {
        let by_id = doc! { "_id": seen.id.object_id() };
        let Some(found) = self.find_live(by_id.clone()).await? else {
            return self.settled(ORGANIZATIONS, by_id).await?.map_or(Ok(()), |_| Err(unconfirmed()));
        };
        let is_as_seen = documents::organization(&found).as_ref() == Some(seen);
        if is_as_seen && self.remove_unchanged(ORGANIZATIONS, &found).await? {
            Ok(())
        } else {
            Err(changed())
        }
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let found = self.shown(doc! { "_id": id.object_id() }).await?;
        Ok(found.and_then(|document| documents::organization(&document)))
    }

    async fn find_several(&self, ids: &[OrganizationId]) -> Result<Vec<Organization>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ObjectId> = ids.iter().map(|id| id.object_id()).collect();
        let organizations = self.raw(ORGANIZATIONS);
        let found = async {
            let found = organizations.find(doc! { "_id": { "$in": ids } });
            found.projection(documents::shown_fields("")).await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(FIND, found).await?;
        Ok(found.iter().filter_map(|document| documents::organization(document)).collect())
    }

    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError> {
        let named = doc! { "organization_name": name.as_str(), "_id": paging::showable() };
        let found = self.shown(named).await?;
        Ok(found.and_then(|document| documents::organization(&document)))
    }

    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError> {
        let ids = |filter: Document, collection: &'static str| async move {
            let stored = self.raw(collection);
            let found = stored.find(filter).projection(doc! { "_id": 1 });
            let found = async { found.await?.try_collect::<Vec<RawDocumentBuf>>().await };
            self.call(Act::on("find", collection), found).await
        };
        let collection = CollectionName::for_organization(name);
        let by_either =
            [doc! { "organization_name": name.as_str() }, doc! { "collection_name": collection.as_str() }];
        let left = doc! { "organization.organization_name": name.as_str(), "shared_collection": true };
        let live = ids(doc! { "$or": by_either.to_vec() }, ORGANIZATIONS);
        let (live, trashed) = tokio::try_join!(live, ids(left, TRASH))?;
        let found = live.iter().chain(&trashed);
        Ok(found.map(|one| documents::object_id(one, "_id").unwrap_or(NAMELESS).into()).collect())
    }

    async fn find_claims(
        &self,
        names: &[OrganizationName],
        emails: &[EmailAddress],
    ) -> Result<Claims, StoreError> {
        let (by_name, left, by_address) =
            tokio::try_join!(self.with_names(names), self.left_to(names), self.with_addresses(emails))?;
        let collections: HashMap<String, &OrganizationName> = names
            .iter()
            .map(|name| (CollectionName::for_organization(name).as_str().to_owned(), name))
            .collect();
        let wanted: HashSet<&str> = names.iter().map(OrganizationName::as_str).collect();
        let mut claims = Claims::default();
        for document in by_name.iter().chain(&left) {
            let named = documents::text(document, "organization_name");
            claims.names.extend(
                named.filter(|name| wanted.contains(name.as_str())).map(OrganizationName::from_stored),
            );
            let claimed = documents::text(document, "collection_name");
            let claimed = claimed.and_then(|collection| collections.get(&collection));
            claims.names.extend(claimed.map(|name| (*name).clone()));
        }
        let mut seen = HashSet::new();
        let found = by_name.iter().chain(&by_address).filter_map(|found| documents::organization(found));
        claims.organizations.extend(found.filter(|organization| seen.insert(organization.id)));
        let keys: HashSet<String> = emails.iter().map(EmailAddress::matching_key).collect();
        // Of those whose document names another's collection, only the name is claimed.
        claims.organizations.retain(|organization| {
            wanted.contains(organization.name.as_str())
                || keys.contains(&organization.admin_email.matching_key())
        });
        Ok(claims)
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError> {
        // Filtered before the limit of twenty: accounts that sign nobody in must not take their places.
        let mut found = self.like_address(email, doc! { "_id": paging::showable() }).await?;
        found.retain(|document| has_address(document, email));
        Ok(found.iter().filter_map(|document| documents::credentials(document)).collect())
    }

    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError> {
        // Read with every action of an admin: large fields of other software stay on the server.
        let organizations = self.raw(ORGANIZATIONS);
        let found = organizations.find_one(doc! { "_id": id.object_id() }).projection(of_credentials());
        let found = self.call(FIND, found).await?;
        Ok(found.and_then(|document| documents::credentials(&document)))
    }

    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError> {
        self.read_page(query).await
    }

    fn rows(&self, query: &OrganizationQuery) -> BoxStream<'_, Result<Vec<Organization>, StoreError>> {
        self.stream(query)
    }

    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError> {
        self.count_list(filter).await
    }

    async fn set_name(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        // Mostly it is as it was seen, and then need not be read again.
        if self.unique.names.is_enforced() && self.name_as_seen(seen, to, at).await? {
            return Ok(());
        }
        let id = seen.id;
        let named = doc! { "_id": id.object_id(), "organization_name": to.as_str() };
        let Some(before) = self.find_live(doc! { "_id": id.object_id() }).await? else {
            return Err(StoreError::NotFound { what: "organization" });
        };
        let Some(found) = documents::organization(&before) else { return Err(changed()) };
        if found.name == *to {
            return self.settled(ORGANIZATIONS, named).await?.map(drop).ok_or_else(unconfirmed);
        }
        if found != *seen {
            return Err(changed());
        }
        if !self.name_where(documents::unchanged(&before)?, id, to, at).await? {
            return Err(changed());
        }
        if !self.unique.names.is_enforced() && self.name_is_taken(id, to).await? {
            self.put_back(named, &before, &NAME_FIELDS).await?;
            return Err(StoreError::Duplicate { field: UniqueField::Name });
        }
        Ok(())
    }

    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError> {
        let Change { filter, update, as_left } = change_of(id, change, at);
        let organizations = self.raw(ORGANIZATIONS);
        let written = organizations.find_one_and_update(filter, update).max_time(STEP_LIMIT);
        // A refused address is put back, and needs what was there before.
        let written = match &change.admin_email {
            Some(_) => written.projection(only(&CHANGED_FIELDS)).return_document(ReturnDocument::Before),
            None => written.projection(documents::shown_fields("")).return_document(ReturnDocument::After),
        };
        let before = match self.write(written).await {
            Ok(Some(Some(after))) if change.admin_email.is_none() => {
                return documents::organization(&after).ok_or_else(changed);
            }
            Ok(Some(Some(before))) => Some(before),
            // It is as the change leaves it, or gone.
            Ok(Some(None)) => match self.settled(ORGANIZATIONS, as_left).await? {
                Some(_) => None,
                None if self.find(id).await?.is_some() => return Err(changed()),
                None => return Err(StoreError::NotFound { what: "organization" }),
            },
            Ok(None) => {
                self.require_confirmed(ORGANIZATIONS, as_left).await?;
                // The earlier address is unknown by now, so a refused one cannot be put back.
                match &change.admin_email {
                    Some(email) if self.is_refused(id, email).await? => return Err(unconfirmed()),
                    Some(_) | None => None,
                }
            }
            Err(failure) if failure.is_duplicate() => {
                return Err(StoreError::Duplicate { field: UniqueField::Email });
            }
            Err(failure) => return Err(self.told(failure, UPDATE)),
        };
        let refused = async {
            match (&before, &change.admin_email) {
                (Some(before), Some(email)) if !has_address(before, email) => {
                    self.is_refused(id, email).await
                }
                (Some(_) | None, _) => Ok(false),
            }
        };
        let (refused, changed) = futures_util::join!(refused, self.find(id));
        if let (true, Some(before), Some(email)) = (refused?, &before, &change.admin_email) {
            let ours = doc! { "_id": id.object_id(), "admin_email": email.as_str() };
            self.put_back(ours, before, &fields_of(change)).await?;
            return Err(StoreError::Duplicate { field: UniqueField::Email });
        }
        changed?.ok_or(StoreError::NotFound { what: "organization" })
    }

    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id.object_id(), "admin_password": from.expose() };
        let renewal = renewal.to_stored();
        let update = doc! { "$set": { "admin_password": to.expose(), "console.password_renewal": renewal } };
        let organizations = self.documents(ORGANIZATIONS);
        let renewed = organizations.update_one(filter, update);
        self.write(renewed).await.map(|_| ()).map_err(|failure| self.told(failure, UPDATE))
    }

    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        self.trash(id, trashed).await
    }

    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let trash = self.raw(TRASH);
        let found =
            trash.find_one(doc! { "_id": id.object_id() }).projection(documents::shown_trashed_fields());
        let found = self.call(Act::on("find", TRASH), found).await?;
        Ok(found.and_then(|document| documents::trashed_organization(&document)))
    }

    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.set_aside(id, copy).await
    }

    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.restore(id, copy, name, at).await
    }

    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.forget(id, copy).await
    }

    fn scan(&self, shelf: Shelf) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>> {
        self.scan_shelf(shelf)
    }

    async fn stored(&self, id: OrganizationId) -> Result<Option<StoredOrganization>, StoreError> {
        self.find_stored(id).await
    }

    async fn correct(
        &self,
        seen: &StoredOrganization,
        correction: &Correction,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.correct_document(seen, correction, at).await
    }

    async fn document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.find_live(doc! { "_id": id.object_id() }).await?;
        Ok(found.map(RawDocumentBuf::into_bytes))
    }

    async fn trashed_document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError> {
        let trash = self.raw(TRASH);
        let found = trash.find_one(doc! { "_id": id.object_id() });
        let found = self.call(Act::on("find", TRASH), found).await?;
        let nested = found.as_ref().and_then(|found| found.get_document(documents::NESTED).ok());
        Ok(nested.map(|document| document.as_bytes().to_vec()))
    }

    async fn insert_document(&self, document: &[u8]) -> Result<(), StoreError> {
        self.insert_whole(document).await
    }
}

impl MongoStore {
    /// Organizations with one of these names, or whose document names one of their collections.
    async fn with_names(&self, names: &[OrganizationName]) -> Result<Vec<RawDocumentBuf>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let collections: Vec<String> =
            names.iter().map(|name| CollectionName::for_organization(name).as_str().to_owned()).collect();
        let names: Vec<&str> = names.iter().map(OrganizationName::as_str).collect();
        let by_either = [
            doc! { "organization_name": { "$in": names } },
            doc! { "collection_name": { "$in": collections } },
        ];
        let mut shown = documents::shown_fields("");
        shown.insert("collection_name", 1);
        self.all_of(ORGANIZATIONS, doc! { "$or": by_either.to_vec() }, shown).await
    }

    /// What stands in the trash of organizations with these names that left their collection to others.
    async fn left_to(&self, names: &[OrganizationName]) -> Result<Vec<RawDocumentBuf>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = names.iter().map(OrganizationName::as_str).collect();
        let left = doc! { "organization.organization_name": { "$in": names }, "shared_collection": true };
        let found = self.all_of(TRASH, left, only(&["organization.organization_name"])).await?;
        let organization =
            |found: &RawDocumentBuf| found.get_document("organization").ok().map(ToOwned::to_owned);
        Ok(found.iter().filter_map(organization).collect())
    }

    /// Organizations with one of these addresses, in any letter case.
    async fn with_addresses(&self, emails: &[EmailAddress]) -> Result<Vec<RawDocumentBuf>, StoreError> {
        if emails.is_empty() {
            return Ok(Vec::new());
        }
        let shown = documents::shown_fields("");
        let addresses: Vec<&str> = emails.iter().map(EmailAddress::as_str).collect();
        let filter = doc! { "admin_email": { "$in": addresses } };
        let organizations = self.raw(ORGANIZATIONS);
        let found = async {
            let found = organizations.find(filter).projection(shown.clone()).collation(without_case());
            found.await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        match self.attempt(found).await {
            Ok(found) => Ok(found),
            Err(failure) if failure.is_unsupported() => {
                let like: Vec<Bson> = emails.iter().map(|email| paging::equals(email.as_str())).collect();
                self.all_of(ORGANIZATIONS, doc! { "admin_email": { "$in": like } }, shown).await
            }
            Err(failure) => Err(self.told(failure, FIND)),
        }
    }

    async fn all_of(
        &self,
        collection: &'static str,
        filter: Document,
        shown: Document,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let stored = self.raw(collection);
        let found =
            async { stored.find(filter).projection(shown).await?.try_collect::<Vec<RawDocumentBuf>>().await };
        self.call(Act::on("find", collection), found).await
    }

    pub(crate) async fn find_live(&self, filter: Document) -> Result<Option<RawDocumentBuf>, StoreError> {
        self.call(FIND, self.raw(ORGANIZATIONS).find_one(filter)).await
    }

    /// The shown fields of a live organization.
    async fn shown(&self, filter: Document) -> Result<Option<RawDocumentBuf>, StoreError> {
        let found = self.raw(ORGANIZATIONS);
        let found = found.find_one(filter).projection(documents::shown_fields(""));
        self.call(FIND, found).await
    }

    /// Sets the name of an organization while it is as it was seen; `false` if it is not, or was seen as no filter can
    /// say.
    async fn name_as_seen(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.name_where(documents::as_seen(seen), seen.id, to, at).await
    }

    /// Sets the name of an organization while it matches a filter; returns whether it did.
    async fn name_where(
        &self,
        filter: Document,
        id: OrganizationId,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let update = doc! { "$set": {
            "organization_name": to.as_str(),
            "collection_name": CollectionName::for_organization(to).as_str(),
            "updated_at": documents::date(at),
        } };
        let organizations = self.raw(ORGANIZATIONS);
        // Not an update: only this command takes a time limit, after which the server gives up.
        let renamed = organizations.find_one_and_update(filter, update);
        match self.write(renamed.projection(doc! { "_id": 1 }).max_time(STEP_LIMIT)).await {
            Ok(Some(renamed)) => Ok(renamed.is_some()),
            Ok(None) => {
                let named = doc! { "_id": id.object_id(), "organization_name": to.as_str() };
                self.require_confirmed(ORGANIZATIONS, named).await.map(|()| true)
            }
            Err(failure) if failure.is_duplicate() => Err(StoreError::Duplicate { field: UniqueField::Name }),
            Err(failure) => Err(self.told(failure, UPDATE)),
        }
    }

    /// The live organizations whose admin has this address, in any letter case, with the hashes.
    pub(crate) async fn with_address(&self, email: &EmailAddress) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let mut found = self.like_address(email, Document::new()).await?;
        found.retain(|document| has_address(document, email));
        Ok(found)
    }

    /// The live organizations whose admin's address the unique index takes for the same: it ignores case, width and
    /// invisible characters. Of these, the ones that match `among`.
    async fn like_address(
        &self,
        email: &EmailAddress,
        among: Document,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let find = |filter: Document, collation: Option<Collation>| async move {
            let organizations = self.raw(ORGANIZATIONS);
            let most = i64::try_from(ACCOUNTS_OF_AN_ADDRESS_MAX).unwrap_or(i64::MAX);
            let found =
                organizations.find(filter).projection(of_credentials()).sort(doc! { "_id": 1 }).limit(most);
            let found = match collation {
                Some(collation) => found.collation(collation),
                None => found,
            };
            found.await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let like = |address: Bson| {
            let mut filter = doc! { "admin_email": address };
            filter.extend(among.clone());
            filter
        };
        match self.attempt(find(like(email.as_str().into()), Some(without_case()))).await {
            Ok(found) => Ok(found),
            Err(failure) if failure.is_unsupported() => {
                self.call(FIND, find(like(paging::equals(email.as_str())), None)).await
            }
            Err(failure) => Err(self.told(failure, FIND)),
        }
    }

    /// After a unique index refused an insert: whether this very organization exists, or which of its values is taken.
    pub(crate) async fn repeated_or_taken(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        email: &EmailAddress,
    ) -> Result<(), StoreError> {
        let there = self.settled(ORGANIZATIONS, doc! { "_id": id.object_id() }).await?;
        let field = match there.as_deref().and_then(documents::organization) {
            Some(there) if there.name == *name => return Ok(()),
            Some(_) => UniqueField::Id,
            None if self.name_is_taken(id, name).await? => UniqueField::Name,
            // According to the index, whose collation takes more characters for the same than letters of different
            // case.
            None if !self.like_address(email, Document::new()).await?.is_empty() => UniqueField::Email,
            // The conflicting document is gone again.
            None => {
                return Err(StoreError::Unavailable {
                    reason: "somebody else is changing the same data".to_owned(),
                });
            }
        };
        Err(StoreError::Duplicate { field })
    }

    /// Without a unique index on name and address, and for an address of an operator: undoes an insert if one of them
    /// is taken. Of two concurrent inserts both may be undone, but both never stay.
    pub(crate) async fn keep_unique(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        email: &EmailAddress,
    ) -> Result<(), StoreError> {
        self.keep_unless(self.taken_from_another(id, name, email).await?, id, name, email).await
    }

    /// The value that another one has, as far as no index checks it.
    pub(crate) async fn taken_from_another(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        email: &EmailAddress,
    ) -> Result<Option<UniqueField>, StoreError> {
        Ok(if !self.unique.names.is_enforced() && self.name_is_taken(id, name).await? {
            Some(UniqueField::Name)
        } else if self.is_refused(id, email).await? {
            Some(UniqueField::Email)
        } else {
            None
        })
    }

    /// Undoes an insert if it took a value from another.
    pub(crate) async fn keep_unless(
        &self,
        taken: Option<UniqueField>,
        id: OrganizationId,
        name: &OrganizationName,
        email: &EmailAddress,
    ) -> Result<(), StoreError> {
        let Some(field) = taken else { return Ok(()) };
        let organizations = self.documents(ORGANIZATIONS);
        let ours = doc! {
            "_id": id.object_id(), "organization_name": name.as_str(), "admin_email": email.as_str(),
        };
        let taken_back = self.write(organizations.delete_one(ours.clone())).await;
        if taken_back.map_err(|failure| self.told(failure, REMOVE))?.is_none() {
            self.require_gone(ORGANIZATIONS, ours).await?;
        }
        Err(StoreError::Duplicate { field })
    }

    pub(crate) async fn name_is_taken(
        &self,
        by_other_than: OrganizationId,
        name: &OrganizationName,
    ) -> Result<bool, StoreError> {
        let other = doc! { "organization_name": name.as_str(), "_id": { "$ne": by_other_than.object_id() } };
        Ok(self.shown(other).await?.is_some())
    }

    /// Whether an organization cannot have this address, as far as no index checks it.
    pub(crate) async fn is_refused(
        &self,
        id: OrganizationId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        Ok(self.operator_has(email).await?
            || (!self.unique.emails.is_enforced() && self.address_is_taken(id, email).await?))
    }

    async fn address_is_taken(
        &self,
        by_other_than: OrganizationId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        let own = by_other_than.object_id();
        let found = self.with_address(email).await?;
        Ok(found.iter().any(|document| documents::object_id(document, "_id") != Some(own)))
    }

    async fn operator_has_one_of(&self, organizations: &[NewOrganization]) -> Result<bool, StoreError> {
        let keys: Vec<String> = organizations.iter().map(|new| new.admin_email.matching_key()).collect();
        let operators = self.raw(OPERATORS);
        let found = operators.find_one(doc! { "email_key": { "$in": keys } }).projection(doc! { "_id": 1 });
        Ok(self.call(Act::on("find", OPERATORS), found).await?.is_some())
    }

    /// Restores the earlier values of fields.
    async fn put_back(
        &self,
        ours: Document,
        before: &RawDocumentBuf,
        fields: &[&str],
    ) -> Result<(), StoreError> {
        let mut set = Document::new();
        let mut unset = Document::new();
        for field in fields {
            match before.get(field).ok().flatten().map(Bson::try_from) {
                Some(Ok(value)) => set.insert(*field, value),
                Some(Err(_)) | None => unset.insert(*field, ""),
            };
        }
        let mut update = doc! { "$set": set };
        if !unset.is_empty() {
            update.insert("$unset", unset);
        }
        let organizations = self.documents(ORGANIZATIONS);
        let put_back = self.write(organizations.update_one(ours.clone(), update)).await;
        match put_back.map_err(|failure| self.told(failure, UPDATE))? {
            Some(_) => Ok(()),
            None => self.require_gone(ORGANIZATIONS, ours).await,
        }
    }
}

/// The fields that a sign-in reads.
fn of_credentials() -> Document {
    let mut fields = documents::shown_fields("");
    fields.extend(only(&["admin_password", "console.password_renewal"]));
    fields
}

/// Whether this is the address of the organization's admin, in any letter case.
fn has_address(document: &RawDocument, email: &EmailAddress) -> bool {
    documents::text(document, "admin_email")
        .is_some_and(|stored| EmailAddress::from_stored(stored).matching_key() == email.matching_key())
}

/// A projection to these fields.
fn only(fields: &[&str]) -> Document {
    fields.iter().map(|field| ((*field).to_owned(), Bson::Int32(1))).collect()
}

/// The fields that a change sets. Other fields that differ belong to someone else's change and are not put back.
fn fields_of(change: &OrganizationChange) -> Vec<&'static str> {
    let fields = [
        (change.admin_email.is_some(), "admin_email"),
        (change.admin_password.is_some(), "admin_password"),
        (change.is_active.is_some(), "is_active"),
        (change.display_name.is_some() || change.end_sessions, "console"),
        (true, "updated_at"),
    ];
    fields.into_iter().filter_map(|(is_set, field)| is_set.then_some(field)).collect()
}

/// The write of a change.
struct Change {
    /// Finds nothing if the document is as the change leaves it, so that a repeated change does not raise the session
    /// version again.
    filter: Document,
    update: Document,
    /// Finds the document as the change leaves it.
    as_left: Document,
}

fn change_of(id: OrganizationId, change: &OrganizationChange, at: OffsetDateTime) -> Change {
    let at = documents::date(at);
    let mut set = doc! { "updated_at": at };
    let mut unset = Document::new();
    let mut as_left = doc! { "updated_at": at };
    match &change.display_name {
        None => {}
        Some(Some(display_name)) => {
            set.insert("console.display_name", display_name.as_str());
            as_left.insert("console.display_name", display_name.as_str());
        }
        Some(None) => {
            unset.insert("console.display_name", "");
            as_left.insert("console.display_name", doc! { "$exists": false });
        }
    }
    if let Some(email) = &change.admin_email {
        set.insert("admin_email", email.as_str());
        as_left.insert("admin_email", email.as_str());
    }
    if let Some(hash) = &change.admin_password {
        set.insert("admin_password", hash.expose());
        as_left.insert("admin_password", hash.expose());
    }
    if let Some(is_active) = change.is_active {
        set.insert("is_active", is_active);
        as_left.insert("is_active", is_active);
    }
    let mut filter = documents::expected(&change.expected);
    filter.insert("_id", id.object_id());
    let mut never = Vec::new();
    // A change that only ends sessions leaves no trace to recognize it: it may happen twice, but never not at all.
    if set.len() > 1 || !unset.is_empty() {
        never.push(as_left.clone());
    }
    if change.expected.is_active == Some(true) {
        never.push(doc! { "is_active": documents::inactive() });
    }
    if !never.is_empty() {
        filter.insert("$nor", never);
    }
    as_left.insert("_id", id.object_id());
    let mut update = doc! { "$set": set };
    if !unset.is_empty() {
        update.insert("$unset", unset);
    }
    if change.end_sessions {
        update.insert("$inc", doc! { "console.session_version": 1_i64 });
    }
    Change { filter, update, as_left }
}
