//! A program that dies, loses one answer, or sleeps, at a chosen write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_core::error::StoreError;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{
    AccountStore, ActivityStore, CollectionStore, HealthStore, OperationJournal, OrganizationStore,
    PermitStore, Ports,
};
use tenantry_core::records::{
    ActivityEntry, CollectionIdentity, CollectionStatistics, Decided, JournalEntry, Line, NewOperator,
    NewOrganization, Operation, Operator, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, Permits, Restriction,
    RoleCommand, ServerFacts, SignInAttempts, StoreHealth, Trashed,
};
use tenantry_core::values::{
    CollectionName, CopyId, EmailAddress, HashRenewal, OperatorId, OrganizationId, OrganizationName,
    PasswordHash,
};
use time::OffsetDateTime;
use tokio::sync::Notify;

/// Which side of the write the fault is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The write never reached the store.
    Before,
    /// The write is in the store, its answer never came.
    After,
}

/// What follows the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aftermath {
    /// Nothing gets through any more: as far as the store can see, the program is dead.
    Dead,
    /// The next call gets through: one answer was lost on the line.
    Recovers,
}

/// Where a fault is, and what follows.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The write that it hits, counted from 1 over all ports.
    pub write: u32,
    /// Before or after that write.
    pub moment: Moment,
    /// What follows.
    pub aftermath: Aftermath,
}

/// A write that waits, as on a computer that sleeps before it is sent.
#[derive(Debug, Default)]
pub struct Sleep {
    asleep: Notify,
    woken: Notify,
}

impl Sleep {
    /// Waits until the write is reached.
    pub async fn begins(&self) {
        self.asleep.notified().await;
    }

    /// Lets the write go on.
    pub fn wake(&self) {
        self.woken.notify_one();
    }
}

/// A store that works until its fault.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Ports,
    fault: Fault,
    sleep: Option<Arc<Sleep>>,
    writes: Arc<AtomicU32>,
    dead: Arc<AtomicBool>,
}

impl FaultyStore {
    /// The store behind `ports`, with a fault.
    pub fn over(ports: &Ports, fault: Fault) -> Self {
        Self { inner: ports.clone(), fault, sleep: None, writes: Arc::default(), dead: Arc::default() }
    }

    /// The store behind `ports`, whose write of this number waits to be woken and is carried out then.
    pub fn asleep_at(ports: &Ports, write: u32) -> (Self, Arc<Sleep>) {
        let fault = Fault { write, moment: Moment::Before, aftermath: Aftermath::Recovers };
        let sleep = Arc::new(Sleep::default());
        (Self { sleep: Some(sleep.clone()), ..Self::over(ports, fault) }, sleep)
    }

    /// Its ports.
    pub fn ports(&self) -> Ports {
        Ports::of(Arc::new(self.clone()))
    }

    /// Whether the fault was met: an act with fewer writes ends before it.
    pub fn was_met(&self) -> bool {
        self.writes.load(Ordering::SeqCst) >= self.fault.write
    }

    fn refuse_when_dead(&self) -> Result<(), StoreError> {
        if self.dead.load(Ordering::SeqCst) { Err(lost()) } else { Ok(()) }
    }

    async fn write<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.refuse_when_dead()?;
        if self.writes.fetch_add(1, Ordering::SeqCst) + 1 != self.fault.write {
            return call.await;
        }
        if let Some(sleep) = &self.sleep {
            sleep.asleep.notify_one();
            sleep.woken.notified().await;
            return call.await;
        }
        if self.fault.aftermath == Aftermath::Dead {
            self.dead.store(true, Ordering::SeqCst);
        }
        if self.fault.moment == Moment::After {
            // What the store answers is what nobody hears.
            let _ = call.await;
        }
        Err(lost())
    }

    async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.refuse_when_dead()?;
        call.await
    }
}

fn lost() -> StoreError {
    StoreError::Unavailable { reason: "the line broke, as the test asked".to_owned() }
}

#[async_trait]
impl OrganizationStore for FaultyStore {
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError> {
        self.write(self.inner.organizations.insert(organization)).await
    }

    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError> {
        self.write(self.inner.organizations.insert_many(organizations)).await
    }

    async fn remove(&self, seen: &Organization) -> Result<(), StoreError> {
        self.write(self.inner.organizations.remove(seen)).await
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.read(self.inner.organizations.find(id)).await
    }

    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError> {
        self.read(self.inner.organizations.find_by_name(name)).await
    }

    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError> {
        self.read(self.inner.organizations.owners(name)).await
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError> {
        self.read(self.inner.organizations.find_credentials(email)).await
    }

    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError> {
        self.read(self.inner.organizations.find_credentials_of(id)).await
    }

    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError> {
        self.read(self.inner.organizations.page(query)).await
    }

    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError> {
        self.read(self.inner.organizations.count(filter)).await
    }

    async fn set_name(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.write(self.inner.organizations.set_name(seen, to, at)).await
    }

    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError> {
        self.write(self.inner.organizations.change(id, change, at)).await
    }

    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        self.write(self.inner.organizations.renew_hash(id, from, to, renewal)).await
    }

    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        self.write(self.inner.organizations.copy_to_trash(id, trashed)).await
    }

    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.write(self.inner.organizations.remove_copied(id, copy)).await
    }

    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.read(self.inner.organizations.find_trashed(id)).await
    }

    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.write(self.inner.organizations.copy_from_trash(id, copy, name, at)).await
    }

    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.write(self.inner.organizations.remove_trashed(id, copy)).await
    }
}

