//! One policy around every method of every port.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use time::OffsetDateTime;

use super::{
    AccountStore, ActivityStore, CollectionStore, HealthStore, OperationJournal, OrganizationStore,
    PeopleStore, PermitStore, Ports, SessionStore, SettingsStore,
};
use crate::error::StoreError;
use crate::records::{
    Accepted, ActivityEntry, Capacity, Claims, CollectionDescription, CollectionIdentity,
    CollectionStatistics, Correction, Decided, Head, IndexDescription, JournalEntry, Line, ListedCollection,
    LiveSession, Membership, MembershipChange, NewOperator, NewOrganization, OneTime, Operation, Operator,
    OperatorChange, Organization, OrganizationChange, OrganizationCounts, OrganizationCredentials,
    OrganizationFilter, OrganizationPage, OrganizationQuery, PeopleCounts, PeopleFilter, PeoplePage,
    PeopleQuery, Permits, Person, RecordPage, RecordQuery, Recorded, Restriction, RoleCommand, ServerFacts,
    SessionDigest, SessionFacts, SessionQuery, SessionsOf, Shelf, SignInAttempts, StoreHealth, Stored,
    StoredOrganization, Template, Trashed, WorkspaceSettings,
};
use crate::values::{
    CollectionName, CopyId, Device, EmailAddress, HashRenewal, OperatorId, OrganizationId, OrganizationName,
    PasswordHash, PersonId, PersonName, RecoveryDigest,
};

/// One call of a port.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Port and method: `organizations.insert`.
    pub name: &'static str,
    /// Whether it writes.
    pub writes: bool,
    /// Its arguments.
    pub arguments: &'a [&'a (dyn Debug + Sync)],
}

/// Decides about calls of ports: carries them out, or responds without.
pub trait Policy: Send + Sync + 'static {
    /// Called for every method that can fail. Awaiting `store` carries the call out.
    fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;

    /// [`CollectionStore::pending`].
    fn pending(&self, of_store: Duration) -> Duration {
        of_store
    }

    /// [`HealthStore::line`].
    fn line(&self, store: impl Future<Output = Line> + Send) -> impl Future<Output = Line> + Send {
        store
    }
}

impl Ports {
    /// The same ports under a policy.
    #[must_use]
    pub fn under(self, policy: impl Policy) -> Self {
        Self::of(Arc::new(Ruled { store: self, policy }))
    }
}

struct Ruled<P> {
    store: Ports,
    policy: P,
}

/// Passes the methods of a port on through the policy. A method that is missing here does not compile, and neither does
/// one that does not say whether it reads or writes.
macro_rules! pass_on {
    (@writes read) => { false };
    (@writes write) => { true };
    (
        $port:ident as $field:ident $(also { $($more:tt)* })?;
        $($kind:ident $method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*
    ) => {
        #[async_trait]
        impl<P: Policy> $port for Ruled<P> {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                let call = Call {
                    name: concat!(stringify!($field), ".", stringify!($method)),
                    writes: pass_on!(@writes $kind),
                    arguments: &[$(&$argument),*],
                };
                self.policy.call(call, self.store.$field.$method($($argument),*)).await
            })*
            $($($more)*)?
        }
    };
}

