//! What has no room in the deployment is refused before anything is written.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tenantry_core::capacity::{CapacityService, require_index_room};
use tenantry_core::doctor::{Depth, Finding, FindingQuery, MendChoices, MendKind, MendRequest};
use tenantry_core::error::{AppError, Limited, StoreError};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::CAPACITY_FRESH;
use tenantry_core::ports::{HealthStore, Ports};
use tenantry_core::records::{
    Capacity, CollectionLimit, Line, Restriction, RoleCommand, ServerFacts, StoreHealth,
};
use tenantry_core::values::{Field, FieldRule};
use tenantry_tests::console::{Console, Run, create_request};
use tenantry_tests::suite::{ANY, collection};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// A deployment that tells the room of a test.
struct Tight {
    inner: Arc<dyn HealthStore>,
    room: Mutex<Result<Capacity, StoreError>>,
    asked: Mutex<u32>,
}

#[async_trait]
impl HealthStore for Tight {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
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

    async fn capacity(&self) -> Result<Capacity, StoreError> {
        *self.asked.lock() += 1;
        self.room.lock().clone()
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.inner.health().await
    }
}

fn room(limit: Option<CollectionLimit>, collections: u64) -> Capacity {
    Capacity { limit, collections: Some(collections), indexes: Some(3 * collections), name_bytes: 67 }
}

fn free(collections: u64) -> Capacity {
    room(Some(CollectionLimit::AtlasFreeOrFlex), collections)
}

fn console(workspace: &TestWorkspace, room: Capacity) -> (Console, Arc<Tight>) {
    let inner = Arc::clone(&workspace.ports.health);
    let tight = Arc::new(Tight { inner, room: Mutex::new(Ok(room)), asked: Mutex::default() });
    let ports = Ports { health: tight.clone(), ..workspace.ports.clone() };
    (Console::run(ports, &workspace.clock, Run::default()), tight)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_would_break_the_limit_is_refused_and_leaves_nothing() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let (console, tight) = console(&workspace, free(499));
        let operator = console.operator().await;
        let create = async |name: &str| {
            let created = console.organizations.create(&operator, create_request(name)).await;
            created.map(|created| created.id)
        };
        create("last").await.expect("one more fits");
        *tight.room.lock() = Ok(free(500));
        workspace.clock.advance(CAPACITY_FRESH);
        let full = AppError::NoRoom { of: Limited::Collections, used: 500, limit: 500, needed: 1 };
        assert_eq!(create("acme").await, Err(full), "{kind:?}");
        assert_eq!(workspace.ports.collections.exists(&collection("acme")).await, Ok(false), "{kind:?}");
        assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deployment_is_asked_once_a_minute_and_what_is_made_meanwhile_is_counted() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let (console, tight) = console(&workspace, free(498));
    let operator = console.operator().await;
    for name in ["one", "two"] {
        console.organizations.create(&operator, create_request(name)).await.expect("created");
    }
    let third = console.organizations.create(&operator, create_request("three")).await;
    assert!(matches!(third, Err(AppError::NoRoom { used: 500, .. })), "{third:?}");
    assert_eq!(*tight.asked.lock(), 1, "another question before each create is one round trip more");
    workspace.clock.advance(CAPACITY_FRESH + Duration::from_secs(1));
    console.organizations.create(&operator, create_request("three")).await.expect("there is room again");
    assert_eq!(*tight.asked.lock(), 2);
    workspace.remove().await;
}

#[tokio::test]
async fn only_a_limit_that_the_server_enforces_refuses_and_what_is_not_known_does_not() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let recommended = room(Some(CollectionLimit::Recommended), 9_000);
    assert!(recommended.is_nearly_full(), "it is shown");
    let unknown = Capacity { collections: None, indexes: None, ..free(0) };
    assert!(!unknown.is_nearly_full());
    for (name, room) in [("recommended", recommended), ("unknown", unknown), ("none", room(None, 90_000))] {
        let (console, _) = console(&workspace, room);
        let operator = console.operator().await;
        console.organizations.create(&operator, create_request(name)).await.expect(name);
    }
    let (console, tight) = console(&workspace, free(0));
    *tight.room.lock() = Err(StoreError::TookTooLong);
    let operator = console.operator().await;
    console.organizations.create(&operator, create_request("silent")).await.expect("the server decides then");
    assert_eq!([450, 451].map(|used| free(used).is_nearly_full()), [false, true], "over nine tenths");
}

