use std::sync::Arc;
use std::time::Duration;

use bson::doc;
use bson::oid::ObjectId;
use secrecy::SecretString;
use tenantry_core::error::{AppError, ConflictOn};
use tenantry_core::limits::{OPERATION_LEASE, PAGE_MAX, STEP_PENDING};
use tenantry_core::organizations::{CreateRequest, UpdateRequest};
use tenantry_core::records::{
    ActivityKind, CollectionIdentity, Operation, OperationPlan, OrganizationFilter, OrganizationQuery,
    OrganizationStatus, Owner, PageStart, RecoveryOutcome, SortDirection, SortField, StatusFilter,
};
use tenantry_core::values::{CollectionName, Field, FieldIssue, FieldRule, OrganizationId};
use tenantry_tests::console::{Console, PASSWORD, Run, create_request, update_request};
use tenantry_tests::scripted::ScriptedCollections;
use tenantry_tests::suite::{collection, delete_collection, name, newest, organization};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

async fn workspace() -> TestWorkspace {
    TestWorkspace::open(StoreKind::SqliteInMemory).await
}

fn broken_rules<T>(answer: Result<T, AppError>) -> Vec<(Field, FieldRule)> {
    match answer {
        Err(AppError::InvalidInput(issues)) => {
            issues.into_iter().map(|FieldIssue { field, rule, .. }| (field, rule)).collect()
        }
        Err(other) => panic!("must break rules of fields: {other}"),
        Ok(_) => panic!("must be refused"),
    }
}

async fn exists(console: &Console, name: &CollectionName) -> bool {
    console.ports.collections.exists(name).await.expect("a look-up answers")
}

async fn add_document(console: &Console, name: &CollectionName) {
    let document = doc! {"_id": ObjectId::new()}.to_vec().expect("bytes");
    console.ports.collections.insert_documents(name, &[document]).await.expect("inserted");
}

async fn documents(console: &Console, name: &CollectionName) -> u64 {
    console.ports.collections.statistics(name).await.expect("statistics").documents
}

async fn kinds(console: &Console, id: OrganizationId) -> Vec<ActivityKind> {
    let entries = newest(&console.ports, id, 100).await;
    entries.iter().rev().map(|entry| entry.kind).collect()
}

fn all(limit: u32) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit,
    }
}

#[tokio::test]
async fn a_created_organization_has_its_document_its_collection_and_an_entry_in_the_record() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let request = CreateRequest { name: " Acme-Corp ".to_owned(), ..create_request("acme-corp") };
    let created = console.organizations.create(&operator, request).await.expect("created");
    assert_eq!(created.name, name("acme-corp"), "stored lower-cased");
    assert_eq!(created.status(), OrganizationStatus::Active);
    assert!(exists(&console, &collection("acme-corp")).await);
    assert_eq!(kinds(&console, created.id).await, [ActivityKind::OrganizationCreated]);
    assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()));
    let admin = console.sign_in("admin@acme-corp.example.com").await;
    assert_eq!(admin.actor.organization_scope(), Some(created.id));
}

#[tokio::test]
async fn creating_tells_every_broken_rule_at_its_field_at_once() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let request = CreateRequest {
        name: "ab".to_owned(),
        display_name: "x".repeat(81),
        email: "dana@one@example.com".to_owned(),
        password: SecretString::from(format!("aa1{}", "x".repeat(70))),
    };
    let rules = broken_rules(console.organizations.create(&operator, request).await);
    assert_eq!(
        rules,
        [
            (Field::Name, FieldRule::TooShort),
            (Field::DisplayName, FieldRule::TooLong),
            (Field::Email, FieldRule::AtSign),
            (Field::Password, FieldRule::NoUpper),
            (Field::Password, FieldRule::TooManyBytes),
        ]
    );
    let counts = console.organizations.count(&operator, String::new()).await.expect("counts");
    assert_eq!(counts.live, 0, "nothing was done");
}

