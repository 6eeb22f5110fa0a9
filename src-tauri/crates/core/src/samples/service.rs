use std::sync::Arc;

use secrecy::SecretString;

use super::{SAMPLE_PASSWORD, SampleOrganization, organizations};
use crate::clock::Clock;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind, NewOrganization, OrganizationChange};
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{CollectionName, Password, PasswordHash};

/// The outcome of loading samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleReport {
    /// Organizations that were added.
    pub created: u32,
    /// Organizations that exist already, also under another name or in the trash, and those whose name or address is
    /// taken.
    pub already_there: u32,
}

/// Loads the sample organizations into a workspace.
pub struct SampleService {
    ports: Ports,
    clock: Arc<dyn Clock>,
}

impl SampleService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock }
    }

    /// Adds the missing sample organizations with their documents.
    ///
    /// Not journaled: an organization's own document comes last, so it appears with all its documents or not at all.
    /// Since all ids are fixed, loading again completes what a crash or a cancellation left.
    ///
    /// # Errors
    /// `Forbidden`, `Cancelled` (those created before stay), `Store`.
    pub async fn load(
        &self,
        actor: &Actor,
        hasher: &PasswordHasher,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<SampleReport, AppError> {
        actor.require(Act::Create)?;
        let password =
            Password::parse(&SecretString::from(SAMPLE_PASSWORD)).map_err(AppError::InvalidInput)?;
        // One hash for all: sixty would take half a minute, and the password is public.
        let hash = hasher.hash(&password).await?;
        let samples = organizations(self.clock.now());
        let total = Some(samples.len() as u64);
        let mut report = SampleReport::default();
        for (done, sample) in (0u64..).zip(&samples) {
            cancellation.checkpoint()?;
            progress.report(Progress { done, total });
            if self.add(actor, sample, &hash).await? {
                report.created += 1;
            } else {
                report.already_there += 1;
            }
        }
        progress.report(Progress { done: samples.len() as u64, total });
        Ok(report)
    }

    /// Adds one; `false` if it exists, or its name or address is taken.
    async fn add(
        &self,
        actor: &Actor,
        sample: &SampleOrganization,
        hash: &PasswordHash,
    ) -> Result<bool, AppError> {
        let store = &self.ports.organizations;
        // Checks name and address too: documents must not go into another organization's collection, or into one that
        // then gets no organization.
        if store.find(sample.id).await?.is_some()
            || store.find_trashed(sample.id).await?.is_some()
            || !store.owners(&sample.name).await?.is_empty()
            || !store.find_credentials(&sample.admin_email).await?.is_empty()
            || self.ports.accounts.find_operator_by_email(&sample.admin_email).await?.is_some()
        {
            return Ok(false);
        }
        let collection = CollectionName::for_organization(&sample.name);
        self.ports.collections.create(&collection).await?;
        self.ports.collections.insert_documents(&collection, &sample.documents).await?;
        let new = NewOrganization {
            id: sample.id,
            name: sample.name.clone(),
            display_name: sample.display_name.clone(),
            admin_email: sample.admin_email.clone(),
            admin_password: hash.clone(),
            created_at: sample.created_at,
        };
        let inserted = async { Ok(store.insert(&new).await?) };
        match self.ports.recorded(entry(actor, sample), inserted).await {
            Ok(()) => {}
            // Taken since the check. The collection stays: it may belong to the organization that took the name.
            Err(AppError::Store(StoreError::Duplicate { .. })) => return Ok(false),
            Err(error) => return Err(error),
        }
        if !sample.is_active {
            let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
            store.change(sample.id, &change, self.clock.now()).await?;
        }
        Ok(true)
    }
}

fn entry(actor: &Actor, sample: &SampleOrganization) -> ActivityEntry {
    ActivityEntry::of(actor, ActivityKind::OrganizationCreated)
        .about(sample.id, &sample.name)
        .with_detail("sample organization")
}
