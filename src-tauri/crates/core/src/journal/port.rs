use async_trait::async_trait;

use super::{Operation, Owner};
use crate::error::StoreError;
use crate::values::OrganizationId;

/// Where operations are written before they are carried out: the collection `console_operations`, with the
/// organization's id as `_id`.
///
/// # Contract
/// - An entry is durable when [`begin`](Self::begin) returns: as durable as the writes that follow it.
/// - Of two begins for one organization, one wins.
#[async_trait]
pub trait OperationJournal: Send + Sync {
    /// Writes an intent.
    ///
    /// # Errors
    /// `Duplicate {Operation}` when one is there for this organization.
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError>;

    /// The operation of an organization.
    async fn find(&self, organization_id: OrganizationId) -> Result<Option<Operation>, StoreError>;

    /// Every operation that was begun and not ended, oldest first.
    async fn unfinished(&self) -> Result<Vec<Operation>, StoreError>;

    /// Makes `to` the owner, with `started_at` of `operation` set to `at`, if the entry is still as `operation` says;
    /// answers whether it was.
    async fn take_over(
        &self,
        operation: &Operation,
        to: &Owner,
        at: time::OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Removes the entry; absent counts as done.
    async fn end(&self, organization_id: OrganizationId) -> Result<(), StoreError>;
}
