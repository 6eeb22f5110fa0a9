use std::collections::BTreeSet;

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, Timestamp, doc};
use tenantry_core::export::{ExportColumn, ExportFormat, ExportRequest, ExportScope};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::records::{
    OrganizationChange, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField,
    StatusFilter, Unshowable,
};
use tenantry_core::values::OrganizationId;
use tenantry_tests::console::Console;
use tenantry_tests::suite::{insert, moment, name};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const SERVERS: [StoreKind; 2] = [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// What other software takes for an `_id`.
fn odd_ids() -> Vec<Bson> {
    vec![
        Bson::from("5f0c1b1e-0000-4000-8000-000000000001"),
        Bson::from(""),
        // The digits of an ObjectId are a text all the same.
        Bson::from("650000000000000000000101"),
        Bson::Int32(7),
        Bson::Int64(i64::MAX),
        Bson::Double(7.5),
        Bson::Boolean(true),
        Bson::Null,
        Bson::DateTime(DateTime::from_millis(0)),
        Bson::Timestamp(Timestamp { time: 1, increment: 1 }),
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![7; 16] }),
        Bson::Document(doc! {"tenant": 7}),
        Bson::MinKey,
        Bson::MaxKey,
    ]
}

/// Documents with each odd `_id`, several in a row in every order, between ten organizations; returns the
/// organizations.
async fn between_odd_ids(workspace: &TestWorkspace) -> Vec<OrganizationId> {
    let mut organizations = Vec::new();
    for number in 0..10 {
        organizations.push(insert(&workspace.ports, &format!("org-{number}5")).await.id);
    }
    let odd = |(number, id): (usize, Bson)| {
        let name = format!("org-{}0-odd-{number}", number % 3);
        doc! {
            "_id": id, "organization_name": &name, "admin_email": format!("a@{name}.example.com"),
            "collection_name": format!("org_{name}"), "is_active": number % 4 != 0,
            "created_at": DateTime::from_millis(number as i64), "updated_at": DateTime::MAX,
        }
    };
    let documents: Vec<Document> = odd_ids().into_iter().enumerate().map(odd).collect();
    let raw = workspace.database().await.collection::<Document>("organizations");
    raw.insert_many(documents).await.expect("written by other software");
    organizations
}