#[tokio::test]
async fn creating_is_refused_on_a_taken_name_address_or_collection_and_leaves_nothing() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    console.create("acme").await;
    console.ports.collections.create(&collection("orphan")).await.expect("created");
    add_document(&console, &collection("orphan")).await;
    let named = CreateRequest { email: "other@example.com".to_owned(), ..create_request("ACME") };
    let addressed = CreateRequest { email: "ADMIN@Acme.example.com".to_owned(), ..create_request("globex") };
    for (request, taken) in [
        (named, ConflictOn::Name),
        (addressed, ConflictOn::Email),
        (create_request("orphan"), ConflictOn::Collection),
    ] {
        let answer = console.organizations.create(&operator, request).await;
        assert_eq!(answer.map(|_| ()), Err(AppError::Conflict(taken)));
    }
    assert!(!exists(&console, &collection("globex")).await, "no collection without an organization");
    assert_eq!(documents(&console, &collection("orphan")).await, 1, "what was there stays");
    assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()));
    let page = console.organizations.page(&operator, all(10)).await.expect("a page");
    assert_eq!(page.organizations.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creates_of_one_name_at_once_one_wins_and_the_others_leave_nothing() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let creates = (0..6).map(|number| {
            let request =
                CreateRequest { email: format!("admin{number}@example.com"), ..create_request("acme") };
            console.organizations.create(&operator, request)
        });
        let answers = futures_util::future::join_all(creates).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{kind:?}: {answers:?}");
        for answer in &answers {
            let expected = matches!(
                answer,
                Ok(_)
                    | Err(AppError::Conflict(ConflictOn::Name) | AppError::Conflict(ConflictOn::Collection))
            );
            assert!(expected, "{kind:?}: {answer:?}");
        }
        assert!(exists(&console, &collection("acme")).await, "{kind:?}: the winner has its collection");
        assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn an_organization_is_found_by_name_in_any_case_and_by_id_also_in_the_trash() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    for known_as in ["acme", "ACME", " Acme ", &acme.id.to_hex()] {
        let found = console.organizations.get(&operator, known_as).await;
        assert_eq!(found, Ok(acme.clone()), "{known_as}");
    }
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    let found = console.organizations.get(&operator, &acme.id.to_hex()).await.expect("found");
    assert_eq!(found.status(), OrganizationStatus::Trashed);
    let missing = AppError::NotFound { what: "organization" };
    for unknown in ["acme", "nobody", "", "00112233445566778899aabb", "no such/name"] {
        assert_eq!(console.organizations.get(&operator, unknown).await, Err(missing.clone()), "{unknown}");
    }
}

#[tokio::test]
async fn a_rename_moves_the_collection_with_its_documents_and_keeps_the_admins_session() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let admin = console.sign_in("admin@acme.example.com").await;
    add_document(&console, &collection("acme")).await;
    console.clock.advance(Duration::from_secs(60));
    let renamed = console.organizations.rename(&admin.actor, acme.id, "Zenith").await.expect("renamed");
    assert_eq!(renamed.name, name("zenith"));
    assert!(renamed.updated_at > acme.updated_at);
    assert_eq!(renamed.created_at, acme.created_at);
    assert!(!exists(&console, &collection("acme")).await);
    assert_eq!(documents(&console, &collection("zenith")).await, 1);
    let authorized = console.authorize(&admin).await.expect("the session goes on");
    assert_eq!(authorized.name(), "zenith", "the session knows the new name");
    assert_eq!(
        kinds(&console, acme.id).await,
        [ActivityKind::OrganizationCreated, ActivityKind::SignedIn, ActivityKind::OrganizationRenamed]
    );
}

#[tokio::test]
async fn a_rename_to_its_own_name_counts_as_done_and_to_a_taken_one_is_refused() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    console.create("globex").await;
    console.ports.collections.create(&collection("orphan")).await.expect("created");
    assert_eq!(console.organizations.rename(&operator, acme.id, "ACME").await, Ok(acme.clone()));
    for (to, taken) in [("globex", ConflictOn::Name), ("orphan", ConflictOn::Collection)] {
        let answer = console.organizations.rename(&operator, acme.id, to).await;
        assert_eq!(answer, Err(AppError::Conflict(taken)), "{to}");
    }
    let rules = broken_rules(console.organizations.rename(&operator, acme.id, "no good").await);
    assert_eq!(rules, [(Field::Name, FieldRule::Characters)]);
    assert_eq!(console.organizations.get(&operator, "acme").await, Ok(acme));
    assert!(exists(&console, &collection("acme")).await);
}

