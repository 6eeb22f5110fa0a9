//! Acts in one transaction: the file has all of it or nothing, so that they need no intent.

use async_trait::async_trait;
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::ports::WholeActs;
use tenantry_core::records::{ActivityEntry, CollectionIdentity, NewOrganization, Organization};
use tenantry_core::values::{CollectionName, OrganizationName};
use time::OffsetDateTime;

use crate::activity::add_entry;
use crate::errors::duplicate;
use crate::records::milliseconds;
use crate::{SqliteStore, collections, journal, organizations};

#[async_trait]
impl WholeActs for SqliteStore {
    async fn create(&self, new: &NewOrganization, record: &ActivityEntry) -> Result<(), StoreError> {
        let (new, record, now) = (new.clone(), record.clone(), self.clock.now());
        let at = milliseconds(now);
        self.write(move |transaction| {
            organizations::insert(transaction, &new)?;
            collections::create_new(transaction, &CollectionName::for_organization(&new.name), at)?;
            add_entry(transaction, &record, now).map(drop)
        })
        .await
    }

    async fn rename(
        &self,
        found: &Organization,
        to: &OrganizationName,
        which: Option<&CollectionIdentity>,
        at: OffsetDateTime,
        record: &ActivityEntry,
    ) -> Result<(), StoreError> {
        let (found, to, which, record) = (found.clone(), to.clone(), which.cloned(), record.clone());
        let now = self.clock.now();
        self.write(move |transaction| {
            if journal::has_intent(transaction, found.id)? {
                return Err(duplicate(UniqueField::Operation));
            }
            let (source, target) = (found.collection(), CollectionName::for_organization(&to));
            let is_another = match &which {
                Some(which) => {
                    collections::rename(transaction, &source, &target, which)?;
                    false
                }
                None => collections::identity(transaction, &source)?.is_some(),
            };
            let owners = organizations::owners(transaction, &found.name)?;
            if is_another || owners.iter().any(|owner| *owner != found.id) {
                return Err(StoreError::Changed { what: "the collection" }.into());
            }
            organizations::set_name(transaction, &found, &to, at)?;
            add_entry(transaction, &record, now).map(drop)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenantry_core::clock::SystemClock;
    use tenantry_core::ports::{ActivityStore, CollectionStore, OperationJournal, OrganizationStore};
    use tenantry_core::records::{ActivityKind, Operation, OperationPlan, Owner, RecordQuery};
    use tenantry_core::values::{EmailAddress, OrganizationId, PasswordHash};

    use super::*;

    fn name(text: &str) -> OrganizationName {
        OrganizationName::from_stored(text.to_owned())
    }

    fn new(text: &str, email: &str) -> NewOrganization {
        NewOrganization {
            id: OrganizationId::new(),
            name: name(text),
            display_name: None,
            admin_email: EmailAddress::from_stored(email.to_owned()),
            admin_password: PasswordHash::from_stored("$2b$12$abc".to_owned()),
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn record(id: OrganizationId, kind: ActivityKind) -> ActivityEntry {
        ActivityEntry::by("dana@example.com", kind).about(id, "acme")
    }

    /// A workspace with the organization `acme`.
    async fn with_acme() -> (SqliteStore, Organization, CollectionIdentity) {
        let store = SqliteStore::in_memory(Arc::new(SystemClock)).await.expect("opens");
        let acme = new("acme", "dana@example.com");
        let created = record(acme.id, ActivityKind::OrganizationCreated);
        WholeActs::create(&store, &acme, &created).await.expect("created");
        let found = OrganizationStore::find(&store, acme.id).await.expect("a look-up").expect("it is there");
        let identity = store.identity(&found.collection()).await.expect("a look-up").expect("it is there");
        (store, found, identity)
    }

    async fn records(store: &SqliteStore, id: OrganizationId) -> usize {
        let query = RecordQuery { organization: Some(id), limit: 10, ..RecordQuery::default() };
        ActivityStore::page(store, &query).await.expect("entries").entries.len()
    }

    #[tokio::test]
    async fn a_refused_create_leaves_nothing_and_no_record() {
        let (store, acme, _) = with_acme().await;
        assert_eq!(records(&store, acme.id).await, 1);
        let twin = new("zenith", "Dana@example.com");
        let created = record(twin.id, ActivityKind::OrganizationCreated);
        let refused = WholeActs::create(&store, &twin, &created).await;
        assert_eq!(refused, Err(StoreError::Duplicate { field: UniqueField::Email }));
        let collection = CollectionName::for_organization(&twin.name);
        assert_eq!(store.exists(&collection).await, Ok(false));
        assert_eq!(records(&store, twin.id).await, 0);
    }

    #[tokio::test]
    async fn a_rename_moves_name_and_collection_and_is_recorded_or_does_nothing() {
        let (store, acme, identity) = with_acme().await;
        let (to, at) = (name("zenith"), OffsetDateTime::now_utc());
        let renamed = record(acme.id, ActivityKind::OrganizationRenamed);
        let rename = async |found: &Organization, which: Option<&CollectionIdentity>| {
            WholeActs::rename(&store, found, &to, which, at, &renamed).await
        };
        let untouched = async |why: &str| {
            let found = OrganizationStore::find(&store, acme.id).await.expect("a look-up");
            assert_eq!(found.as_ref(), Some(&acme), "{why}");
            let moved = store.identity(&CollectionName::for_organization(&to)).await;
            assert_eq!((moved, records(&store, acme.id).await), (Ok(None), 1), "{why}");
        };

        let other = CollectionIdentity(Some("another".to_owned()));
        assert!(matches!(rename(&acme, Some(&other)).await, Err(StoreError::CollectionMissing { .. })));
        untouched("another collection is there").await;
        assert!(matches!(rename(&acme, None).await, Err(StoreError::Changed { .. })));
        untouched("a collection has appeared").await;
        let earlier = Organization { is_active: false, ..acme.clone() };
        assert!(matches!(rename(&earlier, Some(&identity)).await, Err(StoreError::Changed { .. })));
        untouched("it was changed since it was found").await;
        let plan = OperationPlan::Create { name: acme.name.clone() };
        let owner = Owner { installation: "i".to_owned(), instance: "r".to_owned() };
        let operation = Operation::new(acme.id, plan, owner, "dana@example.com".to_owned());
        store.begin(&operation).await.expect("begun");
        let busy = Err(StoreError::Duplicate { field: UniqueField::Operation });
        assert_eq!(rename(&acme, Some(&identity)).await, busy);
        untouched("it has an intent").await;
        assert_eq!(store.end(&operation).await, Ok(true));

        rename(&acme, Some(&identity)).await.expect("renamed");
        let found = OrganizationStore::find(&store, acme.id).await.expect("a look-up").expect("it is there");
        assert_eq!(found.name, to);
        assert_eq!(store.identity(&found.collection()).await, Ok(Some(identity)));
        assert_eq!(records(&store, acme.id).await, 2);
    }
}
