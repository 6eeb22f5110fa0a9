use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::WorkspaceSettings;

/// Stores the settings of a workspace.
///
/// # Contract
/// One entry per workspace, in `console_settings`, invisible to the service. An unreadable value counts as the default.
/// What a newer version stored beside it stays. A write is durable when it returns.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// The settings; `None` if nobody has changed one.
    async fn find(&self) -> Result<Option<WorkspaceSettings>, StoreError>;

    /// Stores settings if the stored ones still are `seen`, `None` for none. Returns whether it did: of two concurrent
    /// changes, one has to look again. A repeated call counts as done.
    async fn change(
        &self,
        seen: Option<&WorkspaceSettings>,
        next: &WorkspaceSettings,
    ) -> Result<bool, StoreError>;
}
