//! The ports of one open workspace.

use std::sync::Arc;

use crate::access::PermitStore;
use crate::activity::ActivityStore;
use crate::collections::CollectionStore;
use crate::health::HealthStore;
use crate::journal::OperationJournal;
use crate::operators::AccountStore;
use crate::organizations::OrganizationStore;

/// Everything that a store implements, object by object, so that one of them can be decorated.
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
}