#[tokio::test]
async fn an_organization_without_its_collection_can_still_be_renamed_trashed_and_restored() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    delete_collection(&console.ports, &collection("acme")).await.expect("deleted behind its back");
    let gone = AppError::DataMissing { collection: "org_acme".to_owned() };
    assert_eq!(console.collections.statistics(&operator, acme.id).await, Err(gone));
    console.organizations.rename(&operator, acme.id, "zenith").await.expect("renamed");
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    let restored = console.organizations.restore(&operator, acme.id, None).await.expect("restored");
    assert_eq!(restored.name, name("zenith"));
    assert!(!exists(&console, &collection("zenith")).await, "nothing is made up");
}

#[tokio::test]
async fn an_update_that_is_refused_in_one_field_changes_none() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    console.create("globex").await;
    let taken = UpdateRequest {
        name: Some("zenith".to_owned()),
        display_name: Some("Zenith".to_owned()),
        email: Some("Admin@GLOBEX.example.com".to_owned()),
        ..update_request(acme.id)
    };
    let answer = console.organizations.update(&operator, taken).await;
    assert_eq!(answer, Err(AppError::Conflict(ConflictOn::Email)));
    let both = UpdateRequest {
        name: Some("globex".to_owned()),
        email: Some("admin@globex.example.com".to_owned()),
        ..update_request(acme.id)
    };
    let rules = broken_rules(console.organizations.update(&operator, both).await);
    assert_eq!(rules, [(Field::Name, FieldRule::Taken), (Field::Email, FieldRule::Taken)]);
    let broken = UpdateRequest {
        name: Some("zenith".to_owned()),
        email: Some("nobody".to_owned()),
        password: Some(SecretString::from("short")),
        ..update_request(acme.id)
    };
    let rules = broken_rules(console.organizations.update(&operator, broken).await);
    assert_eq!(rules[0], (Field::Email, FieldRule::AtSign));
    assert!(rules.contains(&(Field::Password, FieldRule::TooShort)), "{rules:?}");
    assert_eq!(console.organizations.get(&operator, "acme").await, Ok(acme));
    assert!(exists(&console, &collection("acme")).await);
}

#[tokio::test]
async fn an_update_changes_name_display_name_address_and_password_together() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let request = UpdateRequest {
        name: Some("zenith".to_owned()),
        display_name: Some("  Zenith Ltd. ".to_owned()),
        email: Some("New@Example.COM".to_owned()),
        password: Some(SecretString::from("An0ther-password")),
        ..update_request(acme.id)
    };
    let updated = console.organizations.update(&operator, request).await.expect("updated");
    assert_eq!(updated.name, name("zenith"));
    assert_eq!(updated.display_name.as_ref().map(|shown| shown.as_str()), Some("Zenith Ltd."));
    assert_eq!(updated.admin_email.as_str(), "New@example.com");
    let signed_in = console.try_sign_in("new@example.com", &SecretString::from("An0ther-password")).await;
    assert!(signed_in.is_ok());
    let cleared = UpdateRequest { display_name: Some(String::new()), ..update_request(acme.id) };
    let cleared = console.organizations.update(&operator, cleared).await.expect("updated");
    assert_eq!(cleared.display_name, None);
    assert_eq!(cleared.admin_email, updated.admin_email, "what is not named stays");
}

#[tokio::test]
async fn the_trash_keeps_everything_and_a_restore_brings_it_back() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    add_document(&console, &collection("acme")).await;
    let trashed = console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    assert_eq!(trashed.status(), OrganizationStatus::Trashed);
    assert_eq!(trashed.trashed.as_ref().map(|note| note.by.as_str()), Some(operator.email()));
    assert!(!exists(&console, &collection("acme")).await);
    let refused = console.try_sign_in("admin@acme.example.com", &SecretString::from(PASSWORD)).await;
    assert!(
        matches!(refused, Err(AppError::CredentialsRefused { .. })),
        "nobody of it signs in: {refused:?}"
    );
    let statistics =
        console.collections.statistics(&operator, acme.id).await.expect("its data can still be looked at");
    assert_eq!(statistics.documents, 1);
    let restored = console.organizations.restore(&operator, acme.id, None).await.expect("restored");
    assert_eq!((restored.name, restored.created_at, restored.is_active), (acme.name, acme.created_at, true));
    assert_eq!(documents(&console, &collection("acme")).await, 1);
    console.sign_in("admin@acme.example.com").await;
    let again = console.organizations.restore(&operator, acme.id, None).await;
    assert_eq!(again, Err(AppError::NotFound { what: "organization" }), "it is not in the trash any more");
}

