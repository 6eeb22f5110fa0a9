use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{CollectionIdentity, CollectionStatistics};
use crate::values::CollectionName;

/// The collections that hold tenants' documents.
///
/// # Contract
/// - A collection is created with the service's validator and with the indexes `created_at_1` and `updated_at_1`.
/// - A rename keeps documents, indexes and options, copies nothing, and never replaces a collection that is there.
/// - After an unclear answer (a broken line) the adapter does not repeat a rename: the caller looks at what exists.
/// - What was asked for and not answered is carried out within [`pending`](Self::pending), or never.
#[async_trait]
pub trait CollectionStore: Send + Sync {
    /// How long a step may still be carried out after its answer was lost, or after the program that asked for it died.
    fn pending(&self) -> Duration;

    /// Whether there is a collection of this name. "Could not look" is an error, never `false`.
    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError>;

    /// Which collection has this name now; `None` when there is none.
    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError>;

    /// Creates a tenant collection with validator and indexes; what is there already of these is left as it is, so
    /// that a half-done creation is completed by repeating it.
    async fn create(&self, name: &CollectionName) -> Result<(), StoreError>;

    /// Renames a collection, if it is the one that its caller means. Where the store does not tell collections apart, its
    /// name says so.
    ///
    /// # Errors
    /// `CollectionExists` when the target is there, `CollectionMissing` when the source is not, or is another one. Nothing
    /// changes then.
    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError>;

    /// Deletes a collection with everything in it, if it is the one that its caller means; absent counts as done.
    ///
    /// # Errors
    /// `Changed` when another one has its name.
    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError>;

    /// Deletes a collection that has no document; answers whether it is gone. A document that comes while this looks is
    /// kept, and its collection with it.
    async fn delete_empty(&self, name: &CollectionName) -> Result<bool, StoreError>;

    /// Whether a collection has no document, as the newest write left it: what is empty may be deleted. A collection
    /// that is missing is empty.
    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError>;

    /// Reads a collection's statistics now. They are for showing: where the store keeps several copies they may come
    /// from one that lags behind.
    ///
    /// # Errors
    /// `CollectionMissing`.
    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError>;

    /// Inserts documents, each as BSON bytes with its own `_id`; a document whose `_id` is there already counts as
    /// done.
    ///
    /// # Errors
    /// `CollectionMissing`; `Corrupt` for bytes that are no BSON document.
    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError>;
}
