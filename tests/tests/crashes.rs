//! The process dies at every write of an operation, before it and after it, and the next start leaves nothing
//! half-done.
//!
//! A dead process is a store that refuses everything from a chosen write on: its content is what a crash would leave.
//! The same operations also meet a connection that loses one response and works again.

use std::collections::BTreeMap;
use std::sync::Arc;

use bson::oid::ObjectId;
use bson::{DateTime, doc};
use tenantry_core::bundle::BundleReader;
use tenantry_core::error::AppError;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::{OPERATION_LEASE, STEP_PENDING};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    MendWord, Operation, OperationPlan, Organization, Owner, PeopleFilter, RecoveryOutcome, TrashedCollection,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;
use tenantry_tests::bundles::{collections, open, request, written};
use tenantry_tests::console::{Console, Run, create_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::people::person;
use tenantry_tests::suite::{collection, moment, move_collection, name};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// Documents of the tenant in each case.
const DOCUMENTS: u64 = 3;
/// More writes than any operation has.
const MANY: u32 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Create,
    Rename,
    Trash,
    Restore,
    DeleteForever,
    Receive,
}

/// Everything that the store has about one organization and the names of the operation.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    live: Option<Organization>,
    trashed: Option<Organization>,
    /// Documents and indexes by collection, for those that exist.
    collections: BTreeMap<String, (u64, Vec<String>)>,
    stored_hash: Option<String>,
    /// People with a membership in it.
    people: u64,
}

/// One organization whose operation meets a fault.
struct Case {
    act: Act,
    from: String,
    to: String,
    id: OrganizationId,
    /// What comes in.
    bundle: Arc<BundleReader>,
}

impl Case {
    /// An organization in the state before the operation.
    async fn prepare(
        console: &Console,
        operator: &Actor,
        (act, bundle): (Act, &Arc<BundleReader>),
        number: u32,
    ) -> Self {
        let (from, to, bundle) = (format!("from-{number}"), format!("to-{number}"), Arc::clone(bundle));
        if matches!(act, Act::Create | Act::Receive) {
            return Self { act, from, to, id: OrganizationId::new(), bundle };
        }
        let id = console.organizations.create(operator, create_request(&from)).await.expect("created").id;
        let now = DateTime::from_millis(1_772_366_400_000);
        let documents: Vec<_> = (0..DOCUMENTS)
            .map(|number| doc! {"_id": ObjectId::new(), "number": number as i64, "created_at": now})
            .map(|document| document.to_vec().expect("bytes"))
            .collect();
        console.ports.collections.insert_documents(&collection(&from), &documents).await.expect("inserted");
        let dana = person(&format!("dana-{number}@example.com"), &[id]);
        let lee = person(&format!("lee-{number}@example.com"), &[OrganizationId::new(), id]);
        for person in [dana, lee] {
            console.ports.people.insert(&person).await.expect("inserted");
        }
        if matches!(act, Act::Restore | Act::DeleteForever) {
            console.organizations.trash(operator, id, None).await.expect("trashed");
        }
        Self { act, from, to, id, bundle }
    }

    async fn act(&self, console: &Console, operator: &Actor) -> Result<(), AppError> {
        let organizations = &console.organizations;
        match self.act {
            Act::Create => organizations.create(operator, create_request(&self.from)).await.map(|_| ()),
            Act::Rename => organizations.rename(operator, self.id, &self.to).await.map(|_| ()),
            Act::Trash => organizations.trash(operator, self.id, None).await.map(|_| ()),
            Act::Restore => organizations.restore(operator, self.id, Some(&self.to)).await.map(|_| ()),
            Act::DeleteForever => organizations.delete_forever(operator, self.id, &self.from).await,
            Act::Receive => {
                let cancellation = Cancellation::default();
                let asked = request(&self.from);
                let received = console.bundles.receive(operator, &*self.bundle, asked, &Quiet, &cancellation);
                received.await.map(|_| ())
            }
        }
    }