#[tokio::test]
async fn a_restore_under_a_taken_name_is_refused_and_possible_under_another_one() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let first = console.create("acme").await;
    add_document(&console, &collection("acme")).await;
    console.organizations.trash(&operator, first.id, None).await.expect("trashed");
    let second = CreateRequest { email: "second@example.com".to_owned(), ..create_request("acme") };
    console.organizations.create(&operator, second).await.expect("the name is free");
    let refused = console.organizations.restore(&operator, first.id, None).await;
    assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Name)));
    assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()));
    let restored =
        console.organizations.restore(&operator, first.id, Some("Acme-2")).await.expect("restored");
    assert_eq!(restored.name, name("acme-2"));
    assert_eq!(documents(&console, &collection("acme-2")).await, 1);
    assert_eq!(documents(&console, &collection("acme")).await, 0, "the other one's data is its own");
}

#[tokio::test]
async fn a_restore_is_refused_while_its_address_is_taken() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let first = console.create("acme").await;
    console.organizations.trash(&operator, first.id, None).await.expect("trashed");
    let second = CreateRequest { email: "ADMIN@acme.example.com".to_owned(), ..create_request("globex") };
    console.organizations.create(&operator, second).await.expect("the address is free");
    let refused = console.organizations.restore(&operator, first.id, None).await;
    assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Email)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_list_and_in_the_trash_is_neither_restored_nor_trashed() {
    for kind in [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (acme, organizations) = (console.create("acme").await, &console.ports.organizations);
        add_document(&console, &collection("acme")).await;
        let backup = organizations.document(acme.id).await.expect("read").expect("it is there");
        console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
        let trashed = organizations.find_trashed(acme.id).await.expect("a look-up answers");
        let aside = trashed.as_ref().expect("it is in the trash").collection();
        // A part of a backup, as a database administrator restores it.
        organizations.insert_document(&backup).await.expect("brought back");
        let twice = Err(AppError::Conflict(ConflictOn::Id));
        let restored = console.organizations.restore(&operator, acme.id, Some("acme-2")).await;
        assert_eq!(restored, twice, "{kind:?}");
        assert_eq!(console.organizations.trash(&operator, acme.id, None).await, twice, "{kind:?}");
        assert_eq!(organizations.document(acme.id).await, Ok(Some(backup)), "{kind:?}");
        assert_eq!(organizations.find_trashed(acme.id).await, Ok(trashed), "{kind:?}");
        assert_eq!(documents(&console, &aside).await, 1, "{kind:?}: its documents wait for it");
        assert!(!exists(&console, &collection("acme-2")).await, "{kind:?}");
        assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");
        // A database administrator removes the one that is not wanted.
        let live = organizations.find(acme.id).await.expect("a look-up answers").expect("it is live");
        organizations.remove(&live).await.expect("removed");
        console.organizations.restore(&operator, acme.id, Some("acme-2")).await.expect("restored");
        assert_eq!(documents(&console, &collection("acme-2")).await, 1, "{kind:?}");

        // Or the one in the trash goes for good.
        let backup = organizations.document(acme.id).await.expect("read").expect("it is there");
        let trashed = console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
        organizations.insert_document(&backup).await.expect("brought back");
        let deleted = console.organizations.delete_forever(&operator, acme.id, "acme-2").await;
        assert_eq!(deleted, Ok(()), "{kind:?}");
        assert!(!exists(&console, &trashed.collection()).await, "{kind:?}");
        assert_eq!(organizations.document(acme.id).await, Ok(Some(backup)), "{kind:?}: the live one stays");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn deleting_for_ever_is_for_the_trash_only_and_needs_the_typed_name() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    add_document(&console, &collection("acme")).await;
    let live = console.organizations.delete_forever(&operator, acme.id, "acme").await;
    assert_eq!(
        live,
        Err(AppError::NotFound { what: "organization" }),
        "a live organization goes to the trash first"
    );
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    for typed in ["", "acm", "acme2", "globex"] {
        let answer = console.organizations.delete_forever(&operator, acme.id, typed).await;
        assert_eq!(answer, Err(AppError::ConfirmationMismatch), "{typed:?}");
    }
    let trashed = console.ports.organizations.find_trashed(acme.id).await.expect("a look-up answers");
    let set_aside = trashed.expect("it is in the trash").collection();
    assert_eq!(documents(&console, &set_aside).await, 1);
    assert_eq!(console.organizations.delete_forever(&operator, acme.id, "acme").await, Ok(()));
    assert!(!exists(&console, &set_aside).await);
    let gone = console.organizations.get(&operator, &acme.id.to_hex()).await;
    assert_eq!(gone, Err(AppError::NotFound { what: "organization" }));
    let record = kinds(&console, acme.id).await;
    assert_eq!(record.last(), Some(&ActivityKind::OrganizationDeleted), "the record outlives it");
}

#[tokio::test]
async fn in_a_production_workspace_the_name_is_typed_before_an_organization_goes_to_the_trash() {
    let workspace = workspace().await;
    let run = Run { confirm_trash: true, ..Run::default() };
    let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let preview = console.organizations.preview_removal(&operator, acme.id).await.expect("a preview");
    assert!(preview.confirmation_needed);
    for typed in [None, Some(""), Some("globex")] {
        let answer = console.organizations.trash(&operator, acme.id, typed).await;
        assert_eq!(answer, Err(AppError::ConfirmationMismatch), "{typed:?}");
    }
    assert!(console.organizations.trash(&operator, acme.id, Some("acme")).await.is_ok());
}

#[tokio::test]
async fn previews_say_what_is_touched_and_touch_nothing() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    console.create("globex").await;
    add_document(&console, &collection("acme")).await;
    let rename = console.organizations.preview_rename(&operator, acme.id, "Zenith").await.expect("a preview");
    assert_eq!(rename.availability.name, name("zenith"));
    assert_eq!(rename.availability.collection, collection("zenith"));
    assert_eq!(rename.availability.taken_by, None);
    let moved = rename.statistics.expect("its collection is there");
    assert_eq!((moved.documents, moved.indexes.len()), (1, 3));
    let taken = console.organizations.preview_rename(&operator, acme.id, "globex").await.expect("a preview");
    assert_eq!(taken.availability.taken_by, Some(ConflictOn::Name));
    let removal = console.organizations.preview_removal(&operator, acme.id).await.expect("a preview");
    assert!(!removal.confirmation_needed, "not in a workspace that is no production");
    assert_eq!(removal.statistics.map(|statistics| statistics.documents), Some(1));
    assert_eq!(console.organizations.get(&operator, "acme").await, Ok(acme));
}

