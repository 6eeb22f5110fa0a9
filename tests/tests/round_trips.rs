//! The round trips of each act to a server, and its commands. A distant server answers after 150 ms, so a person feels
//! each round trip that waits for the one before it. An act that needs another one fails here, with its commands.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use tenantry_console::compose::{self, Opened, Place, Setting};
use tenantry_core::clock::ManualClock;
use tenantry_core::doctor::Depth;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::journal::Opening;
use tenantry_core::limits::BULK_AT_ONCE;
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::records::{
    OrganizationFilter, OrganizationQuery, Owner, PageStart, Permits, SortDirection, SortField, StatusFilter,
};
use tenantry_core::sessions::{PasswordHasher, SigningKey};
use tenantry_core::values::Device;
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, create_request, update_request};
use tenantry_tests::proxy::{Proxy, Traffic};
use tenantry_tests::server::{Server, Topology, fresh_database};
use time::OffsetDateTime;

/// Longer than the pauses between requests that are sent at the same time, even on a busy computer.
const DELAY: Duration = Duration::from_millis(60);
/// Waves and commands of two acts that are also done to many organizations.
const DEACTIVATING: (usize, usize) = (3, 3);
const TRASHING: (usize, usize) = (13, 23);
/// A busy computer can make two waves of one, never one of two: the best of several attempts counts.
const ATTEMPTS: u32 = 4;

/// A workspace behind a slow connection.
struct Distant {
    proxy: Arc<Proxy>,
    console: Arc<Console>,
    wrong: Vec<String>,
}

impl Distant {
    async fn open() -> Self {
        let proxy = Arc::new(Proxy::before(Server::shared(Topology::ReplicaSet).address()));
        let ports = open(&proxy, &fresh_database()).await.services.ports;
        let clock = Arc::new(ManualClock::at(OffsetDateTime::now_utc()));
        let console = Arc::new(Console::run(ports, &clock, Run::default()));
        Self { proxy, console, wrong: Vec::new() }
    }

    /// Compares what `act` costs at best with waves and commands. It gets the number of the attempt, prepares what it
    /// needs, and begins to count.
    async fn cost(&mut self, what: &str, (waves, commands): (usize, usize), act: impl AsyncFn(u32)) {
        // The driver opens its connections in the first round.
        act(0).await;
        self.proxy.delay(DELAY);
        let mut best: Option<Traffic> = None;
        for attempt in 1..=ATTEMPTS {
            act(attempt).await;
            let traffic = self.proxy.counted();
            if best.as_ref().is_none_or(|best| traffic.waves().len() < best.waves().len()) {
                best = Some(traffic);
            }
            if best.as_ref().is_some_and(|best| best.waves().len() <= waves) {
                break;
            }
        }
        self.proxy.delay(Duration::ZERO);
        let best = best.expect("an attempt");
        let found = (best.waves().len(), best.commands());
        let lines = best
            .waves()
            .iter()
            .enumerate()
            .map(|(number, wave)| format!("\n    {}. {}", number + 1, wave.join(", ")));
        let told = format!("{what}: {} waves, {} commands{}", found.0, found.1, String::from_iter(lines));
        println!("{told}");
        if found != (waves, commands) {
            self.wrong.push(format!("{told}\n    instead of {waves} waves, {commands} commands"));
        }
    }

    fn judge(self) {
        assert!(self.wrong.is_empty(), "the cost of an act has changed:\n{}", self.wrong.join("\n"));
    }
}

async fn open(proxy: &Proxy, database: &str) -> Opened {
    // Direct: a replica set reports its members' own addresses, which bypass the proxy.
    let uri = format!("mongodb://{}/?directConnection=true", proxy.address());
    let owner = Owner { installation: "this-computer".to_owned(), instance: "this-run".to_owned() };
    let setting = Setting {
        clock: Arc::new(ManualClock::at(OffsetDateTime::now_utc())),
        opening: Opening::from(owner),
        permits: Permits::EVERYTHING,
        signing_key: SigningKey::random(),
        hasher: PasswordHasher::with_cost(4),
        device: Device::named("test", "this computer", "Linux"),
    };
    let secrets = Default::default();
    let place = Place::Deployment { connection_string: &uri, database, secrets: &secrets };
    compose::open(place, setting).await.expect("it opens")
}