pass_on! {
    OrganizationStore as organizations also {
        /// Each batch is a call.
        fn rows(&self, query: &OrganizationQuery) -> BoxStream<'_, Result<Vec<Organization>, StoreError>> {
            let rows = self.store.organizations.rows(query);
            stream::try_unfold((rows, query.clone()), move |(mut rows, query)| async move {
                let call = Call { name: "organizations.rows", writes: false, arguments: &[&query] };
                let batch = self.policy.call(call, rows.try_next()).await?;
                Ok(batch.map(|batch| (batch, (rows, query))))
            })
            .boxed()
        }

        /// Each batch is a call.
        fn scan(&self, shelf: Shelf) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>> {
            self.batches("organizations.scan", self.store.organizations.scan(shelf))
        }
    };
    write insert(organization: &NewOrganization) -> ();
    write insert_many(organizations: &[NewOrganization]) -> ();
    write remove(seen: &Organization) -> ();
    read find(id: OrganizationId) -> Option<Organization>;
    read find_several(ids: &[OrganizationId]) -> Vec<Organization>;
    read find_by_name(name: &OrganizationName) -> Option<Organization>;
    read owners(name: &OrganizationName) -> Vec<OrganizationId>;
    read find_claims(names: &[OrganizationName], emails: &[EmailAddress]) -> Claims;
    read find_credentials(email: &EmailAddress) -> Vec<OrganizationCredentials>;
    read find_credentials_of(id: OrganizationId) -> Option<OrganizationCredentials>;
    read page(query: &OrganizationQuery) -> OrganizationPage;
    read count(filter: &OrganizationFilter) -> OrganizationCounts;
    write set_name(seen: &Organization, to: &OrganizationName, at: OffsetDateTime) -> ();
    write change(id: OrganizationId, change: &OrganizationChange, at: OffsetDateTime) -> Organization;
    write renew_hash(id: OrganizationId, from: &PasswordHash, to: &PasswordHash, renewal: &HashRenewal) -> ();
    write copy_to_trash(id: OrganizationId, trashed: &Trashed) -> ();
    write remove_copied(id: OrganizationId, copy: Option<CopyId>) -> ();
    read find_trashed(id: OrganizationId) -> Option<Organization>;
    write copy_from_trash(
        id: OrganizationId, copy: Option<CopyId>, name: &OrganizationName, at: OffsetDateTime
    ) -> ();
    write remove_trashed(id: OrganizationId, copy: Option<CopyId>) -> ();
    read stored(id: OrganizationId) -> Option<StoredOrganization>;
    write correct(seen: &StoredOrganization, correction: &Correction, at: OffsetDateTime) -> ();
    read document(id: OrganizationId) -> Option<Vec<u8>>;
    read trashed_document(id: OrganizationId) -> Option<Vec<u8>>;
    write insert_document(document: &[u8]) -> ();
}

pass_on! {
    CollectionStore as collections also {
        fn pending(&self) -> Duration {
            self.policy.pending(self.store.collections.pending())
        }

        /// Each batch is a call.
        fn documents(&self, name: &CollectionName) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>> {
            self.batches("collections.documents", self.store.collections.documents(name))
        }
    };
    read exists(name: &CollectionName) -> bool;
    read existing(names: &[CollectionName]) -> Vec<CollectionName>;
    read identity(name: &CollectionName) -> Option<CollectionIdentity>;
    write create(name: &CollectionName) -> ();
    write create_new(name: &CollectionName) -> ();
    write rename(from: &CollectionName, to: &CollectionName, which: &CollectionIdentity) -> ();
    write delete(name: &CollectionName, which: &CollectionIdentity) -> ();
    write delete_empty(name: &CollectionName, operation: &str) -> bool;
    read is_empty(name: &CollectionName) -> bool;
    read count(name: &CollectionName) -> u64;
    read statistics(name: &CollectionName) -> CollectionStatistics;
    write insert_documents(name: &CollectionName, documents: &[Vec<u8>]) -> ();
    read list() -> Vec<ListedCollection>;
    read describe(name: &CollectionName) -> Option<CollectionDescription>;
    write create_as(name: &CollectionName, like: &CollectionDescription) -> ();
    read documents_of(name: &CollectionName, ids: &[Vec<u8>]) -> Vec<Vec<u8>>;
    read documents_after(name: &CollectionName, after: Option<&[u8]>, limit: u32) -> Vec<Vec<u8>>;
    read newest(name: &CollectionName) -> Option<Vec<u8>>;
    write replace_documents(name: &CollectionName, pairs: &[(Vec<u8>, Vec<u8>)]) -> u64;
    write remove_documents(name: &CollectionName, documents: &[Vec<u8>]) -> u64;
    write create_index(name: &CollectionName, index: &IndexDescription) -> ();
    write drop_index(name: &CollectionName, index: &str) -> ();
    write set_validator(name: &CollectionName, validator: &[u8]) -> ();
}

pass_on! {
    AccountStore as accounts;
    read has_operators() -> bool;
    write insert_operator(operator: &NewOperator) -> ();
    read find_operator(id: OperatorId) -> Option<Operator>;
    read find_operator_by_email(email: &EmailAddress) -> Option<Operator>;
    read operators() -> Vec<Operator>;
    write change_operator(seen: &Operator, change: &OperatorChange) -> Operator;
    write remove_operator(seen: &Operator) -> ();
    write set_operators_own_password(
        seen: &Operator, hash: &PasswordHash, recovery: Option<&RecoveryDigest>
    ) -> Operator;
    write note_operator_sign_in(id: OperatorId, at: OffsetDateTime) -> ();
    write renew_operator_hash(id: OperatorId, from: &PasswordHash, to: &PasswordHash, renewal: &HashRenewal) -> ();
    read most_accounts_of_an_address() -> usize;
    read sign_in_attempts(accounts: &[String]) -> Vec<SignInAttempts>;
    write add_failed_sign_in(account: &str, device: &Device) -> u32;
    read failed_sign_ins(limit: u32) -> Vec<SignInAttempts>;
    write add_passed_over(account: &str, guess: &str) -> ();
    write clear_failed_sign_ins(account: &str) -> ();
}