#[tokio::test]
async fn deactivating_and_reactivating_keep_the_data_and_may_be_repeated() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    for _ in 0..2 {
        let off = console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
        assert_eq!(off.status(), OrganizationStatus::Deactivated);
    }
    assert!(exists(&console, &collection("acme")).await);
    for _ in 0..2 {
        let on = console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
        assert_eq!(on.status(), OrganizationStatus::Active);
    }
    assert_eq!(
        kinds(&console, acme.id).await,
        [
            ActivityKind::OrganizationCreated,
            ActivityKind::OrganizationDeactivated,
            ActivityKind::OrganizationReactivated
        ],
        "what changed nothing is not recorded"
    );
}

#[tokio::test]
async fn a_page_has_at_most_the_limits_rows_whatever_is_asked_for() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let many: Vec<_> = (0..PAGE_MAX + 10).map(|number| organization(&format!("org-{number}"))).collect();
    console.ports.organizations.insert_many(&many).await.expect("inserted");
    for (asked, given) in [(0, 1), (1, 1), (PAGE_MAX, PAGE_MAX), (1_000_000, PAGE_MAX)] {
        let page = console.organizations.page(&operator, all(asked)).await.expect("a page");
        assert_eq!(page.organizations.len(), given as usize, "asked for {asked}");
    }
}

