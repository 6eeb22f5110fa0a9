//! A connection that breaks, and a server that goes away: reads come back by themselves, nothing is lost or done twice,
//! and everything works again without reopening the workspace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Document, doc};
use futures_util::TryStreamExt;
use mongodb::{Client, Database};
use tempfile::TempDir;
use tenantry_core::clock::ManualClock;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::{LINE_LIMIT, STEP_PENDING};
use tenantry_core::ports::Ports;
use tenantry_core::record::verify;
use tenantry_core::records::{
    ActivityEntry, ActivityKind, Organization, OrganizationFilter, OrganizationQuery, OrganizationStatus,
    PageStart, SortDirection, SortField, StatusFilter, Stored,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;
use tenantry_tests::console::{Console, Run, create_request};
use tenantry_tests::processes::free_port;
use tenantry_tests::proxy::{Moment, Proxy};
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::{collection, move_collection, organization};
use tenantry_tests::workspace::open_database;
use time::OffsetDateTime;

/// Longer than the wait for a server, and much shorter than anybody waits.
const PATIENCE: Duration = Duration::from_secs(15);

/// A workspace behind a connection that can be broken.
struct Broken {
    proxy: Proxy,
    console: Console,
    operator: Actor,
    /// The database, on a separate connection.
    raw: Database,
}

impl Broken {
    async fn line_to(server: &Server) -> Self {
        let proxy = Proxy::before(server.address());
        let database = fresh_database();
        // Direct: a replica set reports its members' own addresses, which bypass the proxy.
        let uri = format!("mongodb://{}/?directConnection=true", proxy.address());
        let ports = open_database(&uri, &database).await.expect("it opens");
        ports.health.prepare().await.expect("prepared");
        let console = console(&ports);
        let operator = console.operator().await;
        let raw = Client::with_uri_str(server.uri()).await.expect("a connection string").database(&database);
        Self { proxy, console, operator, raw }
    }

    async fn open() -> Self {
        Self::line_to(Server::shared(Topology::ReplicaSet)).await
    }

    async fn names(&self) -> Result<Vec<String>, StoreError> {
        let page = self.console.ports.organizations.page(&everything()).await?;
        Ok(page.organizations.into_iter().map(|one| one.name.to_string()).collect())
    }

    /// The real content: organizations and their collections, read around the broken connection.
    async fn there(&self) -> (Vec<String>, Vec<String>) {
        let mut cursor =
            self.raw.collection::<Document>("organizations").find(doc! {}).await.expect("a list");
        let mut names = Vec::new();
        while cursor.advance().await.expect("a document") {
            let document = cursor.deserialize_current().expect("a document");
            names.push(document.get_str("organization_name").expect("a name").to_owned());
        }
        let filter = doc! { "name": { "$regex": "^(org_|console_trash_)" } };
        let mut collections =
            self.raw.list_collection_names().filter(filter).await.expect("a list of collections");
        names.sort();
        collections.sort();
        (names, collections)
    }

    /// Entries of the journal after the list was read at a time when no request of an operation can be pending.
    async fn journal(&self) -> u64 {
        self.console.clock.advance(STEP_PENDING);
        self.console.organizations.page(&self.operator, everything()).await.expect("a list");
        let entries = self.raw.collection::<Document>("console_operations");
        entries.count_documents(doc! {}).await.expect("a count")
    }
}

fn console(ports: &Ports) -> Console {
    Console::run(ports.clone(), &Arc::new(ManualClock::at(OffsetDateTime::now_utc())), Run::default())
}

fn everything() -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 50,
    }
}

