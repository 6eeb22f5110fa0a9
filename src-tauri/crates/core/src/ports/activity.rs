use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::ActivityEntry;
use crate::values::OrganizationId;

/// Where the record is kept.
///
/// # Contract
/// Entries are only added, in the collection `console_activity`, and survive the organization they speak of.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Adds an entry.
    async fn record(&self, entry: &ActivityEntry) -> Result<(), StoreError>;

    /// The newest entries of an organization, newest first.
    async fn newest(
        &self,
        organization_id: OrganizationId,
        limit: u32,
    ) -> Result<Vec<ActivityEntry>, StoreError>;
}
