//! An act is undone right after it, by its own id, from the answer that it gave.

use tenantry_core::error::{AppError, UndoRefusal};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::record::random_operation;
use tenantry_core::records::{ActivityKind, OrganizationStatus};
use tenantry_tests::console::{Console, update_request};
use tenantry_tests::suite::{collection, name, newest};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_act_is_undone_by_the_id_that_its_entries_have() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let (organizations, id) = (&console.organizations, acme.id);
        let undo = async |act: &str| {
            console.record.undo_act((organizations, &console.mends), &operator, id, act, None).await
        };

        let act = random_operation();
        let acting = operator.in_operation(act.clone());
        organizations.rename(&acting, id, "zenith").await.expect("renamed");
        assert_eq!(newest(&workspace.ports, id, 1).await[0].operation.as_ref(), Some(&act), "{kind:?}");
        assert_eq!(undo(&act).await.expect("renamed back").name, name("acme"), "{kind:?}");
        assert_eq!(workspace.ports.collections.exists(&collection("acme")).await, Ok(true), "{kind:?}");
        assert_eq!(undo(&act).await, Err(AppError::UndoRefused(UndoRefusal::Changed)), "{kind:?}: once");

        let act = random_operation();
        let request = UpdateRequest {
            name: Some("apex".to_owned()),
            display_name: Some("Apex".to_owned()),
            email: Some("new@example.com".to_owned()),
            ..update_request(id)
        };
        organizations.update(&operator.in_operation(act.clone()), request).await.expect("changed");
        let back = undo(&act).await.expect("changed back");
        assert_eq!((&back.name, &back.display_name), (&acme.name, &None), "{kind:?}: both entries of it");
        assert_eq!(back.admin_email, acme.admin_email, "{kind:?}");

        let act = random_operation();
        organizations.deactivate(&operator.in_operation(act.clone()), id).await.expect("deactivated");
        assert!(undo(&act).await.expect("reactivated").is_active, "{kind:?}");

        let act = random_operation();
        organizations.trash(&operator.in_operation(act.clone()), id, None).await.expect("trashed");
        let restored = undo(&act).await.expect("restored");
        assert_eq!(restored.status(), OrganizationStatus::Active, "{kind:?}");
        let entry = &newest(&workspace.ports, id, 1).await[0];
        assert_eq!(entry.kind, ActivityKind::OrganizationRestored, "{kind:?}");
        assert!(entry.reason.as_ref().is_some_and(|reason| reason.starts_with("undo of entry")), "{entry:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn an_undo_is_refused_for_what_changed_since_for_other_ids_and_for_who_has_no_right() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let (organizations, record) = (&console.organizations, &console.record);
    let act = random_operation();
    let acting = operator.in_operation(act.clone());
    organizations.rename(&acting, acme.id, "zenith").await.expect("renamed");
    let unknown = Err(AppError::UndoRefused(UndoRefusal::Unknown));
    assert_eq!(
        record.undo_act((organizations, &console.mends), &operator, globex.id, &act, None).await,
        unknown
    );
    assert_eq!(
        record.undo_act((organizations, &console.mends), &operator, acme.id, "none", None).await,
        unknown
    );
    let admin = console.sign_in("admin@globex.example.com").await.actor;
    let hidden = record.undo_act((organizations, &console.mends), &admin, acme.id, &act, None).await;
    assert_eq!(hidden, Err(AppError::NotFound { what: "organization" }));
    organizations.rename(&operator, acme.id, "apex").await.expect("renamed again");
    let changed = record.undo_act((organizations, &console.mends), &operator, acme.id, &act, None).await;
    assert_eq!(changed, Err(AppError::UndoRefused(UndoRefusal::Changed)));
}
