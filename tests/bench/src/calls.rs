//! The calls that are measured beside the raw ones.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use tenantry_core::error::StoreError;
use tenantry_core::records::{
    CollectionIdentity, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField,
    StatusFilter,
};
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{CollectionName, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::aims::Aims;
use crate::measure::{Comparison, Effort, Times, compare, shown};
use crate::workspace::Workspace;
use crate::{Outcome, population};

/// Rows of a page.
pub(crate) const PAGE: u32 = 100;
/// How soon rows from the middle of a list on this computer are there.
const JUMP: Duration = Duration::from_millis(150);
/// Documents of the organization that is renamed.
const DOCUMENTS: u32 = 20_000;

/// The driver or the statement alone, without rules, sessions and journal.
#[async_trait]
pub(crate) trait Raw: Send + Sync {
    /// One organization by its name, with all fields.
    async fn by_name(&self, name: &str) -> Outcome<()>;
    /// The first page by name, with all fields; returns the number of rows.
    async fn first_page(&self, limit: u32) -> Outcome<u32>;
    /// A page from the middle of the list by name, with all fields; returns the number of rows.
    async fn page_at(&self, row: u32, limit: u32) -> Outcome<u32>;
    /// How many ways of searching there are; the quickest one for a text is what the search is measured beside.
    fn ways_to_search(&self) -> usize;
    /// The first page of a search by name; returns the number of rows.
    async fn search(&self, way: usize, text: &str, limit: u32) -> Outcome<u32>;
    /// The size of a collection, and the number of documents as the store remembers it.
    async fn statistics(&self, collection: &str) -> Outcome<()>;
    /// The number of documents, counted.
    async fn count(&self, collection: &str) -> Outcome<()>;
    /// Renames the collection and the organization.
    async fn rename(&self, id: OrganizationId, from: &str, to: &str) -> Outcome<()>;
    /// Inserts the organization and creates its collection with validator and indexes.
    async fn create(&self, name: &str) -> Outcome<()>;
    /// Reads all organizations in the order of their names; returns their number.
    async fn read_all(&self) -> Outcome<u64>;
    /// The same with the fields alone that a list shows.
    async fn read_shown(&self) -> Outcome<u64>;
    /// Reads the names of all collections; returns the number of those of tenants.
    async fn read_names(&self) -> Outcome<u64>;
}

/// What is measured, and beside what.
pub(crate) struct Bench<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) raw: &'a dyn Raw,
    /// The number of organizations.
    pub(crate) organizations: u32,
    pub(crate) aims: &'a mut Aims,
    /// What a reading call pays and no raw statement does: a thread hop on SQLite, nothing on a server.
    pub(crate) hop: Duration,
}

impl Bench<'_> {
    fn is_server(&self) -> bool {
        self.hop.is_zero()
    }

    /// Notes the ratio of the action to the raw call, which pays the hop as well.
    fn aim(&mut self, comparison: &Comparison, aim: f64) {
        let hop = if self.is_server() { "" } else { " and one thread hop" };
        let what = format!("{}: action beside the raw call{hop}", self.titled(&comparison.what));
        match comparison.act_beside_raw(self.hop) {
            Some(ratio) => self.aims.at_most(what, ratio, aim),
            None => self.aims.unmeasured(what, "a call failed"),
        }
    }

    fn titled(&self, what: &str) -> String {
        let store = if self.is_server() { "MongoDB" } else { "SQLite" };
        format!("{store}, {} organizations, {what}", self.organizations)
    }
}

/// Measures everything but the export.
pub(crate) async fn measure(bench: &mut Bench<'_>) -> Outcome<()> {
    Comparison::print_header();
    by_name(bench).await?;
    pages(bench).await?;
    jump(bench).await?;
    searches(bench).await?;
    statistics(bench).await?;
    rename(bench).await?;
    create(bench).await?;
    println!();
    Ok(())
}

/// Measures what grows with a list: its pages and the search in it.
pub(crate) async fn measure_lists(bench: &mut Bench<'_>) -> Outcome<()> {
    Comparison::print_header();
    pages(bench).await?;
    jump(bench).await?;
    // A server without an index for it reads the whole list, for minutes: the shorter list shows as much.
    if !bench.is_server() {
        searches(bench).await?;
    }
    println!();
    Ok(())
}