fn is_unavailable<T>(answer: &Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::Store(StoreError::Unavailable { .. })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_the_line_says_within_its_limit_whether_somebody_answers() {
    let broken = Broken::open().await;
    let line = broken.console.ports.health.line().await;
    assert!(line.reachable && line.problem.is_none() && line.round_trip.is_some(), "{line:?}");

    let looked = async |what: &str| {
        let asked = Instant::now();
        let line = broken.console.ports.health.line().await;
        assert!(!line.reachable && line.problem.is_some() && line.round_trip.is_none(), "{what}: {line:?}");
        assert!(asked.elapsed() < LINE_LIMIT + Duration::from_secs(1), "{what}: {:?}", asked.elapsed());
        line.problem.unwrap_or_default()
    };
    broken.proxy.freeze();
    looked("frozen").await;
    broken.proxy.thaw();
    let back = broken.console.ports.health.line().await;
    assert!(back.reachable, "thawed: {back:?}");
    broken.proxy.refuse();
    let problem = looked("refused").await;
    assert!(problem.contains("can't be reached"), "{problem}");
    broken.proxy.accept();
    let deadline = Instant::now() + PATIENCE;
    while !broken.console.ports.health.line().await.reachable {
        assert!(Instant::now() < deadline, "a server that is back is seen");
    }
}

/// The first field of a command, as it stands in a message.
fn command(name: &str) -> String {
    format!("\u{2}{name}\0")
}

/// The first field of a command whose value is a number of 64 bits.
fn command_with_number(name: &str) -> String {
    format!("\u{12}{name}\0")
}

/// The beginning of an insert into a collection.
fn insert_into(collection: &str) -> String {
    let length = char::from(u8::try_from(collection.len() + 1).expect("a short name"));
    format!("\u{2}insert\0{length}\0\0\0{collection}\0")
}

const MOMENTS: [Moment; 2] = [Moment::BeforeTheServer, Moment::BeforeTheAnswer];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_come_back_by_themselves_when_the_line_is_cut_under_them() {
    let broken = Broken::open().await;
    let acme = broken.console.create("acme").await;
    for moment in MOMENTS {
        broken.proxy.cut_at(&command("find"), moment);
        assert_eq!(broken.names().await, Ok(vec!["acme".to_owned()]), "{moment:?}");
        broken.proxy.cut_at("$collStats", moment);
        let read = broken.console.collections.statistics(&broken.operator, acme.id).await;
        assert!(read.is_ok(), "{moment:?}: {read:?}");
    }
    assert_eq!(broken.proxy.sprung(), 4, "the line was cut each time");
    broken.proxy.cut();
    assert_eq!(broken.names().await, Ok(vec!["acme".to_owned()]), "lines that were idle when they were cut");
}

/// More organizations than a server sends at a time.
async fn add_many(ports: &Ports) -> Vec<OrganizationId> {
    let many: Vec<_> = (0..2_200).map(|number| organization(&format!("many-{number:04}"))).collect();
    for part in many.chunks(200) {
        ports.organizations.insert_many(part).await.expect("inserted");
    }
    many.iter().map(|one| one.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_goes_on_from_its_last_row_when_the_line_is_cut_under_it() {
    let broken = Broken::open().await;
    let many = add_many(&broken.console.ports).await;
    let whole = OrganizationQuery { limit: 2_200, ..everything() };
    for moment in MOMENTS {
        broken.proxy.cut_at(&command_with_number("getMore"), moment);
        let rows = broken.console.ports.organizations.rows(&whole).try_concat().await.expect("a list");
        let read: Vec<_> = rows.iter().map(|one| one.id).collect();
        assert!(
            read == many,
            "{moment:?}: {} rows instead of {}, or in another order",
            read.len(),
            many.len()
        );
    }
    assert_eq!(broken.proxy.sprung(), 2, "the line was cut each time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_nobody_reads_on_ends_its_question_on_the_server() {
    let broken = Broken::open().await;
    add_many(&broken.console.ports).await;
    let whole = OrganizationQuery { limit: 2_200, ..everything() };
    let mut rows = broken.console.ports.organizations.rows(&whole);
    rows.try_next().await.expect("read").expect("the first batch");
    broken.proxy.cut_at(&command("killCursors"), Moment::BeforeTheAnswer);
    drop(rows);
    let deadline = Instant::now() + PATIENCE;
    while broken.proxy.sprung() == 0 {
        assert!(Instant::now() < deadline, "the server keeps the cursor of a list that nobody reads");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_nobody_waits_for_ends_its_question_on_the_server() {
    let broken = Broken::open().await;
    broken.console.create("acme").await;
    let filter = OrganizationFilter { search: "acme".to_owned(), ..everything().filter };
    let search = OrganizationQuery { filter, ..everything() };
    broken.console.organizations.page(&broken.operator, search.clone()).await.expect("found");
    let ended = broken.proxy.ended();
    // The response is on its way when the person types on.
    broken.proxy.delay(Duration::from_secs(2));
    let asked = broken.console.organizations.page(&broken.operator, search);
    tokio::time::timeout(Duration::from_millis(200), asked).await.expect_err("it is still on its way");
    let deadline = Instant::now() + PATIENCE;
    while broken.proxy.ended() == ended {
        assert!(
            Instant::now() < deadline,
            "the connection with the question stays, and so does the question"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_under_which_the_line_is_cut_is_whole_or_can_be_done_again() {
    let broken = Broken::open().await;
    for (number, step) in ["insert", "create", "createIndexes", "delete"].into_iter().enumerate() {
        for moment in MOMENTS {
            let name = format!("acme-{number}-{}", u8::from(moment == Moment::BeforeTheAnswer));
            broken.proxy.cut_at(&command(step), moment);
            let created = broken.console.organizations.create(&broken.operator, create_request(&name)).await;
            assert!(created.is_ok() || is_unavailable(&created), "{step} {moment:?}: {created:?}");
            if created.is_err() {
                let (names, _) = broken.there().await;
                assert!(
                    !names.contains(&name),
                    "{step} {moment:?}: what is told to have failed is not there"
                );
                broken.console.create(&name).await;
            }
            let (names, collections) = broken.there().await;
            assert_eq!(names.iter().filter(|one| **one == name).count(), 1, "{step} {moment:?}: once");
            assert!(collections.contains(&format!("org_{name}")), "{step} {moment:?}");
            let stored = broken.raw.collection::<Document>(&format!("org_{name}"));
            let indexes = stored.list_index_names().await.expect("indexes");
            assert_eq!(indexes.len(), 3, "{step} {moment:?}: {indexes:?}");
        }
    }
    assert_eq!(broken.proxy.sprung(), 8);
}

/// Runs an operation on a connection that is cut at one of its steps; a failed one is run again, as a person would once
/// none of its requests can be pending.
async fn again<T, F>(what: &str, console: &Console, mut act: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, AppError>>,
    T: std::fmt::Debug,
{
    console.clock.advance(STEP_PENDING);
    match act().await {
        Ok(done) => done,
        failed => {
            assert!(is_unavailable(&failed), "{what}: {failed:?}");
            console.clock.advance(STEP_PENDING);
            act().await.unwrap_or_else(|error| panic!("{what}: the second time it is done: {error}"))
        }
    }
}

async fn with_a_document(broken: &Broken, name: &str) -> Organization {
    let organization = broken.console.create(name).await;
    let document = doc! { "_id": 1, "of": name };
    let stored = broken.raw.collection::<Document>(&format!("org_{name}"));
    stored.insert_one(document).await.expect("inserted");
    organization
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_under_which_the_line_is_cut_moves_everything_once() {
    let broken = Broken::open().await;
    let organization = with_a_document(&broken, "name-0").await;
    let mut number = 0;
    for step in ["renameCollection", "findAndModify"] {
        for moment in MOMENTS {
            number += 1;
            let (from, to) = (format!("name-{}", number - 1), format!("name-{number}"));
            broken.proxy.cut_at(&command(step), moment);
            let acts = &broken.console.organizations;
            let renamed =
                again(step, &broken.console, || acts.rename(&broken.operator, organization.id, &to)).await;
            assert_eq!(renamed.name.to_string(), to, "{step} {moment:?}");
            let there = broken.there().await;
            assert_eq!(
                there,
                (vec![to.clone()], vec![format!("org_{to}")]),
                "{step} {moment:?}: from {from}"
            );
        }
    }
    assert_eq!(broken.proxy.sprung(), 4);
    let kept = broken.raw.collection::<Document>(&format!("org_name-{number}"));
    assert_eq!(kept.count_documents(doc! {}).await.expect("a count"), 1, "its documents came along");
    assert_eq!(broken.journal().await, 0, "nothing is left to settle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trash_loses_nothing_when_the_line_is_cut() {
    let broken = Broken::open().await;
    let acts = &broken.console.organizations;
    for moment in MOMENTS {
        let organization = with_a_document(&broken, "acme").await;
        // The copy, the removal, the move.
        let steps = [insert_into("console_trash"), command("findAndModify"), command("renameCollection")];
        for step in &steps {
            broken.console.clock.advance(STEP_PENDING);
            broken.proxy.cut_at(step, moment);
            let trash = acts.trash(&broken.operator, organization.id, None).await;
            if trash.is_err() {
                assert!(is_unavailable(&trash), "{step} {moment:?}: {trash:?}");
                let now =
                    acts.get(&broken.operator, &organization.id.to_string()).await.expect("it is somewhere");
                if now.status() != OrganizationStatus::Trashed {
                    broken.console.clock.advance(STEP_PENDING);
                    acts.trash(&broken.operator, organization.id, None).await.expect("the second time");
                }
            }
            let trashed = broken.console.ports.organizations.find_trashed(organization.id).await;
            let trashed = trashed.expect("a look-up answers").expect("it is in the trash");
            let kept = broken.raw.collection::<Document>(trashed.collection().as_str());
            assert_eq!(kept.count_documents(doc! {}).await.expect("a count"), 1, "{step} {moment:?}");
            broken.proxy.cut_at(&command("renameCollection"), moment);
            again("restore", &broken.console, || acts.restore(&broken.operator, organization.id, None)).await;
            let there = broken.there().await;
            assert_eq!(there, (vec!["acme".to_owned()], vec!["org_acme".to_owned()]), "{step} {moment:?}");
        }
        broken.console.clock.advance(STEP_PENDING);
        acts.trash(&broken.operator, organization.id, None).await.expect("trashed");
        broken.proxy.cut_at(&command("drop"), moment);
        let deleted = acts.delete_forever(&broken.operator, organization.id, "acme").await;
        if deleted.is_err() {
            assert!(is_unavailable(&deleted), "{moment:?}: {deleted:?}");
            broken.console.clock.advance(STEP_PENDING);
            let again = acts.delete_forever(&broken.operator, organization.id, "acme").await;
            // It may have happened after all.
            assert!(matches!(again, Ok(()) | Err(AppError::NotFound { .. })), "{moment:?}: {again:?}");
        }
        assert_eq!(broken.there().await, (Vec::new(), Vec::new()), "{moment:?}");
    }
    assert_eq!(broken.journal().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_is_no_broken_line() {
    let broken = Broken::open().await;
    let acme = with_a_document(&broken, "acme").await;
    broken.proxy.delay(Duration::from_secs(2));
    assert_eq!(broken.names().await, Ok(vec!["acme".to_owned()]));
    let renamed = move_collection(&broken.console.ports, &collection("acme"), &collection("zenith")).await;
    assert_eq!(renamed, Ok(()));
    broken.proxy.delay(Duration::ZERO);
    let (_, collections) = broken.there().await;
    assert_eq!(collections, ["org_zenith"]);
    let back = move_collection(&broken.console.ports, &collection("zenith"), &collection("acme")).await;
    assert_eq!(back, Ok(()));
    assert!(broken.console.collections.statistics(&broken.operator, acme.id).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_freezes_for_a_moment_is_not_noticed() {
    let broken = Broken::open().await;
    with_a_document(&broken, "acme").await;
    broken.proxy.freeze();
    let (names, ()) = tokio::join!(broken.names(), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        broken.proxy.thaw();
    });
    assert_eq!(names, Ok(vec!["acme".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_long_sleep_the_workspace_goes_on_where_it_was() {
    let broken = Broken::open().await;
    let acme = with_a_document(&broken, "acme").await;
    broken.proxy.freeze();
    // Longer than the driver's monitor waits for the next sign of life of a server.
    tokio::time::sleep(Duration::from_secs(20)).await;
    // A network dropped the connections meanwhile: they are gone when the computer wakes.
    broken.proxy.cut();
    broken.proxy.thaw();
    let woken = Instant::now();
    assert_eq!(broken.names().await, Ok(vec!["acme".to_owned()]));
    assert!(woken.elapsed() < PATIENCE, "{:?}", woken.elapsed());
    let renamed = broken.console.organizations.rename(&broken.operator, acme.id, "zenith").await;
    assert!(renamed.is_ok(), "{renamed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_line_keeps_nobody_waiting_for_ever_and_what_was_asked_for_is_done_once() {
    let broken = Broken::open().await;
    let acme = with_a_document(&broken, "acme").await;
    broken.proxy.freeze();
    let asked = Instant::now();
    let acts = &broken.console.organizations;
    let (read, renamed) = tokio::join!(broken.names(), acts.rename(&broken.operator, acme.id, "zenith"));
    assert!(read.as_ref().is_err_and(StoreError::is_unclear), "{read:?}");
    assert!(
        renamed.as_ref().is_err_and(|error| matches!(error, AppError::Store(error) if error.is_unclear())),
        "{renamed:?}"
    );
    assert!(asked.elapsed() < Duration::from_secs(75), "{:?}", asked.elapsed());
    broken.proxy.thaw();
    let renamed =
        again("after the thaw", &broken.console, || acts.rename(&broken.operator, acme.id, "zenith")).await;
    assert_eq!(renamed.name.to_string(), "zenith");
    assert_eq!(broken.there().await, (vec!["zenith".to_owned()], vec!["org_zenith".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_for_a_moment_is_waited_for_and_one_that_stays_away_is_told() {
    let broken = Broken::open().await;
    with_a_document(&broken, "acme").await;
    broken.proxy.refuse();
    let (names, ()) = tokio::join!(broken.names(), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        broken.proxy.accept();
    });
    assert_eq!(names, Ok(vec!["acme".to_owned()]));

    broken.proxy.refuse();
    let asked = Instant::now();
    let answer = broken.names().await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    assert!(asked.elapsed() < PATIENCE, "{:?}", asked.elapsed());
    let request = create_request("globex");
    let created = broken.console.organizations.create(&broken.operator, request).await;
    assert!(is_unavailable(&created), "{created:?}");
    broken.proxy.accept();
    let accepted = Instant::now();
    assert_eq!(broken.names().await, Ok(vec!["acme".to_owned()]), "and nothing was created");
    assert!(accepted.elapsed() < PATIENCE, "{:?}", accepted.elapsed());
    broken.console.create("globex").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_and_comes_back_is_found_again_with_all_that_was_written() {
    let data = TempDir::with_prefix("tenantry-kept-").expect("a folder");
    let port = free_port();
    let server = Server::start_at(Topology::ReplicaSet, port, data.path());
    let database = fresh_database();
    let ports = open_database(&server.uri(), &database).await.expect("it opens");
    ports.health.prepare().await.expect("prepared");
    let console = console(&ports);
    let acme = console.create("acme").await;
    let operator = console.operator().await;

    server.kill();
    drop(server);
    let asked = Instant::now();
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await;
    assert!(is_unavailable(&renamed), "{renamed:?}");
    assert!(asked.elapsed() < PATIENCE * 2, "{:?}", asked.elapsed());

    let waiting = tokio::spawn({
        let organizations = ports.organizations.clone();
        async move { organizations.page(&everything()).await }
    });
    let _server = tokio::task::block_in_place(|| Server::start_at(Topology::ReplicaSet, port, data.path()));
    // A start can take longer than the wait for a server; then the next list is the one that comes back.
    let waited = waiting.await.expect("no panic");
    assert!(matches!(waited, Ok(_) | Err(StoreError::Unavailable { .. })), "{waited:?}");
    let page = ports.organizations.page(&everything()).await.expect("it is found again");
    assert_eq!(page.organizations.len(), 1);
    console.clock.advance(STEP_PENDING);
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await.expect("and takes writes");
    assert_eq!(renamed.name.to_string(), "zenith");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_primary_is_waited_for() {
    let server = Server::start(Topology::ReplicaSet);
    let ports = open_database(&server.uri(), &fresh_database()).await.expect("it opens");
    ports.health.prepare().await.expect("prepared");
    let console = console(&ports);
    let operator = console.operator().await;
    let acme = console.create("acme").await;

    server.step_down(3).await;
    let renamed = console.organizations.rename(&operator, acme.id, "zenith").await;
    let renamed = match renamed {
        Ok(renamed) => renamed,
        failed => {
            assert!(is_unavailable(&failed), "{failed:?}");
            console.clock.advance(STEP_PENDING);
            console.organizations.rename(&operator, acme.id, "zenith").await.expect("the second time")
        }
    };
    assert_eq!(renamed.name.to_string(), "zenith");

    // For longer than both refusals may take.
    server.step_down(40).await;
    let asked = Instant::now();
    // A write first: a server that is no longer the primary may respond to a read until someone finds out.
    let created = console.organizations.create(&operator, create_request("globex")).await;
    assert!(is_unavailable(&created), "{created:?}");
    let answer = ports.organizations.page(&everything()).await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    assert!(asked.elapsed() < PATIENCE * 2, "{:?}", asked.elapsed());
    tokio::time::sleep(Duration::from_secs(40).saturating_sub(asked.elapsed())).await;
    console.create("globex").await;
    let page = ports.organizations.page(&everything()).await.expect("all is well again");
    assert_eq!(page.organizations.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_the_record_is_there_once_whatever_becomes_of_the_line() {
    let broken = Broken::open().await;
    let ports = &broken.console.ports;
    let before = ports.activity.head().await.expect("a look").map_or(0, |head| head.number);
    let mut answered = Vec::new();
    for round in 0..6 {
        for moment in MOMENTS {
            broken.proxy.cut_at(&command("insert"), moment);
            let detail = format!("{round} {moment:?}");
            let entry = ActivityEntry::by("dana@example.com", ActivityKind::SignedIn).with_detail(&detail);
            let appended = ports.activity.append(&entry).await.expect("the line came back");
            assert_eq!(appended.entry, entry, "{detail}");
            answered.push(appended);
        }
    }
    let stored: Vec<_> = ports.activity.walk(before + 1).try_concat().await.expect("walked");
    let stored: Vec<_> = stored.iter().filter_map(Stored::recorded).collect();
    assert_eq!(stored, answered, "each once, in the order in which they were written");
    let verified = verify(ports.activity.as_ref(), &[], &Quiet, &Cancellation::default()).await;
    assert_eq!(verified.expect("walked").damage, None);
}