fn page_at(start: PageStart) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start,
        limit: 2,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_a_workspace_takes_few_round_trips() {
    let mut distant = Distant::open().await;
    let (proxy, name) = (Arc::clone(&distant.proxy), fresh_database());
    let open = async |database: &str| {
        proxy.count();
        let opened = open(&proxy, database).await;
        assert!(opened.warnings.is_empty() && opened.prepared.warnings.is_empty());
    };
    let first = async |attempt| open(&format!("{name}-{attempt}")).await;
    distant.cost("opening it the first time", (4, 27), first).await;
    distant.cost("opening it again", (3, 21), async |_| open(&name).await).await;
    distant.judge();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_takes_few_round_trips() {
    let mut distant = Distant::open().await;
    let (console, proxy) = (Arc::clone(&distant.console), Arc::clone(&distant.proxy));
    let (operator, organizations) = (&console.operator().await, &console.organizations);
    let create =
        async |name: &str| organizations.create(operator, create_request(name)).await.expect("created").id;
    let trashed = async |name: &str| {
        let id = create(name).await;
        organizations.trash(operator, id, None).await.expect("trashed");
        id
    };

    let sign_in = async |_| {
        proxy.count();
        console.sign_in(OPERATOR).await;
    };
    distant.cost("signing in", (3, 10), sign_in).await;
    let session = &console.sign_in(OPERATOR).await;
    let authorize = async |_| {
        proxy.count();
        console.authorize(session).await.expect("it is good");
    };
    distant.cost("checking the session", (1, 2), authorize).await;

    let creating = async |attempt| {
        proxy.count();
        create(&format!("created-{attempt}")).await;
    };
    distant.cost("creating", (4, 12), creating).await;
    for name in ["page-a", "page-b", "page-c", "page-d"] {
        create(name).await;
    }
    let page = async |start| {
        proxy.count();
        organizations.page(operator, page_at(start)).await.expect("a page")
    };
    let first = page(PageStart::Beginning).await;
    let next = PageStart::After(first.next.clone().expect("there is more"));
    distant.cost("the first page", (1, 1), async |_| drop(page(PageStart::Beginning).await)).await;
    distant.cost("the next page", (1, 1), async |_| drop(page(next.clone()).await)).await;
    let of = organizations.count(operator, String::new()).await.expect("a count").live;
    let row = |number| PageStart::Row { number, of };
    distant.cost("a jump into the middle", (2, 2), async |_| drop(page(row(of / 2)).await)).await;
    distant.cost("a jump to the end", (1, 2), async |_| drop(page(row(of - 2)).await)).await;
    let last = PageStart::After(page(row(of - 4)).await.next.expect("there is more"));
    // Where the values end, rows that are not readable are looked for.
    distant.cost("the last page", (2, 3), async |_| drop(page(last.clone()).await)).await;
    let statistics = async |_| {
        proxy.count();
        let id = first.organizations[0].id;
        console.collections.statistics(operator, id).await.expect("statistics");
    };
    distant.cost("statistics", (1, 3), statistics).await;
    let look = async |_| {
        proxy.count();
        let none = Cancellation::default();
        let pass = console.doctor.run(operator, Depth::Quick, &Quiet, &none).await.expect("a pass");
        assert_eq!(pass.open, 0, "a sound workspace is looked at once");
    };
    distant.cost("a quick pass of the doctor", (3, 12), look).await;

    let rename = async |attempt| {
        let id = create(&format!("before-{attempt}")).await;
        proxy.count();
        organizations.rename(operator, id, &format!("after-{attempt}")).await.expect("renamed");
    };
    distant.cost("renaming", (8, 18), rename).await;
    let change = async |attempt| {
        let id = create(&format!("changed-{attempt}")).await;
        proxy.count();
        let (email, password) =
            (Some(format!("new@{attempt}.example.com")), Some(SecretString::from(PASSWORD)));
        let request = UpdateRequest { email, password, ..update_request(id) };
        organizations.update(operator, request).await.expect("changed");
    };
    distant.cost("changing address and password", (4, 7), change).await;
    let deactivate = async |attempt| {
        let id = create(&format!("active-{attempt}")).await;
        proxy.count();
        organizations.deactivate(operator, id).await.expect("deactivated");
    };
    distant.cost("deactivating", DEACTIVATING, deactivate).await;
    let trash = async |attempt| {
        let id = create(&format!("unwanted-{attempt}")).await;
        proxy.count();
        organizations.trash(operator, id, None).await.expect("trashed");
    };
    distant.cost("moving to the trash", TRASHING, trash).await;
    let restore = async |attempt| {
        let id = trashed(&format!("missed-{attempt}")).await;
        proxy.count();
        organizations.restore(operator, id, None).await.expect("restored");
    };
    distant.cost("restoring", (11, 23), restore).await;
    let delete = async |attempt| {
        let name = format!("gone-{attempt}");
        let id = trashed(&name).await;
        proxy.count();
        organizations.delete_forever(operator, id, &name).await.expect("deleted");
    };
    distant.cost("deleting for good", (9, 26), delete).await;
    distant.judge();
}

/// The window has [`BULK_AT_ONCE`] acts of a bulk act under way: all of them take a quarter of the round trips.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_at_the_same_time_take_a_quarter_of_the_round_trips() {
    let distant = Distant::open().await;
    let (console, proxy) = (&distant.console, &distant.proxy);
    console.operator().await;
    let session = console.sign_in(OPERATOR).await;
    let operator = &console.authorize(&session).await.expect("it is good");
    let create = |number: usize| async move {
        let request = create_request(&format!("bulk-{number}"));
        console.organizations.create(operator, request).await.expect("created").id
    };
    let ids = join_all((0..4 * BULK_AT_ONCE).map(create)).await;
    let (deactivated, trashed) = ids.split_at(2 * BULK_AT_ONCE);
    let authorized = async || console.authorize(&session).await.expect("it is good");
    let deactivate = async |id| {
        let actor = authorized().await;
        console.organizations.deactivate(&actor, id).await.expect("deactivated")
    };
    let trash = async |id| {
        let actor = authorized().await;
        console.organizations.trash(&actor, id, None).await.expect("trashed")
    };
    proxy.delay(DELAY);
    proxy.count();
    stream::iter(deactivated)
        .map(|id| deactivate(*id))
        .buffer_unordered(BULK_AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let waves = proxy.counted().waves().len();
    println!("deactivated {} organizations in {waves} waves", deactivated.len());
    let apart = deactivated.len() * (1 + DEACTIVATING.0);
    assert!(waves * 4 <= apart, "{waves} round trips instead of {apart}");
    proxy.count();
    stream::iter(trashed).map(|id| trash(*id)).buffer_unordered(BULK_AT_ONCE).collect::<Vec<_>>().await;
    let waves = proxy.counted().waves().len();
    println!("trashed {} organizations in {waves} waves", trashed.len());
    let apart = trashed.len() * (1 + TRASHING.0);
    assert!(waves * 4 <= apart, "{waves} round trips instead of {apart}");
}
