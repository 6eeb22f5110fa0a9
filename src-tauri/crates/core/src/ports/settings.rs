use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{Accepted, Template, WorkspaceSettings};
use crate::values::OrganizationId;

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

    /// What operators added to the template of tenant collections; `None` if nobody has.
    ///
    /// # Errors
    /// `Corrupt` if it cannot be read: a template that lacks an index would call that index of a tenant a stranger.
    async fn template(&self) -> Result<Option<Template>, StoreError>;

    /// Stores the template if the stored one still is `seen`, as [`change`](Self::change) does.
    async fn change_template(&self, seen: Option<&Template>, next: &Template) -> Result<bool, StoreError>;

    /// What was accepted as it is, in the order of the organizations' ids.
    async fn accepted(&self) -> Result<Vec<Accepted>, StoreError>;

    /// What was accepted for one organization.
    async fn accepted_of(&self, id: OrganizationId) -> Result<Option<Accepted>, StoreError>;

    /// Stores what is accepted for an organization in place of what was; without any difference, nothing is kept.
    async fn accept(&self, accepted: &Accepted) -> Result<(), StoreError>;
}
