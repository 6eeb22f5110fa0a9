use async_trait::async_trait;
use futures_util::stream::BoxStream;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{
    Claims, Correction, NewOrganization, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, Shelf,
    StoredOrganization, Trashed,
};
use crate::values::{CopyId, EmailAddress, HashRenewal, OrganizationId, OrganizationName, PasswordHash};

/// The metadata of organizations, live and in the trash.
///
/// # Contract
/// - `organization_name` is unique among the live ones, and so is `admin_email` in any letter case. Uniqueness is an
///   index, reported as [`StoreError::Duplicate`]; an adapter never looks before it inserts. If existing data does not
///   allow the index, the adapter checks after its write and undoes the write.
/// - An address belongs to operators or to organizations, never to both, in any letter case: a write that would give
///   one to both returns `Duplicate {Email}`, also if the other side writes at the same moment. If existing data has
///   such a pair, writes that leave the address as it is are not refused.
/// - Every write is durable when it returns (majority write concern, or synced to disk), and can be repeated with the
///   same arguments: the second time changes nothing and returns the same. If the store's response was lost or late,
///   the adapter trusts only a read of the very thing it wrote.
/// - A write that removes or overwrites is conditional on what its caller saw. Condition and write are one step of the
///   store, so a caller that slept in between does no harm.
/// - Unknown fields of a document stay as they are, in the trash and back too.
/// - The live ones and the trash are separate: [`find`](Self::find) and its like never see the trash.
/// - A stored document that breaks the format is shown with what can be read of it; it never fails a list. One whose
///   `_id` is not an ObjectId is no organization: pages and counts skip it, and [`count`](Self::count) tells how many
///   such documents there are.
/// - A response is as large as the fields that are shown: unknown fields are not read.
#[async_trait]
pub trait OrganizationStore: Send + Sync {
    /// Inserts an organization. If its own id exists, as a live one with the same name, it counts as done.
    ///
    /// # Errors
    /// `Duplicate {Name | Email | Id}`; nothing is written then.
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError>;

    /// Inserts many organizations at once, for sample data. Stops at the first refused one.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); those before the refused one stay.
    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError>;

    /// Removes a live organization's document while it equals `seen`; an absent one counts as done.
    ///
    /// # Errors
    /// `Changed`.
    async fn remove(&self, seen: &Organization) -> Result<(), StoreError>;

    /// The live organization with this id.
    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// Those of these live organizations that are there, in no order, in one query.
    async fn find_several(&self, ids: &[OrganizationId]) -> Result<Vec<Organization>, StoreError>;

    /// The live organization with this name.
    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError>;

    /// The organizations whose documents are in the collection for this name: live ones with the name, live ones whose
    /// document names the collection, and those in the trash that left it to the others. One whose `_id` is not an
    /// ObjectId counts too, under an id that no organization has.
    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError>;

    /// What stands in the way of these names and addresses, in a number of queries that does not grow with theirs. For
    /// a name the same as [`find_by_name`](Self::find_by_name) and [`owners`](Self::owners) find, for an address the
    /// same as [`find_credentials`](Self::find_credentials).
    async fn find_claims(
        &self,
        names: &[OrganizationName],
        emails: &[EmailAddress],
    ) -> Result<Claims, StoreError>;

    /// The live organizations whose admin has this address, in any letter case, with their stored hashes; at most
    /// [`ACCOUNTS_OF_AN_ADDRESS_MAX`](crate::limits::ACCOUNTS_OF_AN_ADDRESS_MAX). Only other software can create more
    /// than one.
    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError>;

    /// The live organization with this id, with its admin's stored hash.
    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError>;

    /// A page of a list; `filter.status` selects the live ones or the trash. Without a search it costs what its rows
    /// cost: an index serves every sort. Can have fewer rows than asked for before the last page, if they are large.
    /// Every row comes once in every sort, walked in either direction from wherever a page starts.
    ///
    /// A page at a row number also costs what the adapter needs to count as far, from the nearer end. If the caller's
    /// total is right, it starts at that very row; if not, off by the difference at most. On a server, rows whose sort
    /// field has a list of values, and documents that are no organizations, can move it by their number.
    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError>;