/// Measures the pages of a list too short for anything else.
pub(crate) async fn measure_pages(bench: &mut Bench<'_>) -> Outcome<()> {
    Comparison::print_header();
    pages(bench).await?;
    println!();
    Ok(())
}

async fn searches(bench: &mut Bench<'_>) -> Outcome<()> {
    for (what, text) in
        [("every tenth matches", "clinic"), ("one matches", "-067890"), ("none matches", "zzzz")]
    {
        search(bench, what, text).await?;
    }
    Ok(())
}

/// The cost of a blocking thread, which every call to the built-in workspace pays and no raw statement does.
pub(crate) async fn thread_hop() -> Outcome<Duration> {
    let mut times = Times::new();
    for _ in 0..2_000 {
        let start = Instant::now();
        tokio::task::spawn_blocking(|| ()).await?;
        times.add(start.elapsed());
    }
    println!("To a blocking thread and back: {} (p95 {})\n", shown(times.median()), shown(times.p95()));
    Ok(times.median())
}

async fn by_name(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, organizations, .. } = bench;
    // Another organization each time, so that no cache of rows helps.
    let name = |round: u32, way: u32| population::name((round * 3 + way).wrapping_mul(7_919) % organizations);
    let measured = compare(
        "get by name",
        Effort::new(3_000, 20),
        async |round| raw.by_name(&name(round, 0)).await,
        async |round| {
            let name = OrganizationName::from_stored(name(round, 1));
            workspace.ports.organizations.find_by_name(&name).await?.ok_or("it is there")?;
            Ok(())
        },
        async |round| {
            let actor = workspace.actor(Freshness::Recent).await?;
            workspace.organizations.get(&actor, &name(round, 2)).await?;
            Ok(())
        },
    )
    .await;
    bench.aim(&measured, 1.15);
    Ok(())
}

/// The first page of a search.
pub(crate) fn query(search: &str) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: search.to_owned(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: PAGE,
    }
}

async fn pages(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, organizations, .. } = bench;
    let rows = PAGE.min(organizations);
    let measured = compare(
        "first page of 100",
        Effort::new(500, 20),
        async |_| expect(raw.first_page(PAGE).await?, rows),
        async |_| {
            let page = workspace.ports.organizations.page(&query("")).await?;
            expect(page.organizations.len(), rows)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let page = workspace.organizations.page(&actor, query("")).await?;
            expect(page.organizations.len(), rows)
        },
    )
    .await;
    bench.aim(&measured, 1.15);
    Ok(())
}

/// The page in the middle, which no cursor leads to.
async fn jump(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, organizations, .. } = bench;
    let middle = organizations / 2;
    let start = PageStart::Row { number: middle.into(), of: organizations.into() };
    let query = OrganizationQuery { start, ..query("") };
    let measured = compare(
        "page in the middle",
        Effort::new(100, 20),
        async |_| expect(raw.page_at(middle, PAGE).await?, PAGE),
        async |_| {
            let page = workspace.ports.organizations.page(&query).await?;
            expect(page.organizations.len(), PAGE)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let page = workspace.organizations.page(&actor, query.clone()).await?;
            expect(page.organizations.len(), PAGE)
        },
    )
    .await;
    if !bench.is_server() {
        bench.aims.within(bench.titled(&measured.what), measured.act.median(), JUMP);
    }
    Ok(())
}

async fn search(bench: &mut Bench<'_>, what: &str, text: &str) -> Outcome<()> {
    let &mut Bench { workspace, raw, .. } = bench;
    let (way, rows) = quickest(raw, text).await?;
    let measured = compare(
        format!("search, {what}"),
        Effort::new(100, 30),
        async |_| expect(raw.search(way, text, PAGE).await?, rows),
        async |_| {
            let page = workspace.ports.organizations.page(&query(text)).await?;
            expect(page.organizations.len(), rows)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let page = workspace.organizations.page(&actor, query(text)).await?;
            expect(page.organizations.len(), rows)
        },
    )
    .await;
    if !bench.is_server() {
        bench.aim(&measured, 1.2);
    }
    Ok(())
}