    async fn picture(&self, ports: &Ports) -> Picture {
        let by_name = ports.organizations.find_by_name(&name(&self.from)).await.expect("a look-up answers");
        // Only the service knew the id of a created organization.
        let id = by_name.as_ref().map_or(self.id, |organization| organization.id);
        let live = ports.organizations.find(id).await.expect("a look-up answers");
        let mut collections = BTreeMap::new();
        let trashed = ports.organizations.find_trashed(id).await.expect("a look-up answers");
        let in_trash = trashed.as_ref().map(Organization::collection);
        for name in [collection(&self.from), collection(&self.to)].into_iter().chain(in_trash) {
            if ports.collections.exists(&name).await.expect("a look-up answers") {
                let statistics = ports.collections.statistics(&name).await.expect("statistics");
                let mut indexes: Vec<_> = statistics.indexes.into_iter().map(|index| index.name).collect();
                indexes.sort_unstable();
                collections.insert(name.to_string(), (statistics.documents, indexes));
            }
        }
        let stored_hash = match &live {
            Some(organization) => {
                let found = ports.organizations.find_credentials(&organization.admin_email).await;
                found.expect("a look-up answers").first().map(|found| found.password_hash.expose().to_owned())
            }
            None => None,
        };
        let of_it = PeopleFilter { organization: Some(id), ..PeopleFilter::default() };
        let people = ports.people.count(&of_it, moment(0)).await.expect("counts").all;
        Picture { live, trashed, collections, stored_hash, people }
    }

    /// Whether the operation is done (true) or never happened (false). Anything between fails the test.
    fn is_done(&self, before: &Picture, now: &Picture) -> bool {
        if now == before {
            return false;
        }
        let three =
            |documents| (documents, ["_id_", "created_at_1", "updated_at_1"].map(str::to_owned).to_vec());
        let only = |name: String, documents| BTreeMap::from([(name, three(documents))]);
        let expected = match self.act {
            Act::Create => {
                let live = now.live.clone().expect("the organization is there");
                assert_eq!(live.name, name(&self.from));
                assert_eq!(live.admin_email.as_str(), create_request(&self.from).email);
                assert!(live.is_active && now.stored_hash.is_some(), "its admin can sign in");
                let collections = only(format!("org_{}", self.from), 0);
                let stored_hash = now.stored_hash.clone();
                Picture { live: Some(live), trashed: None, collections, stored_hash, people: 0 }
            }
            Act::Rename => {
                let live = before.live.clone().expect("it was there");
                let updated_at = now.live.as_ref().expect("it is there").updated_at;
                let live = Organization { name: name(&self.to), updated_at, ..live };
                Picture {
                    live: Some(live),
                    collections: only(format!("org_{}", self.to), DOCUMENTS),
                    ..before.clone()
                }
            }
            Act::Trash => {
                let in_trash = now.trashed.as_ref().map(|trashed| trashed.collection().to_string());
                let note = now.trashed.as_ref().and_then(|trashed| trashed.trashed.clone()).expect("a note");
                assert!(
                    note.collection == TrashedCollection::Moved
                        && note.by == tenantry_tests::console::OPERATOR,
                    "{note:?}"
                );
                let trashed =
                    Organization { trashed: Some(note), ..before.live.clone().expect("it was there") };
                Picture {
                    live: None,
                    trashed: Some(trashed),
                    collections: only(in_trash.expect("it is there"), DOCUMENTS),
                    stored_hash: None,
                    people: 2,
                }
            }
            Act::Restore => {
                let live = now.live.clone().expect("it is there");
                let was = before.trashed.clone().expect("it was in the trash");
                assert!(live.session_version > was.session_version, "old sessions stay ended");
                assert!(now.stored_hash.is_some(), "its admin can sign in");
                let live = Organization {
                    name: name(&self.to),
                    trashed: None,
                    updated_at: live.updated_at,
                    session_version: live.session_version,
                    ..was
                };
                Picture {
                    live: Some(live),
                    trashed: None,
                    collections: only(format!("org_{}", self.to), DOCUMENTS),
                    stored_hash: now.stored_hash.clone(),
                    people: 2,
                }
            }
            Act::Receive => {
                let live = now.live.clone().expect("the organization is there");
                assert!(live.is_active && now.stored_hash.is_some(), "its admin can sign in");
                let collections = only(format!("org_{}", self.from), DOCUMENTS);
                let stored_hash = now.stored_hash.clone();
                Picture { live: Some(live), trashed: None, collections, stored_hash, people: 0 }
            }
            Act::DeleteForever => Picture {
                live: None,
                trashed: None,
                collections: BTreeMap::new(),
                stored_hash: None,
                people: 0,
            },
        };
        assert_eq!(*now, expected, "half-done: neither as before, {before:#?}, nor done");
        true
    }
}

