//! A store behind the gate. Every method of every port stands here, so that a new one does not compile before somebody
//! has decided whether it writes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::WriteGate;
use crate::error::StoreError;
use crate::ports::{
    AccountStore, ActivityStore, CollectionStore, HealthStore, OperationJournal, OrganizationStore,
    PermitStore, Ports,
};
use crate::records::{
    ActivityEntry, CollectionIdentity, CollectionStatistics, Decided, JournalEntry, Line, NewOperator,
    NewOrganization, Operation, Operator, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, Permits, Restriction,
    RoleCommand, ServerFacts, SignInAttempts, StoreHealth, Trashed,
};
use crate::values::{
    CollectionName, CopyId, EmailAddress, HashRenewal, OperatorId, OrganizationId, OrganizationName,
    PasswordHash,
};

/// One port behind the gate.
struct Guarded<Port: ?Sized> {
    inner: Arc<Port>,
    gate: Arc<WriteGate>,
}

fn guarded<Port: ?Sized>(inner: Arc<Port>, gate: &Arc<WriteGate>) -> Arc<Guarded<Port>> {
    Arc::new(Guarded { inner, gate: Arc::clone(gate) })
}

impl Ports {
    /// The same ports behind a gate: while it is shut, every write answers `ReadOnly` and does nothing.
    #[must_use]
    pub fn behind(self, gate: &Arc<WriteGate>) -> Self {
        Self {
            organizations: guarded(self.organizations, gate),
            collections: guarded(self.collections, gate),
            accounts: guarded(self.accounts, gate),
            journal: guarded(self.journal, gate),
            activity: guarded(self.activity, gate),
            permits: guarded(self.permits, gate),
            health: guarded(self.health, gate),
        }
    }
}

#[async_trait]
impl OrganizationStore for Guarded<dyn OrganizationStore> {
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.insert(organization).await
    }

    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.insert_many(organizations).await
    }

    async fn remove(&self, seen: &Organization) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.remove(seen).await
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.inner.find(id).await
    }

    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError> {
        self.inner.find_by_name(name).await
    }

    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError> {
        self.inner.owners(name).await
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError> {
        self.inner.find_credentials(email).await
    }

    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError> {
        self.inner.find_credentials_of(id).await
    }

    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError> {
        self.inner.page(query).await
    }

    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError> {
        self.inner.count(filter).await
    }

    async fn set_name(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.set_name(seen, to, at).await
    }

    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError> {
        self.gate.require_open()?;
        self.inner.change(id, change, at).await
    }

    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.renew_hash(id, from, to, renewal).await
    }

    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.copy_to_trash(id, trashed).await
    }

    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.remove_copied(id, copy).await
    }

    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.inner.find_trashed(id).await
    }

    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.copy_from_trash(id, copy, name, at).await
    }

    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.remove_trashed(id, copy).await
    }
}

#[async_trait]
impl CollectionStore for Guarded<dyn CollectionStore> {
    fn pending(&self) -> Duration {
        self.inner.pending()
    }

    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.inner.exists(name).await
    }

    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError> {
        self.inner.identity(name).await
    }

    async fn create(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.create(name).await
    }

    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.rename(from, to, which).await
    }

    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.delete(name, which).await
    }

    async fn delete_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.gate.require_open()?;
        self.inner.delete_empty(name).await
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.inner.is_empty(name).await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        self.inner.statistics(name).await
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.insert_documents(name, documents).await
    }
}

#[async_trait]
impl AccountStore for Guarded<dyn AccountStore> {
    async fn has_operators(&self) -> Result<bool, StoreError> {
        self.inner.has_operators().await
    }

    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError> {
        match self.gate.require_open() {
            // Only an operator can unlock, so the first one is let in.
            Err(StoreError::ReadOnly { unlockable: true }) if !self.inner.has_operators().await? => {}
            answer => answer?,
        }
        self.inner.insert_operator(operator).await
    }

    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        self.inner.find_operator(id).await
    }

    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError> {
        self.inner.find_operator_by_email(email).await
    }

    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.renew_operator_hash(id, from, to, renewal).await
    }

    async fn most_accounts_of_an_address(&self) -> Result<usize, StoreError> {
        self.inner.most_accounts_of_an_address().await
    }

    async fn sign_in_attempts(&self, accounts: &[String]) -> Result<Vec<SignInAttempts>, StoreError> {
        self.inner.sign_in_attempts(accounts).await
    }

    // Permitted: guessing must be slowed down here too.
    async fn add_failed_sign_in(&self, account: &str) -> Result<u32, StoreError> {
        self.inner.add_failed_sign_in(account).await
    }

    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError> {
        self.inner.clear_failed_sign_ins(account).await
    }

    // Permitted: who signs out is signed out.
    async fn revoke_session(&self, session_id: &str, expires_at: OffsetDateTime) -> Result<(), StoreError> {
        self.inner.revoke_session(session_id, expires_at).await
    }

    async fn is_session_revoked(&self, session_id: &str) -> Result<bool, StoreError> {
        self.inner.is_session_revoked(session_id).await
    }
}

#[async_trait]
impl OperationJournal for Guarded<dyn OperationJournal> {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.begin(operation).await
    }

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError> {
        self.inner.find(organization_id).await
    }

    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.inner.unfinished().await
    }

    async fn take_over(&self, seen: &Operation, taken: &Operation) -> Result<bool, StoreError> {
        self.gate.require_open()?;
        self.inner.take_over(seen, taken).await
    }

    async fn end(&self, operation: &Operation) -> Result<(), StoreError> {
        self.gate.require_open()?;
        self.inner.end(operation).await
    }
}

#[async_trait]
impl ActivityStore for Guarded<dyn ActivityStore> {
    // Permitted: refusing the record would not undo what it tells.
    async fn record(&self, entry: &ActivityEntry) -> Result<(), StoreError> {
        self.inner.record(entry).await
    }

    async fn newest(
        &self,
        organization_id: OrganizationId,
        limit: u32,
    ) -> Result<Vec<ActivityEntry>, StoreError> {
        self.inner.newest(organization_id, limit).await
    }
}

#[async_trait]
impl PermitStore for Guarded<dyn PermitStore> {
    async fn find(&self) -> Result<Option<Decided>, StoreError> {
        self.inner.find().await
    }

    // Refused here: `AccessService`, which decides who may and puts it on record, is in front of the gate.
    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError> {
        self.gate.require_open()?;
        self.inner.decide(seen, next).await
    }
}

#[async_trait]
impl HealthStore for Guarded<dyn HealthStore> {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.gate.require_open()?;
        self.inner.prepare().await
    }

    async fn unprepared(&self) -> Result<Vec<String>, StoreError> {
        self.inner.unprepared().await
    }

    async fn line(&self) -> Line {
        self.inner.line().await
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        self.inner.server().await
    }

    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        self.inner.restrictions().await
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        self.inner.role_command().await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.inner.health().await
    }
}
