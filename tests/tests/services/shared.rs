//! A collection that two organizations claim is never moved or dropped: changes affect the document only.

use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, ConflictOn};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::{Operation, OperationPlan, Owner, RecoveryOutcome, Trashed, TrashedCollection};
use tenantry_core::values::CopyId;
use tenantry_tests::console::OPERATOR;
use tenantry_tests::suite::{collection, name, newest};
use tenantry_tests::twins::{DOCUMENTS, Twins};
use tenantry_tests::workspace::StoreKind;

async fn a_rename_leaves_a_shared_collection_and_makes_one(kind: StoreKind) {
    let twins = Twins::open(kind).await;
    let (console, acts) = (&twins.console, &twins.console.organizations);
    let operator = console.operator().await;
    let preview = acts.preview_rename(&operator, twins.acme.id, "zenith").await.expect("a preview");
    assert!(preview.shared, "{kind:?}: the preview says that nothing is moved");
    let renamed = acts.rename(&operator, twins.acme.id, "zenith").await.expect("renamed");
    assert_eq!(renamed.name, name("zenith"));
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: the other one's data");
    assert_eq!(twins.documents(&collection("zenith")).await, Some(0), "{kind:?}: an empty one of its own");
    let newest = newest(&twins.ports, twins.acme.id, 1).await;
    let detail = newest[0].detail.as_deref().unwrap_or_default();
    assert!(detail.contains("org_acme is shared"), "{kind:?}: the record says so: {detail}");
    assert_eq!(twins.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");

    // The other one has it alone now, and takes it along.
    let alone = acts.preview_rename(&operator, twins.twin, "apex").await.expect("a preview");
    assert!(!alone.shared, "{kind:?}: nobody else calls it theirs any more");
    acts.rename(&operator, twins.twin, "apex").await.expect("renamed");
    let was_its_own = kind != StoreKind::SqliteOnFile;
    let kept = if was_its_own { collection("apex") } else { twins.collection.clone() };
    assert_eq!(twins.documents(&kept).await, Some(DOCUMENTS), "{kind:?}");
    twins.workspace.remove().await;
}

async fn the_trash_leaves_a_shared_collection_and_so_does_deleting_for_good(kind: StoreKind) {
    let twins = Twins::open(kind).await;
    let acts = &twins.console.organizations;
    let operator = twins.console.operator().await;
    assert!(acts.preview_removal(&operator, twins.acme.id).await.expect("a preview").shared, "{kind:?}");
    let trashed = acts.trash(&operator, twins.acme.id, None).await.expect("trashed");
    assert_eq!(trashed.trashed.as_ref().map(|note| note.collection), Some(TrashedCollection::Shared));
    assert_eq!(trashed.collection(), twins.collection, "{kind:?}: that is where its documents are");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: the other one's data");
    assert!(acts.preview_removal(&operator, twins.acme.id).await.expect("a preview").shared, "{kind:?}");
    acts.delete_forever(&operator, twins.acme.id, "acme").await.expect("deleted");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: deleted for good");
    assert!(twins.ports.organizations.find(twins.twin).await.expect("a look-up answers").is_some());
    assert_eq!(twins.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");
    twins.workspace.remove().await;
}

async fn what_left_a_shared_collection_comes_back_without_taking_it(kind: StoreKind) {
    let twins = Twins::open(kind).await;
    let acts = &twins.console.organizations;
    let operator = twins.console.operator().await;
    acts.trash(&operator, twins.acme.id, None).await.expect("trashed");
    if kind != StoreKind::SqliteOnFile {
        let refused = acts.restore(&operator, twins.acme.id, None).await;
        assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Name)), "{kind:?}: the other one has it");
    }
    acts.restore(&operator, twins.acme.id, Some("zenith")).await.expect("restored");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: the other one's data");
    assert_eq!(twins.documents(&collection("zenith")).await, Some(0), "{kind:?}: an empty one of its own");
    twins.workspace.remove().await;
}