/// The bundle of an organization with some documents.
async fn bundle(console: &Console, operator: &Actor) -> Arc<BundleReader> {
    let id = console.organizations.create(operator, create_request("bundled")).await.expect("created").id;
    let documents: Vec<_> =
        (0..DOCUMENTS).map(|number| doc! {"_id": number as i64}.to_vec().expect("bytes")).collect();
    console.ports.collections.insert_documents(&collection("bundled"), &documents).await.expect("inserted");
    Arc::new(open(&written(console, operator, id).await).expect("a bundle"))
}

/// A process on the same workspace with a fault ahead of it.
fn faulty(workspace: &TestWorkspace, ports: &Ports, instance: &str, fault: Fault) -> (FaultyStore, Console) {
    let store = FaultyStore::over(ports, fault);
    let run = Run { instance: instance.to_owned(), ..Run::default() };
    let console = Console::run(store.ports(), &workspace.clock, run);
    (store, console)
}

fn next_run(workspace: &TestWorkspace, ports: &Ports, instance: &str) -> Console {
    Console::run(ports.clone(), &workspace.clock, Run { instance: instance.to_owned(), ..Run::default() })
}

/// Puts the fault at every write of the operation, and for a dead process also at every write of the recovery after it.
async fn survives(kind: StoreKind, act: Act) {
    let workspace = TestWorkspace::open(kind).await;
    let first = Console::on(&workspace);
    let operator = first.operator().await;
    let bundle = bundle(&first, &operator).await;
    let bystander = Case::prepare(&first, &operator, (Act::Rename, &bundle), 999_999).await;
    let bystander_before = bystander.picture(&workspace.ports).await;
    let (mut number, mut done, mut undone, mut faults) = (0, 0, 0, 0);
    for moment in [Moment::Before, Moment::After] {
        for aftermath in [Aftermath::Dead, Aftermath::Recovers] {
            for write in 1..MANY {
                let mut reached = false;
                for second_write in 0..MANY {
                    number += 1;
                    let case = Case::prepare(&first, &operator, (act, &bundle), number).await;
                    let before = case.picture(&workspace.ports).await;
                    let fault = Fault { write, moment, aftermath };
                    let (store, console) =
                        faulty(&workspace, &workspace.ports, &format!("run-{number}"), fault);
                    let answer = case.act(&console, &operator).await;
                    reached = store.was_met();
                    if !reached {
                        assert_eq!(answer, Ok(()), "without a fault {act:?} succeeds");
                        break;
                    }
                    faults += 1;
                    drop(console);

                    // The next start dies as well, at its own write number `second_write`; 0 is none.
                    let ports = workspace.reopened().await;
                    workspace.pass(STEP_PENDING).await;
                    let again = Fault { write: second_write, moment, aftermath: Aftermath::Dead };
                    let (second, console) = faulty(&workspace, &ports, &format!("run-{number}-again"), again);
                    // It may fail, being dead; what counts is what it leaves.
                    let _ = console.operations.recover().await;
                    let second_reached = second_write > 0 && second.was_met();

                    workspace.pass(STEP_PENDING).await;
                    let last = next_run(&workspace, &ports, &format!("run-{number}-last"));
                    let recovered = last.operations.recover().await.expect("the journal is read");
                    for one in &recovered {
                        let settled =
                            matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
                        assert!(settled, "{act:?} {fault:?}: {one:?}");
                    }
                    assert_eq!(last.ports.journal.unfinished().await, Ok(Vec::new()), "{act:?} {fault:?}");
                    let names = collections(&ports).await;
                    let left: Vec<_> =
                        names.iter().filter(|name| name.starts_with("console_incoming_")).collect();
                    assert!(left.is_empty(), "{act:?} {fault:?}: {left:?}");
                    let now = case.picture(&ports).await;
                    let is_done = case.is_done(&before, &now);
                    assert!(is_done || answer.is_err(), "{act:?} {fault:?}: said to be done and is not");
                    if is_done {
                        done += 1;
                    } else {
                        undone += 1;
                        // Nothing that a crash left prevents doing it now.
                        assert_eq!(case.act(&last, &operator).await, Ok(()), "{act:?} {fault:?}");
                        assert!(case.is_done(&before, &case.picture(&ports).await), "{act:?} {fault:?}");
                    }
                    if aftermath == Aftermath::Recovers || (second_write > 0 && !second_reached) {
                        break;
                    }
                }
                if !reached {
                    assert!(write > 3, "{act:?} has an intent, at least one step and an end");
                    break;
                }
                assert!(write < MANY - 1, "{act:?} must end");
            }
        }
    }
    assert!(faults > 20 && done > 0 && undone > 0, "{faults} faults, {done} done, {undone} undone");
    assert_eq!(
        bystander.picture(&workspace.ports).await,
        bystander_before,
        "another organization stays as it was"
    );
    println!("{act:?} on {kind:?}: {faults} crashes, {done} finished, {undone} undone");
    workspace.remove().await;
}