/// The quickest raw search for a text, and the number of its rows.
async fn quickest(raw: &dyn Raw, text: &str) -> Outcome<(usize, u32)> {
    if raw.ways_to_search() == 1 {
        return Ok((0, raw.search(0, text, PAGE).await?));
    }
    let mut best = (0, 0, Duration::MAX);
    for way in 0..raw.ways_to_search() {
        // The first one fills the caches.
        for _ in 0..3 {
            let start = Instant::now();
            let rows = raw.search(way, text, PAGE).await?;
            if start.elapsed() < best.2 {
                best = (way, rows, start.elapsed());
            }
        }
    }
    Ok((best.0, best.1))
}

async fn statistics(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, .. } = bench;
    let number = 1;
    let collection = population::add_documents(&workspace.ports, number, DOCUMENTS).await?;
    let id = population::id(number);
    let (size, count) = (
        quickest_of(async || raw.statistics(collection.as_str()).await).await?,
        quickest_of(async || raw.count(collection.as_str()).await).await?,
    );
    let measured = compare(
        "statistics of 20,000 documents",
        Effort::new(500, 30),
        // Both are asked for at once, so the slower of them is what it can be measured beside.
        async |_| match size > count {
            true => raw.statistics(collection.as_str()).await,
            false => raw.count(collection.as_str()).await,
        },
        async |_| {
            let statistics = workspace.ports.collections.statistics(&collection).await?;
            expect(u32::try_from(statistics.documents)?, DOCUMENTS)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let statistics = workspace.collections.statistics(&actor, id).await?;
            expect(u32::try_from(statistics.documents)?, DOCUMENTS)
        },
    )
    .await;
    bench.aim(&measured, 1.1);
    Ok(())
}

async fn quickest_of(call: impl AsyncFn() -> Outcome<()>) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        call().await?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

async fn rename(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, .. } = bench;
    let ports = &workspace.ports;
    // One organization for each method, renamed back and forth.
    for number in [2, 3, 4] {
        population::add_documents(ports, number, DOCUMENTS).await?;
    }
    let names = |number: u32, round: u32| {
        let (one, other) = (population::name(number), format!("renamed-{number}"));
        if round.is_multiple_of(2) { (one, other) } else { (other, one) }
    };
    let measured = compare(
        "rename with 20,000 documents",
        Effort::new(60, 60),
        async |round| {
            let (from, to) = names(2, round);
            raw.rename(population::id(2), &from, &to).await
        },
        async |round| {
            let (from, to) = names(3, round);
            let (from, to) = (OrganizationName::from_stored(from), OrganizationName::from_stored(to));
            let source = CollectionName::for_organization(&from);
            let which = ports.collections.identity(&source).await?.unwrap_or(CollectionIdentity(None));
            ports.collections.rename(&source, &CollectionName::for_organization(&to), &which).await?;
            let seen = ports.organizations.find(population::id(3)).await?;
            let seen = seen.ok_or(StoreError::NotFound { what: "organization" })?;
            ports.organizations.set_name(&seen, &to, OffsetDateTime::now_utc()).await?;
            Ok(())
        },
        async |round| {
            let (_, to) = names(4, round);
            let actor = workspace.actor(Freshness::Now).await?;
            workspace.organizations.rename(&actor, population::id(4), &to).await?;
            Ok(())
        },
    )
    .await;
    bench.aim(&measured, if bench.is_server() { 1.15 } else { 2.0 });
    Ok(())
}

async fn create(bench: &mut Bench<'_>) -> Outcome<()> {
    let &mut Bench { workspace, raw, .. } = bench;
    let ports = &workspace.ports;
    let measured = compare(
        "create, without the hashing",
        Effort::new(60, 60),
        async |round| raw.create(&format!("raw-{round}")).await,
        async |round| {
            let organization = population::another(format!("port-{round}"));
            ports.organizations.insert(&organization).await?;
            ports.collections.create(&CollectionName::for_organization(&organization.name)).await?;
            Ok(())
        },
        async |round| {
            let actor = workspace.actor(Freshness::Now).await?;
            workspace
                .organizations
                .create_hashed(&actor, &population::another(format!("act-{round}")))
                .await?;
            Ok(())
        },
    )
    .await;
    bench.aim(&measured, 1.5);
    Ok(())
}

/// Calls with different results cannot be compared.
fn expect<T: TryInto<u32>>(found: T, wanted: u32) -> Outcome<()> {
    match found.try_into() {
        Ok(found) if found == wanted => Ok(()),
        Ok(found) => Err(format!("{found} rows instead of {wanted}").into()),
        Err(_) => Err("too many rows".into()),
    }
}

/// Rows per second.
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
