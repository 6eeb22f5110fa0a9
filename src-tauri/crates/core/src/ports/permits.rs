use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{Decided, Permits};

/// Where it is kept what operators decided for a workspace.
///
/// # Contract
/// One entry per workspace, in `console_settings`, invisible to the service. A value that is not known is read as the one
/// that permits the least. A write is durable when it returns.
#[async_trait]
pub trait PermitStore: Send + Sync {
    /// What was decided; `None` while nothing was.
    async fn find(&self) -> Result<Option<Decided>, StoreError>;

    /// Puts a decision in place if the stored one permits what `seen` says, `None` for none. Answers whether it did: of
    /// two who decide at once, one has to look again. A repeated call counts as done.
    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError>;
}