/// The process died while the empty collection of an organization made way for one that is attached to it: a server has
/// it under another name. With a document that came in meanwhile, it returns.
async fn what_made_way_is_gone_or_back(kind: StoreKind) {
    for is_written in [false, true] {
        let workspace = TestWorkspace::open(kind).await;
        let first = Console::on(&workspace);
        let operator = first.operator().await;
        let acme = first.organizations.create(&operator, create_request("acme")).await.expect("created");
        let (lost, home) = (collection("lost"), collection("acme"));
        let collections = &first.ports.collections;
        let document = doc! { "_id": 1 }.to_vec().expect("bytes");
        if is_written {
            collections.insert_documents(&home, std::slice::from_ref(&document)).await.expect("inserted");
        }
        collections.create(&lost).await.expect("created");
        let second = doc! { "_id": 2 }.to_vec().expect("bytes");
        collections.insert_documents(&lost, &[document, second]).await.expect("inserted");
        let plan = OperationPlan::Mend {
            mend: MendWord::AttachCollection,
            name: acme.name.clone(),
            from: Some(lost.clone()),
            to: Some(home.clone()),
            collection: collections.identity(&lost).await.expect("a look-up answers"),
        };
        let dead = Owner { installation: "another".to_owned(), instance: "dead".to_owned() };
        let begun = Operation::new(acme.id, plan, dead, "operator@example.com".to_owned());
        first.ports.journal.begin(&begun).await.expect("begun");
        let aside = home.dropped(&begun.mark());
        move_collection(&first.ports, &home, &aside).await.expect("moved");

        workspace.pass(OPERATION_LEASE + STEP_PENDING).await;
        let next = next_run(&workspace, &workspace.ports, "next");
        let recovered = next.operations.recover().await.expect("the journal is read");
        let expected = if is_written { RecoveryOutcome::Undone } else { RecoveryOutcome::Finished };
        assert_eq!(recovered.into_iter().map(|one| one.outcome).collect::<Vec<_>>(), [expected]);
        let count = async |name| collections.statistics(name).await.expect("it is there").documents;
        assert_eq!(count(&home).await, if is_written { 1 } else { 2 }, "{kind:?}");
        assert_eq!(collections.exists(&lost).await, Ok(is_written), "{kind:?}");
        assert_eq!(collections.exists(&aside).await, Ok(false), "{kind:?}: nothing is left over");
        workspace.remove().await;
    }
}

macro_rules! every_act_survives {
    ($($store:ident: $kind:expr;)+) => {
        $(mod $store {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn create_is_done_or_undone_after_a_crash_at_any_write() {
                survives($kind, Act::Create).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn rename_is_done_or_undone_after_a_crash_at_any_write() {
                survives($kind, Act::Rename).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn trash_is_done_or_undone_after_a_crash_at_any_write() {
                survives($kind, Act::Trash).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn restore_is_done_or_undone_after_a_crash_at_any_write() {
                survives($kind, Act::Restore).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn delete_for_ever_is_done_or_undone_after_a_crash_at_any_write() {
                survives($kind, Act::DeleteForever).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn an_empty_collection_that_made_way_is_gone_or_back_after_a_crash() {
                what_made_way_is_gone_or_back($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_comes_in_is_there_or_not_after_a_crash_at_any_write() {
                survives($kind, Act::Receive).await;
            }
        })+
    };
}

every_act_survives! {
    sqlite_on_a_file: StoreKind::SqliteOnFile;
    mongodb_replica_set: StoreKind::MongoReplicaSet;
    mongodb_standalone: StoreKind::MongoStandalone;
}
