use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::ActivityEntry;
use crate::values::OrganizationId;

/// Stores the activity record.
///
/// # Contract
/// Entries are only added, in the collection `console_activity`, and outlive the organization they are about.
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