async fn what_left_a_collection_to_others_finds_it_again_under_its_name(kind: StoreKind) {
    let twins = Twins::open(kind).await;
    let acts = &twins.console.organizations;
    let operator = twins.console.operator().await;
    acts.trash(&operator, twins.acme.id, None).await.expect("trashed");
    acts.trash(&operator, twins.twin, None).await.expect("trashed");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: it is of both still");
    let again = acts.restore(&operator, twins.acme.id, None).await.expect("restored");
    assert_eq!(again.collection(), twins.collection);
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: it was left there");
    let typed = twins.ports.organizations.find_trashed(twins.twin).await.expect("a look-up answers");
    let typed = typed.expect("it is in the trash").name;
    acts.delete_forever(&operator, twins.twin, typed.as_str()).await.expect("deleted");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}");
    twins.workspace.remove().await;
}

async fn whoever_settles_an_act_moves_no_shared_collection_either(kind: StoreKind) {
    let twins = Twins::open(kind).await;
    let identity = twins.ports.collections.identity(&twins.collection).await.expect("a look-up answers");
    let (at, by) = (twins.workspace.clock.now().into(), OPERATOR.to_owned());
    let copy = Some(CopyId::new());
    let trashed = Trashed { at, by, collection: TrashedCollection::Moved, copy };
    twins.ports.organizations.copy_to_trash(twins.acme.id, &trashed).await.expect("copied");
    let plan = OperationPlan::Trash { name: name("acme"), trashed, collection: identity };
    let owner = Owner { installation: "this-computer".to_owned(), instance: "dead-run".to_owned() };
    let left = Operation::new(twins.acme.id, plan, owner, OPERATOR.to_owned());
    twins.ports.journal.begin(&left).await.expect("begun");
    twins.workspace.pass(STEP_PENDING).await;
    let recovered = twins.console.operations.recover().await.expect("the journal is read");
    let outcome = &recovered[0].outcome;
    assert!(matches!(outcome, RecoveryOutcome::NeedsAttention { .. }), "{kind:?}: {outcome:?}");
    assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: it stays");
    twins.workspace.remove().await;
}

macro_rules! on_every_store {
    ($($store:ident: $kind:expr;)+) => {
        $(mod $store {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_shared_collection_is_never_moved_by_a_rename() {
                a_rename_leaves_a_shared_collection_and_makes_one($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_shared_collection_is_never_moved_to_the_trash_or_deleted() {
                the_trash_leaves_a_shared_collection_and_so_does_deleting_for_good($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_restored_organization_takes_no_collection_from_another() {
                what_left_a_shared_collection_comes_back_without_taking_it($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_two_in_the_trash_left_is_found_again() {
                what_left_a_collection_to_others_finds_it_again_under_its_name($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn recovery_moves_no_shared_collection() {
                whoever_settles_an_act_moves_no_shared_collection_either($kind).await;
            }
        })+
    };
}

on_every_store! {
    sqlite_on_a_file: StoreKind::SqliteOnFile;
    mongodb_replica_set: StoreKind::MongoReplicaSet;
    mongodb_standalone: StoreKind::MongoStandalone;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_advice_about_names_that_are_used_twice_is_safe_to_follow() {
    for kind in [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let twins = Twins::open(kind).await;
        let advice = twins.warnings.join(" ");
        assert!(advice.contains("rename all but one"), "{kind:?}: {advice}");
        let operator = twins.console.operator().await;
        twins.console.organizations.rename(&operator, twins.twin, "zenith").await.expect("renamed");
        assert_eq!(twins.documents(&twins.collection).await, Some(DOCUMENTS), "{kind:?}: nothing was moved");
        let again = twins.workspace.reopened().await;
        assert_eq!(again.health.prepare().await, Ok(Vec::new()), "{kind:?}: nothing is left to warn of");
        twins.workspace.remove().await;
    }
}
