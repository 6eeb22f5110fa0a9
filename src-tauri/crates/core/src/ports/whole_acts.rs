use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{ActivityEntry, CollectionIdentity, NewOrganization, Organization};
use crate::values::OrganizationName;

/// Acts that a store carries out as one write: all of it or nothing, so that no intent is needed.
///
/// # Contract
/// The record is a part of the write: an act that cannot be recorded does not happen.
#[async_trait]
pub trait WholeActs: Send + Sync {
    /// Inserts an organization and creates its collection.
    ///
    /// # Errors
    /// As [`OrganizationStore::insert`](super::OrganizationStore::insert).
    async fn create(&self, new: &NewOrganization, record: &ActivityEntry) -> Result<(), StoreError>;

    /// Renames an organization, while it is as it was found, and the collection that it alone uses; `which` is `None`
    /// if there was none.
    ///
    /// # Errors
    /// `Duplicate {Operation}` while the organization has an intent; `Changed` if the collection is another one by now,
    /// or shared; otherwise as [`OrganizationStore::set_name`](super::OrganizationStore::set_name) and
    /// [`CollectionStore::rename`](super::CollectionStore::rename).
    async fn rename(
        &self,
        found: &Organization,
        to: &OrganizationName,
        which: Option<&CollectionIdentity>,
        at: OffsetDateTime,
        record: &ActivityEntry,
    ) -> Result<(), StoreError>;
}
