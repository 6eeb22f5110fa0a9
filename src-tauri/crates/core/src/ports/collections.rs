use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::error::StoreError;
use crate::records::{
    CollectionDescription, CollectionIdentity, CollectionStatistics, IndexDescription, ListedCollection,
};
use crate::values::CollectionName;

/// The collections with tenants' documents.
///
/// # Contract
/// - A collection is created with the service's validator and with the indexes `created_at_1` and `updated_at_1`.
/// - A rename keeps documents, indexes and options, copies nothing, and never replaces an existing collection.
/// - After an unclear response (a lost connection) the adapter does not repeat a rename: the caller looks at what
///   exists.
/// - A request without a response is carried out within [`pending`](Self::pending), or never.
#[async_trait]
pub trait CollectionStore: Send + Sync {
    /// How long a step may still be carried out after its response was lost, or after the process that asked for it
    /// died.
    fn pending(&self) -> Duration;

    /// Whether a collection of this name exists. "Could not look" is an error, never `false`.
    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError>;

    /// Those of these names under which a collection exists, in one query. A collection that the database user may not
    /// list is left out.
    async fn existing(&self, names: &[CollectionName]) -> Result<Vec<CollectionName>, StoreError>;

    /// The identity of the collection with this name; `None` if there is none.
    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError>;

    /// Creates a tenant collection with validator and indexes. Keeps what exists, so that repeating it completes a
    /// half-done creation.
    async fn create(&self, name: &CollectionName) -> Result<(), StoreError>;

    /// As [`create`](Self::create), for a name that must be free: a collection with it is another organization's, which
    /// waits there for its name, and must not be taken for the new one.
    ///
    /// # Errors
    /// `CollectionExists`.
    async fn create_new(&self, name: &CollectionName) -> Result<(), StoreError>;

    /// Renames a collection, if its identity is `which`. If the store has no identities, the name decides.
    ///
    /// # Errors
    /// `CollectionExists` if the target exists, `CollectionMissing` if the source does not, or is another one. Nothing
    /// changes then.
    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError>;

    /// Deletes a collection with everything in it, if its identity is `which`; an absent one counts as done.
    ///
    /// # Errors
    /// `Changed` if another collection has its name.
    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError>;

    /// Deletes a collection that has no document; returns whether it is gone. A document that arrives meanwhile is
    /// kept, and its collection with it. Until then it may have the name [`CollectionName::dropped`] by this operation.
    async fn delete_empty(&self, name: &CollectionName, operation: &str) -> Result<bool, StoreError>;

    /// Whether a collection has no document, as the newest write left it: the caller may delete an empty one. A missing
    /// collection is empty.
    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError>;

    /// Its documents by the store's own counter, without reading them; those of a missing collection are none. After a
    /// crash of a server it can be off: two answers tell whether something changed, one tells no exact number.
    async fn count(&self, name: &CollectionName) -> Result<u64, StoreError>;

    /// Reads a collection's statistics now, for display: if the store has several copies, they may come from one that
    /// lags behind.
    ///
    /// # Errors
    /// `CollectionMissing`.
    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError>;

    /// Inserts documents, each as BSON bytes with its own `_id`; a document whose `_id` exists counts as done.
    ///
    /// # Errors
    /// `CollectionMissing`; `Corrupt` for bytes that are not a BSON document.
    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError>;

    /// The collections that hold documents of tenants ([`CollectionName::holds_tenants`]), by name in byte order: one
    /// question, whatever their number.
    ///
    /// # Errors
    /// `Denied` if the user sees only some of them: an incomplete list is no list.
    async fn list(&self) -> Result<Vec<ListedCollection>, StoreError>;

    /// Options and indexes of what stands under this name; `None` if nothing does.
    async fn describe(&self, name: &CollectionName) -> Result<Option<CollectionDescription>, StoreError>;

    /// Creates a collection like the described one, whatever its identity. Keeps what exists, so that repeating it
    /// completes a half-done creation.
    ///
    /// # Errors
    /// `Corrupt` if the store refuses an option or an index.
    async fn create_as(&self, name: &CollectionName, like: &CollectionDescription) -> Result<(), StoreError>;

    /// Every document as BSON, in the order in which the store has them, in batches. A document that stays as it is
    /// comes exactly once. Dropping the stream ends the question.
    ///
    /// # Errors
    /// The stream ends after the first. `CollectionMissing`.
    fn documents(&self, name: &CollectionName) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>>;

    /// Those documents that have one of these ids, in no order. An id is a BSON document of `_id` alone.
    async fn documents_of(&self, name: &CollectionName, ids: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Documents in the order in which the store has their `_id`s, of every type, after this one, which nobody needs to
    /// have any more: at most `limit`, and fewer if they are large. None only once there are no more, or no collection.
    /// An id is a BSON document of `_id` alone.
    async fn documents_after(
        &self,
        name: &CollectionName,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The document with the greatest `_id`: of ObjectIds the newest one, to the second.
    async fn newest(&self, name: &CollectionName) -> Result<Option<Vec<u8>>, StoreError>;

    /// Removes documents, each while it is exactly this one; returns how many were removed.
    async fn remove_documents(&self, name: &CollectionName, documents: &[Vec<u8>])
    -> Result<u64, StoreError>;

    /// Puts documents in the place of others of their `_id`, each while the other is exactly as it was read: first what
    /// was read, then what replaces it. Returns how many were replaced.
    ///
    /// # Errors
    /// `RuleBroken` or `Corrupt` if the collection's rules refuse one. It keeps what it had then; others may be
    /// replaced.
    async fn replace_documents(
        &self,
        name: &CollectionName,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<u64, StoreError>;

    /// Makes an index and waits for it, however long it takes. An index like it counts as done.
    ///
    /// # Errors
    /// `CollectionMissing`; `Corrupt` if the documents, or another index of its name or key, do not allow it.
    async fn create_index(&self, name: &CollectionName, index: &IndexDescription) -> Result<(), StoreError>;

    /// Removes an index; an absent one counts as done.
    async fn drop_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError>;

    /// Sets the validator, as a BSON document. Documents that are there are not checked.
    ///
    /// # Errors
    /// `CollectionMissing`; `Corrupt` if it is no validator.
    async fn set_validator(&self, name: &CollectionName, validator: &[u8]) -> Result<(), StoreError>;
}
