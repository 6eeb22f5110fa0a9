use async_trait::async_trait;
use time::OffsetDateTime;

use super::WholeActs;
use crate::error::StoreError;
use crate::records::{JournalEntry, Operation};
use crate::values::OrganizationId;

/// Stores operations before they are carried out: the collection `console_operations`, with the organization's id as
/// `_id`.
///
/// # Contract
/// - An entry is as durable when [`begin`](Self::begin) returns as the writes that follow it.
/// - Of two concurrent begins for one organization, one wins.
/// - An entry belongs to an operation while it has the operation's owner and turn.
/// - One clock gives times and ages for all who share the journal: the server's, or that of the computer with the file.
#[async_trait]
pub trait OperationJournal: Send + Sync {
    /// Writes an intent, with the time of the journal's clock.
    ///
    /// # Errors
    /// `Duplicate {Operation}` if this organization has one.
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError>;

    /// The operation of an organization.
    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError>;

    /// Every operation that was started and not ended, oldest first.
    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError>;

    /// Gives the entry of `seen` the owner and the turn of `taken`, and restarts its age, if the entry is still
    /// `seen`'s; returns whether it was. Whoever takes over what another run left says `since` when that one had it: a
    /// run that woke and asserted its operation meanwhile keeps it.
    async fn take_over(
        &self,
        seen: &Operation,
        since: Option<OffsetDateTime>,
        taken: &Operation,
    ) -> Result<bool, StoreError>;

    /// Removes this operation's entry. An absent entry counts as done, and the entry of a run that took the operation
    /// over stays: returns whether there was one of this operation.
    async fn end(&self, operation: &Operation) -> Result<bool, StoreError>;

    /// The store's way to carry out an act whole. `None` if it takes several writes, which need an intent. A policy
    /// around the ports has none: it is asked about each step.
    fn whole_acts(&self) -> Option<&dyn WholeActs> {
        None
    }
}
