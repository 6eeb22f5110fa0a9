//! The traits that a store implements, one per subject, and all of them together as the ports of one open workspace.

mod accounts;
mod activity;
mod collections;
mod health;
mod journal;
mod organizations;
mod people;
mod permits;
mod policy;
mod sessions;
mod settings;
mod whole_acts;

use std::sync::Arc;

use crate::records::ActivityEntry;

pub use accounts::AccountStore;
pub use activity::ActivityStore;
pub use collections::CollectionStore;
pub use health::HealthStore;
pub use journal::OperationJournal;
pub use organizations::OrganizationStore;
pub use people::PeopleStore;
pub use permits::PermitStore;
pub use policy::{Call, Policy};
pub use sessions::SessionStore;
pub use settings::SettingsStore;
pub use whole_acts::WholeActs;

/// All ports of a store, separately, so that one of them can be wrapped.
#[derive(Clone)]
pub struct Ports {
    /// Metadata of organizations.
    pub organizations: Arc<dyn OrganizationStore>,
    /// Tenant collections.
    pub collections: Arc<dyn CollectionStore>,
    /// Operators and sign-ins.
    pub accounts: Arc<dyn AccountStore>,
    /// People of organizations.
    pub people: Arc<dyn PeopleStore>,
    /// The journal of operations.
    pub journal: Arc<dyn OperationJournal>,
    /// The activity record.
    pub activity: Arc<dyn ActivityStore>,
    /// The operators' decision about what the workspace permits.
    pub permits: Arc<dyn PermitStore>,
    /// Live sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The workspace's settings.
    pub settings: Arc<dyn SettingsStore>,
    /// The state of the store.
    pub health: Arc<dyn HealthStore>,
}

impl Ports {
    /// The ports of a store that implements all traits.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: OrganizationStore
            + CollectionStore
            + AccountStore
            + PeopleStore
            + OperationJournal
            + ActivityStore
            + PermitStore
            + SessionStore
            + SettingsStore
            + HealthStore
            + 'static,
    {
        Self {
            organizations: store.clone(),
            collections: store.clone(),
            accounts: store.clone(),
            people: store.clone(),
            journal: store.clone(),
            activity: store.clone(),
            permits: store.clone(),
            sessions: store.clone(),
            settings: store.clone(),
            health: store,
        }
    }

    /// Adds an entry to the activity record. A failure is only logged: the recorded change has happened.
    pub(crate) async fn record(&self, entry: &ActivityEntry) {
        if let Err(error) = self.activity.append(entry).await {
            tracing::warn!(kind = entry.kind.as_str(), %error, "an activity entry could not be written");
        }
    }
}
