//! What a store implements: one trait per subject, and all of them together as the ports of one open workspace.

mod accounts;
mod activity;
mod collections;
mod health;
mod journal;
mod organizations;
mod permits;
mod policy;

use std::sync::Arc;

use crate::records::ActivityEntry;

pub use accounts::AccountStore;
pub use activity::ActivityStore;
pub use collections::CollectionStore;
pub use health::HealthStore;
pub use journal::OperationJournal;
pub use organizations::OrganizationStore;
pub use permits::PermitStore;
pub use policy::{Call, Policy};

/// Everything that a store implements, port by port, so that one of them can be another store's.
#[derive(Clone)]
pub struct Ports {
    /// Organizations' metadata.
    pub organizations: Arc<dyn OrganizationStore>,
    /// Tenant collections.
    pub collections: Arc<dyn CollectionStore>,
    /// Operators and sign-ins.
    pub accounts: Arc<dyn AccountStore>,
    /// The journal of operations.
    pub journal: Arc<dyn OperationJournal>,
    /// The record of what was done.
    pub activity: Arc<dyn ActivityStore>,
    /// What operators decided that the workspace permits.
    pub permits: Arc<dyn PermitStore>,
    /// The state of the store.
    pub health: Arc<dyn HealthStore>,
}

impl Ports {
    /// The ports of a store that implements all of them.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: OrganizationStore
            + CollectionStore
            + AccountStore
            + OperationJournal
            + ActivityStore
            + PermitStore
            + HealthStore
            + 'static,
    {
        Self {
            organizations: store.clone(),
            collections: store.clone(),
            accounts: store.clone(),
            journal: store.clone(),
            activity: store.clone(),
            permits: store.clone(),
            health: store,
        }
    }
    /// Adds an entry to the record. What was done is done: a record that can't be written is logged, not an error.
    pub(crate) async fn record(&self, entry: &ActivityEntry) {
        if let Err(error) = self.activity.record(entry).await {
            tracing::warn!(kind = entry.kind.as_str(), %error, "an activity entry could not be written");
        }
    }
}