#[async_trait]
impl CollectionStore for FaultyStore {
    /// As on a server, whatever the store is.
    fn pending(&self) -> Duration {
        STEP_PENDING
    }

    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.read(self.inner.collections.exists(name)).await
    }

    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError> {
        self.read(self.inner.collections.identity(name)).await
    }

    async fn create(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.write(self.inner.collections.create(name)).await
    }

    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError> {
        self.write(self.inner.collections.rename(from, to, which)).await
    }

    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError> {
        self.write(self.inner.collections.delete(name, which)).await
    }

    async fn delete_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.write(self.inner.collections.delete_empty(name)).await
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.read(self.inner.collections.is_empty(name)).await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        self.read(self.inner.collections.statistics(name)).await
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        self.write(self.inner.collections.insert_documents(name, documents)).await
    }
}

#[async_trait]
impl AccountStore for FaultyStore {
    async fn has_operators(&self) -> Result<bool, StoreError> {
        self.read(self.inner.accounts.has_operators()).await
    }

    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError> {
        self.write(self.inner.accounts.insert_operator(operator)).await
    }

    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        self.read(self.inner.accounts.find_operator(id)).await
    }

    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError> {
        self.read(self.inner.accounts.find_operator_by_email(email)).await
    }

    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        self.write(self.inner.accounts.renew_operator_hash(id, from, to, renewal)).await
    }

    async fn most_accounts_of_an_address(&self) -> Result<usize, StoreError> {
        self.read(self.inner.accounts.most_accounts_of_an_address()).await
    }

    async fn sign_in_attempts(&self, accounts: &[String]) -> Result<Vec<SignInAttempts>, StoreError> {
        self.read(self.inner.accounts.sign_in_attempts(accounts)).await
    }

    async fn add_failed_sign_in(&self, account: &str) -> Result<u32, StoreError> {
        self.write(self.inner.accounts.add_failed_sign_in(account)).await
    }

    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError> {
        self.write(self.inner.accounts.clear_failed_sign_ins(account)).await
    }

    async fn revoke_session(&self, session_id: &str, expires_at: OffsetDateTime) -> Result<(), StoreError> {
        self.write(self.inner.accounts.revoke_session(session_id, expires_at)).await
    }

    async fn is_session_revoked(&self, session_id: &str) -> Result<bool, StoreError> {
        self.read(self.inner.accounts.is_session_revoked(session_id)).await
    }
}

#[async_trait]
impl OperationJournal for FaultyStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        self.write(self.inner.journal.begin(operation)).await
    }

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError> {
        self.read(self.inner.journal.find(organization_id)).await
    }

    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(self.inner.journal.unfinished()).await
    }

    async fn take_over(&self, seen: &Operation, taken: &Operation) -> Result<bool, StoreError> {
        self.write(self.inner.journal.take_over(seen, taken)).await
    }

    async fn end(&self, operation: &Operation) -> Result<(), StoreError> {
        self.write(self.inner.journal.end(operation)).await
    }
}

#[async_trait]
impl ActivityStore for FaultyStore {
    async fn record(&self, entry: &ActivityEntry) -> Result<(), StoreError> {
        self.write(self.inner.activity.record(entry)).await
    }

    async fn newest(
        &self,
        organization_id: OrganizationId,
        limit: u32,
    ) -> Result<Vec<ActivityEntry>, StoreError> {
        self.read(self.inner.activity.newest(organization_id, limit)).await
    }
}

#[async_trait]
impl PermitStore for FaultyStore {
    async fn find(&self) -> Result<Option<Decided>, StoreError> {
        self.read(self.inner.permits.find()).await
    }

    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError> {
        self.write(self.inner.permits.decide(seen, next)).await
    }
}

#[async_trait]
impl HealthStore for FaultyStore {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.write(self.inner.health.prepare()).await
    }

    async fn unprepared(&self) -> Result<Vec<String>, StoreError> {
        self.read(self.inner.health.unprepared()).await
    }

    async fn line(&self) -> Line {
        if self.refuse_when_dead().is_err() {
            let problem = Some("The line broke, as the test asked.".to_owned());
            return Line { reachable: false, problem, primary: None, members: None, round_trip: None };
        }
        self.inner.health.line().await
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        self.read(self.inner.health.server()).await
    }

    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        self.read(self.inner.health.restrictions()).await
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        self.read(self.inner.health.role_command()).await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.read(self.inner.health.health()).await
    }
}
