//! What a database that refuses a step for good leaves: nothing.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_core::collections::{CollectionStatistics, CollectionStore};
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::organizations::OrganizationStatus;
use tenantry_core::ports::Ports;
use tenantry_core::values::CollectionName;
use tenantry_tests::console::{Console, Run, create_request};
use tenantry_tests::suite::name;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// Collections of a database whose user may neither create nor rename one.
struct Refusing(Arc<dyn CollectionStore>);

fn denied() -> StoreError {
    StoreError::Denied { action: "createCollection".to_owned(), namespace: None }
}

#[async_trait]
impl CollectionStore for Refusing {
    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.0.exists(name).await
    }

    async fn create(&self, _: &CollectionName) -> Result<(), StoreError> {
        Err(denied())
    }

    async fn rename(&self, _: &CollectionName, _: &CollectionName) -> Result<(), StoreError> {
        Err(denied())
    }

    async fn delete(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.0.delete(name).await
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        self.0.is_empty(name).await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        self.0.statistics(name).await
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        self.0.insert_documents(name, documents).await
    }
}

fn refusing(workspace: &TestWorkspace) -> Console {
    let ports = workspace.ports.clone();
    let ports = Ports { collections: Arc::new(Refusing(ports.collections.clone())), ..ports };
    Console::run(ports, &workspace.clock, Run::default())
}

#[tokio::test]
async fn a_create_whose_collection_is_refused_leaves_no_organization() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = refusing(&workspace);
    let operator = console.operator().await;
    let answer = console.organizations.create(&operator, create_request("acme")).await;
    assert!(matches!(answer, Err(AppError::Store(StoreError::Denied { .. }))), "{answer:?}");
    let found = workspace.ports.organizations.find_by_name(&name("acme")).await;
    assert_eq!(found, Ok(None), "its name and address would be taken by nothing");
    assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_trash_whose_collection_may_not_move_leaves_the_organization_where_it_was() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let allowed = Console::on(&workspace);
    let operator = allowed.operator().await;
    let acme = allowed.organizations.create(&operator, create_request("acme")).await.expect("created");
    let answer = refusing(&workspace).organizations.trash(&operator, acme.id, None).await;
    assert!(matches!(answer, Err(AppError::Store(StoreError::Denied { .. }))), "{answer:?}");
    let after = allowed.organizations.get(&operator, "acme").await.expect("still there");
    assert_eq!(after.status(), OrganizationStatus::Active);
    assert_eq!(workspace.ports.organizations.find_trashed(acme.id).await, Ok(None));
    assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()));
    allowed.organizations.trash(&operator, acme.id, None).await.expect("nothing stands in the way later");
}