pass_on! {
    PeopleStore as people;
    write insert(person: &Person) -> ();
    read find(id: PersonId) -> Option<Person>;
    read find_by_email(email: &EmailAddress) -> Option<Person>;
    read page(query: &PeopleQuery, now: OffsetDateTime) -> PeoplePage;
    read count(filter: &PeopleFilter, now: OffsetDateTime) -> PeopleCounts;
    write join(
        seen: &Person, membership: &Membership, password: Option<(&PasswordHash, OneTime)>
    ) -> Person;
    write change_membership(
        id: PersonId, organization: Option<OrganizationId>, change: MembershipChange
    ) -> Person;
    write leave(id: PersonId, organization: Option<OrganizationId>) -> ();
    write leave_all(organization: OrganizationId) -> ();
    write rename(id: PersonId, name: &PersonName) -> Person;
    write set_one_time_password(seen: &Person, hash: &PasswordHash, one_time: OneTime) -> Person;
    write set_own_password(seen: &Person, hash: &PasswordHash) -> Person;
    write renew_hash(id: PersonId, from: &PasswordHash, to: &PasswordHash, renewal: &HashRenewal) -> ();
    write note_sign_in(id: PersonId, at: OffsetDateTime) -> ();
}

pass_on! {
    OperationJournal as journal;
    write begin(operation: &Operation) -> ();
    read find(organization_id: OrganizationId) -> Option<JournalEntry>;
    read unfinished() -> Vec<JournalEntry>;
    write take_over(seen: &Operation, since: Option<OffsetDateTime>, taken: &Operation) -> bool;
    write end(operation: &Operation) -> bool;
}

pass_on! {
    ActivityStore as activity also {
        /// Each batch is a call.
        fn walk(&self, from: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
            self.batches("activity.walk", self.store.activity.walk(from))
        }

        /// Each batch is a call.
        fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
            self.batches("activity.walk_earlier", self.store.activity.walk_earlier())
        }
    };
    write append(entry: &ActivityEntry) -> Recorded;
    read head() -> Option<Head>;
    read page(query: &RecordQuery) -> RecordPage;
    read find(number: u64) -> Option<Recorded>;
    write cut(last: &Head, earlier: &[String]) -> u64;
}

impl<P: Policy> Ruled<P> {
    /// The batches of a stream, each as a call that reads.
    fn batches<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        batches: BoxStream<'a, Result<T, StoreError>>,
    ) -> BoxStream<'a, Result<T, StoreError>> {
        stream::try_unfold(batches, move |mut batches| async move {
            let call = Call { name, writes: false, arguments: &[] };
            let batch = self.policy.call(call, batches.try_next()).await?;
            Ok(batch.map(|batch| (batch, batches)))
        })
        .boxed()
    }
}

pass_on! {
    PermitStore as permits;
    read find() -> Option<Decided>;
    write decide(seen: Option<Permits>, next: &Decided) -> bool;
}

pass_on! {
    SessionStore as sessions;
    write insert(session: &SessionFacts) -> ();
    read find(id: &SessionDigest) -> Option<LiveSession>;
    write touch(id: &SessionDigest) -> Option<LiveSession>;
    write extend(id: &SessionDigest, expires_at: OffsetDateTime) -> bool;
    read page(query: &SessionQuery) -> Vec<LiveSession>;
    write end(sessions: &SessionsOf, except: Option<&SessionDigest>) -> u64;
}

pass_on! {
    SettingsStore as settings;
    read find() -> Option<WorkspaceSettings>;
    write change(seen: Option<&WorkspaceSettings>, next: &WorkspaceSettings) -> bool;
    read template() -> Option<Template>;
    write change_template(seen: Option<&Template>, next: &Template) -> bool;
    read accepted() -> Vec<Accepted>;
    read accepted_of(id: OrganizationId) -> Option<Accepted>;
    write accept(accepted: &Accepted) -> ();
}

pass_on! {
    HealthStore as health also {
        async fn line(&self) -> Line {
            self.policy.line(self.store.health.line()).await
        }
    };
    write prepare() -> Vec<String>;
    read unprepared() -> Vec<String>;
    read server() -> ServerFacts;
    read restrictions() -> Vec<Restriction>;
    read role_command() -> RoleCommand;
    read capacity() -> Capacity;
    read health() -> StoreHealth;
}
