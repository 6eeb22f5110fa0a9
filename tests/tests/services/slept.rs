//! A computer sleeps in the middle of an operation, another console takes the operation over and goes on, and the
//! computer wakes: late writes destroy nothing.

use std::sync::Arc;
use std::time::Duration;

use tenantry_core::error::AppError;
use tenantry_core::limits::{OPERATION_LEASE, STEP_PENDING};
use tenantry_core::ports::Ports;
use tenantry_core::records::{Organization, OrganizationStatus};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;
use tenantry_tests::console::{Console, Run, create_request};
use tenantry_tests::faults::{FaultyStore, Sleep};
use tenantry_tests::suite::{collection, hash};
use tenantry_tests::twins::{DOCUMENTS, documents, fill};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use tokio::sync::Notify;

/// More writes than any operation has.
const MANY: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Create,
    Rename,
    Trash,
    Restore,
    DeleteForever,
}

/// What the other console does after taking the operation over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing more.
    Nothing,
    /// Restores what is in the trash, and trashes what is live.
    TheOpposite,
    /// There and back again, so that everything has its old place but is not the same.
    ThereAndBack,
}

struct Case {
    workspace: TestWorkspace,
    /// The console on the other computer.
    colleague: Console,
    operator: Actor,
    from: String,
    to: String,
}

impl Case {
    async fn open(workspace: TestWorkspace, number: u32) -> Self {
        let run = Run {
            installation: "another-computer",
            instance: format!("colleague-{number}"),
            ..Run::default()
        };
        let colleague = Console::run(workspace.ports.clone(), &workspace.clock, run);
        let operator = colleague.operator().await;
        let (from, to) = (format!("from-{number}"), format!("to-{number}"));
        Self { workspace, colleague, operator, from, to }
    }

    /// The console on the computer that sleeps at a write.
    fn sleeper(&self, write: u32) -> (Console, FaultyStore, Arc<Sleep>) {
        let (store, sleep) = FaultyStore::asleep_at(&self.workspace.ports, write);
        let run = Run { instance: format!("sleeper-{}", self.from), ..Run::default() };
        (Console::run(store.ports(), &self.workspace.clock, run), store, sleep)
    }

    async fn filled(&self, act: Act) -> Option<OrganizationId> {
        if act == Act::Create {
            return None;
        }
        let created = self.colleague.create(&self.from).await;
        fill(&self.workspace.ports, &created.collection(), DOCUMENTS).await;
        if matches!(act, Act::Restore | Act::DeleteForever) {
            self.colleague.organizations.trash(&self.operator, created.id, None).await.expect("trashed");
        }
        Some(created.id)
    }

    async fn act(&self, act: Act, console: &Console, id: Option<OrganizationId>) -> Result<(), AppError> {
        let (acts, operator) = (&console.organizations, &self.operator);
        let id = id.unwrap_or_else(OrganizationId::new);
        match act {
            Act::Create => acts.create(operator, create_request(&self.from)).await.map(drop),
            Act::Rename => acts.rename(operator, id, &self.to).await.map(drop),
            Act::Trash => acts.trash(operator, id, None).await.map(drop),
            Act::Restore => acts.restore(operator, id, None).await.map(drop),
            Act::DeleteForever => acts.delete_forever(operator, id, &self.from).await,
        }
    }

    async fn take_over(&self) {
        self.workspace.pass(OPERATION_LEASE + STEP_PENDING).await;
        self.colleague.operations.recover().await.expect("the journal is read");
    }

    async fn go_on(&self, then: Then, id: OrganizationId) {
        let acts = &self.colleague.organizations;
        let rounds = match then {
            Then::Nothing => 0,
            Then::TheOpposite => 1,
            Then::ThereAndBack => 2,
        };
        for _ in 0..rounds {
            self.workspace.clock.advance(Duration::from_secs(1));
            match self.found(id).await.map(|found| found.status()) {
                Some(OrganizationStatus::Trashed) => {
                    acts.restore(&self.operator, id, None).await.map(drop).expect("restored");
                }
                Some(_) => acts.trash(&self.operator, id, None).await.map(drop).expect("trashed"),
                None => {}
            }
        }
    }

