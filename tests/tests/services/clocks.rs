//! Computers whose clocks differ: none takes a running operation for an abandoned one, or the other way round.

use std::sync::Arc;
use std::time::Duration;

use tenantry_core::clock::{Clock, ManualClock};
use tenantry_core::error::AppError;
use tenantry_core::limits::{OPERATION_LEASE, STEP_PENDING};
use tenantry_core::records::{Operation, OperationPlan, Organization, Owner, RecoveryOutcome};
use tenantry_tests::console::{Console, OPERATOR, Run};
use tenantry_tests::scripted::{Answer, ScriptedCollections};
use tenantry_tests::suite::{collection, name};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const DIFFERENCE: Duration = Duration::from_secs(5 * 60);
const SECOND: Duration = Duration::from_secs(1);
const SERVERS: [StoreKind; 2] = [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// Which way a computer's clock is off.
#[derive(Debug, Clone, Copy)]
enum Off {
    Behind,
    Ahead,
}

impl Off {
    fn clock(self) -> Arc<ManualClock> {
        let clock = ManualClock::at(time::OffsetDateTime::now_utc());
        match self {
            Self::Behind => clock.set_back(DIFFERENCE),
            Self::Ahead => clock.set_forward(DIFFERENCE),
        }
        Arc::new(clock)
    }

    fn other(self) -> Self {
        match self {
            Self::Behind => Self::Ahead,
            Self::Ahead => Self::Behind,
        }
    }
}

/// A process on another computer.
async fn elsewhere(workspace: &TestWorkspace, off: Off) -> Console {
    let clock = off.clock();
    let run = Run { installation: "another-computer", ..Run::default() };
    Console::run(workspace.opened_at(&clock).await, &clock, run)
}

/// A workspace with `acme`, whose rename to `zenith` is in progress on a computer whose clock is off.
async fn under_way(kind: StoreKind, off: Off) -> (TestWorkspace, Arc<ScriptedCollections>, Organization) {
    let workspace = TestWorkspace::open(kind).await;
    let acme = Console::on(&workspace).create("acme").await;
    let clock = off.clock();
    let ports = workspace.opened_at(&clock).await;
    let scripted = Arc::new(ScriptedCollections::over(&ports, [Answer::Late]));
    let run = Run { instance: "slow-run".to_owned(), ..Run::default() };
    let console = Console::run(scripted.ports(&ports), &clock, run);
    let operator = console.operator().await;
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await;
    assert!(matches!(&renamed, Err(AppError::Store(error)) if error.is_unclear()), "{renamed:?}");
    (workspace, scripted, acme)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn computers_whose_clocks_differ_leave_each_others_live_acts_alone() {
    for kind in SERVERS {
        for off in [Off::Behind, Off::Ahead] {
            let (workspace, scripted, acme) = under_way(kind, off).await;
            let other = elsewhere(&workspace, off.other()).await;
            let operator = other.operator().await;
            let busy = other.organizations.trash(&operator, acme.id, None).await;
            assert_eq!(busy, Err(AppError::Busy { act: "rename" }), "{off:?}: a live act was taken over");
            let found = other.operations.recover().await.expect("the journal is read");
            assert_eq!(found[0].outcome, RecoveryOutcome::InProgressElsewhere, "{off:?}");

            workspace.pass(OPERATION_LEASE - Duration::from_secs(20)).await;
            let busy = other.organizations.trash(&operator, acme.id, None).await;
            assert_eq!(busy, Err(AppError::Busy { act: "rename" }), "{off:?}: the lease is not over");
            scripted.catch_up().await;
            workspace.pass(Duration::from_secs(21)).await;
            other.organizations.trash(&operator, acme.id, None).await.expect("what is abandoned is settled");
            let trashed = other.ports.organizations.find_trashed(acme.id).await.expect("a look");
            assert_eq!(
                trashed.map(|trashed| trashed.name),
                Some(name("zenith")),
                "the rename was finished first"
            );
            workspace.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_left_waits_as_long_as_it_must_when_its_clock_is_set() {
    for kind in [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let acme = Console::on(&workspace).create("acme").await;
        let clock = Arc::new(ManualClock::at(workspace.clock.now()));
        let ports = workspace.opened_at(&clock).await;
        let scripted = Arc::new(ScriptedCollections::over(&ports, [Answer::Late]));
        let console = Console::run(scripted.ports(&ports), &clock, Run::default());
        let operator = console.operator().await;
        assert!(console.organizations.rename(&operator, acme.id, "zenith").await.is_err());

        clock.set_forward(DIFFERENCE);
        let early = console.organizations.rename(&operator, acme.id, "globex").await;
        assert_eq!(early, Err(AppError::Busy { act: "rename" }), "a clock set forward shortened the wait");
        clock.set_back(2 * DIFFERENCE);
        clock.advance(STEP_PENDING);
        scripted.catch_up().await;
        let renamed = console.organizations.rename(&operator, acme.id, "globex").await;
        assert!(renamed.is_ok(), "a clock set back lengthened the wait: {renamed:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_from_the_future_is_taken_once_it_stood_unchanged_for_its_lease() {
    for kind in [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let acme = Console::on(&workspace).create("acme").await;
        let owner = Owner { installation: "another-computer".to_owned(), instance: "its-run".to_owned() };
        let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: None };
        let begun = Operation::new(acme.id, plan, owner, OPERATOR.to_owned());
        workspace.ports.journal.begin(&begun).await.expect("begun");
        // As an earlier version did on a computer whose clock is years ahead.
        workspace.clock.set_back(DIFFERENCE * 100_000);
        if kind == StoreKind::MongoReplicaSet {
            let entries = workspace.database().await.collection::<bson::Document>("console_operations");
            let far = bson::DateTime::from_millis(253_402_300_799_000);
            let update = bson::doc! { "$set": { "started_at": far } };
            entries.update_one(bson::doc! {}, update).await.expect("moved to the end of the year 9999");
        }
        let console = Console::run(workspace.ports.clone(), &workspace.clock, Run::default());
        let outcome =
            || async { console.operations.recover().await.expect("the journal is read")[0].outcome.clone() };
        assert_eq!(outcome().await, RecoveryOutcome::InProgressElsewhere);
        workspace.clock.advance(OPERATION_LEASE - SECOND);
        assert_eq!(outcome().await, RecoveryOutcome::InProgressElsewhere);
        workspace.clock.advance(SECOND);
        assert_eq!(outcome().await, RecoveryOutcome::Undone, "it would be busy for ever");
        assert!(workspace.ports.collections.exists(&collection("acme")).await.expect("a look"));
        workspace.remove().await;
    }
}
