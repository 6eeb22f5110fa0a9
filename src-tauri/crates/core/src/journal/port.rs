use async_trait::async_trait;

use time::OffsetDateTime;

use super::{Operation, Owner};
use crate::error::StoreError;
use crate::values::OrganizationId;

/// Where operations are written before they are carried out: the collection `console_operations`, with the
/// organization's id as `_id`.
///
/// # Contract
/// - An entry is durable when [`begin`](Self::begin) returns: as durable as the writes that follow it.
/// - Of two begins for one organization, one wins.
/// - An entry is an operation's as long as owner and `started_at`, in whole milliseconds, are the operation's.
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

    /// Makes `to` the owner, with `started_at` set to `at`, if the entry is still this operation's; answers whether it
    /// was.
    async fn take_over(
        &self,
        operation: &Operation,
        to: &Owner,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Removes this operation's entry. Absent counts as done, and the entry of whoever took the operation over stays.
    async fn end(&self, operation: &Operation) -> Result<(), StoreError>;
}
