use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{JournalEntry, Operation};
use crate::values::OrganizationId;

/// Where operations are written before they are carried out: the collection `console_operations`, with the
/// organization's id as `_id`.
///
/// # Contract
/// - An entry is durable when [`begin`](Self::begin) returns: as durable as the writes that follow it.
/// - Of two begins for one organization, one wins.
/// - An entry is an operation's as long as owner and turn are the operation's.
/// - Times and ages are of one clock for all who share the journal: the server's, or the computer's whose file it is.
#[async_trait]
pub trait OperationJournal: Send + Sync {
    /// Writes an intent. Its time is made here.
    ///
    /// # Errors
    /// `Duplicate {Operation}` when one is there for this organization.
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError>;

    /// The operation of an organization.
    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError>;

    /// Every operation that was begun and not ended, oldest first.
    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError>;

    /// Gives the entry of `seen` the owner and the turn of `taken`, and begins its age anew, if it is `seen`'s still;
    /// answers whether it was.
    async fn take_over(&self, seen: &Operation, taken: &Operation) -> Result<bool, StoreError>;

    /// Removes this operation's entry. Absent counts as done, and the entry of whoever took the operation over stays.
    async fn end(&self, operation: &Operation) -> Result<(), StoreError>;
}