    /// The rows of a list in its order, in batches of at most [`BATCH_ROWS`](crate::limits::BATCH_ROWS) rows and
    /// about [`BATCH_BYTES`](crate::limits::BATCH_BYTES) bytes, read while the caller uses the batch before.
    /// `query.limit` is for all of them together, and `query.start` no row number. An organization that stays as it
    /// is comes exactly once, whatever happens to others meanwhile and however long the caller takes: the store
    /// goes on from the last row where its own cursor ended. Dropping the stream ends the question, on a server
    /// too. The store can be used meanwhile.
    ///
    /// # Errors
    /// The stream ends after the first.
    fn rows(&self, query: &OrganizationQuery) -> BoxStream<'_, Result<Vec<Organization>, StoreError>>;

    /// The number of matches by status; `filter.status` is ignored. Without a search it does not read every document,
    /// and a slow count is left out.
    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError>;

    /// Sets name and collection name, and `updated_at`, while the organization equals `seen`. Having the new name
    /// already counts as done.
    ///
    /// # Errors
    /// `Duplicate {Name}`, nothing is written then; `NotFound`; `Changed`.
    async fn set_name(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Changes fields in place in one write, and `updated_at`, while the stored values are the `expected` ones; returns
    /// the organization after it. Being as the change leaves it counts as done.
    ///
    /// # Errors
    /// `Duplicate {Email}` and `Changed`, nothing is written then; `NotFound`.
    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError>;

    /// Replaces the hash and its note, if the stored hash is still `from`: a renewed cost must not undo a password
    /// change.
    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError>;

    /// Copies the whole live document into the trash, with when, by whom and what becomes of its collection. Replaces
    /// an existing copy while the organization is live; otherwise this very copy counts as done. The live document
    /// stays.
    ///
    /// # Errors
    /// `NotFound` if it is neither live nor in the trash; `Changed` if the trash has another copy.
    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError>;

    /// Removes the live document whose `copy` is in the trash. What other software changed since the copy is copied
    /// first: nothing is removed unless the trash has it exactly. An absent one counts as done.
    ///
    /// # Errors
    /// `Changed` if the trash does not have this copy, and if the live document keeps changing.
    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError>;

    /// The organization in the trash with this id.
    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// Copies this copy from the trash back into the list, whole, under `name`, with `updated_at` and a raised session
    /// version. Being live already counts as done, if the session version says that it
    /// [is restored](Organization::is_restored_from). The trash keeps its copy.
    ///
    /// # Errors
    /// `Duplicate {Name | Email | Id}`, nothing is written then; `NotFound` if the trash has none; `Changed` if it has
    /// another.
    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Removes this copy from the trash; an absent one counts as done.
    ///
    /// # Errors
    /// `Changed` if the trash has another copy.
    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError>;

    /// Every document of a shelf as it is stored, also those that are no organizations, in batches; ordered by name in
    /// byte order, what is no text before or after all texts. In the trash the document within the copy. Dropping the
    /// stream ends the question.
    ///
    /// # Errors
    /// The stream ends after the first.
    fn scan(&self, shelf: Shelf) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>>;

    /// The live document with this id as it is stored.
    async fn stored(&self, id: OrganizationId) -> Result<Option<StoredOrganization>, StoreError>;

    /// Corrects a live document in one write, while it is as it was seen. Being as corrected already counts as done.
    ///
    /// # Errors
    /// `Duplicate {Name | Email}`, nothing is written then; `NotFound`; `Changed`.
    async fn correct(
        &self,
        seen: &StoredOrganization,
        correction: &Correction,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// The whole live document as BSON, with its hash and fields that only other software knows.
    async fn document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The same of the organization in the trash with this id: its document as it was, without what the trash notes.
    async fn trashed_document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Inserts a whole document as [`document`](Self::document) returns it. If its own id exists, as a live one with
    /// the same name, it counts as done.
    ///
    /// # Errors
    /// `Duplicate {Name | Email | Id}`, nothing is written then; `Corrupt` if a field of the service's format is
    /// missing or of another type.
    async fn insert_document(&self, document: &[u8]) -> Result<(), StoreError>;
}
