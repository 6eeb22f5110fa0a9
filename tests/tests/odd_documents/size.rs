use bson::{Bson, Document, doc};
use tenantry_core::export::{ExportColumn, ExportFormat, ExportRequest, ExportScope};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    OrganizationChange, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField,
    StatusFilter, Trashed, TrashedCollection,
};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::proxy::Proxy;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::{email, moment, name, organization};
use tenantry_tests::workspace::{StoreKind, TestWorkspace, open_database};

const COUNT: usize = 200;
/// A field of other software's.
const FIELD: usize = 1024 * 1024;
const PLANTED: &str = "planted-hash-of-an-admin";

/// Organizations with a large field each, in three places: beside the others, beside Tenantry's own, and in the trash.
async fn with_large_fields(server: &Server, database: &str) -> TestWorkspace {
    let workspace = TestWorkspace::on_server(server, database.to_owned()).await;
    let raw = workspace.database().await.collection::<Document>("organizations");
    let many: Vec<_> = (0..COUNT).map(|number| organization(&format!("org-{number:03}"))).collect();
    workspace.ports.organizations.insert_many(&many).await.expect("inserted");
    let large = Bson::from("x".repeat(FIELD));
    let set = doc! {"$set": {"logo": &large, "admin_password": PLANTED, "console.other": "x".repeat(1_000)}};
    raw.update_many(doc! {}, set).await.expect("written by other software");
    let gone = &many[0];
    let trashed = Trashed {
        at: moment(1).into(),
        by: "op@example.com".to_owned(),
        collection: TrashedCollection::Missing,
        copy: None,
    };
    workspace.ports.organizations.copy_to_trash(gone.id, &trashed).await.expect("copied");
    workspace.ports.organizations.remove_copied(gone.id, None).await.expect("removed");
    workspace
}

fn query(search: &str, status: StatusFilter, sort: SortField) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: search.to_owned(), status, only: None },
        sort,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 100,
    }
}

/// The server's responses during some work.
async fn heard<T>(proxy: &Proxy, what: &str, done: impl Future<Output = T>) -> Vec<u8> {
    proxy.listen();
    done.await;
    let heard = proxy.heard();
    assert!(!heard.is_empty(), "{what}: the proxy is not on the way");
    // A kilobyte for each row of a page would be many.
    assert!(heard.len() < 100 * 1024, "{what} brought {} kB over the line", heard.len() / 1024);
    heard
}

fn tells_the_hash(heard: &[u8]) -> bool {
    heard.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes())
}

async fn reads_what_is_shown(topology: Topology) {
    let server = Server::start(topology);
    let database = fresh_database();
    let workspace = with_large_fields(&server, &database).await;
    let proxy = Proxy::before(server.address());
    let uri = format!("mongodb://{}/?directConnection=true", proxy.address());
    let ports: Ports = open_database(&uri, &database).await.expect("it opens");
    let organizations = &ports.organizations;
    let (own, address) = (name("org-007"), email("admin@org-007.example.com"));
    let id = organizations.find_by_name(&own).await.expect("a look-up").expect("there").id;

    for sort in [SortField::Name, SortField::Status, SortField::UpdatedAt] {
        for (search, status) in [
            ("", StatusFilter::All),
            ("org-", StatusFilter::Active),
            ("é", StatusFilter::All),
            ("", StatusFilter::Trashed),
        ] {
            let query = query(search, status, sort);
            let what = format!("a page by {sort:?} of {status:?} with {search:?}");
            let page = async {
                let page = organizations.page(&query).await.expect("a page");
                assert_eq!(page.organizations.is_empty(), search == "é");
            };
            assert!(!tells_the_hash(&heard(&proxy, &what, page).await), "{what} brought a hash");
        }
    }
    let filter = query("org", StatusFilter::All, SortField::Name).filter;
    heard(&proxy, "a count", async { organizations.count(&filter).await.expect("a count") }).await;
    let found = heard(&proxy, "find", async { organizations.find(id).await.expect("found") }).await;
    assert!(!tells_the_hash(&found), "a look-up by id brought a hash");
    let found =
        heard(&proxy, "find_by_name", async { organizations.find_by_name(&own).await.expect("found") });
    assert!(!tells_the_hash(&found.await), "a look-up by name brought a hash");
    let credentials = async { organizations.find_credentials(&address).await.expect("found") };
    assert!(
        tells_the_hash(&heard(&proxy, "find_credentials", credentials).await),
        "a sign-in needs the hash"
    );
    let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    let change = async { organizations.change(id, &off, moment(2)).await.expect("changed") };
    heard(&proxy, "change", change).await;
    let console = Console::run(ports.clone(), &workspace.clock, Run::default());
    let operator = console.operator().await;
    let request = ExportRequest {
        scope: ExportScope::All,
        columns: vec![ExportColumn::Name, ExportColumn::CreatedAt],
        format: ExportFormat::Ndjson,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
    };
    let (output, cancellation) = (Box::new(std::io::sink()), Cancellation::default());
    let export = console.exports.run(&operator, request, output, &Quiet, &cancellation);
    let answer = heard(&proxy, "an export", async { export.await.expect("exported") }).await;
    assert!(!tells_the_hash(&answer), "an export brought hashes");
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_reads_what_it_shows_however_large_the_documents_of_a_replica_set_are() {
    reads_what_is_shown(Topology::ReplicaSet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_reads_what_it_shows_however_large_the_documents_of_a_standalone_server_are() {
    reads_what_is_shown(Topology::Standalone).await;
}

/// A field that is shown may be large as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_large_rows_ends_early_and_the_next_one_goes_on() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let many: Vec<_> = (0..20).map(|number| organization(&format!("org-{number:02}"))).collect();
    workspace.ports.organizations.insert_many(&many).await.expect("inserted");
    let raw = workspace.database().await.collection::<Document>("organizations");
    let large = doc! {"$set": {"console.display_name": "x".repeat(FIELD)}};
    raw.update_many(doc! {}, large.clone()).await.expect("written by other software");
    // Some in the first part of the list, because they have no date.
    let some = doc! {"organization_name": {"$lt": "org-09"}};
    raw.update_many(some, doc! {"$unset": {"created_at": ""}}).await.expect("written by other software");
    for sort in [SortField::Name, SortField::CreatedAt] {
        let mut query = query("", StatusFilter::All, sort);
        let (mut rows, mut pages) = (Vec::new(), 0);
        loop {
            let page = workspace.ports.organizations.page(&query).await.expect("a page");
            assert!(page.organizations.len() <= 5, "{sort:?}: {} MB at once", page.organizations.len());
            rows.extend(page.organizations.iter().map(|row| (sort.cursor_value(row), row.id)));
            pages += 1;
            let Some(next) = page.next else { break };
            assert!(pages < 30, "{sort:?}: paging must come to an end");
            query.start = PageStart::After(next);
        }
        assert_eq!(rows.len(), many.len(), "{sort:?}: each row once");
        assert!(rows.is_sorted(), "{sort:?}: in order");
    }
    workspace.remove().await;
}