#[tokio::test]
async fn a_name_that_does_not_fit_into_the_databases_names_is_refused_at_its_field() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let (console, _) = console(&workspace, Capacity { name_bytes: 5, ..room(None, 0) });
    let operator = console.operator().await;
    let acme = console.organizations.create(&operator, create_request("acme")).await.expect("it fits");
    let long = console.organizations.create(&operator, create_request("zenith")).await;
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await;
    for refused in [long, renamed] {
        let Err(AppError::InvalidInput(issues)) = refused else { panic!("{refused:?}") };
        assert_eq!(
            issues.iter().map(|issue| (issue.field, issue.rule)).collect::<Vec<_>>(),
            [(Field::Name, FieldRule::TooManyBytes)]
        );
    }
}

#[test]
fn a_collection_takes_64_indexes() {
    assert_eq!(require_index_room(63, 1), Ok(()));
    let full = AppError::NoRoom { of: Limited::Indexes, used: 64, limit: 64, needed: 1 };
    assert_eq!(require_index_room(64, 1), Err(full));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mend_that_makes_a_collection_is_refused_where_there_is_no_room_and_counted_where_there_is() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let (console, tight) = console(&workspace, free(400));
    let operator = console.operator().await;
    for name in ["acme", "birch", "cedar"] {
        console.create(name).await;
        workspace.ports.collections.delete(&collection(name), &ANY).await.expect("deleted");
    }
    console.doctor.run(&operator, Depth::Quick, &Quiet, &Cancellation::default()).await.expect("a pass");
    let query = FindingQuery { limit: 9, ..FindingQuery::default() };
    let missing = console.doctor.page(&operator, &query).expect("a page").findings;
    let mend = async |finding: &Finding| {
        let (finding, mend) = (finding.clone(), MendKind::CreateCollection);
        let request = MendRequest { finding: finding.id.clone(), mend, choices: MendChoices::default() };
        console.mends.mend(&operator, &finding, &request, &Cancellation::default()).await.map(drop)
    };
    *tight.room.lock() = Ok(free(498));
    workspace.clock.advance(CAPACITY_FRESH);
    let [acme, birch, cedar] = &missing[..] else { panic!("three: {missing:?}") };
    assert_eq!(mend(acme).await, Ok(()));
    assert_eq!(mend(birch).await, Ok(()));
    let full = AppError::NoRoom { of: Limited::Collections, used: 500, limit: 500, needed: 1 };
    assert_eq!(mend(cedar).await, Err(full), "what the mends made meanwhile is counted");
    assert_eq!(workspace.ports.collections.exists(&collection("cedar")).await, Ok(false));
    workspace.remove().await;
}

#[tokio::test]
async fn an_index_counts_where_indexes_count() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let (console, tight) = console(&workspace, free(500));
    let capacity = CapacityService::new(console.ports.clone(), workspace.clock.clone());
    assert_eq!(capacity.require_indexes(3, 5).await, Ok(()), "collections are what is full there");
    assert_eq!(capacity.require_indexes(3, 5).await, Ok(()));
    assert_eq!(*tight.asked.lock(), 1, "one question for many");
    assert!(matches!(
        capacity.require_indexes(60, 5).await,
        Err(AppError::NoRoom { of: Limited::Indexes, .. })
    ));
    let counted =
        [CollectionLimit::AtlasFreeOrFlex, CollectionLimit::Recommended].map(|limit| limit.counted(2, 7));
    assert_eq!(counted, [2, 9]);
}
