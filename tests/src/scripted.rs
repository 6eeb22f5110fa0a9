//! Tenant collections that respond to a write as a test says: refused, or lost and carried out later.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use parking_lot::Mutex;
use tenantry_core::error::StoreError;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, CollectionStore, Policy, Ports};
use tenantry_core::records::{
    CollectionDescription, CollectionIdentity, CollectionStatistics, IndexDescription, ListedCollection,
};
use tenantry_core::values::CollectionName;

/// What happens to a write.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It is refused, and nothing happens.
    Refused(StoreError),
    /// Someone else creates the target of this rename first.
    Overtaken,
    /// Its response is lost. It is carried out before the next write, or when the test says so.
    Late,
}

#[derive(Debug, Clone)]
enum Write {
    Create(CollectionName),
    CreateNew(CollectionName),
    Rename(CollectionName, CollectionName, CollectionIdentity),
    Delete(CollectionName, CollectionIdentity),
}

/// Passes every call on. Ports under a policy carry out no act whole, so that each step meets its response.
struct StepByStep;

impl Policy for StepByStep {
    async fn call<T: Send>(
        &self,
        _call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        store.await
    }
}

/// The collections of a store, with a test's own responses.
pub struct ScriptedCollections {
    inner: Arc<dyn CollectionStore>,
    answers: Mutex<VecDeque<Answer>>,
    late: Mutex<Vec<Write>>,
    tells_identities: bool,
}

impl ScriptedCollections {
    /// The first creations, renames and deletions get these responses; later ones get the store's.
    pub fn over(ports: &Ports, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            inner: ports.collections.clone(),
            answers: Mutex::new(answers.into_iter().collect()),
            late: Mutex::default(),
            tells_identities: true,
        }
    }

    /// The same, on a server without identities of collections.
    #[must_use]
    pub fn without_identities(self) -> Self {
        Self { tells_identities: false, ..self }
    }

    /// The ports with these collections.
    pub fn ports(self: &Arc<Self>, ports: &Ports) -> Ports {
        Ports { collections: self.clone(), ..ports.clone().under(StepByStep) }
    }

    /// Carries out what is late.
    pub async fn catch_up(&self) {
        let late = mem::take(&mut *self.late.lock());
        for write in late {
            // Nobody hears what becomes of it.
            let _ = self.carry_out(&write).await;
        }
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        self.catch_up().await;
        let answer = self.answers.lock().pop_front();
        match answer {
            None => self.carry_out(&write).await,
            Some(Answer::Refused(error)) => Err(error),
            Some(Answer::Overtaken) => {
                if let Write::Rename(_, to, _) = &write {
                    self.inner.create(to).await?;
                }
                self.carry_out(&write).await
            }
            Some(Answer::Late) => {
                self.late.lock().push(write);
                Err(StoreError::Unavailable { reason: "the answer is lost, as the test asked".to_owned() })
            }
        }
    }

    async fn carry_out(&self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Create(name) => self.inner.create(name).await,
            Write::CreateNew(name) => self.inner.create_new(name).await,
            Write::Rename(from, to, which) => self.inner.rename(from, to, which).await,
            Write::Delete(name, which) => self.inner.delete(name, which).await,
        }
    }
}

#[async_trait]
impl CollectionStore for ScriptedCollections {
    /// As on a server, whatever the store is.
    fn pending(&self) -> Duration {
        STEP_PENDING
    }

    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.inner.exists(name).await
    }

    async fn existing(&self, names: &[CollectionName]) -> Result<Vec<CollectionName>, StoreError> {
        self.inner.existing(names).await
    }

    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError> {
        let found = self.inner.identity(name).await?;
        Ok(if self.tells_identities { found } else { found.map(|_| CollectionIdentity(None)) })
    }

    async fn create(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.write(Write::Create(name.clone())).await
    }

    async fn create_new(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.write(Write::CreateNew(name.clone())).await
    }

    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError> {
        self.write(Write::Rename(from.clone(), to.clone(), which.clone())).await
    }

    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError> {
        self.write(Write::Delete(name.clone(), which.clone())).await
    }

    async fn delete_empty(&self, name: &CollectionName, operation: &str) -> Result<bool, StoreError> {
        self.inner.delete_empty(name, operation).await
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.inner.is_empty(name).await
    }

    async fn count(&self, name: &CollectionName) -> Result<u64, StoreError> {
        self.inner.count(name).await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        self.inner.statistics(name).await
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        self.inner.insert_documents(name, documents).await
    }

    async fn list(&self) -> Result<Vec<ListedCollection>, StoreError> {
        self.inner.list().await
    }

    async fn describe(&self, name: &CollectionName) -> Result<Option<CollectionDescription>, StoreError> {
        self.inner.describe(name).await
    }

    async fn create_as(&self, name: &CollectionName, like: &CollectionDescription) -> Result<(), StoreError> {
        self.inner.create_as(name, like).await
    }

    fn documents(&self, name: &CollectionName) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>> {
        self.inner.documents(name)
    }

    async fn documents_of(&self, name: &CollectionName, ids: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        self.inner.documents_of(name, ids).await
    }

    async fn documents_after(
        &self,
        name: &CollectionName,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.inner.documents_after(name, after, limit).await
    }

    async fn replace_documents(
        &self,
        name: &CollectionName,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<u64, StoreError> {
        self.inner.replace_documents(name, pairs).await
    }

    async fn newest(&self, name: &CollectionName) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.newest(name).await
    }

    async fn remove_documents(
        &self,
        name: &CollectionName,
        documents: &[Vec<u8>],
    ) -> Result<u64, StoreError> {
        self.inner.remove_documents(name, documents).await
    }

    async fn create_index(&self, name: &CollectionName, index: &IndexDescription) -> Result<(), StoreError> {
        self.inner.create_index(name, index).await
    }

    async fn drop_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError> {
        self.inner.drop_index(name, index).await
    }

    async fn set_validator(&self, name: &CollectionName, validator: &[u8]) -> Result<(), StoreError> {
        self.inner.set_validator(name, validator).await
    }
}
