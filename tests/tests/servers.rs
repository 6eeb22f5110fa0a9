//! Servers that refuse, stop, or have data that Tenantry would never have written.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, doc};
use mongodb::{Client, Database};
use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    NewOrganization, OrganizationChange, OrganizationFilter, OrganizationQuery, PageStart, Privilege,
    PrivilegedAct, SortDirection, SortField, StatusFilter,
};
use tenantry_core::values::OrganizationId;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::{
    ANY, collection, email, insert, moment, move_collection, name, organization, seen,
};
use tenantry_tests::workspace::{StoreKind, TestWorkspace, open_database};

fn page(limit: u32) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit,
    }
}

async fn database_at(uri: &str, name: &str) -> Database {
    Client::with_uri_str(uri).await.expect("a connection string").database(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_user_who_may_only_read_lists_and_is_denied_every_write() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let owner =
        open_database(&server.administrator_uri(), &database).await.expect("the administrator opens it");
    owner.health.prepare().await.expect("prepared");
    let acme = insert(&owner, "acme").await;
    owner.collections.create(&collection("acme")).await.expect("created");

    let uri = server.add_user("reader", &database, &["read"]).await;
    let reader = open_database(&uri, &database).await.expect("a reader may open it");
    let warnings = reader.health.prepare().await;
    assert!(warnings.is_ok(), "what is prepared already is no reason to refuse: {warnings:?}");
    let listed = reader.organizations.page(&page(10)).await.expect("a reader lists");
    assert_eq!(listed.organizations.len(), 1);
    assert_eq!(reader.collections.exists(&collection("acme")).await, Ok(true));

    let is_denied = |answer: Result<(), StoreError>| matches!(answer, Err(StoreError::Denied { .. }));
    let organizations = &reader.organizations;
    let live = seen(&owner, acme.id).await;
    assert!(is_denied(organizations.insert(&organization("globex")).await), "insert");
    assert!(is_denied(organizations.set_name(&live, &name("zenith"), moment(1)).await), "update");
    let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    assert!(is_denied(organizations.change(acme.id, &change, moment(1)).await.map(|_| ())), "change");
    assert!(is_denied(organizations.remove(&live).await), "delete");
    let collections = &reader.collections;
    assert!(is_denied(collections.create(&collection("globex")).await), "create a collection");
    assert!(
        is_denied(collections.rename(&collection("acme"), &collection("zenith"), &ANY).await),
        "rename a collection"
    );
    assert!(is_denied(collections.delete(&collection("acme"), &ANY).await), "drop a collection");
    assert!(
        is_denied(
            reader.accounts.add_failed_sign_in("account", &tenantry_tests::suite::device()).await.map(|_| ())
        ),
        "count a failure"
    );

    let health = reader.health.health().await.expect("a reader may ask");
    assert_eq!(health.database_user.as_deref(), Some("reader"));
    use PrivilegedAct::{CountDocuments, ReadIndexes, ReadOrganizations, ReadSizes, ReadTrash};
    let reads = [ReadOrganizations, ReadTrash, CountDocuments, ReadSizes, ReadIndexes];
    let promised: Vec<&Privilege> = health
        .privileges
        .iter()
        .filter(|privilege| privilege.allowed == Some(true))
        .filter(|privilege| !reads.contains(&privilege.act))
        .collect();
    // A server may keep a user's permissions to itself; that must not lead to a promise.
    assert!(promised.is_empty(), "the health screen promises what is denied: {promised:?}");
    assert_eq!(
        owner.organizations.find(acme.id).await.map(|found| found.map(|one| one.is_active)),
        Ok(Some(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_user_who_may_read_and_write_runs_a_whole_lifecycle() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let uri = server.add_user("owner", &database, &["readWrite", "dbAdmin"]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    assert_eq!(ports.health.prepare().await, Ok(Vec::new()));
    let acme = insert(&ports, "acme").await;
    ports.collections.create(&collection("acme")).await.expect("created");
    move_collection(&ports, &collection("acme"), &collection("zenith")).await.expect("renamed");
    ports
        .organizations
        .set_name(&seen(&ports, acme.id).await, &name("zenith"), moment(1))
        .await
        .expect("named");
    let statistics = ports.collections.statistics(&collection("zenith")).await.expect("statistics");
    assert_eq!(statistics.documents, 0);
    let health = ports.health.health().await.expect("health");
    assert!(
        health.privileges.iter().all(|privilege| privilege.allowed != Some(false)),
        "{:?}",
        health.privileges
    );
}

#[tokio::test]
async fn a_wrong_database_password_is_told_as_such() {
    let server = Server::shared_with_access_control();
    let wrong = server.administrator_uri().replace("Root-passw0rd", "Wrong-passw0rd");
    let answer = open_database(&wrong, &fresh_database()).await;
    assert_eq!(answer.map(|_| ()).err(), Some(StoreError::SignInRefused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_in_the_middle_of_a_list_is_unavailable_and_ends_no_page_early() {
    let server = Server::start(Topology::ReplicaSet);
    let workspace = TestWorkspace::on_server(&server, fresh_database()).await;
    let many: Vec<_> = (0..30).map(|number| organization(&format!("org-{number:02}"))).collect();
    workspace.ports.organizations.insert_many(&many).await.expect("inserted");
    let first = workspace.ports.organizations.page(&page(10)).await.expect("a page");
    assert_eq!(first.organizations.len(), 10);
    server.kill();
    let asked = Instant::now();
    let second =
        OrganizationQuery { start: PageStart::After(first.next.expect("there is more")), ..page(10) };
    let answer = workspace.ports.organizations.page(&second).await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "an error is no empty list: {answer:?}");
    assert!(asked.elapsed() < Duration::from_secs(30), "nobody waits for ever: {:?}", asked.elapsed());
    let answer = workspace.ports.collections.exists(&collection("org-01")).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable { .. })),
        "\"could not look\" is not \"none\": {answer:?}"
    );
}

#[tokio::test]
async fn a_half_made_collection_is_completed_by_creating_it_again() {
    for kind in [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(kind).await;
        let raw = workspace.database().await;
        raw.create_collection("org_acme").await.expect("created without anything");
        workspace.ports.collections.create(&collection("acme")).await.expect("completed");
        let indexes = raw.collection::<Document>("org_acme").list_index_names().await.expect("a list");
        let indexes: BTreeSet<_> = indexes.iter().map(String::as_str).collect();
        assert_eq!(indexes, BTreeSet::from(["_id_", "created_at_1", "updated_at_1"]), "{kind:?}");
        workspace.remove().await;
    }
}

/// The result of the service's race between two creates.
async fn with_twins(raw: &Database) -> [ObjectId; 2] {
    let ids = [ObjectId::new(), ObjectId::new()];
    let now = DateTime::from_millis(1_772_366_400_000);
    let twin = |id: ObjectId| {
        doc! {
            "_id": id, "organization_name": "twins", "admin_email": "twin@example.com",
            "admin_password": "$2b$12$twin", "collection_name": "org_twins",
            "created_at": now, "updated_at": now, "is_active": true,
        }
    };
    raw.collection::<Document>("organizations").insert_many(ids.map(twin)).await.expect("inserted");
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_data_permits_no_unique_index_that_is_reported_and_uniqueness_is_kept_all_the_same() {
    for topology in [Topology::ReplicaSet, Topology::Standalone] {
        let server = Server::shared(topology);
        let database = fresh_database();
        let raw = database_at(&server.uri(), &database).await;
        with_twins(&raw).await;
        let ports = open_database(&server.uri(), &database).await.expect("it opens");
        let warnings = ports.health.prepare().await.expect("prepared as far as possible");
        assert!(!warnings.is_empty(), "{topology:?}: people are told why there is no index");

        insert(&ports, "acme").await;
        let named = NewOrganization { admin_email: email("other@example.com"), ..organization("acme") };
        let taken = Err(StoreError::Duplicate { field: UniqueField::Name });
        assert_eq!(ports.organizations.insert(&named).await, taken, "{topology:?}");
        let addressed =
            NewOrganization { admin_email: email("ADMIN@acme.example.com"), ..organization("globex") };
        let taken = Err(StoreError::Duplicate { field: UniqueField::Email });
        assert_eq!(ports.organizations.insert(&addressed).await, taken, "{topology:?}");
        let other = insert(&ports, "initech").await;
        let renamed =
            ports.organizations.set_name(&seen(&ports, other.id).await, &name("acme"), moment(1)).await;
        assert_eq!(renamed, Err(StoreError::Duplicate { field: UniqueField::Name }), "{topology:?}");
        let change = OrganizationChange {
            admin_email: Some(email("Admin@acme.example.com")),
            ..OrganizationChange::default()
        };
        let changed = ports.organizations.change(other.id, &change, moment(2)).await;
        assert_eq!(changed, Err(StoreError::Duplicate { field: UniqueField::Email }), "{topology:?}");
        let count =
            raw.collection::<Document>("organizations").count_documents(doc! {}).await.expect("a count");
        assert_eq!(count, 4, "{topology:?}: what was refused left nothing");

        let contenders = (0..8).map(|number| {
            let address = email(&format!("contender{number}@example.com"));
            let new = NewOrganization { admin_email: address, ..organization("contested") };
            let organizations = ports.organizations.clone();
            async move { organizations.insert(&new).await }
        });
        let answers = futures_util::future::join_all(contenders).await;
        let stored = raw
            .collection::<Document>("organizations")
            .count_documents(doc! {"organization_name": "contested"})
            .await
            .expect("a count");
        let won = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
        assert_eq!(stored, won, "{topology:?}: who was told to have won is there: {answers:?}");
        assert!(won <= 1, "{topology:?}: two never win: {answers:?}");
        raw.drop().await.expect("dropped");
    }
}

/// Documents that break the format, each in its own way, beside a good one.
async fn with_broken_documents(raw: &Database, good: OrganizationId) {
    let now = DateTime::from_millis(1_772_366_400_000);
    let whole = |name: &str| {
        doc! {
            "_id": ObjectId::new(), "organization_name": name, "admin_email": format!("{name}@example.com"),
            "admin_password": "$2b$12$broken", "collection_name": format!("org_{name}"),
            "created_at": now, "updated_at": now, "is_active": true,
        }
    };
    let mut documents =
        vec![doc! {"_id": ObjectId::new()}, doc! {"_id": "a text", "organization_name": "textual"}];
    for field in
        ["organization_name", "admin_email", "admin_password", "collection_name", "created_at", "is_active"]
    {
        for value in [Bson::Null, Bson::Int32(7), Bson::Document(doc! {"a": 1}), Bson::Array(vec![])] {
            let mut document = whole(&format!("odd-{field}-{}", documents.len()).replace('_', ""));
            document.insert(field, value);
            documents.push(document);
        }
        let mut document = whole(&format!("less-{field}").replace('_', ""));
        document.remove(field);
        documents.push(document);
    }
    let mut document = whole("console-is-text");
    document.insert("console", "a text");
    documents.push(document);
    raw.collection::<Document>("organizations").insert_many(documents).await.expect("inserted");
    assert!(
        raw.collection::<Document>("organizations").find_one(doc! {"_id": good.object_id()}).await.is_ok()
    );
}

async fn walk(ports: &Ports, mut query: OrganizationQuery) -> Vec<OrganizationId> {
    let mut ids = Vec::new();
    for _ in 0..200 {
        let page = ports.organizations.page(&query).await.expect("a broken document fails no list");
        ids.extend(page.organizations.iter().map(|row| row.id));
        let Some(next) = page.next else { return ids };
        query.start = PageStart::After(next);
    }
    panic!("paging must come to an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_break_the_format_never_fail_a_list_and_hide_no_good_one() {
    let server = Server::shared(Topology::ReplicaSet);
    let database = fresh_database();
    let raw = database_at(&server.uri(), &database).await;
    let ports = open_database(&server.uri(), &database).await.expect("it opens");
    let good = insert(&ports, "good").await;
    with_broken_documents(&raw, good.id).await;
    let ports = open_database(&server.uri(), &database).await.expect("it opens");
    ports.health.prepare().await.expect("prepared as far as possible");
    for &sort in SortField::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            for limit in [3, 100] {
                let ids = walk(&ports, OrganizationQuery { sort, direction, ..page(limit) }).await;
                let once: BTreeSet<_> = ids.iter().collect();
                assert_eq!(once.len(), ids.len(), "{sort:?} {direction:?} {limit}: each row once");
                assert!(
                    ids.contains(&good.id),
                    "{sort:?} {direction:?} {limit}: the good one is in the list"
                );
                assert!(
                    ids.len() > 15,
                    "{sort:?} {direction:?} {limit}: what can be read is shown: {}",
                    ids.len()
                );
            }
        }
    }
    let counts = ports.organizations.count(&page(1).filter).await.expect("a count");
    assert!(counts.live > 0);
    raw.drop().await.expect("dropped");
}

/// `is_active` as other software writes it: the values that the service counts as false, and some that it does not.
const FALSE: [(&str, Bson); 5] = [
    ("false-plain", Bson::Boolean(false)),
    ("false-zero", Bson::Int32(0)),
    ("false-long", Bson::Int64(0)),
    ("false-double", Bson::Double(0.0)),
    ("false-null", Bson::Null),
];
const TRUE: [(&str, Bson); 3] =
    [("true-plain", Bson::Boolean(true)), ("true-one", Bson::Int32(1)), ("true-double", Bson::Double(1.0))];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zero_and_null_are_deactivated_in_rows_filters_counts_and_sorts_alike() {
    for kind in [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(kind).await;
        let ports = &workspace.ports;
        let raw = workspace.database().await.collection::<Document>("organizations");
        for (text, value) in FALSE.iter().chain(&TRUE) {
            let id = insert(ports, text).await.id.object_id();
            let set = doc! { "$set": { "is_active": value.clone() } };
            raw.update_one(doc! { "_id": id }, set).await.expect("written by other software");
        }
        let absent = insert(ports, "true-absent").await.id.object_id();
        let unset = doc! { "$unset": { "is_active": "" } };
        raw.update_one(doc! { "_id": absent }, unset).await.expect("written by other software");

        for (status, names, number) in [
            (StatusFilter::Deactivated, "false-", FALSE.len()),
            (StatusFilter::Active, "true-", TRUE.len() + 1),
        ] {
            for search in ["", "e-"] {
                let filter = OrganizationFilter { search: search.to_owned(), status, only: None };
                let query = OrganizationQuery { filter: filter.clone(), ..page(2) };
                let listed = walk(ports, query).await;
                assert_eq!(listed.len(), number, "{kind:?} {status:?} {search:?}");
                for id in listed {
                    let row = ports.organizations.find(id).await.expect("a look-up").expect("it is there");
                    assert!(row.name.as_str().starts_with(names), "{kind:?} {status:?}: {}", row.name);
                    assert_eq!(row.is_active, status == StatusFilter::Active, "{kind:?} {}", row.name);
                }
                let counts = ports.organizations.count(&filter).await.expect("a count");
                assert_eq!(counts.live, 9, "{kind:?} {search:?}");
                assert_eq!(counts.deactivated, Some(5), "{kind:?} {search:?}");
            }
        }
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let by_status = OrganizationQuery { sort: SortField::Status, direction, ..page(2) };
            let mut statuses = Vec::new();
            for id in walk(ports, by_status).await {
                let row = ports.organizations.find(id).await.expect("a look-up").expect("it is there");
                statuses.push(row.is_active);
            }
            let mut sorted = statuses.clone();
            sorted.sort_unstable();
            if direction == SortDirection::Descending {
                sorted.reverse();
            }
            assert_eq!(statuses, sorted, "{kind:?} {direction:?}");
            assert_eq!(statuses.len(), 9, "{kind:?} {direction:?}: each row once");
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_by_dates_comes_to_its_end_through_years_that_can_not_be_shown() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let ports = &workspace.ports;
    for number in 0..6 {
        insert(ports, &format!("acme-{number}")).await;
    }
    let raw = workspace.database().await.collection::<Document>("organizations");
    let beyond = doc! {"$set": {"created_at": DateTime::from_millis(400_000_000_000_000), "updated_at": DateTime::MAX}};
    let some = doc! {"organization_name": {"$in": ["acme-1", "acme-2", "acme-4"]}};
    raw.update_many(some, beyond).await.expect("written by other software");
    for sort in [SortField::CreatedAt, SortField::UpdatedAt] {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let ids = walk(ports, OrganizationQuery { sort, direction, ..page(2) }).await;
            let once: BTreeSet<_> = ids.iter().collect();
            assert_eq!((ids.len(), once.len()), (6, 6), "{sort:?} {direction:?}: each row once");
        }
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_this_program_does_not_know_survive_every_act() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let ports = &workspace.ports;
    let new = insert(ports, "acme").await;
    let raw = workspace.database().await.collection::<Document>("organizations");
    let id = doc! {"_id": new.id.object_id()};
    let extra = doc! {"plan": {"name": "gold", "seats": 5_i64}, "tags": ["a", "b"]};
    raw.update_one(id.clone(), doc! {"$set": extra.clone()}).await.expect("written by other software");
    let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    ports.organizations.change(new.id, &change, moment(1)).await.expect("changed");
    ports
        .organizations
        .set_name(&seen(ports, new.id).await, &name("zenith"), moment(2))
        .await
        .expect("named");
    let trashed = tenantry_core::records::Trashed {
        at: moment(3).into(),
        by: "operator@example.com".to_owned(),
        collection: tenantry_core::records::TrashedCollection::Missing,
        copy: None,
    };
    ports.organizations.copy_to_trash(new.id, &trashed).await.expect("copied");
    ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
    ports.organizations.copy_from_trash(new.id, None, &name("zenith"), moment(4)).await.expect("copied back");
    let stored = raw.find_one(id).await.expect("a look-up answers").expect("it is there");
    assert_eq!(stored.get("plan"), extra.get("plan"));
    assert_eq!(stored.get("tags"), extra.get("tags"));
    let outside: Vec<&str> =
        stored.keys().map(String::as_str).filter(|key| !extra.contains_key(*key)).collect();
    assert!(
        outside.iter().all(|key| [
            "console",
            "_id",
            "organization_name",
            "admin_email",
            "admin_password",
            "collection_name",
            "created_at",
            "updated_at",
            "is_active"
        ]
        .contains(key)),
        "what Tenantry adds is in `console`: {outside:?}"
    );
    workspace.remove().await;
}

#[tokio::test]
async fn what_is_written_is_there_for_the_next_run() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(kind).await;
        let new = insert(&workspace.ports, "acme").await;
        workspace.ports.collections.create(&collection("acme")).await.expect("created");
        workspace
            .ports
            .accounts
            .add_failed_sign_in("account", &tenantry_tests::suite::device())
            .await
            .expect("counted");
        let again = workspace.reopened().await;
        assert_eq!(again.health.prepare().await, Ok(Vec::new()), "{kind:?}");
        assert_eq!(again.organizations.find(new.id).await, workspace.ports.organizations.find(new.id).await);
        assert_eq!(again.collections.exists(&collection("acme")).await, Ok(true), "{kind:?}");
        let attempts = again.accounts.sign_in_attempts(&["account".to_owned()]).await;
        let attempts = attempts.expect("a look-up answers");
        assert_eq!(attempts.first().map(|attempts| attempts.failures), Some(1), "{kind:?}");
        workspace.remove().await;
    }
}