    async fn found(&self, id: OrganizationId) -> Option<Organization> {
        let found = self.colleague.organizations.get(&self.operator, &id.to_hex()).await;
        match found {
            Ok(found) => Some(found),
            Err(AppError::NotFound { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The organization is in exactly one place, with all its documents; or it was deleted for good, as requested.
    async fn is_whole(&self, what: &str, id: OrganizationId, is_deleted: bool, expected: u64) {
        let ports = &self.workspace.ports;
        let live = ports.organizations.find(id).await.expect("a look-up answers");
        let trashed = ports.organizations.find_trashed(id).await.expect("a look-up answers");
        assert!(live.is_none() || trashed.is_none(), "{what}: on both sides");
        let places = [collection(&self.from), collection(&self.to)];
        match live.or(trashed) {
            Some(found) => {
                let kept = documents(ports, &found.collection()).await;
                assert_eq!(kept, Some(expected), "{what}: {found:?} has its documents");
                for place in places.iter().filter(|place| **place != found.collection()) {
                    assert_eq!(documents(ports, place).await, None, "{what}: nothing is left at {place}");
                }
            }
            None => {
                assert!(is_deleted, "{what}: it is nowhere");
                for place in &places {
                    assert_eq!(documents(ports, place).await, None, "{what}: nothing is left at {place}");
                }
            }
        }
    }
}

async fn survives(kind: StoreKind, act: Act) {
    let mut workspace = TestWorkspace::open(kind).await;
    let (mut number, mut slept) = (0, 0);
    for then in [Then::Nothing, Then::TheOpposite, Then::ThereAndBack] {
        for write in 1..MANY {
            number += 1;
            let case = Case::open(workspace, number).await;
            let what = format!("{act:?} on {kind:?} slept at write {write}, then {then:?}");
            let prepared = case.filled(act).await;
            let (console, store, sleep) = case.sleeper(write);
            let ended = Notify::new();
            let late = async {
                let answer = case.act(act, &console, prepared).await;
                // An operation with fewer writes ends awake.
                ended.notify_one();
                answer
            };
            let meanwhile = async {
                let is_asleep = tokio::select! {
                    () = sleep.begins() => true,
                    () = ended.notified() => false,
                };
                if is_asleep {
                    case.take_over().await;
                    let by_name = case.colleague.organizations.get(&case.operator, &case.from).await;
                    if let Some(id) = prepared.or(by_name.ok().map(|found| found.id)) {
                        case.go_on(then, id).await;
                    }
                    sleep.wake();
                }
            };
            let (answer, ()) = tokio::join!(late, meanwhile);
            let reached = store.was_met();
            slept += u32::from(reached);
            case.take_over().await;
            case.workspace.pass(STEP_PENDING).await;
            let left = case.colleague.operations.recover().await.expect("the journal is read");
            assert!(left.is_empty(), "{what}: {left:?}");
            let by_name = case.colleague.organizations.get(&case.operator, &case.from).await;
            match prepared.or(by_name.ok().map(|found| found.id)) {
                Some(id) => {
                    let is_deleted = act == Act::DeleteForever;
                    let expected = if act == Act::Create { 0 } else { DOCUMENTS };
                    case.is_whole(&what, id, is_deleted, expected).await;
                    if act == Act::DeleteForever && answer.is_ok() {
                        assert_eq!(case.found(id).await, None, "{what}: said to be deleted");
                    }
                }
                None => {
                    // Created and moved to the trash, or never created.
                    assert!(act == Act::Create, "{what}");
                    assert_eq!(
                        documents(&case.workspace.ports, &collection(&case.from)).await,
                        None,
                        "{what}"
                    );
                }
            }
            workspace = case.workspace;
            if !reached {
                assert!(write > 3, "{what}: an act has an intent, steps and an end");
                break;
            }
        }
    }
    assert!(slept > 9, "{act:?} on {kind:?}: it slept {slept} times");
    workspace.remove().await;
}

async fn does_not_remove_the_restored_one(kind: StoreKind) {
    let case = Case::open(TestWorkspace::open(kind).await, 1).await;
    let id = case.filled(Act::Trash).await.expect("it is there");
    // Intent and record, the copy, the removal.
    let (console, _, sleep) = case.sleeper(4);
    let (answer, ()) = tokio::join!(case.act(Act::Trash, &console, Some(id)), async {
        sleep.begins().await;
        case.take_over().await;
        let found = case.found(id).await.expect("it is there");
        assert_eq!(found.status(), OrganizationStatus::Trashed, "the colleague's console finished it");
        case.go_on(Then::TheOpposite, id).await;
        sleep.wake();
    });
    assert!(answer.is_err(), "{kind:?}: it is not in the trash, and nobody is told so: {answer:?}");
    let found = case.found(id).await.expect("it is there");
    assert_ne!(found.status(), OrganizationStatus::Trashed, "{kind:?}: what was restored stays");
    case.is_whole("restored", id, false, DOCUMENTS).await;
    case.workspace.remove().await;
}

async fn a_password_survives(kind: StoreKind) {
    let case = Case::open(TestWorkspace::open(kind).await, 1).await;
    let id = case.filled(Act::Trash).await.expect("it is there");
    let changed = hash("changed-by-the-service");
    let (console, _, sleep) = case.sleeper(4);
    let (answer, ()) = tokio::join!(case.act(Act::Trash, &console, Some(id)), async {
        sleep.begins().await;
        case.workspace.write_behind(id, "admin_password", changed.expose()).await;
        sleep.wake();
    });
    assert_eq!(answer, Ok(()), "{kind:?}");
    let acts = &case.colleague.organizations;
    let restored = acts.restore(&case.operator, id, None).await.expect("restored");
    let ports: &Ports = &case.workspace.ports;
    let found = ports.organizations.find_credentials(&restored.admin_email).await.expect("a look-up answers");
    let kept = found.first().map(|found| found.password_hash.expose().to_owned());
    assert_eq!(kept.as_deref(), Some(changed.expose()), "{kind:?}: the newer password");
    case.workspace.remove().await;
}

macro_rules! on_every_store {
    ($($store:ident: $kind:expr;)+) => {
        $(mod $store {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_computer_that_slept_before_the_removal_does_not_remove_the_restored_organization() {
                does_not_remove_the_restored_one($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_password_that_was_changed_between_copy_and_removal_survives_a_restore() {
                a_password_survives($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_create_that_slept_at_any_write_leaves_the_organization_whole() {
                survives($kind, Act::Create).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_rename_that_slept_at_any_write_leaves_the_organization_whole() {
                survives($kind, Act::Rename).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_trash_that_slept_at_any_write_leaves_the_organization_whole() {
                survives($kind, Act::Trash).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_restore_that_slept_at_any_write_leaves_the_organization_whole() {
                survives($kind, Act::Restore).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_deletion_that_slept_at_any_write_leaves_the_organization_whole_or_gone() {
                survives($kind, Act::DeleteForever).await;
            }
        })+
    };
}

on_every_store! {
    sqlite_on_a_file: StoreKind::SqliteOnFile;
    mongodb_replica_set: StoreKind::MongoReplicaSet;
    mongodb_standalone: StoreKind::MongoStandalone;
}
