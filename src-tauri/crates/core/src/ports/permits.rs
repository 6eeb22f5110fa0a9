use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{Decided, Permits};

/// Stores the operators' decision about a workspace.
///
/// # Contract
/// One entry per workspace, in `console_settings`, invisible to the service. An unknown value counts as the strictest.
/// A write is durable when it returns.
#[async_trait]
pub trait PermitStore: Send + Sync {
    /// The decision; `None` if there was none.
    async fn find(&self) -> Result<Option<Decided>, StoreError>;

    /// Stores a decision if the stored one still permits `seen`, `None` for none. Returns whether it did: of two
    /// concurrent decisions, one has to look again. A repeated call counts as done.
    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError>;
}
