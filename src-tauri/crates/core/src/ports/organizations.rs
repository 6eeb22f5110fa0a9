use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{
    NewOrganization, Organization, OrganizationChange, OrganizationCounts, OrganizationCredentials,
    OrganizationFilter, OrganizationPage, OrganizationQuery, Trashed,
};
use crate::values::{CopyId, EmailAddress, HashRenewal, OrganizationId, OrganizationName, PasswordHash};

/// The metadata of organizations, live and in the trash.
///
/// # Contract
/// - `organization_name` is unique among the live ones, and so is `admin_email` without regard to case. Uniqueness is
///   an index, reported as [`StoreError::Duplicate`]; an adapter never looks before it inserts. Where existing data
///   does not permit the index, the adapter checks after its write and takes the write back.
/// - An address belongs to operators or to organizations, never to both, without regard to case: a write that would give
///   one to both answers `Duplicate {Email}`, also when the other side writes at the same moment. Where existing data has
///   such a pair, writes that leave the address as it is are not refused.
/// - Every write is durable when it returns (majority write concern, or synced to disk), and every write may be
///   repeated with the same arguments: the second time changes nothing and answers the same. Where the answer of the
///   store was lost or late, the adapter believes only the very thing that it wrote, read again.
/// - What removes or overwrites is conditional on what its caller saw: the condition and the write are one step of the
///   store, so that a caller who slept in between does no harm.
/// - Fields of a document that this program does not know stay as they are, in the trash and back too.
/// - The live ones and the trash are apart: [`find`](Self::find) and its like never see the trash.
/// - A stored document that breaks the format is shown with what can be read of it; it never fails a list. One whose
///   `_id` is no ObjectId is no organization: pages and counts go past it, and [`count`](Self::count) tells how many such
///   documents there are.
/// - An answer is as large as what is shown of its organizations: fields that this program does not know are not read.
#[async_trait]
pub trait OrganizationStore: Send + Sync {
    /// Inserts an organization. Its own id being there already, as a live one with the same name, counts as done.
    ///
    /// # Errors
    /// `Duplicate {Name | Email | Id}`; nothing is written then.
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError>;

    /// Inserts many organizations in one go, for sample data. Stops at the first that can't be inserted.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); those before the refused one stay.
    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError>;

    /// Removes a live organization's document while it is as it was `seen`; absent counts as done.
    ///
    /// # Errors
    /// `Changed`.
    async fn remove(&self, seen: &Organization) -> Result<(), StoreError>;

    /// The live organization with this id.
    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// The live organization with this name.
    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError>;

    /// Whose documents are in the collection that an organization of this name has: the live ones that have the name, or
    /// that name the collection as theirs, and those that left it to the others when they went to the trash. One whose
    /// `_id` is no ObjectId counts too, by an id that no organization has.
    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError>;

    /// The live organizations whose admin has this address, without regard to case, with their stored hashes; at most
    /// [`ACCOUNTS_OF_AN_ADDRESS_MAX`](crate::limits::ACCOUNTS_OF_AN_ADDRESS_MAX). More than one only where other software
    /// wrote them.
    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError>;

    /// The live organization with this id, with its admin's stored hash.
    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError>;

    /// A page of a list; `filter.status` decides whether it is the live ones or the trash. Costs what the page costs
    /// when there is no search: an index serves every sort. May have fewer rows than asked for before the last page
    /// where they are large.
    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError>;

    /// How many match by status; `filter.status` is ignored. Without a search it does not read every document, and what
    /// takes long all the same is left out.
    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError>;

    /// Sets name and collection name, and `updated_at`, while the organization is as it was `seen`. Having the new name
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

    /// Changes fields in place in one write, and `updated_at`; answers the organization as it is then.
    ///
    /// # Errors
    /// `Duplicate {Email}`, nothing is written then; `NotFound`.
    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError>;

    /// Puts the hash in place, with the note, if the stored one is still `from`: a renewed cost must not undo a password
    /// change.
    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError>;

    /// Copies the live document whole into the trash, with when, by whom and what becomes of its collection. A copy that
    /// is there is replaced while the live one is, else this very copy counts as done. The live one stays.
    ///
    /// # Errors
    /// `NotFound` when it is neither live nor in the trash; `Changed` when it is not live and the trash has another copy.
    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError>;

    /// Removes the live document of which `copy` is in the trash. What other software changed of it since it was copied is
    /// copied first: nothing is removed that is not in the trash just as it was. Absent counts as done.
    ///
    /// # Errors
    /// `Changed` when the trash does not have this copy, and when the live one does not come to rest.
    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError>;

    /// The organization in the trash with this id.
    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// Copies this copy in the trash back among the live ones, whole, under `name`, with `updated_at` and a raised
    /// session version. Being live already counts as done. The trash keeps its copy.
    ///
    /// # Errors
    /// `Duplicate {Name | Email}`, nothing is written then; `NotFound` when the trash has none; `Changed` when it has another.
    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Removes this copy in the trash; absent counts as done.
    ///
    /// # Errors
    /// `Changed` when the trash has another copy.
    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError>;
}