fn everything(status: StatusFilter) -> OrganizationFilter {
    OrganizationFilter { search: String::new(), status, only: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_on_past_documents_whose_id_is_no_object_id() {
    for store in SERVERS {
        let workspace = TestWorkspace::open(store).await;
        let organizations: BTreeSet<_> = between_odd_ids(&workspace).await.into_iter().collect();
        for &sort in SortField::ALL {
            for direction in [SortDirection::Ascending, SortDirection::Descending] {
                for limit in [1, 3, 100] {
                    let filter = everything(StatusFilter::All);
                    let mut query = OrganizationQuery {
                        filter,
                        sort,
                        direction,
                        backwards: false,
                        start: PageStart::Beginning,
                        limit,
                    };
                    let mut rows = Vec::new();
                    let case = format!("{store:?} {sort:?} {direction:?} in pages of {limit}");
                    loop {
                        let page = workspace.ports.organizations.page(&query).await.expect("a page");
                        rows.extend(page.organizations.iter().map(|row| row.id));
                        assert!(rows.len() < 100, "{case}: paging must come to an end");
                        let Some(next) = page.next else { break };
                        assert_eq!(page.organizations.len(), limit as usize, "{case}: a page is full");
                        query.start = PageStart::After(next);
                    }
                    assert_eq!(rows.len(), organizations.len(), "{case}: each row once");
                    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), organizations, "{case}");
                }
            }
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_agree_with_what_is_listed_and_tell_what_is_not() {
    for store in SERVERS {
        let workspace = TestWorkspace::open(store).await;
        let organizations = between_odd_ids(&workspace).await;
        let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
        workspace.ports.organizations.change(organizations[3], &off, moment(1)).await.expect("deactivated");
        let count = async |filter: &OrganizationFilter| {
            workspace.ports.organizations.count(filter).await.expect("a count")
        };
        let searching =
            |search: &str| OrganizationFilter { search: search.to_owned(), ..everything(StatusFilter::All) };
        for (filter, live, odd) in [
            (searching(""), 10, odd_ids().len() as u64),
            (searching("org-"), 10, odd_ids().len() as u64),
            (searching("org-25"), 1, 0),
            (searching("odd-3"), 0, 1),
            (searching("nowhere"), 0, 0),
        ] {
            let counts = count(&filter).await;
            let case = format!("{store:?} {:?}", filter.search);
            let query = OrganizationQuery {
                filter,
                sort: SortField::Name,
                direction: SortDirection::Ascending,
                backwards: false,
                start: PageStart::Beginning,
                limit: 100,
            };
            let page = workspace.ports.organizations.page(&query).await.expect("a page");
            assert_eq!((counts.live, page.organizations.len()), (live, live as usize), "{case}");
            let unshowable = counts.unshowable.expect("a few are counted");
            assert_eq!((unshowable.live, unshowable.trashed), (odd, 0), "{case}");
            if odd > 1 {
                assert_eq!(counts.deactivated, Some(1), "{case}: of those that are listed");
                for id_type in ["string", "int", "long", "double", "null", "object", "binData", "minKey"] {
                    assert!(unshowable.id_types.contains(id_type), "{case}: {:?}", unshowable.id_types);
                }
            }
        }
        let only = OrganizationFilter { only: Some(vec![organizations[0]]), ..searching("") };
        let own = count(&only).await;
        assert_eq!((own.live, own.unshowable), (1, Some(Unshowable::default())), "{store:?}: nobody else's");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_goes_past_them_and_says_how_many_were_left_out() {
    for store in SERVERS {
        let workspace = TestWorkspace::open(store).await;
        let organizations = between_odd_ids(&workspace).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for (scope, rows, unshowable) in [
            (ExportScope::All, 10, odd_ids().len() as u64),
            (ExportScope::Filtered(everything(StatusFilter::Active)), 10, odd_ids().len() as u64),
            (ExportScope::Filtered(everything(StatusFilter::Trashed)), 0, 0),
            (ExportScope::Selected(vec![organizations[0]]), 1, 0),
        ] {
            let request = ExportRequest {
                scope: scope.clone(),
                columns: vec![ExportColumn::Name],
                format: ExportFormat::Ndjson,
                sort: SortField::Name,
                direction: SortDirection::Ascending,
            };
            let (output, cancellation) = (Box::new(std::io::sink()), Cancellation::default());
            let exported = console.exports.run(&operator, request, output, &Quiet, &cancellation).await;
            let exported = exported.expect("exported");
            assert_eq!((exported.rows, exported.unshowable), (rows, unshowable), "{store:?} {scope:?}");
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_is_found_by_name_behind_a_twin_whose_id_is_no_object_id() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let raw = workspace.database().await;
    // As the service's race between two creates leaves it: there can be no unique index.
    let indexes = doc! {"dropIndexes": "organizations", "index": "*"};
    raw.run_command(indexes).await.expect("dropped");
    let twin = doc! {"_id": "aaa", "organization_name": "acme", "admin_email": "admin@acme.example.com"};
    raw.collection::<Document>("organizations").insert_one(twin).await.expect("inserted");
    let id = ObjectId::new();
    let own = doc! {
        "_id": id, "organization_name": "acme", "admin_email": "admin@acme.example.com", "admin_password": "$2b$12$x",
    };
    raw.collection::<Document>("organizations").insert_one(own).await.expect("inserted");
    let found = workspace.ports.organizations.find_by_name(&tenantry_tests::suite::name("acme")).await;
    assert_eq!(found.expect("a look-up").map(|found| found.id.object_id()), Some(id));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_is_also_of_whose_id_is_no_object_id() {
    for store in SERVERS {
        let workspace = TestWorkspace::open(store).await;
        let acme = insert(&workspace.ports, "acme").await;
        let other = doc! { "_id": "text", "organization_name": "other", "collection_name": "org_acme" };
        let raw = workspace.database().await.collection::<Document>("organizations");
        raw.insert_one(other).await.expect("written by other software");
        let owners = workspace.ports.organizations.owners(&name("acme")).await.expect("a look answers");
        assert_eq!(owners.len(), 2, "{store:?}: the other one's documents would be moved and deleted");
        assert!(owners.contains(&acme.id), "{store:?}: {owners:?}");
    }
}