/// An operation that another computer started.
fn elsewhere(console: &Console, id: OrganizationId) -> Operation {
    let plan = OperationPlan::Trash {
        name: name("acme"),
        trashed: tenantry_core::records::Trashed {
            at: tenantry_core::clock::Clock::now(&*console.clock).into(),
            by: "colleague@example.com".to_owned(),
            collection: tenantry_core::records::TrashedCollection::Moved,
            copy: None,
        },
        collection: Some(CollectionIdentity(None)),
    };
    let owner = Owner { installation: "another-computer".to_owned(), instance: "its-run".to_owned() };
    Operation::new(id, plan, owner, "colleague@example.com".to_owned())
}

#[tokio::test]
async fn an_act_under_way_on_another_computer_is_respected_until_its_lease_is_over() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    console.ports.journal.begin(&elsewhere(&console, acme.id)).await.expect("begun");
    let busy = console.organizations.rename(&operator, acme.id, "zenith").await;
    assert_eq!(busy, Err(AppError::Busy { act: "trash" }));
    let recovered = console.operations.recover().await.expect("the journal is read");
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].outcome, RecoveryOutcome::InProgressElsewhere);
    console.clock.advance(OPERATION_LEASE + Duration::from_secs(1));
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await;
    assert!(renamed.is_ok(), "what was abandoned is settled first: {renamed:?}");
    assert!(
        kinds(&console, acme.id).await.contains(&ActivityKind::OperationUndone),
        "and the record says so"
    );
}

/// Leaves an operation that an earlier run of this installation did not end.
async fn leave_unfinished(console: &Console) {
    console.operator().await;
    let acme = console.create("acme").await;
    let earlier = Owner { installation: "this-computer".to_owned(), instance: "an-earlier-run".to_owned() };
    let left = elsewhere(console, acme.id).taken_over_by(&earlier);
    console.ports.journal.begin(&left).await.expect("begun");
}

#[tokio::test]
async fn what_an_earlier_run_of_this_installation_left_in_a_file_is_settled_at_once() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    leave_unfinished(&console).await;
    let recovered = console.operations.recover().await.expect("the journal is read");
    assert_eq!(recovered[0].outcome, RecoveryOutcome::Undone);
}

#[tokio::test]
async fn what_an_earlier_run_of_this_installation_left_on_a_server_is_settled_once_none_can_be_at_it() {
    let workspace = workspace().await;
    let as_on_a_server = Arc::new(ScriptedCollections::over(&workspace.ports, []));
    let console = Console::run(as_on_a_server.ports(&workspace.ports), &workspace.clock, Run::default());
    leave_unfinished(&console).await;
    let recovered = console.operations.recover().await.expect("the journal is read");
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].outcome, RecoveryOutcome::InProgressElsewhere);
    console.clock.advance(STEP_PENDING);
    let recovered = console.operations.recover().await.expect("the journal is read");
    assert_eq!(recovered[0].outcome, RecoveryOutcome::Undone);
    assert_eq!(recovered[0].operation.plan.act(), "trash", "the person is told which act it was");
    assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()));
}

#[tokio::test]
async fn statistics_of_rows_are_kept_for_a_minute_and_a_refresh_reads_again() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let rows = async || {
        let summaries = console.collections.summaries(&operator, &[acme.id]).await.expect("summaries");
        summaries[0].outcome.clone().expect("numbers").documents
    };
    assert_eq!(rows().await, 0);
    add_document(&console, &collection("acme")).await;
    assert_eq!(rows().await, 0, "none older than a minute is asked again");
    let refreshed = console.collections.statistics(&operator, acme.id).await.expect("statistics");
    assert_eq!(refreshed.documents, 1);
    assert_eq!(rows().await, 1, "the refresh is what the row shows now");
    add_document(&console, &collection("acme")).await;
    console.clock.advance(Duration::from_secs(61));
    assert_eq!(rows().await, 2);
    add_document(&console, &collection("acme")).await;
    console.clock.set_back(Duration::from_secs(3600));
    assert_eq!(rows().await, 3, "what seems to be of the future stays for an hour");
}
